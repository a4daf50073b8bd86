"""Gamma-Gamma: how much a customer spends a time, given what the repeat purchases so far averaged.

Fader, Hardie & Lee (2005), RFM and CLV, JMR 42:415; Fader & Hardie (2013), note 25. Parameters p, q, gamma. Fitted on customers
with a repeat purchase and
a positive average only; the others are counted by the caller, and get the population's mean.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln

from siyu.analytics.value.sums import dot
from siyu.analytics.value.words import Floats

NAMES = ("p", "q", "gamma")


def log_likelihood(params: Floats, x: Floats, mean: Floats, weight: Floats) -> tuple[float, Floats]:
    """The weighted log-likelihood and its gradient. `x` repeat purchases > 0, `mean` their average spend > 0."""
    p, q, g = params
    px = p * x
    rest = np.log(g + x * mean)
    value = gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(g) + (px - 1) * np.log(mean) + px * np.log(x) - (px + q) * rest
    common = digamma(px + q)
    gradient = np.array([
        dot(weight, x * (common - digamma(px) + np.log(mean) + np.log(x) - rest)),
        dot(weight, common - digamma(q) + np.log(g) - rest),
        dot(weight, q / g - (px + q) / (g + x * mean)),
    ])  # fmt: skip
    return float(dot(weight, value)), gradient


def expected_spend(params: Floats, x: Floats, mean: Floats) -> Floats:
    """Expected spend a time: the customer's own average drawn towards the population's. x = 0 gives the population's mean.

    NaN where q <= 1 and x = 0: the population's mean is infinite then.
    """
    p, q, g = params
    below = p * x + q - 1
    result: Floats = np.where(below > 0, p * (g + x * mean) / np.where(below > 0, below, 1.0), np.nan)
    return result
