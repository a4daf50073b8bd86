"""The work: readers that fall behind, messages nobody fetches, rows put aside, jobs that stopped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from siyu.base import jobs
from siyu.base.clock import SystemClock
from siyu.base.sentences import retold
from siyu.cli.checkup.words import Finding, Patient, ill, watch, well
from siyu.cli.screen import language
from siyu.cli.store import Q
from siyu.sources import http

_BEHIND_FOR = timedelta(minutes=2)
_WAITING_FOR = timedelta(minutes=15)
_SILENT_FOR = timedelta(minutes=5)
_MOST_COUNTED = 100_000


def readers_behind(patient: Patient) -> Iterator[Finding]:
    """Facts that are recorded and not yet folded into profiles."""
    now = patient.on.clock.now()
    with patient.on.db.tx() as conn:
        row = conn.execute(Q.facts_behind, {"most": _MOST_COUNTED}).fetchone()
    count, oldest_at = row or (0, None)
    shown = f"{count:,}{'+' if count == _MOST_COUNTED else ''}"
    if count and oldest_at is not None and now - oldest_at > _BEHIND_FOR:
        yield ill("readers_behind", count=shown, minutes=f"{(now - oldest_at).total_seconds() / 60:,.0f}")
    else:
        yield well("readers", count=shown)


def messages_waiting(patient: Patient) -> Iterator[Finding]:
    """Messages that may go out and that nobody fetches."""
    now = patient.on.clock.now()
    with patient.on.db.tx() as conn:
        rows = conn.execute(Q.permits_overdue, {"before": now - _WAITING_FOR}).fetchall()
    for channel, count, due_at in rows:
        yield ill("messages_waiting", channel=channel, count=f"{count:,}", since=f"{due_at:%Y-%m-%d %H:%M}")


def long_transactions(patient: Patient) -> Iterator[Finding]:
    """Transactions that hold up every reader of the logs."""
    with patient.on.db.tx() as conn:
        row = conn.execute(Q.oldest_transaction).fetchone()
    if row is not None and row[0] is not None and row[0] > timedelta(minutes=10):
        yield watch("long_transaction", minutes=f"{row[0].total_seconds() / 60:,.0f}", who=row[1] or "?")


def parked_rows(patient: Patient) -> Iterator[Finding]:
    """Rows that failed too often and were put aside."""
    with patient.on.db.tx() as conn:
        for room, what, count in conn.execute(Q.parked):
            yield watch("parked", room=room, what=what, count=f"{count:,}")


def jobs_stuck(patient: Patient) -> Iterator[Finding]:
    """Long work that gave no sign of life for a while, or failed since yesterday. Jobs live by the wall's clock, as leases do."""
    now = SystemClock().now()
    with patient.on.db.tx() as conn:
        recent = jobs.recent(conn, 100)
    for job in recent:
        if job.state == "running" and now - job.beat_at > _SILENT_FOR:
            yield watch("job_silent", title=job.title, kind=job.kind, minutes=f"{(now - job.beat_at).total_seconds() / 60:,.0f}")
        elif job.state == "failed" and job.ended_at and now - job.ended_at < timedelta(days=1):
            yield watch("job_failed", title=job.title, kind=job.kind, why=retold(job.why, language()))


def rejected_messages(patient: Patient) -> Iterator[Finding]:
    """Messages of HTTP sources that were put aside since yesterday."""
    since = (patient.on.clock.now() - timedelta(days=1)).date()
    with patient.on.db.tx() as conn:
        counts = http.rejects_by_code(conn, None, since)
    if counts:
        codes = ", ".join(f"{code} {count:,}" for code, count in list(counts.items())[:5])
        yield watch("rejected", count=f"{sum(counts.values()):,}", codes=codes)
