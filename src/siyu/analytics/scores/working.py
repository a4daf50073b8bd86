"""The working of a run: which model, how it fits, what it thinks of everybody. Pure: purchases in, numbers out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from siyu.analytics.assumptions import Assumed
from siyu.analytics.diagnosis.value import LEAST_CUSTOMERS, reach, row_of
from siyu.analytics.scores.words import Known, Opinion
from siyu.analytics.valuation import Figures, forecast
from siyu.analytics.valuation.forecasting import Spending
from siyu.analytics.valuation.pricing import MONTH_WEEKS
from siyu.analytics.value.backtest import CANDIDATES, Band, band_of, choose, ranked, rounds_of, spend_fit, spend_of
from siyu.analytics.value.calibration import Calibration
from siyu.analytics.value.fitting import MODELS, fit
from siyu.analytics.value.purchases import Histories, histories_at
from siyu.analytics.value.words import Fit, Floats, collapse
from siyu.analytics.value.worth import discounted_purchases

LEAST_REPEATS = 30
_YEAR = 364  # days: 52 weeks


@dataclass(frozen=True)
class Working:
    """What the fitting part of a run found, as it is kept on the run; the scoring part needs nothing else."""

    model: str
    runner_up: str
    chosen_by: str
    fits: dict[str, Any]
    backtest: list[dict[str, Any]]
    deciles: list[dict[str, Any]]
    figures: Figures


def too_few(known: Known, as_of_day: int) -> str:
    """Why nothing can be fitted ('no orders', 'too few', 'too few repeats'), or ''."""
    if not len(known.people):
        return "no orders"
    if len(known.people) < LEAST_CUSTOMERS:
        return "too few"
    h = histories_at(known.purchases, as_of_day)
    return "too few repeats" if float(h.x.sum()) < LEAST_REPEATS else ""


def work_out(known: Known, as_of_day: int, a: Assumed) -> Working:
    """Choose by backtest, fit every model, and walk the pool's future, as histories stood at the end of `as_of_day`."""
    p = known.purchases
    h = histories_at(p, as_of_day)
    states, back = collapse(h.x, h.t_x, h.t_obs)
    calibration = Calibration()
    rounds = rounds_of(p, as_of_day, look=calibration.see)
    name, why = choose(rounds, states)
    runner_up = next(one for one in (*(ranked(rounds) if rounds else ()), *CANDIDATES) if one != name)
    fits = {model: _kept(fit(model, states)) for model in MODELS}
    amounts = spend_fit(h)
    if amounts is not None:
        fits["gamma-gamma"] = _kept(amounts)
    average = float(p.minor.mean())
    is_first = np.concatenate([[True], np.diff(p.customer) != 0])
    span = min(_YEAR, as_of_day - int(p.day.min()) + 1)
    figures = forecast(
        _fit_of(fits, name), states, back,
        Spending(_spend(fits, h, average), float(p.minor[is_first].mean()), _mean_spend(amounts, average)), band_of(rounds, name),
        new_a_year=float((as_of_day - p.day[is_first] < span).sum()) * _YEAR / span, horizon_weeks=a.horizon_months * MONTH_WEEKS,
    )  # fmt: skip
    return Working(name, runner_up, why, fits, [row_of(one) for one in rounds], calibration.rows(), figures)


def think(known: Known, as_of_day: int, working: Working, a: Assumed, quiet_days: int) -> Opinion:
    """What the working means for everybody. A run that was broken off thinks the same again from what it had kept."""
    p = known.purchases
    h = histories_at(p, as_of_day)
    states, back = collapse(h.x, h.t_x, h.t_obs)
    found = _fit_of(working.fits, working.model)
    module = MODELS[found.model]
    spend = _spend(working.fits, h, float(p.minor.mean()))
    purchases = discounted_purchases(found, states, a.yearly_discount, a.horizon_months * MONTH_WEEKS, a.yearly_keep)[back]
    clv = a.margin * purchases * spend
    f = working.figures
    low, high = reach(1.0, Band(f.low, f.middle, f.high, f.rounds))
    return Opinion(
        clv_minor=clv, low_minor=clv * low, high_minor=clv * high, churn=module.p_quiet(found.params, states, quiet_days / 7)[back],
        alive=module.p_alive(found.params, states)[back], year_purchases=module.expected(found.params, states, 52.0)[back],
        spend_minor=spend, x=h.x, t_x=h.t_x, t_obs=h.t_obs, mean_minor=h.mean_minor, who=h.who,
    )  # fmt: skip


def _spend(fits: dict[str, Any], h: Histories, average: float) -> Floats:
    return spend_of(_fit_of(fits, "gamma-gamma") if "gamma-gamma" in fits else None, h, average)


def _mean_spend(amounts: Fit | None, average: float) -> float:
    """What a new buyer is expected to spend a time."""
    return average if amounts is None or amounts.degenerate else float(amounts["p"] * amounts["gamma"] / (amounts["q"] - 1))


def _kept(one: Fit) -> dict[str, Any]:
    return {
        "parameters": one.as_dict(), "log_likelihood": one.log_likelihood, "customers": one.customers, "degenerate": one.degenerate,
        "evaluations": one.evaluations,
    }  # fmt: skip


def _fit_of(fits: dict[str, Any], model: str) -> Fit:
    kept = fits[model]
    names = tuple(kept["parameters"])
    params: Floats = np.array([kept["parameters"][name] for name in names], dtype=np.float64)
    return Fit(model, names, params, kept["log_likelihood"], kept["customers"], kept["evaluations"], kept["degenerate"])
