"""What may be said about a broadcast before its measuring window is over; pure.

The final reading is right at one moment only. Before it, the page shows intervals that hold however often it is opened
(`experiments.sequential`). What they are tuned for is taken from people's past, so nothing is chosen after looking.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import numpy as np

from siyu.analytics import experiments as ex
from siyu.analytics.words import Interim, Outcomes

LEAST_EVENTS = 30
"""Buyers in both arms together before which nothing is shown: the intervals are asymptotic."""
_LEAST_RATE, _MOST_RATE = 0.005, 0.5


def interim(outcomes: Outcomes, *, measure_for: timedelta, look_back_for: timedelta, level: float = 0.95) -> Interim | None:
    """The always-valid reading of now; None while fewer than thirty people bought, or an arm is empty."""
    treated = outcomes.is_treated
    n_t, n_c = int(treated.sum()), int((~treated).sum())
    bought_t, bought_c = int(outcomes.bought[treated].sum()), int(outcomes.bought[~treated].sum())
    if min(n_t, n_c) < 2 or bought_t + bought_c < LEAST_EVENTS:
        return None
    spread = math.sqrt(1 / n_t + 1 / n_c)
    part = measure_for / look_back_for
    rate = float(np.clip(1 - (1 - float((outcomes.before_minor > 0).mean())) ** part, _LEAST_RATE, _MOST_RATE))
    now = (bought_t + bought_c) / (n_t + n_c)
    shares = replace(
        ex.of_shares((bought_t, n_t), (bought_c, n_c), level=level), error=math.sqrt(now * (1 - now)) * spread
    )  # the null's error: both arms together, as a holdout with few buyers has a low one by luck
    clock = now / max(1 - now, 1e-9) / (rate / (1 - rate))
    buyers = ex.while_outcomes_grow(shares, math.sqrt(rate * (1 - rate)) * spread, clock=clock)
    spent = outcomes.spent_minor.astype(np.float64)
    plain = ex.of_means(ex.Sample.of(spent[treated]), ex.Sample.of(spent[~treated]), level=level, guarded=True)
    expected = float(outcomes.before_minor.std()) * math.sqrt(part) * spread
    revenue = ex.while_outcomes_grow(plain, expected) if expected > 0 else None
    return Interim(
        buyers=buyers,
        buyers_total=ex.Total.of(buyers),
        revenue=revenue,
        revenue_total=ex.Total.of(revenue) if revenue else None,
        events=bought_t + bought_c,
    )
