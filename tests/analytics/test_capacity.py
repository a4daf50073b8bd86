"""Queueing and survival: known values come out, and identities hold."""

from __future__ import annotations

import math

import numpy as np
import pytest

from siyu.analytics.capacity import answered_within, erlang_c, mean_wait
from siyu.analytics.survival import kaplan_meier


@pytest.mark.parametrize(("load", "guides", "chance"), [(10, 12, 0.449388), (10, 14, 0.174132), (20, 24, 0.298072), (1, 2, 0.333333)])
def test_erlang_c(load: float, guides: int, chance: float) -> None:
    assert erlang_c(load, guides) == pytest.approx(chance, abs=1e-6)


def test_one_guide_is_the_single_server_queue() -> None:
    assert erlang_c(0.7, 1) == pytest.approx(0.7)
    assert mean_wait(7, 0.1, 1) == pytest.approx(0.7 * 0.1 / 0.3)


def test_overload_waits_for_ever() -> None:
    assert erlang_c(5, 5) == 1
    assert mean_wait(100, 0.1, 10) == math.inf
    assert answered_within(100, 0.1, 10, 1) == 0


def test_the_formulas_agree_with_a_simulated_queue() -> None:
    dice = np.random.default_rng(2)
    guides, each, rate, n = 3, 0.25, 6.0, 120_000
    arrivals = np.cumsum(dice.exponential(1 / rate, n))
    service = dice.exponential(each, n)
    free = np.zeros(guides)
    waits = np.empty(n)
    for i in range(n):
        k = int(free.argmin())
        begin = max(arrivals[i], free[k])
        waits[i], free[k] = begin - arrivals[i], begin + service[i]
    assert waits.mean() == pytest.approx(mean_wait(rate, each, guides), rel=0.08)
    assert (waits <= 0.1).mean() == pytest.approx(answered_within(rate, each, guides, 0.1), abs=0.02)


def test_kaplan_meier_by_hand() -> None:
    """Freireich's leukaemia remissions (6-MP arm), the example of every textbook."""
    weeks = np.array([6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35], dtype=float)
    happened = np.array([1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0], dtype=bool)
    curve = kaplan_meier(weeks, happened)
    assert (1 - curve.share).round(4).tolist() == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert curve.median() == 23
    assert curve.censored == 12
    assert curve.by(5) == 0
    assert ((curve.low <= curve.share) & (curve.share <= curve.high)).all()


def test_without_censoring_it_is_the_plain_share() -> None:
    durations = np.array([1.0, 2, 2, 5])
    curve = kaplan_meier(durations, np.ones(4, dtype=bool))
    assert curve.share.tolist() == [0.25, 0.75, 1.0]


def test_nobody_yet() -> None:
    curve = kaplan_meier(np.array([3.0, 4.0]), np.zeros(2, dtype=bool))
    assert curve.median() is None
    assert curve.by(10) == 0
