"""Progress of long work: every wait that a person has is a row in `jobs`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
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
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("waiting", "running")

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


def ask(conn: Connection, kind: str, title: str, detail: dict[str, Any]) -> Job:
    """Leave work for whoever takes jobs of this kind. While one waits or runs that one is given back, whatever its title."""
    conn.execute(Q.line_up, {"kind": kind})
    cursor = conn.cursor(row_factory=class_row(Job))
    job = cursor.execute(Q.open_job, {"kind": kind}).fetchone()
    if job is None:
        job = cursor.execute(Q.ask_job, {"kind": kind, "title": title, "detail": Jsonb(detail)}).fetchone()
        assert job is not None  # noqa: S101  an insert with returning gives a row
        conn.execute(Q.ring_jobs)
    return job


def take(conn: Connection, kind: str, lease_for: timedelta) -> Job | None:
    """The job of this kind that was asked for first, now running; None when nobody waits. One whose worker has not said how far it is
    for `lease_for` is given out again, so what it does must be safe to do twice.
    """
    return conn.cursor(row_factory=class_row(Job)).execute(Q.take_job, {"kind": kind, "lease_for": lease_for}).fetchone()


def newest(conn: Connection, kind: str) -> Job | None:
    """The job of this kind that was asked for last, in whatever state."""
    return conn.cursor(row_factory=class_row(Job)).execute(Q.newest_job, {"kind": kind}).fetchone()


def see(conn: Connection, job_id: int) -> Job | None:
    """One job."""
    return conn.cursor(row_factory=class_row(Job)).execute(Q.see_job, {"job_id": job_id}).fetchone()


def recent(conn: Connection, limit: int = 50) -> list[Job]:
    """The newest jobs first, running ones before ended ones."""
    return conn.cursor(row_factory=class_row(Job)).execute(Q.recent_jobs, {"limit": limit}).fetchall()
