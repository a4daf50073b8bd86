"""From a fitted model to what the pool will buy, step by step: the figures that every valuation is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siyu.analytics.valuation.words import STEP_WEEKS, YEAR_WEEKS, Figures
from siyu.analytics.value.backtest import Band
from siyu.analytics.value.fitting import MODELS
from siyu.analytics.value.sums import dot
from siyu.analytics.value.words import Fit, Floats, States

_NEAR = 5 * YEAR_WEEKS  # in four-week steps up to here,
_FAR = 40 * YEAR_WEEKS  # in years up to here; what lies beyond is worth less than half a per cent at 15 % a year
EDGES: Floats = np.append(np.arange(0.0, _NEAR, STEP_WEEKS), np.arange(_NEAR, _FAR + 1, YEAR_WEEKS))


@dataclass(frozen=True)
class Spending:
    """What buyers spend a time: `each` expected of every customer, `first` the average first order, `new` expected of a new buyer."""

    each: Floats
    first: float
    new: float


def forecast(
    found: Fit, states: States, back: NDArray[np.intp], spending: Spending, band: Band, *, new_a_year: float, horizon_weeks: float
) -> Figures:
    """Walk the steps once. `back` gives each customer's state; the model's own spread is taken over `horizon_weeks`."""
    module = MODELS[found.model]
    spent: Floats = np.bincount(back, weights=spending.each, minlength=len(states)).astype(
        np.float64
    )  # a state's customers' spend a time, added up
    purchases, sales = [], []
    before = np.zeros(len(states))
    for right in EDGES[1:]:
        until = module.expected(found.params, states, float(right))
        step = until - before
        before = until
        purchases.append(float(dot(states.weight, step)))
        sales.append(float(dot(spent, step)))
    later = np.diff(module.expected_new(found.params, EDGES))
    return Figures(
        customers=round(states.customers),
        alive=float(dot(states.weight, module.p_alive(found.params, states))),
        edges=tuple(float(edge) for edge in EDGES),
        purchases=tuple(purchases),
        sales_minor=tuple(sales),
        later=tuple(float(one) for one in later),
        first_minor=spending.first,
        spend_minor=spending.new,
        new_a_year=new_a_year,
        low=band.low if band.rounds else 0.5,
        middle=band.middle,
        high=band.high if band.rounds else 1.5,
        rounds=band.rounds,
        spread=spread_of(found, states, spent, horizon_weeks),
        is_fading=found.model == "nbd",
    )


def spread_of(found: Fit, states: States, spent: Floats, weeks: float) -> float:
    """The relative standard error of the pool's total that the model itself admits: of its parameters (inverse Hessian on log-parameters
    and the delta method) and of chance (each customer's own purchases, given the history).
    """
    module = MODELS[found.model]
    logs = np.log(found.params)
    h = 1e-4

    def slope(at: Floats) -> Floats:
        params = np.exp(at)
        _, gradient = module.log_likelihood(params, states)
        result: Floats = gradient * params
        return result

    def total(at: Floats) -> float:
        return float(dot(spent, module.expected(np.exp(at), states, weeks)))

    n = len(logs)
    steps = np.eye(n) * h
    with np.errstate(all="ignore"):
        hessian = np.array([(slope(logs + e) - slope(logs - e)) / (2 * h) for e in steps])
        turn = np.array([(total(logs + e) - total(logs - e)) / (2 * h) for e in steps])
        middle = total(logs)
        if middle <= 0:
            return 0.0
        # a parameter that the data hardly know (an edge) is left out by the pseudo-inverse: the band of the backtest says the rest
        variance = float(turn @ np.linalg.pinv(-(hessian + hessian.T) / 2, rcond=1e-8) @ turn)
        made = module.expected(found.params, states, weeks)
        alive = np.maximum(module.p_alive(found.params, states), 1e-12)
        if_alive = made / alive
        chance = made + made * if_alive * (1 / (found["r"] + states.x) + 1 - alive)
        spend = spent / states.weight
        variance += float(dot(states.weight, chance * spend**2))
    return float(np.sqrt(max(variance, 0.0)) / middle) if np.isfinite(variance) else 0.0
