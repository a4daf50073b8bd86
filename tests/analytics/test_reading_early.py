"""Peeking, ratios, clusters and plans: held to drawn data with fixed seeds and to the published figures."""

from __future__ import annotations

import dataclasses
import math
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from siyu.analytics import experiments as ex
from siyu.analytics.interim import interim
from siyu.analytics.words import Outcomes

CDNOW = Path(__file__).parents[2] / "data" / "cdnow_master.csv.gz"
WEEKS = timedelta(days=14)
YEAR = timedelta(days=365)


def test_peeking_after_every_person_cries_wolf_with_one_interval_and_not_with_the_other() -> None:
    """400 experiments without any effect, 2,000 skewed outcomes each, looked at after every tenth person from the fiftieth on."""
    dice = np.random.default_rng(7)
    y = dice.lognormal(0, 1, (400, 2000)) * (dice.random((400, 2000)) < 0.5)
    is_t = np.arange(2000) % 2 == 0
    n = np.cumsum(is_t)
    looks = np.arange(49, 2000, 10)
    sums = [np.cumsum(np.where(side, y, 0), axis=1)[:, looks] for side in (is_t, ~is_t)]
    squares = [np.cumsum(np.where(side, y * y, 0), axis=1)[:, looks] for side in (is_t, ~is_t)]
    counts = n[looks], (looks + 1) - n[looks]
    means = [s / c for s, c in zip(sums, counts, strict=True)]
    error = np.sqrt(sum((q / c - m * m) / c for q, c, m in zip(squares, counts, means, strict=True)))
    z = np.abs(means[0] - means[1]) / error
    expected = float(np.sqrt(2 * y.var() / 1000))
    always = np.vectorize(lambda e: ex.width(8.2 * (expected / e) ** 2))(error)
    assert (z > 1.96).any(axis=1).mean() > 0.25, "or the harness could not catch anything"
    assert (z > always).any(axis=1).mean() <= 0.05


def drawn(seed: int, *, n: int = 2000, share: float = 0.1, lift: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(is_treated, spend before, spend by the end of each of 14 days) of people of very different habits."""
    dice = np.random.default_rng(seed)
    treated = np.arange(n) >= round(n * share)
    habit = 0.01 * dice.gamma(0.5, 2, n)
    before = dice.poisson(habit * 365) * dice.lognormal(8, 0.7, n)
    orders = dice.poisson((habit * np.where(treated, 1 + lift, 1.0))[:, None], (n, 14))
    return treated, before, (orders * dice.lognormal(8, 0.7, (n, 14))).cumsum(axis=1)


def look(data: tuple[np.ndarray, np.ndarray, np.ndarray], day: int) -> Outcomes:
    treated, before, spent = data
    return Outcomes(treated, np.zeros(len(treated)), before.astype(np.int64), spent[:, day].astype(np.int64), spent[:, day] > 0)


def test_a_broadcast_opened_every_day_finds_nothing_where_nothing_is() -> None:
    """250 broadcasts without effect, a tenth held out, looked at daily: both outcomes, against the fixed interval read as often."""
    wrong = {"buyers": 0, "revenue": 0, "naive": 0}
    for seed in range(250):
        data = drawn(seed)
        seen = [(interim(o := look(data, day), measure_for=WEEKS, look_back_for=YEAR), o) for day in range(14)]
        wrong["buyers"] += any(one is not None and one.buyers.is_clear for one, _ in seen)
        wrong["revenue"] += any(one is not None and one.revenue is not None and one.revenue.is_clear for one, _ in seen)
        wrong["naive"] += any(
            ex.of_shares((int(o.bought[o.is_treated].sum()), 1800), (int(o.bought[~o.is_treated].sum()), 200)).is_clear for _, o in seen
        )
    assert wrong["naive"] > 25
    assert wrong["buyers"] <= 12
    assert wrong["revenue"] <= 12


def test_a_strong_effect_is_clear_before_the_end() -> None:
    found = interim(look(drawn(3, n=20_000, share=0.3, lift=1.0), 9), measure_for=WEEKS, look_back_for=YEAR)
    assert found is not None
    assert found.buyers.low > 0
    assert found.buyers.method == "always_valid"
    assert found.buyers_total.low == pytest.approx(found.buyers.low * 14_000)


def test_before_thirty_buyers_nothing_is_said() -> None:
    assert interim(look(drawn(1, n=100), 0), measure_for=WEEKS, look_back_for=YEAR) is None


def test_revenue_per_order_by_the_delta_method_is_what_a_bootstrap_of_people_says() -> None:
    dice = np.random.default_rng(11)
    n = 3000
    orders = dice.poisson(dice.gamma(0.6, 2, n))
    worth = dice.lognormal(3, 0.6, n)  # one person's orders are alike
    money = orders * worth
    treated = dice.random(n) < 0.5
    got = ex.of_ratios(money, orders, treated)
    again = []
    for _ in range(400):
        pick = dice.integers(0, n, n)
        t = treated[pick]
        again.append(money[pick][t].sum() / orders[pick][t].sum() - money[pick][~t].sum() / orders[pick][~t].sum())
    assert got.error == pytest.approx(float(np.std(again)), rel=0.12)
    naive = math.sqrt(sum(np.repeat(worth[s], orders[s]).var() / orders[s].sum() for s in (treated, ~treated)))
    assert got.error > 1.3 * naive, "orders are not independent"
    assert got.treated.mean == pytest.approx(money[treated].sum() / orders[treated].sum())
    empty = ex.of_ratios(money, np.where(treated, orders, 0), treated)
    assert math.isinf(empty.error)


def test_customers_of_one_guide_are_alike() -> None:
    """Twenty guides, ten of whom deliver: 200 drawn worlds without effect. Counting customers as independent is wrong most of the time."""
    dice = np.random.default_rng(5)
    guide = np.repeat(np.arange(20), 50)
    naive = clustered = 0
    for _ in range(200):
        treated = (dice.permutation(20) < 10)[guide]
        y = dice.normal(0, 1, 1000) + dice.normal(0, 0.5, 20)[guide]
        naive += ex.of_means(ex.Sample.of(y[treated]), ex.Sample.of(y[~treated])).is_clear
        clustered += ex.by_clusters(y, treated, guide).is_clear
    assert naive > 60
    assert clustered <= 14
    few = ex.by_clusters(np.arange(8.0), np.arange(8) % 2 == 0, np.arange(8) % 4 // 2)
    assert math.isinf(few.error)


def test_clusters_of_one_person_each_are_the_plain_reading() -> None:
    dice = np.random.default_rng(2)
    y, treated = dice.normal(0, 1, 400), np.arange(400) % 2 == 0
    got, plain = ex.by_clusters(y, treated, np.arange(400)), ex.of_means(ex.Sample.of(y[treated]), ex.Sample.of(y[~treated]))
    assert got.difference == pytest.approx(plain.difference)
    assert got.error == pytest.approx(plain.error, rel=0.01)


def test_a_plan_gives_the_published_sizes_and_says_what_a_tenth_costs() -> None:
    even = ex.plan(ex.SizeQuestion(0.05, 0.2, share=0.5, daily=500))
    assert ex.needed(even.question, 0.5) / 2 == pytest.approx(8157.7, abs=0.05)
    assert even.chosen.control == 8158
    assert even.chosen.days == math.ceil(even.chosen.people / 500) + 14
    spend = ex.SizeQuestion(1.0, 0.3987, share=0.1, deviation=13.5, people=100_000)
    tenth = ex.plan(spend).chosen
    assert tenth.visible_lift == pytest.approx(0.3987, abs=5e-5)
    assert tenth.price == pytest.approx(1.67, abs=0.005)
    assert tenth.people == pytest.approx(100_000, rel=2e-3)
    assert (tenth.held, tenth.forgone) == (10_000, pytest.approx(3987, rel=1e-3))
    assert ex.plan(dataclasses.replace(spend, cut=0.594**2)).chosen.visible_lift == pytest.approx(0.3207, abs=5e-5)
    assert ex.plan(dataclasses.replace(spend, share=0.5)).chosen.visible_lift == pytest.approx(0.2392, abs=5e-5)
    with pytest.raises(ValueError, match="holdout"):
        ex.plan(ex.SizeQuestion(0.05, 0.2, share=0))
    assert ex.plan(ex.SizeQuestion(0.6, 0.9)).chosen.people is None, "a rate above one cannot be seen"


def test_cuped_on_cdnow() -> None:
    """Spend of 39 weeks and of the 39 after, all 23,570 customers: a third of the noise goes."""
    rows = duckdb.sql(f"""
        select sum(dollar_value) filter (where date < date '1997-10-01') x,
               coalesce(sum(dollar_value) filter (where date >= date '1997-10-01'), 0) y
        from read_csv('{CDNOW}') group by customer_id""").fetchnumpy()
    got = ex.cuped(np.asarray(rows["y"], float), np.asarray(rows["x"], float))
    assert len(got.values) == 23_570
    assert (got.rho, got.cut, got.theta) == (
        pytest.approx(0.5941, abs=5e-4), pytest.approx(0.3530, abs=5e-4), pytest.approx(0.51093, abs=5e-4),
    )  # fmt: skip
