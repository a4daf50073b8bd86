"""What a broadcast could see, told beforehand."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from tests.journeys import world
from tests.journeys.world import DAY

from siyu import analytics, pool, segments
from siyu.analytics import experiments as ex
from siyu.analytics.expect import forecast
from siyu.analytics.words import Band
from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.pool import Fact

DRIFTING = {"siyu_rule": 1, "where": {"if": "orders", "measure": "days_since_last", "op": "gte", "value": 90}}


def test_the_bands_are_mixed_by_the_members() -> None:
    bands = {(0, 0): Band(1000, 10, 5.0, 400.0, 0.0), (1, 3): Band(500, 200, 100.0, 10_000.0, 0.6)}
    got = forecast(bands, {(0, 0): 9_000, (1, 3): 900, (6, 1): 100}, 0.1)
    assert (got.people, got.unlike, got.base) == (10_000, 100, 1500)
    rate = (9_000 * 0.01 + 900 * 0.4) / 9_900
    assert got.buy_rate == pytest.approx(rate)
    mean = (9_000 * 5 + 900 * 100) / 9_900
    assert got.deviation == pytest.approx(math.sqrt((9_000 * 425 + 900 * 20_000) / 9_900 - mean**2))
    assert got.cut == pytest.approx(900 * 10_000 * 0.36 / (9_000 * 400 + 900 * 10_000))
    tenth = next(s for s in got.sights if s.is_chosen)
    of_rate = math.sqrt(rate * (1 - rate))
    assert tenth.buyers == pytest.approx(ex.smallest_effect(of_rate, 9_000, of_rate, 1_000) * 9_000)
    assert tenth.lift == pytest.approx(tenth.buyers / (rate * 9_000))
    half = next(s for s in got.sights if s.share == 0.5)
    assert tenth.buyers / 9_000 == pytest.approx(half.buyers / 5_000 * ex.price_of_share(0.1))
    assert [s.share for s in got.sights] == [0.05, 0.1, 0.15, 0.2, 0.3, 0.5]


def test_too_little_past_forecasts_nothing() -> None:
    assert forecast({(1, 1): Band(99, 5, 1.0, 1.0, 0.0)}, {(1, 1): 50}, 0.1).buy_rate is None
    assert forecast({}, {(1, 1): 50}, 0.1).unlike == 50


def test_those_who_drift_are_forecast_from_those_who_drifted_before(ground: Ground, clock: StillClock) -> None:
    """Chosen for having bought nothing in 90 days, their own fortnight says zero; those like them did not all stay away."""
    rng, now = np.random.default_rng(2), clock.now()
    facts = []
    for n in range(300):
        for k, ago in enumerate(sorted(rng.uniform(0.5, 340, rng.integers(1, 4)))):
            facts.append(
                Fact("order.paid", f"{n}-{k}", now - timedelta(days=float(ago)), world.who(n), f"{n}-{k}", int(rng.lognormal(8, 0.5)))
            )
    with ground.db.tx() as conn:
        pool.record(ground, conn, world.source(ground, conn), facts)
    world.settle(ground)
    told: list[int] = []
    with ground.db.tx() as conn:
        rule = segments.parse(DRIFTING)
        got = analytics.expect(ground, conn, rule, holdout_share=0.2, measure_for=14 * DAY, progress=told.append)

    orders: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for n, fact in [(int(f.id.split("-")[0]), f) for f in facts]:
        orders[n].append((fact.occurred_at, fact.amount_minor or 0))

    def band(n: int, at: datetime) -> tuple[int, int] | None:
        mine = [when for when, _ in orders[n] if when < at]
        if not mine:
            return None
        days = (at - max(mine)) / DAY
        return 1 + sum(days >= edge for edge in (30, 60, 90, 180, 365)), len(mine) if len(mine) < 2 else 2 if len(mine) < 4 else 3

    then = now - 14 * DAY
    base: dict[Any, list[bool]] = defaultdict(list)
    for n, mine in orders.items():
        if band(n, then):
            base[band(n, then)].append(any(when >= then for when, _ in mine))
    members = [n for n in orders if (now - max(when for when, _ in orders[n])) >= 90 * DAY]
    like = [base[band(n, now)] for n in members if base[band(n, now)]]
    assert got.people == len(members) > 50
    assert got.unlike == len(members) - len(like)
    assert got.buy_rate == pytest.approx(sum(sum(b) / len(b) for b in like) / len(like))
    assert got.buy_rate > 0
    assert next(s for s in got.sights if s.is_chosen).control == round(len(members) * 0.2)
    assert told == [got.people]
    other = analytics.with_share(got, 0.4)
    assert [s.share for s in other.sights if s.is_chosen] == [0.4]
