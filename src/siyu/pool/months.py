"""Month partitions of the log, made when the first fact of a month arrives.

A partition is made in a short transaction of its own and attached: attaching locks out neither readers nor writers of `facts`, so it is
safe while the caller's own transaction has already written there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from psycopg import sql

from siyu.base.db import Database, queries

Q = queries(__name__)

_known: dict[str, set[str]] = {}  # database address -> partitions that exist
_guard = threading.Lock()


def ensure(db: Database, months: Iterable[tuple[int, int]]) -> None:
    """Make sure the log has a place for these (year, month) pairs, UTC."""
    known = _known.get(db.url, set())
    missing = [month for month in months if _name(month) not in known]
    if not missing:
        return
    with _guard, db.autocommit() as conn, conn.transaction():
        conn.execute(Q.lock_months)
        there = {row[0] for row in conn.execute(Q.months)}
        for month in sorted(missing):
            if _name(month) in there:
                continue
            name = sql.Identifier(_name(month))
            conn.execute(sql.SQL("create table {} (like facts including defaults including constraints)").format(name))
            conn.execute(
                sql.SQL("alter table facts attach partition {} for values from ({}) to ({})").format(
                    name, sql.Literal(_start(month)), sql.Literal(_start(_next(month)))
                )
            )
            there.add(_name(month))
    _known[db.url] = there  # only after the commit, and in one assignment: threads read it without the guard


def _name(month: tuple[int, int]) -> str:
    return f"facts_{month[0]:04d}_{month[1]:02d}"


def _start(month: tuple[int, int]) -> str:
    return f"{month[0]:04d}-{month[1]:02d}-01 00:00:00+00"


def _next(month: tuple[int, int]) -> tuple[int, int]:
    return (month[0] + 1, 1) if month[1] == 12 else (month[0], month[1] + 1)
