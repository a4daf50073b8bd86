"""Cohorts: of those who first bought in a month, how many still buy, how much, and how many have come back at all."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

from siyu import pool
from siyu.analytics.words import Cohort, Cohorts
from siyu.base.db import Connection, queries
from siyu.base.ground import Ground
from siyu.base.money import to_decimal

Q = queries(__name__, "cohorts.sql")


def cohorts(ground: Ground, conn: Connection) -> Cohorts:
    """All cohorts as of now, in the brand's time zone and currency. Reads every order: seconds for a million people."""
    brand, now = pool.brand(conn), ground.clock.now()
    words: dict[str, Any] = {"now": now, "currency": brand.currency, "time_zone": brand.time_zone}
    conn.execute(Q.take_room)
    rows = conn.execute(Q.see_cohorts, words).fetchall()
    bought, again = [row[1:] for row in rows if not row[0]], [row[1:4] for row in rows if row[0]]
    return Cohorts(now, brand.currency, brand.time_zone, put_together(bought, again))


def put_together(rows: list[tuple[date, date, int, int, int]], seconds: list[tuple[date, date, int]]) -> tuple[Cohort, ...]:
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
