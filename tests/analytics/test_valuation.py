"""A valuation is arithmetic on a run's figures: it agrees with what was published, moves the right way, and its parts add up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analytics.test_backtest import made
from tests.analytics.test_value import cdnow, one

from siyu.analytics.assumptions import Assumed, changed
from siyu.analytics.scores.words import Known
from siyu.analytics.scores.working import think, too_few, work_out
from siyu.analytics.valuation import Figures, forecast, pool_value, valuation, win_cost
from siyu.analytics.valuation.forecasting import Spending
from siyu.analytics.value import MODELS, collapse, fit, fit_spend, purchases_of, spend
from siyu.analytics.value.backtest import Band, rounds_of
from siyu.analytics.value.calibration import Calibration
from siyu.base.errors import InputError

STEPS = 65
FIGURES = Figures(
    customers=100, alive=80.0, edges=tuple(4.0 * n for n in range(STEPS + 1)), purchases=tuple(10 * 0.97**n for n in range(STEPS)),
    sales_minor=tuple(1000 * 0.97**n for n in range(STEPS)), later=tuple(0.4 * 0.96**n for n in range(STEPS)), first_minor=90.0,
    spend_minor=100.0, new_a_year=52.0, low=0.8, middle=1.0, high=1.3, rounds=3, spread=0.05, is_fading=False,
)  # fmt: skip
PARAMS = {
    "bg/nbd": (0.243, 4.414, 0.793, 2.426), "mbg/nbd": (0.525, 6.183, 0.891, 1.614), "pareto/nbd": (0.553, 10.578, 0.606, 11.669),
    "nbd": (0.4, 12.0),
}  # fmt: skip


@pytest.mark.parametrize("model", list(PARAMS))
@given(x=st.integers(0, 30), t_x=st.floats(0, 60), more=st.floats(0, 60), weeks=st.floats(0.1, 80))
@settings(max_examples=25, deadline=None)
def test_silence_is_the_same_history_watched_longer(model: str, x: int, t_x: float, more: float, weeks: float) -> None:
    """P(no purchase in h) is the likelihood of the history up to T + h over that up to T: the closed forms must agree with it."""
    module, params = MODELS[model], np.array(PARAMS[model])
    t_x = t_x if x else 0.0
    now, then = one(x, t_x, t_x + more), one(x, t_x, t_x + more + weeks)
    quiet = module.p_quiet(params, now, weeks)[0]
    assert quiet == pytest.approx(np.exp(module.log_likelihood(params, then)[0] - module.log_likelihood(params, now)[0]), abs=2e-6)
    assert 1 - module.p_alive(params, now)[0] - 1e-9 <= quiet <= 1
    assert quiet <= module.p_quiet(params, now, weeks / 2)[0] + 1e-9


def test_the_pool_of_cdnow_is_worth_a_million_by_its_figures() -> None:
    """The published $1,100,623 again (JMR 42:415), by the way that a run keeps: a walk of steps, free of margin and discount."""
    sample = cdnow(cut="1998-06-30")
    buying = fit("pareto/nbd", collapse(sample["x"], sample["t_x"], sample["t_obs"])[0])
    repeat = (sample["x"] > 0) & (sample["m"] > 0)
    amounts = fit_spend(sample["x"][repeat], sample["m"][repeat], np.ones(int(repeat.sum())))
    everyone = cdnow(sample=False, cut="1998-06-30")
    kept = everyone["x"] * everyone["m"] <= 4000
    x, t_x, t_obs, m = (everyone[name][kept] for name in ("x", "t_x", "t_obs", "m"))
    states, back = collapse(x, t_x, t_obs)
    each = spend.expected_spend(amounts.params, x, m)
    f = forecast(buying, states, back, Spending(each, 35.0, 36.0), Band(0.9, 1.0, 1.1, 4), new_a_year=0, horizon_weeks=156)
    value = pool_value(f, Assumed(margin=0.30, yearly_discount=0.15), None)
    assert value.minor == pytest.approx(1_100_623, rel=4e-3)
    assert (value.low, value.high) == pytest.approx((value.minor * 0.9, value.minor * 1.1))
    assert value.minor * 0.95 < value.model_low < value.minor < value.model_high < value.minor * 1.05  # it shrinks with the pool


def test_a_working_on_cdnow_is_what_its_parts_say() -> None:
    rows = cdnow(cut="1998-06-30")
    few = np.arange(0, len(rows["x"]), 4)
    who, day, minor = _as_purchases({name: column[few] for name, column in rows.items()})
    known = Known(np.arange(len(few), dtype=np.int64) + 7, purchases_of(who, day, minor), len(who), 0)
    end = int(day.max())
    a = Assumed(margin=0.3)
    assert too_few(known, end) == ""
    working = work_out(known, end, a)
    opinion = think(known, end, working, a, 90)
    assert set(working.fits) == {*MODELS, "gamma-gamma"} and working.model != working.runner_up
    assert opinion.clv_minor.sum() == pytest.approx(pool_value(working.figures, a, 36).minor, rel=2e-3)
    assert working.figures.alive == pytest.approx(opinion.alive.sum())
    assert ((opinion.churn >= 0) & (opinion.churn <= 1)).all()
    assert Figures.of_dict(working.figures.as_dict()) == working.figures
    nobody = Known(known.people[:50], purchases_of(who[who < 50], day[who < 50], minor[who < 50]), 0, 0)
    assert too_few(nobody, end) == "too few"


def _as_purchases(rows: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Days that give these histories: the first, the last, and the others evenly between."""
    who, day, minor = [], [], []
    for n, (x, t_x, t_obs, m) in enumerate(zip(rows["x"], rows["t_x"], rows["t_obs"], rows["m"], strict=True)):
        first = 10_000 - round(t_obs * 7)
        days = sorted({first, *(first + round(k * t_x * 7 / x) for k in range(1, int(x) + 1))} if x else {first})
        who += [n] * len(days)
        day += days
        minor += [max(m, 10.0) * 100] * len(days)
    return np.array(who, dtype=np.int64), np.array(day, dtype=np.int64), np.array(minor)


def test_deciles_and_cohorts_add_up_to_the_rounds() -> None:
    p = purchases_of(*made(4, 300))
    calibration = Calibration()
    rounds = rounds_of(p, 519, look=calibration.see)
    for model in ("mbg/nbd", "nbd"):
        mine = [r for r in rounds if r.model == model]
        for by in ("decile", "cohort"):
            rows = [row for row in calibration.rows() if row["model"] == model and row["by"] == by]
            assert sum(row["customers"] for row in rows) == sum(r.customers for r in mine)
            assert sum(row["predicted"] for row in rows) == pytest.approx(sum(r.predicted for r in mine))
            assert sum(row["happened_minor"] for row in rows) == pytest.approx(sum(r.happened_minor for r in mine))
        deciles = [row["predicted"] for row in calibration.rows() if row["model"] == model and row["by"] == "decile"]
        assert deciles == sorted(deciles, reverse=True)


def test_nobody_new_is_the_pool_itself() -> None:
    a = Assumed(serve_year_minor=20, win_minor=50)
    v = valuation(FIGURES, a)
    none, today, growth = v.scenarios
    assert none.value.minor == pytest.approx(v.value.minor, rel=1e-9)
    assert none.value.minor < sum(year.net_minor for year in none.years) < none.value.minor * 1.25  # undiscounted
    assert all(year.new_buyers == 0 and year.win_minor == 0 and year.sales_new_minor == 0 for year in none.years)
    assert [year.new_buyers for year in today.years] == pytest.approx([52, 52, 52])
    assert [year.new_buyers for year in growth.years] == pytest.approx([52 * 1.2, 52 * 1.44, 52 * 1.728])
    assert today.years[0].win_minor == pytest.approx(52 * 50)
    for scenario in v.scenarios:
        for year in scenario.years:
            assert year.net_minor == pytest.approx(year.margin_minor - year.serve_minor - year.win_minor)
            assert year.margin_minor == pytest.approx(a.margin * year.sales_minor)
        assert scenario.value.low < scenario.value.minor < scenario.value.high


@given(
    margin=st.floats(0.05, 0.9), discount=st.floats(0, 0.5), serve=st.integers(0, 400), win=st.one_of(st.none(), st.integers(0, 500)),
    keep=st.floats(-0.2, 0.2), months=st.integers(1, 60),
)  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_every_number_moves_the_right_way(margin: float, discount: float, serve: int, win: int | None, keep: float, months: int) -> None:
    a = Assumed(
        margin=margin, yearly_discount=discount, serve_year_minor=serve, win_minor=win, keep_change=keep, payback_months=months
    )  # fmt: skip
    v = valuation(FIGURES, a)
    assert valuation(FIGURES, replace(a, margin=margin + 0.05)).value.minor > v.value.minor
    assert valuation(FIGURES, replace(a, serve_year_minor=serve + 10)).value.minor < v.value.minor
    assert valuation(FIGURES, replace(a, keep_change=keep + 0.05, serve_year_minor=0)).value.minor > valuation(
        FIGURES, replace(a, serve_year_minor=0)
    ).value.minor  # fmt: skip
    if serve == 0:
        assert valuation(FIGURES, replace(a, yearly_discount=discount + 0.05)).value.minor < v.value.minor < v.lasting.minor * (1 + 1e-9)
    row = next(one for one in v.allowable if one.months == months)
    assert row.allowable.minor == pytest.approx(row.first_minor + row.later_minor - row.serve_minor)
    for rival in v.rivals:
        assert rival.can == (
            "yes" if rival.brings.low >= rival.needs_minor else "no" if rival.brings.high < rival.needs_minor else "unsure"
        )
        assert rival.needs_minor >= win_cost(FIGURES, a)


def test_assumptions_say_what_they_cannot_be() -> None:
    assert changed(Assumed(), {"margin": 0.5, "win_minor": None}).margin == 0.5
    for wrong in ({"margin": 2}, {"margin": True}, {"margin": "half"}, {"margin": None}, {"wage": 1}):
        with pytest.raises(InputError):
            changed(Assumed(), wrong)
