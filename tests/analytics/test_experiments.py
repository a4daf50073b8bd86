"""The statistics give the published numbers, and keep their promises on drawn data."""

from __future__ import annotations

import math
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from siyu.analytics import experiments as ex

RETAIL = Path(__file__).parents[2] / "data" / "online_retail.parquet"

# Hillstrom's e-mail test (MineThatData 2008): n, visits, buyers, mean and deviation of spend of each arm.
NONE, MENS, WOMENS = (21306, 2262, 122, 0.652789, 11.588), (21307, 3894, 267, 1.422617, 17.754), (21387, 3238, 189, 1.077202, 15.116)


def spend(row: tuple[int, int, int, float, float]) -> ex.Sample:
    return ex.Sample(row[0], row[3], row[4] ** 2)


@pytest.mark.parametrize(
    ("arm", "lift", "error", "low", "high"), [(MENS, 0.769827, 0.145247, 0.485, 1.055), (WOMENS, 0.424412, 0.130333, 0.169, 0.680)]
)
def test_hillstroms_spend_lifts(arm: tuple[int, int, int, float, float], lift: float, error: float, low: float, high: float) -> None:
    got = ex.of_means(spend(arm), spend(NONE))
    assert got.difference == pytest.approx(lift, abs=2e-6)
    assert got.error == pytest.approx(error, abs=2e-5)
    assert (got.low, got.high) == (pytest.approx(low, abs=6e-4), pytest.approx(high, abs=6e-4))
    assert ex.Total.of(got).value == pytest.approx(lift * arm[0], rel=1e-5)


@pytest.mark.parametrize(("arm", "lift", "error"), [(MENS, 0.076590, 0.003386), (WOMENS, 0.045233, 0.003234)])
def test_hillstroms_visit_lifts(arm: tuple[int, int, int, float, float], lift: float, error: float) -> None:
    got = ex.of_shares((arm[1], arm[0]), (NONE[1], NONE[0]))
    assert got.difference == pytest.approx(lift, abs=1e-6)
    assert got.error == pytest.approx(error, abs=1e-6)
    assert got.low < lift < got.high
    assert (got.high - got.low) / 2 == pytest.approx(1.96 * error, rel=0.01)


def test_hillstroms_split_is_whole_and_a_lost_arm_is_seen() -> None:
    got = ex.check_split([NONE[0], MENS[0], WOMENS[0]], [1, 1, 1])
    assert got.chi2 == pytest.approx(0.2025, abs=5e-5)
    assert got.p == pytest.approx(0.9037, abs=5e-5)
    assert not got.is_broken
    assert ex.check_split([9000, 1000 - 120], [0.9, 0.1]).is_broken
    assert not ex.check_split([9000, 1000 - 60], [0.9, 0.1]).is_broken
    assert ex.check_split([5, 1], [1, 0]).is_broken, "a control that was never planned"
    assert not ex.check_split([5, 0], [1, 0]).is_broken


def test_newcombes_published_example() -> None:
    """Newcombe 1998, table II, method 10: 56/70 against 48/80 and 0/10 against 0/10."""
    got = ex.of_shares((56, 70), (48, 80))
    assert (got.low, got.high) == (pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5))
    empty = ex.of_shares((0, 10), (0, 10))
    assert (empty.low, empty.high) == (pytest.approx(-0.2775, abs=5e-5), pytest.approx(0.2775, abs=5e-5))


def test_sample_sizes() -> None:
    assert ex.needed_for_means(11.588, 15.116, 0.424412) / 2 == pytest.approx(15808, abs=2)


def test_the_smallest_visible_effect_and_the_price_of_a_small_holdout() -> None:
    assert ex.smallest_effect(13.5, 90_000, 13.5, 10_000) == pytest.approx(0.3987, abs=5e-5)
    assert ex.smallest_effect(13.5, 50_000, 13.5, 50_000) == pytest.approx(0.2392, abs=5e-5)
    assert ex.smallest_effect(13.5, 90_000, 13.5, 10_000, cut=0.594**2) == pytest.approx(0.3207, abs=5e-5)
    assert ex.price_of_share(0.1) == pytest.approx(1.67, abs=0.005)
    assert ex.smallest_effect(1, 10, 1, 0) == math.inf


@given(share=st.floats(0.02, 0.6), d=st.floats(0.01, 5), sigma=st.floats(0.5, 50))
@settings(max_examples=50)
def test_power_size_and_smallest_effect_are_one_formula(share: float, d: float, sigma: float) -> None:
    n = ex.needed_for_means(sigma, 1.5 * sigma, d, share_c=share)
    error = sigma * math.sqrt(1 / (n * (1 - share)) + 2.25 / (n * share))
    assert ex.power_of(d, error) == pytest.approx(0.8, abs=1e-6)
    assert ex.z_sum() * error == pytest.approx(d)


@pytest.mark.skipif(not RETAIL.exists(), reason="data/online_retail.parquet is not in this checkout")
def test_cuped_on_a_real_shop() -> None:
    """Spend before and after 2011-07-01 of everyone who had bought before (docs/proof.md)."""
    rows = duckdb.sql(
        f"""select sum(Quantity * UnitPrice) filter (where InvoiceDate < '2011-07-01') as before,
                   coalesce(sum(Quantity * UnitPrice) filter (where InvoiceDate >= '2011-07-01'), 0) as after
            from '{RETAIL}' where CustomerID is not null and InvoiceNo not like 'C%' and Quantity > 0 and UnitPrice > 0
            group by CustomerID having before > 0"""
    ).fetchnumpy()
    x, y = np.asarray(rows["before"]), np.asarray(rows["after"])
    got = ex.cuped(y, x)
    assert len(x) == 2960
    assert (got.rho, got.cut, got.theta) == (
        pytest.approx(0.7524, abs=5e-5),
        pytest.approx(0.5661, abs=5e-5),
        pytest.approx(1.00796, abs=5e-6),
    )
    assert 1 - got.values.var() / y.var() == pytest.approx(got.cut, abs=1e-9)
    capped = ex.cuped(ex.cap_at(y, 0.99)[0], ex.cap_at(x, 0.99)[0])
    assert (capped.rho, capped.cut) == (pytest.approx(0.8069, abs=5e-5), pytest.approx(0.6511, abs=5e-5))


_pounds = st.integers(0, 10**8).map(lambda pence: pence / 100)


@given(st.lists(st.tuples(_pounds, _pounds), min_size=2, max_size=60))
@settings(max_examples=60)
def test_cuped_never_widens_and_keeps_the_mean(pairs: list[tuple[float, float]]) -> None:
    y, x = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])
    got = ex.cuped(y, x)
    assert got.values.mean() == pytest.approx(y.mean(), rel=1e-6, abs=1e-6)
    assert got.values.var() <= y.var() * (1 + 1e-9) + 1e-9
    assert 0 <= got.cut <= 1 + 1e-9


def _shop(rng: np.random.Generator, n: int, effect: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """People as shops have them: most buy nothing, spend is skewed, the past says something about the future."""
    habit = rng.lognormal(0, 1.0, n)
    before = habit * rng.lognormal(3, 0.4, n) * (rng.random(n) < 0.8)
    buys = rng.random(n) < np.clip(0.15 * habit, 0, 0.9)
    after = buys * habit * rng.lognormal(3, 0.4, n)
    strata = np.digitize(before, np.quantile(before, [0.25, 0.5, 0.75]))
    order = np.lexsort((rng.random(n), strata))
    is_treated = np.ones(n, dtype=bool)
    is_treated[order[rng.integers(5) :: 5]] = False  # a fifth of every stratum
    return after + effect * is_treated, before, is_treated, strata


def test_intervals_cover_what_they_promise() -> None:
    rng, rounds, effect = np.random.default_rng(7), 400, 3.0
    covered, widths = np.zeros(4), np.zeros(4)
    for _ in range(rounds):
        y, x, is_treated, strata = _shop(rng, 2000, effect)
        adjusted = ex.cuped(y, x)
        readings = [
            ex.of_means(ex.Sample.of(y[is_treated]), ex.Sample.of(y[~is_treated])),
            ex.by_strata(y, is_treated, strata),
            ex.by_strata(adjusted.values, is_treated, strata),
            ex.by_strata(adjusted.values, is_treated, strata, guarded=True),
        ]
        for i, got in enumerate(readings):
            covered[i] += got.low <= effect <= got.high
            widths[i] += got.high - got.low
    assert ((covered / rounds > 0.92) & (covered / rounds < 0.99)).all(), covered / rounds
    assert widths[1] < widths[0], "strata take noise away"
    assert widths[2] < widths[1], "and the past takes more"
    assert widths[2] < widths[3] < 1.12 * widths[2], "the guard costs little"


@pytest.mark.parametrize(("n_c", "rate"), [(150, 0.05), (1000, 0.03)])
def test_a_small_holdout_does_not_cry_wolf(n_c: int, rate: float) -> None:
    """A/A: nothing was done to anybody. Nine in ten are "treated", few buy, and what they spend is skewed."""
    rng, rounds, n_t = np.random.default_rng(11), 800, 9 * n_c
    wolf = {False: 0, True: 0}
    for _ in range(rounds):
        arms = []
        for n in (n_t, n_c):
            y = np.zeros(n)
            buyers = rng.binomial(n, rate)
            y[:buyers] = rng.lognormal(3, 1.0, buyers)
            arms.append(ex.Sample.of(y))
        for guarded in wolf:
            wolf[guarded] += ex.of_means(*arms, guarded=guarded).is_clear
    assert wolf[False] / rounds > 0.07, "Welch does"
    assert wolf[True] / rounds < 0.05


def test_shares_hold_their_level_where_a_small_holdout_has_few_buyers() -> None:
    rng, rounds = np.random.default_rng(8), 1500
    treated, control = rng.binomial(1800, 0.02, rounds), rng.binomial(200, 0.02, rounds)
    readings = [ex.of_shares((int(t), 1800), (int(c), 200)) for t, c in zip(treated, control, strict=True)]
    wolf = sum(r.is_clear for r in readings) / rounds
    assert 0.01 < wolf < 0.07
    wald = sum(abs(r.difference) > 1.96 * r.error for r in readings) / rounds
    assert wald > 0.07, "the textbook interval, which we do not use, cries wolf here"


def test_strata_that_are_too_small_are_read_together() -> None:
    rng = np.random.default_rng(3)
    strata = np.array(["big"] * 500 + [f"tiny {n}" for n in range(100)])
    is_treated = rng.random(600) < 0.5
    y = rng.normal(size=600)
    got = ex.by_strata(y, is_treated, strata)
    want = ex.by_strata(y, is_treated, np.where(strata == "big", "big", "rest"))
    assert (got.difference, got.error) == (want.difference, want.error)
    only = ex.by_strata(y, is_treated, ["tiny"] * 595 + ["other"] * 5)
    assert only.method == "welch", "nothing to weight"


def test_stratified_estimate_by_hand() -> None:
    y = np.concatenate([np.full(30, 10.0), np.full(10, 7.0), np.full(20, 1.0), np.full(20, 0.5)]) + np.tile([-0.1, 0.1], 40)
    is_treated = np.array([True] * 30 + [False] * 10 + [True] * 20 + [False] * 20)
    strata = ["a"] * 40 + ["b"] * 40
    got = ex.by_strata(y, is_treated, strata)
    assert got.difference == pytest.approx(0.5 * 3 + 0.5 * 0.5)
    variances = [stats.tvar(y[:30]) / 30, stats.tvar(y[30:40]) / 10, stats.tvar(y[40:60]) / 20, stats.tvar(y[60:]) / 20]
    assert got.error == pytest.approx(math.sqrt(0.25 * sum(variances)))


def test_the_words() -> None:
    whole = ex.check_split([900, 100], [0.9, 0.1])
    strong = ex.of_shares((300, 9000), (10, 1000))
    weak = ex.of_shares((12, 900), (1, 100))
    sure_of_nothing = ex.of_shares((10_000, 50_000), (9_990, 50_000))
    assert ex.read(strong, whole, events=310, is_over=True) is ex.Verdict.CAUSED
    assert ex.read(weak, whole, events=13, is_over=True) is ex.Verdict.TOO_FEW
    assert ex.read(sure_of_nothing, whole, events=19_990, is_over=True) is ex.Verdict.NO_EFFECT
    assert ex.read(strong, whole, events=310, is_over=False) is ex.Verdict.TOO_EARLY
    assert ex.read(strong, ex.check_split([900, 40], [0.9, 0.1]), events=310, is_over=True) is ex.Verdict.BROKEN
    assert ex.read(ex.of_shares((9, 10), (0, 10)), whole, events=9, is_over=True) is ex.Verdict.TOO_FEW, "nine buyers say nothing"


def test_nobody_in_an_arm_is_no_knowledge() -> None:
    lonely = ex.of_means(ex.Sample.of([1.0, 2.0]), ex.Sample.of([]))
    assert (lonely.low, lonely.high) == (-math.inf, math.inf)
    assert ex.of_shares((1, 2), (0, 0)).low == -1
    assert ex.cuped([1.0, 2.0, 3.0], [5.0, 5.0, 5.0]).cut == 0
