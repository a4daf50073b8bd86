"""The RFM grid: how lately (R) x how often (F), with money (M) in the cells; each cell is a segment's rule.

People with the same value always get the same score. Cutting ranks into exact fifths would put two customers with one order each into
different cells by their number, and no rule could say who is in one. So groups are as even as the values allow: the first takes the
value whose cumulated number comes nearest to a fifth, the next a quarter of what is left, and so on. The grid is cut from counts by
(days, orders), some thousand rows, so nobody is sorted and a million people take one pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from siyu import pool
from siyu.analytics.words import RfmCell, RfmGrid
from siyu.base.db import Connection, queries
from siyu.base.ground import Ground

Q = queries(__name__, "rfm.sql")

GROUPS = 5


def rfm(ground: Ground, conn: Connection) -> RfmGrid:
    """The grid as of now, of everybody with a paid order; money in the brand's currency."""
    brand, now = pool.brand(conn), ground.clock.now()
    rows = conn.execute(Q.see_habits, {"now": now}).fetchall()
    recency, frequency, cells = cut(rows)
    return RfmGrid(now, brand.currency, recency, frequency, cells)


Range = tuple[int, int | None]


def cut(rows: Sequence[tuple[int, int, int, int]]) -> tuple[tuple[Range, ...], tuple[Range, ...], tuple[RfmCell, ...]]:
    """Rows (days, orders, people, minor) -> ranges of R and F, best first for R and last for F, and the cells; pure.

    Ranges are whole numbers, both ends included; the open end is None. R scores 5 for the fewest days.
    """
    by_days: dict[int, int] = {}
    by_orders: dict[int, int] = {}
    for days, orders, people, _ in rows:
        by_days[days] = by_days.get(days, 0) + people
        by_orders[orders] = by_orders.get(orders, 0) + people
    recency, frequency = even_groups(by_days, from_=0), even_groups(by_orders, from_=1)
    made: dict[tuple[int, int], list[int]] = {(r, f): [0, 0, 0] for r in range(len(recency)) for f in range(len(frequency))}
    seat_r = {days: _seat(recency, days) for days in by_days}
    seat_f = {orders: _seat(frequency, orders) for orders in by_orders}
    for days, orders, people, minor in rows:
        cell = made[seat_r[days], seat_f[orders]]
        cell[0] += people
        cell[1] += minor
        cell[2] += people * orders
    cells = tuple(
        RfmCell(GROUPS - r, f + 1 + GROUPS - len(frequency) if f else 1, recency[r], frequency[f], *numbers)
        for (r, f), numbers in made.items()
    )
    return tuple(recency), tuple(frequency), cells


def even_groups(counts: Mapping[int, int], groups: int = GROUPS, *, from_: int = 0) -> list[Range]:
    """Values with how many have each -> at most `groups` ranges of near equal numbers; equal values stay together.

    The first begins at `from_`, the last is open.
    """
    values = sorted(counts)
    left, found, at = sum(counts.values()), [], 0
    for n in range(groups, 0, -1):
        if at >= len(values):
            break
        start, taken = at, counts[values[at]]
        at += 1
        room = len(values) - at
        while n > 1 and room >= n and abs(taken + counts[values[at]] - left / n) <= abs(taken - left / n):
            taken += counts[values[at]]
            at += 1
            room -= 1
        if n == 1:
            at = len(values)
        found.append((values[start], values[at - 1]))
        left -= taken
    if not found:
        return []
    starts = [from_, *(low for low, _ in found[1:])]
    closed: list[Range] = [(low, starts[k + 1] - 1 if k + 1 < len(starts) else None) for k, low in enumerate(starts)]
    return closed


def rule_of(cell: RfmCell) -> dict[str, Any]:
    """The segment's rule of a cell: the same people at the same moment, and who they will be at any other."""
    return {"siyu_rule": 1, "where": {"all": [_test("days_since_last", cell.days), _test("count", cell.orders)]}}


def _test(measure: str, ends: Range) -> dict[str, Any]:
    low, high = ends
    about = {"if": "orders", "measure": measure}
    if high is None:
        return about | {"op": "gte", "value": low}
    return about | ({"op": "eq", "value": low} if low == high else {"op": "between", "value": [low, high]})


def _seat(ranges: Sequence[Range], value: int) -> int:
    return next(k for k, (low, high) in enumerate(ranges) if low <= value and (high is None or value <= high))
