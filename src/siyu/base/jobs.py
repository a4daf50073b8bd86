"""Progress of long work: every wait that a person has is a row in `jobs`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from siyu.base.db import Connection, queries

Q = queries(__name__, "jobs.sql")


@dataclass(frozen=True)
class Job:
    """One piece of long work. `total` is None while nobody knows how much there is; `why` says what went wrong."""

    job_id: int
    kind: str
    title: str
    state: str
    done: int
    total: int | None
    detail: dict[str, Any]
    why: str
    started_at: datetime
    beat_at: datetime
    ended_at: datetime | None

    @property
    def share(self) -> float | None:
        """How far it is, 0 to 1."""
        return None if not self.total else min(1.0, self.done / self.total)


def begin(conn: Connection, kind: str, title: str, *, total: int | None = None) -> int:
    """Note that work has begun; gives the job's number."""
    row = conn.execute(Q.begin_job, {"kind": kind, "title": title, "total": total}).fetchone()
    assert row is not None  # noqa: S101  an insert with returning gives a row
    return int(row[0])


def beat(conn: Connection, job_id: int, done: int, *, total: int | None = None, detail: dict[str, Any] | None = None) -> None:
    """Say how far it is. `total` and `detail` stay as they were when not given."""
    conn.execute(Q.beat_job, {"job_id": job_id, "done": done, "total": total, "detail": Jsonb(detail) if detail else None})


def end(conn: Connection, job_id: int, state: str = "done", why: str = "") -> None:
    """Note that work has ended: done, failed (with `why`) or cancelled."""
    conn.execute(Q.end_job, {"job_id": job_id, "state": state, "why": why})


def see(conn: Connection, job_id: int) -> Job | None:
    """One job."""
    return conn.cursor(row_factory=class_row(Job)).execute(Q.see_job, {"job_id": job_id}).fetchone()


def recent(conn: Connection, limit: int = 50) -> list[Job]:
    """The newest jobs first, running ones before ended ones."""
    return conn.cursor(row_factory=class_row(Job)).execute(Q.recent_jobs, {"limit": limit}).fetchall()
