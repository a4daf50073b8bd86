"""What a broadcast could see: the smallest effect that would show with a holdout, told before anybody is written to.

The base is what people like these did lately without it: everybody is taken as they stood one measuring window ago and put into bands
(how long ago the last order was, how many there were); what each band then did is weighted by how many of the broadcast's people are in
it. Taking the people's own last weeks instead would say zero for those who are drifting, who are chosen for having bought nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from siyu import pool, segments
from siyu.analytics import experiments as ex
from siyu.analytics.words import Band, Expectation, Sight
from siyu.base.db import Connection, queries
from siyu.base.ground import Ground

Q = queries(__name__, "expect.sql")

SHARES = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
LEAST_BASE = 100
"""People of the past below which nothing is forecast."""


def expect(
    ground: Ground,
    conn: Connection,
    rule: segments.Rule,
    *,
    holdout_share: float,
    measure_for: timedelta,
    look_back_for: timedelta = timedelta(days=365),
    progress: Callable[[int], None] | None = None,
) -> Expectation:
    """What a broadcast to the people of `rule` could see, with this holdout and with others.

    Reads every order and every member, so it takes seconds for a million; `progress` is told how many members are done.
    """
    brand, now = pool.brand(conn), ground.clock.now()
    words: dict[str, Any] = {"now": now, "then": now - measure_for, "look_back_for": look_back_for, "currency": brand.currency}
    bands = {(row[0], row[1]): Band(*row[2:]) for row in conn.execute(Q.see_baseline, words)}
    members: dict[tuple[int, int], int] = {}
    for person_ids in segments.members(ground, conn, rule):
        for recency, often, n in conn.execute(Q.see_bands, words | {"person_ids": person_ids}):
            members[recency, often] = members.get((recency, often), 0) + n
        if progress:
            progress(sum(members.values()))
    return forecast(bands, members, holdout_share)


def forecast(bands: Mapping[tuple[int, int], Band], members: Mapping[tuple[int, int], int], share: float) -> Expectation:
    """Mix the bands by the members' numbers; pure. Bands that nobody stood in are left out, and counted as `unlike`."""
    people = sum(members.values())
    known = {band: n for band, n in members.items() if band in bands}
    base = sum(bands[band].n for band in known)
    whole = sum(known.values())
    if not whole or base < LEAST_BASE:
        return Expectation(people, people - whole, base, None, None, None, None, ())
    weights = {band: n / whole for band, n in known.items()}
    rate = sum(w * bands[b].bought / bands[b].n for b, w in weights.items())
    mean = sum(w * bands[b].mean for b, w in weights.items())
    square = sum(w * (bands[b].variance + bands[b].mean ** 2) for b, w in weights.items())
    deviation = math.sqrt(max(square - mean * mean, 0.0))
    within = sum(w * bands[b].variance for b, w in weights.items())
    left = sum(w * bands[b].variance * (1 - bands[b].correlation ** 2) for b, w in weights.items())
    cut = 1 - left / within if within else 0.0
    made = Expectation(people, people - whole, base, rate, mean, deviation, cut, ())
    return with_share(made, share)


def with_share(expectation: Expectation, share: float) -> Expectation:
    """The same people with another holdout chosen; pure and at once."""
    e = expectation
    if e.buy_rate is None or e.deviation is None or e.cut is None:
        return e
    shares = sorted({*SHARES, share} - {0.0})
    return replace(e, sights=tuple(_sight(one, e.people, e.buy_rate, e.deviation, e.cut, one == share) for one in shares))


def _sight(share: float, people: int, rate: float, deviation: float, cut: float, is_chosen: bool) -> Sight:
    n_c = round(people * share)
    n_t = people - n_c
    of_rate = math.sqrt(rate * (1 - rate))
    buyers = ex.smallest_effect(of_rate, n_t, of_rate, n_c) * n_t
    revenue = ex.smallest_effect(deviation, n_t, deviation, n_c, cut=cut) * n_t
    lift = buyers / (rate * n_t) if rate and n_t else math.inf
    return Sight(share, n_c, buyers, lift, revenue, is_chosen)
