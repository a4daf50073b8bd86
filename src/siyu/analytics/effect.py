"""From people's outcomes to what a broadcast caused; pure.

Everybody who was enrolled counts in the arm he was drawn into, sent to or not (intent to treat): leaving out those whom the gate refused
from one arm only would compare different kinds of people. docs/proof.md explains each choice.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from siyu.analytics import experiments as ex
from siyu.analytics.words import Effect, Outcome, Outcomes, Reading

LEAST_CUT = 0.02
"""CUPED is the main reading when it takes at least this part of the variance away; which is known without looking at the effect."""
CAP_QUANTILE = 0.99


def effect(outcomes: Outcomes, *, holdout_share: float, is_over: bool, level: float = 0.95, worth: float = ex.WORTH) -> Effect:
    """Buyers and revenue (minor units) that the broadcast caused, with intervals, checks and the other ways to read the same numbers."""
    treated = outcomes.is_treated
    n_t, n_c = int(treated.sum()), int((~treated).sum())
    split = ex.check_split([n_t, n_c], [1 - holdout_share, holdout_share])
    bought = outcomes.bought.astype(np.float64)
    buyers_t, buyers_c = int(bought[treated].sum()), int(bought[~treated].sum())
    buyers = ex.of_shares((buyers_t, n_t), (buyers_c, n_c), level=level)
    readings = revenue_readings(outcomes, level=level)
    main = next(r for r in readings if r.is_main)
    events = buyers_t + buyers_c

    def outcome(estimate: ex.Estimate) -> Outcome:
        return Outcome(
            estimate=estimate,
            total=ex.Total.of(estimate),
            verdict=ex.read(estimate, split, events=events, is_over=is_over, worth=worth),
            smallest_visible=ex.z_sum(level) * estimate.error if estimate.error > 0 else math.inf,
            power=ex.power_of(worth * estimate.control.mean, estimate.error, level=level),
        )

    return Effect(split=split, buyers=outcome(buyers), revenue=outcome(main.estimate), readings=readings, worth=worth, level=level)


def revenue_readings(outcomes: Outcomes, *, level: float = 0.95) -> tuple[Reading, ...]:
    """Spend per head read four ways; exactly one is the main one: strata, with CUPED on top where it helps."""
    y, treated = outcomes.spent_minor.astype(np.float64), outcomes.is_treated
    plain = ex.of_means(ex.Sample.of(y[treated]), ex.Sample.of(y[~treated]), level=level, guarded=True)
    strata = ex.by_strata(y, treated, outcomes.strata, level=level, guarded=True)
    adjusted = ex.cuped(y, outcomes.before_minor)
    both = _against(ex.by_strata(adjusted.values, treated, outcomes.strata, level=level, guarded=True), plain)
    is_better = both.cut >= LEAST_CUT and both.error < strata.error
    capped, cap = ex.cap_at(y, CAP_QUANTILE)
    calm = ex.cuped(capped, ex.cap_at(outcomes.before_minor, CAP_QUANTILE)[0])
    plain_calm = ex.of_means(ex.Sample.of(capped[treated]), ex.Sample.of(capped[~treated]), level=level, guarded=True)
    winsorised = _against(ex.by_strata(calm.values, treated, outcomes.strata, level=level, guarded=True), plain_calm)
    return (
        Reading("plain", plain),
        Reading("strata", strata, is_main=not is_better),
        Reading("cuped", replace(both, method="strata+cuped"), is_main=is_better, theta=adjusted.theta, rho=adjusted.rho),
        Reading("capped", replace(winsorised, method="strata+cuped+p99"), theta=calm.theta, rho=calm.rho, cap=cap),
    )


def _against(got: ex.Estimate, plain: ex.Estimate) -> ex.Estimate:
    """The estimate with people's own means beside it (not adjusted ones), and its cut measured against the plain reading."""
    cut = 1 - (got.error / plain.error) ** 2 if plain.error and np.isfinite(plain.error) else 0.0
    return replace(got, treated=plain.treated, control=plain.control, cut=cut)
