"""Each person's measuring window applied to orders and clicks; pure."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from siyu.analytics.words import Attribution, CurvePoint, Orders, Outcomes, People

_DAY = 86_400_000_000  # microseconds

Ints = NDArray[np.int64]


def in_window(who: People, orders: Orders, measure_for: timedelta) -> Orders:
    """The orders that lie in their person's window, [turn, turn + measure_for)."""
    age = orders.paid - who.entered[np.searchsorted(who.person_ids, orders.person_ids)]
    is_in = (age >= 0) & (age < round(measure_for.total_seconds() * 1e6))
    return Orders(orders.person_ids[is_in], orders.paid[is_in], orders.net_minor[is_in])


def outcomes(who: People, orders: Orders, mixed: int) -> Outcomes:
    """What became of everybody; `orders` are those in the windows."""
    place = np.searchsorted(who.person_ids, orders.person_ids)
    n = len(who.person_ids)
    spent = np.zeros(n, dtype=np.int64)
    np.add.at(spent, place, orders.net_minor)
    bought = np.zeros(n, dtype=bool)
    bought[place] = True
    orders_n = np.bincount(place, minlength=n).astype(np.int64)
    return Outcomes(who.is_treated, who.strata, who.before_minor, spent, bought, mixed, orders_n)


def curve(who: People, orders: Orders, days: int) -> tuple[CurvePoint, ...]:
    """Spend per head of both arms, summed up from everybody's turn to the end of each day."""
    if not len(who.person_ids) or days < 1:
        return ()
    place = np.searchsorted(who.person_ids, orders.person_ids)
    day = (orders.paid - who.entered[place]) // _DAY
    heads = []
    for side in (who.is_treated, ~who.is_treated):
        here = side[place]
        by_day = np.bincount(day[here], weights=orders.net_minor[here], minlength=days)[:days]
        heads.append(np.cumsum(by_day) / max(int(side.sum()), 1))
    return tuple(CurvePoint(n, float(t), float(c)) for n, (t, c) in enumerate(zip(*heads, strict=True)))


def attributed(clickers: tuple[Ints, Ints], orders: Orders, days: int) -> Attribution:
    """Orders within `days` after any click of the same person; each order once. `clickers`: who, when."""
    order = np.lexsort((clickers[1], clickers[0]))
    ids, at = clickers[0][order], clickers[1][order]
    found = np.zeros(len(orders.person_ids), dtype=bool)
    for n in np.flatnonzero(np.isin(orders.person_ids, ids)):
        low, high = np.searchsorted(ids, orders.person_ids[n], "left"), np.searchsorted(ids, orders.person_ids[n], "right")
        before = np.searchsorted(at[low:high], orders.paid[n], "right")
        found[n] = before > 0 and orders.paid[n] - at[low + before - 1] <= days * _DAY
    return Attribution(days, len(np.unique(orders.person_ids[found])), int(found.sum()), int(orders.net_minor[found].sum()))
