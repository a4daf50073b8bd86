"""Rows of mass tasks <-> words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from psycopg.rows import class_row

from siyu.base.db import Connection, queries
from siyu.channels.wecom.words import Ended, MassTask, Receiver

Q = queries(__name__)


def see_task(conn: Connection, task_id: int) -> MassTask | None:
    """One task."""
    return conn.cursor(row_factory=class_row(MassTask)).execute(Q.see_task, {"task_id": task_id}).fetchone()


def lock_task(conn: Connection, task_id: int) -> MassTask | None:
    """One task, locked until this transaction ends; None where another worker has it."""
    return conn.cursor(row_factory=class_row(MassTask)).execute(Q.lock_task, {"task_id": task_id}).fetchone()


def receivers(conn: Connection, task_id: int) -> list[Receiver]:
    """Who of a task is still open."""
    return conn.cursor(row_factory=class_row(Receiver)).execute(Q.receivers, {"task_id": task_id}).fetchall()


def barred(conn: Connection, task_id: int) -> dict[int, str]:
    """Open receivers who may not be written to any more, and why: by intent."""
    return {row[0]: row[1] for row in conn.execute(Q.barred, {"task_id": task_id})}


def end_recipients(conn: Connection, task_id: int, ended: Sequence[Ended[Receiver]]) -> set[int]:
    """Write what became of receivers; gives the intents that were open till now."""
    if not ended:
        return set()
    words = {
        "task_id": task_id,
        "intent_ids": [one.receiver.intent_id for one in ended],
        "states": [str(one.stands) for one in ended],
        "ats": [one.at for one in ended],
    }
    return {row[0] for row in conn.execute(Q.end_recipients, words)}


def put_off(conn: Connection, task_id: int, next_at: datetime, code: str = "", why: str = "") -> None:
    """Let a task wait."""
    conn.execute(Q.put_off_task, {"task_id": task_id, "next_at": next_at, "code": code, "why": why})
