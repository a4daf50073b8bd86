"""Cohorts: of those who first bought in a month, how many still buy, how much, and how many have come back at all.

Read from the lake and its fresh tail when it is in order, else from PostgreSQL: the same answer to the cent, several times as fast.
"""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from typing import Any

from siyu import pool
from siyu.analytics import lake
from siyu.analytics.words import Cohort, Cohorts
from siyu.base.db import Connection, queries
from siyu.base.ground import Ground
from siyu.base.money import to_decimal

Q = queries(__name__, "cohorts.sql")
Bought = tuple[date, date, int, int, int]
Again = tuple[date, date, int]


def cohorts(ground: Ground, conn: Connection) -> Cohorts:
    """All cohorts as of now, in the brand's time zone and currency. Reads every order: seconds for a million people."""
    brand, now = pool.brand(conn), ground.clock.now()
    bought, again = _of_lake(ground, now) if lake.is_ready(ground) else _of_database(conn, brand, now)
    return Cohorts(now, brand.currency, brand.time_zone, put_together(bought, again))


def _of_lake(ground: Ground, now: datetime) -> tuple[list[Bought], list[Again]]:
    with lake.open(ground) as con:
        cells = lake.cohorts(con, now)
    at = [(_month(cell.cohort, 0), _month(cell.cohort, cell.age)) for cell in cells]
    bought = [(*months, cell.buyers, cell.orders, cell.paid_minor) for months, cell in zip(at, cells, strict=True)]
    return bought, [(*months, cell.again) for months, cell in zip(at, cells, strict=True) if cell.again]


def _of_database(conn: Connection, brand: pool.Brand, now: datetime) -> tuple[list[Bought], list[Again]]:
    words: dict[str, Any] = {"now": now, "currency": brand.currency, "time_zone": brand.time_zone}
    conn.execute(Q.take_room)
    rows = conn.execute(Q.see_cohorts, words).fetchall()
    return [row[1:] for row in rows if not row[0]], [row[1:4] for row in rows if row[0]]


def put_together(rows: list[Bought], seconds: list[Again]) -> tuple[Cohort, ...]:
    """Rows (first month, month, people, orders, minor) and (first month, month of the second order, people) -> cohorts; pure.

    Every cohort reaches to the last month that anybody bought in, with zeros where nobody of it did.
    """
    if not rows:
        return ()
    last = max(row[1] for row in rows)
    made = []
    for first in sorted({row[0] for row in rows}):
        n = _between(first, last) + 1
        active, orders, minor, again = [0] * n, [0] * n, [0] * n, [0] * n
        for _, month, people, orders_n, money in (row for row in rows if row[0] == first):
            at = _between(first, month)
            active[at], orders[at], minor[at] = people, orders_n, money
        for _, month, people in (row for row in seconds if row[0] == first):
            again[_between(first, month)] = people
        so_far = [sum(again[: k + 1]) for k in range(n)]
        made.append(Cohort(f"{first:%Y-%m}", active[0], tuple(active), tuple(so_far), tuple(orders), tuple(minor)))
    return tuple(made)


def as_csv(found: Cohorts) -> str:
    """One line a cohort and month: for a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["cohort", "month_n", "size", "active", "retention", "returned_so_far", "repurchase", "orders", "revenue", "currency"])
    for c in found.cohorts:
        for k in range(len(c.active)):
            money = to_decimal(c.minor[k], found.currency)
            shares = (f"{c.active[k] / c.size:.6f}", f"{c.again[k] / c.size:.6f}")
            writer.writerow([c.month, k, c.size, c.active[k], shares[0], c.again[k], shares[1], c.orders[k], money, found.currency])
    return out.getvalue()


def _between(first: date, month: date) -> int:
    return (month.year - first.year) * 12 + month.month - first.month


def _month(cohort: str, later: int) -> date:
    year, month = divmod(int(cohort[:4]) * 12 + int(cohort[5:]) - 1 + later, 12)
    return date(year, month + 1, 1)
