"""Models are chosen by what happened, and a band says how far they were off."""

from __future__ import annotations

import itertools

import numpy as np

from siyu.analytics.value import collapse
from siyu.analytics.value.backtest import Round, band_of, choose, origins_of, rounds_of
from siyu.analytics.value.purchases import bought_between, histories_at, purchases_of


def made(seed: int, people: int = 800, days: int = 520, dropout: float = 0.02) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """People who begin at random, buy at their own rate and leave for good at random."""
    dice = np.random.default_rng(seed)
    rows = []
    for who in range(people):
        first = int(dice.integers(0, 200))
        leaves = first + dice.exponential(1 / dice.gamma(1.0, dropout))
        rate = dice.gamma(0.8, 0.04)
        day = float(first)
        while day < min(days, leaves):
            rows.append((who, int(day), dice.gamma(3, 1000)))
            day += dice.exponential(1 / rate) if rate > 0 else np.inf
    customer, when, minor = zip(*rows, strict=True)
    return np.array(customer), np.array(when), np.array(minor)


def test_histories_are_what_a_person_would_count() -> None:
    p = purchases_of(np.array([1, 0, 0, 0, 1]), np.array([5, 14, 0, 0, 40]), np.array([10.0, 30, 5, 5, 7]))
    h = histories_at(p, 21)
    assert h.who.tolist() == [0, 1]
    assert h.x.tolist() == [1, 0]
    assert h.t_x.tolist() == [2, 0]
    assert h.t_obs.tolist() == [3, 16 / 7]
    assert h.mean_minor.tolist() == [30, 0]
    times, money = bought_between(p, 21, 40)
    assert times.tolist() == [0, 1]
    assert money.tolist() == [0, 7]


def test_origins_never_look_past_the_data() -> None:
    origins, horizon = origins_of(0, 700)
    assert origins
    assert all(o + horizon * 7 <= 700 for o in origins)
    assert all(later - sooner >= horizon * 7 for sooner, later in itertools.pairwise(origins))
    assert origins_of(0, 100) == ([], 4.0)


def test_people_who_leave_make_a_dropout_model_win() -> None:
    p = purchases_of(*made(3))
    rounds = rounds_of(p, 519)
    h = histories_at(p, 519)
    model, why = choose(rounds, collapse(h.x, h.t_x, h.t_obs)[0])
    assert why == "backtest"
    assert model in ("pareto/nbd", "mbg/nbd", "bg/nbd")
    band = band_of(rounds, model)
    assert band.rounds == len({r.origin_day for r in rounds})
    assert band.low < band.middle < band.high
    assert 0.6 < band.middle < 1.6


def test_people_who_never_leave_are_not_given_a_dropout() -> None:
    p = purchases_of(*made(4, dropout=1e-6))
    rounds = rounds_of(p, 519)
    h = histories_at(p, 519)
    assert choose(rounds, collapse(h.x, h.t_x, h.t_obs)[0]) == ("nbd", "no dropout")


def test_one_round_is_never_trusted_far() -> None:
    only = [Round("nbd", 1, 8, 100, 50, 50, 5000.0, 5000.0, 0.3, "")]
    band = band_of(only, "nbd")
    assert band.low < 0.7
    assert band.high > 1.4
    assert band_of([], "nbd").rounds == 0
