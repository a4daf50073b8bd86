"""Ratios of two sums, such as revenue per order or clicks per delivered message: the unit that was drawn by lot is the person.

Treating orders as independent would forget that one person's orders are alike, and find too much. The delta method keeps the person as
the unit (Deng, Knoblich & Lu, KDD 2018).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siyu.analytics.experiments.difference import t_half_width
from siyu.analytics.experiments.words import Estimate, Sample

LEAST_BELOW = 3.0
"""Standard errors by which the mean denominator must stand clear of zero: nearer to it a ratio is not near normal."""


def of_ratios(numerator: NDArray[Any], denominator: NDArray[Any], is_treated: NDArray[np.bool_], *, level: float = 0.95) -> Estimate:
    """Sum of numerators / sum of denominators in the treated arm less the same in the control; one element a person.

    People whose denominator is zero count (with zero in both sums). The whole line where an arm has fewer than two people, or hardly any
    denominator. Each arm's `Sample` has the ratio as its mean, and the variance that divided by n is the ratio's.
    """
    arms = [_ratio(numerator[side], denominator[side]) for side in (is_treated, ~is_treated)]
    treated, control = (arm or Sample(int(side.sum()), 0.0, 0.0) for arm, side in zip(arms, (is_treated, ~is_treated), strict=True))
    difference = treated.mean - control.mean
    if arms[0] is None or arms[1] is None:
        return Estimate(difference, -math.inf, math.inf, math.inf, treated, control, "delta", level)
    error, half = t_half_width([(arm.variance / arm.n, arm.n - 1) for arm in (treated, control)], level)
    return Estimate(difference, difference - half, difference + half, error, treated, control, "delta", level)


def _ratio(numerator: NDArray[Any], denominator: NDArray[Any]) -> Sample | None:
    y, d = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    n = len(y)
    if n < 2 or d.mean() <= 0 or d.mean() < LEAST_BELOW * d.std(ddof=1) / math.sqrt(n):
        return None
    ratio = float(y.sum() / d.sum())
    off = (y - ratio * d) / d.mean()  # the influence of each person; their mean is zero
    return Sample(n, ratio, float(off.var(ddof=1)))
