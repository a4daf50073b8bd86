"""What is to be done, and when: decisions over the manifest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from siyu.analytics.lake.words import File, Table

SMALL_ROWS = 250_000  # a file below this is worth merging
FULL_ROWS = 1_000_000  # a merged file does not grow beyond: an erasure rewrites whole files
RUN = 4  # so many small neighbours are merged without being asked
ENOUGH = 100_000  # facts that are exported without waiting any longer
PATIENCE = timedelta(minutes=10)  # how long a single fact may wait
WHOLE_AGE = timedelta(hours=1)  # how old a whole table may be when there is something new
_SHARE = 10  # a tenth more facts: whole tables are made again


def is_due(waiting: int, since: datetime | None, now: datetime) -> bool:
    """Whether `waiting` facts, the oldest received at `since`, are worth a turn of export."""
    return waiting >= ENOUGH or (waiting > 0 and (since is None or now - since >= PATIENCE))


def runs(files: Iterable[File], least: int = RUN) -> list[list[File]]:
    """Which files to merge into one, each list in the order of the log.

    Neighbours of one month, each small, at least `least` of them, together not beyond FULL_ROWS. Only neighbours: so that a merged file
    again holds exactly the facts of its month between two places.
    """
    found: list[list[File]] = []
    months: dict[str, list[File]] = {}
    for file in files:
        if file.table == Table.FACTS:
            months.setdefault(file.month, []).append(file)
    for month in sorted(months):
        run: list[File] = []
        for file in sorted(months[month], key=lambda f: f.end):
            if file.rows_n >= SMALL_ROWS or sum(f.rows_n for f in run) + file.rows_n > FULL_ROWS:
                found.append(run)
                run = []
            if file.rows_n < SMALL_ROWS:
                run.append(file)
        found.append(run)
    return [run for run in found if len(run) >= max(2, least)]


def stale(files: Sequence[File], now: datetime) -> set[Table]:
    """The whole tables that are to be made again: missing, or a tenth of the facts (an hour, if anything is) behind."""
    facts = [f for f in files if f.table == Table.FACTS]
    total = sum(f.rows_n for f in facts)
    due = set()
    for table in (Table.ORDERS, Table.PEOPLE, Table.PROFILES):
        kept = max((f for f in files if f.table == table), key=lambda f: f.end, default=None)
        if kept is None:
            due.add(table)
            continue
        newer = sum(f.rows_n for f in facts if f.end > kept.end)
        if newer * _SHARE > total or (newer and now - kept.made_at >= WHOLE_AGE):
            due.add(table)
    return due
