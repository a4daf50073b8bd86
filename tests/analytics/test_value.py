"""The published results come out again: CDNOW, fitted and valued as in the papers (docs/value.md has the table)."""

from __future__ import annotations

import functools
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import approx_fprime

from siyu.analytics.value import MODELS, Fit, States, collapse, fit, fit_spend, paretonbd, spend
from siyu.analytics.value.worth import delta_of, discounted_purchases

DATA = Path(__file__).parents[2] / "data"
HISTORIES = """
with o as (select {who} c, date::date d, dollar_value v from '{file}'),
d as (select c, d, sum(v) v from o where d <= date '1998-06-30' group by 1, 2),
s as (select c, min(d) d0, max(d) filter (d <= date '{cut}') d1, count(*) filter (d <= date '{cut}') n,
        sum(v) filter (d <= date '{cut}') sv, arg_min(v, d) v0, count(*) filter (d > date '{cut}') x_star,
        coalesce(sum(v) filter (d > date '{cut}'), 0) v_star from d group by 1)
select n - 1 as x, date_diff('day', d0, d1) / 7.0 as t_x, date_diff('day', d0, date '{cut}') / 7.0 as t_obs,
    case when n > 1 then (sv - v0) / (n - 1) else 0 end as m, x_star, v_star from s order by c
"""


@functools.cache
def cdnow(sample: bool = True, cut: str = "1997-09-30") -> dict[str, np.ndarray]:
    file = DATA / ("cdnow_sample.csv.gz" if sample else "cdnow_master.csv.gz")
    sql = HISTORIES.format(file=file, who="sample_id" if sample else "customer_id", cut=cut)
    return {name: np.asarray(column, dtype=float) for name, column in duckdb.connect().sql(sql).fetchnumpy().items()}


@functools.cache
def fitted(model: str) -> tuple[Fit, States, np.ndarray]:
    rows = cdnow()
    states, back = collapse(rows["x"], rows["t_x"], rows["t_obs"])
    return fit(model, states), states, back


def one(x: float, t_x: float, t_obs: float) -> States:
    return States(np.array([x]), np.array([t_x]), np.array([t_obs]), np.ones(1))


def test_the_sufficient_statistics() -> None:
    rows = cdnow()
    assert len(rows["x"]) == 2357
    assert (rows["x"] > 0).sum() == 946
    assert rows["x"].sum() == 2457
    assert rows["x_star"].sum() == 1882
    assert rows["v_star"].sum() == pytest.approx(70_976.39, abs=0.01)


@pytest.mark.parametrize(
    ("model", "params", "log_likelihood"),
    [
        ("bg/nbd", (0.2425945, 4.4136019, 0.7929199, 2.4258881), -9582.429),  # Fader, Hardie & Lee 2005
        ("pareto/nbd", (0.55315, 10.57633, 0.60625, 11.67150), -9594.976),  # the same; CLVTools
        ("mbg/nbd", (0.5248, 6.1831, 0.8914, 1.6140), -9582.136),
    ],
)
def test_published_fits(model: str, params: tuple[float, ...], log_likelihood: float) -> None:
    found = fitted(model)[0]
    assert found.params == pytest.approx(params, rel=1e-3)
    assert found.log_likelihood == pytest.approx(log_likelihood, abs=0.01)
    assert found.degenerate == ""


def test_published_spend() -> None:
    rows = cdnow()
    repeat = (rows["x"] > 0) & (rows["m"] > 0)
    assert repeat.sum() == 946
    found = fit_spend(rows["x"][repeat], rows["m"][repeat], np.ones(946))
    assert found.params == pytest.approx((6.2496, 3.7442, 15.4435), rel=1e-3)  # Fader & Hardie 2013, note 25
    assert found.log_likelihood == pytest.approx(-4055.9177, abs=0.01)


def test_spot_values() -> None:
    bg, mid = fitted("bg/nbd")[0], one(2, 30.43, 38.86)
    pareto = fitted("pareto/nbd")[0]
    assert MODELS["bg/nbd"].expected(bg.params, mid, 39.0)[0] == pytest.approx(1.2259, abs=1e-4)
    assert MODELS["bg/nbd"].p_alive(bg.params, mid)[0] == pytest.approx(0.7266, abs=1e-4)
    assert MODELS["bg/nbd"].expected_new(bg.params, np.array([52.0]))[0] == pytest.approx(1.4440, abs=1e-3)
    assert MODELS["pareto/nbd"].expected_new(pareto.params, np.array([52.0]))[0] == pytest.approx(1.4736, abs=1e-3)
    assert paretonbd.p_alive(pareto.params, one(26, 30.86, 31))[0] == pytest.approx(0.99792, abs=1e-5)


@pytest.mark.parametrize(
    ("model", "total", "mae", "rmse", "correlation"),
    [
        ("bg/nbd", 1653.4, 0.7855, 1.6080, 0.6256),
        ("mbg/nbd", 1576.7, 0.7648, 1.6072, 0.6273),
        ("pareto/nbd", 1665.5, 0.7545, 1.6028, 0.6302),
    ],
)
def test_the_holdout_half_year(model: str, total: float, mae: float, rmse: float, correlation: float) -> None:
    found, states, back = fitted(model)
    predicted = MODELS[model].expected(found.params, states, 39.0)[back]
    happened = cdnow()["x_star"]
    assert predicted.sum() == pytest.approx(total, abs=0.5)
    assert np.abs(predicted - happened).mean() == pytest.approx(mae, abs=5e-4)
    assert np.sqrt(((predicted - happened) ** 2).mean()) == pytest.approx(rmse, abs=5e-4)
    assert np.corrcoef(predicted, happened)[0, 1] == pytest.approx(correlation, abs=5e-4)


def test_the_zero_class_grows_a_little() -> None:
    found, states, back = fitted("bg/nbd")
    zero = cdnow()["x"] == 0
    assert zero.sum() == 1411
    assert MODELS["bg/nbd"].expected(found.params, states, 39.0)[back][zero].mean() == pytest.approx(0.225, abs=0.001)
    assert cdnow()["x_star"][zero].mean() == pytest.approx(0.237, abs=0.001)


def test_the_increasing_frequency_paradox() -> None:
    """Table values of the paper; a score that only rises with frequency would put (7, 35) above (1, 30)."""
    found = Fit("pareto/nbd", paretonbd.NAMES, np.array([0.553, 10.578, 0.606, 11.669]), 0, 0, 0)
    worth = {
        (x, t): discounted_purchases(found, one(x, t, 77.86), np.expm1(0.0027 * 52))[0]
        for x, t in ((7, 35), (1, 30), (1, 77), (7, 70), (0, 0))
    }
    for state, value in {(7, 35): 0.892, (1, 30): 1.43, (1, 77): 3.12, (7, 70): 14.07, (0, 0): 0.18}.items():
        assert worth[state] == pytest.approx(value, abs=0.006)
    assert worth[7, 35] < worth[1, 30]


def test_the_pool_of_cdnow_is_worth_a_million() -> None:
    """The one full published valuation (JMR 42:415): fitted on the tenth over 78 weeks, applied to all, 30 % margin, 15 % a year."""
    sample = cdnow(cut="1998-06-30")
    states, _ = collapse(sample["x"], sample["t_x"], sample["t_obs"])
    buying = fit("pareto/nbd", states)
    repeat = (sample["x"] > 0) & (sample["m"] > 0)
    amounts = fit_spend(sample["x"][repeat], sample["m"][repeat], np.ones(int(repeat.sum())))
    assert buying.params == pytest.approx((0.5630, 12.5592, 0.4081, 10.5145), rel=2e-3)
    assert amounts.params == pytest.approx((4.6835, 4.1898, 24.39), rel=2e-3)

    everyone = cdnow(sample=False, cut="1998-06-30")
    kept = everyone["x"] * everyone["m"] <= 4000
    assert kept.sum() == 23_560
    x, t_x, t_obs, m = (everyone[name][kept] for name in ("x", "t_x", "t_obs", "m"))
    states, back = collapse(x, t_x, t_obs)
    purchases = discounted_purchases(buying, states, 0.15)[back]
    value = 0.30 * purchases * spend.expected_spend(amounts.params, x, m)
    assert value.sum() == pytest.approx(1_100_623, rel=2e-3)
    assert value[x == 0].sum() == pytest.approx(53_086, rel=3e-3)
    assert value[x == 0].mean() == pytest.approx(4.404, abs=0.02)


def test_a_shop_without_visible_dropout_is_told_so() -> None:
    """Online Retail begins in the middle of its customers' lives: no dropout can be identified there, and the fit must say it."""
    sql = """
    with d as (select CustomerID c, InvoiceDate::date d from '{file}' where CustomerID is not null and InvoiceNo not like 'C%'
               and Quantity > 0 and UnitPrice > 0 and InvoiceDate < '2011-07-01' group by 1, 2)
    select count(*) - 1.0 as x, date_diff('day', min(d), max(d)) / 7.0 as t_x, date_diff('day', min(d), date '2011-06-30') / 7.0 as t_obs
    from d group by c order by c
    """
    rows = duckdb.connect().sql(sql.format(file=DATA / "online_retail.parquet")).fetchnumpy()
    states, _ = collapse(*(np.asarray(rows[name], dtype=float) for name in ("x", "t_x", "t_obs")))
    assert states.customers == 2960
    for model in ("bg/nbd", "mbg/nbd", "pareto/nbd"):
        found = fit(model, states)
        assert found.degenerate == "no dropout"
        assert found.log_likelihood == pytest.approx(-15_325.455, abs=0.05)
        assert found.evaluations < 1500


def test_hard_states_stay_finite() -> None:
    """Values on which straightforward formulas overflow (CLVTools; Hardie's note 27)."""
    states = States(
        np.array([221.0, 254, 161, 204]), np.array([103.42857, 97.14286, 94.71429, 98.57143]),
        np.array([103.57143, 97.28571, 98, 99.42857]), np.ones(4),
    )  # fmt: skip
    alive = paretonbd.p_alive(np.array([0.5143, 2.8845, 0.2856, 14.1087]), states)
    assert np.isfinite(alive).all()
    assert ((alive > 0) & (alive < 1)).all()
    for module in MODELS.values():
        value, gradient = module.log_likelihood(np.array([0.5143, 2.8845, 0.2856, 14.1087])[: len(module.NAMES)], states)
        assert np.isfinite(value)
        assert np.isfinite(gradient).all()


positive = st.floats(-2, 1.5).map(np.exp)
history = st.tuples(st.integers(0, 60), st.floats(0.01, 0.99), st.floats(1, 300))


@settings(max_examples=40, deadline=None)
@given(positive, positive, positive, st.floats(-1, 5).map(np.exp), history)
def test_the_integral_agrees_with_adaptive_quadrature(
    r: float, alpha: float, s: float, beta: float, what: tuple[int, float, float]
) -> None:
    x, share, t_obs = what
    t_x = share * t_obs if x else 0.0
    ours = paretonbd._integral(np.array([r, alpha, s, beta]), one(x, t_x, t_obs))[0][0]
    scale = (alpha + t_x) / (r + x + s + 1)

    def integrand(y: float) -> float:
        return float(np.exp(-(r + x) * np.log((alpha + y) / (alpha + t_x)) - (s + 1) * np.log((beta + y) / (beta + t_x))))

    points = [min(t_obs, t_x + k * scale) for k in (0.5, 1, 3, 8, 20, 50)]
    value = quad(integrand, t_x, t_obs, epsabs=0, epsrel=1e-11, limit=500, points=points)[0]
    assert ours == pytest.approx(np.log(value) - (r + x) * np.log(alpha + t_x) - (s + 1) * np.log(beta + t_x), abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(sorted(MODELS)), st.lists(positive, min_size=4, max_size=4), st.lists(history, min_size=1, max_size=6))
def test_gradients_are_the_slopes(model: str, params: list[float], people: list[tuple[int, float, float]]) -> None:
    module = MODELS[model]
    at = np.array(params[: len(module.NAMES)])
    states, _ = collapse(
        np.array([float(x) for x, _, _ in people]), np.array([share * t if x else 0.0 for x, share, t in people]),
        np.array([t for _, _, t in people]),
    )  # fmt: skip
    slopes = approx_fprime(at, lambda p: module.log_likelihood(p, states)[0], 1e-7)
    assert module.log_likelihood(at, states)[1] == pytest.approx(slopes, rel=2e-3, abs=2e-3)


def test_weights_mean_repeated_customers() -> None:
    rows = cdnow()
    some = slice(0, 400)
    single = States(rows["x"][some], rows["t_x"][some], rows["t_obs"][some], np.ones(400))
    together, _ = collapse(rows["x"][some], rows["t_x"][some], rows["t_obs"][some])
    assert len(together) < 400
    for module in MODELS.values():
        at = np.array([0.6, 8.0, 0.7, 5.0])[: len(module.NAMES)]
        assert module.log_likelihood(at, single)[0] == pytest.approx(module.log_likelihood(at, together)[0], rel=1e-12)


def test_the_discount_rate() -> None:
    assert delta_of(0.15) == pytest.approx(0.0027, abs=5e-5)


@given(st.lists(st.tuples(*[st.sampled_from([0.0, 0.5, 1.0, 7.25])] * 3), max_size=40))
@settings(max_examples=60)
def test_different_rows_are_those_of_numpy(rows: list[tuple[float, float, float]]) -> None:
    stacked = np.array(rows, dtype=float).reshape(-1, 3)
    unique, back, counts = np.unique(stacked, axis=0, return_inverse=True, return_counts=True)
    states, ours = collapse(*stacked.T)
    assert np.column_stack([states.x, states.t_x, states.t_obs]).tolist() == unique.tolist()
    assert (ours.tolist(), states.weight.tolist()) == (back.reshape(-1).tolist(), counts.tolist())
