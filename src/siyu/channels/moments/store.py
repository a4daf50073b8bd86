"""Rows of posts <-> words."""

from __future__ import annotations

from psycopg.rows import class_row

from siyu.base.db import Connection, queries
from siyu.channels.moments.words import MomentGuide, MomentTask

Q = queries(__name__)


def newest(conn: Connection, limit: int = 50) -> list[MomentTask]:
    """The posts, the newest first."""
    return conn.cursor(row_factory=class_row(MomentTask)).execute(Q.newest, {"task_id": None, "limit": limit}).fetchall()


def see(conn: Connection, task_id: int) -> MomentTask | None:
    """One post."""
    return conn.cursor(row_factory=class_row(MomentTask)).execute(Q.newest, {"task_id": task_id, "limit": 1}).fetchone()


def guides_of(conn: Connection, task_id: int) -> list[MomentGuide]:
    """Each guide's part, those who have not published first."""
    return conn.cursor(row_factory=class_row(MomentGuide)).execute(Q.guides_of, {"task_id": task_id}).fetchall()
