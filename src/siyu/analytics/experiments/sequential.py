"""Looking before the end: intervals that hold at every moment at once, however often somebody peeks.

A fixed-horizon interval is right at one moment that was chosen beforehand. Looked at daily "until it is clear", it finds effects that are
not there in up to a third of all experiments. An always-valid one is wider (1.5 times at the moment it was tuned for) and may be read at
any time: the chance that it ever leaves the truth out is 1 - level.

The boundary is Robbins's normal mixture: the confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (Annals of Statistics
2024, "Time-uniform central limit theory and asymptotic confidence sequences") and, read as a test, the mixture SPRT of Johari, Koomen,
Pekelis & Walsh (Operations Research 2022). With z = difference / error and k the information so far in units of the mixture's, it is
|z| < sqrt((1 + 1/k) log((1 + k) / alpha^2)).
"""

from __future__ import annotations

import math
from dataclasses import replace

from siyu.analytics.experiments.words import Estimate

TUNED_AT = 8.2
"""k where the boundary is tightest for 95 %: the minimum over k of sqrt((1 + 1/k) log((1 + k) / alpha^2)); flat around it."""


def width(information: float, *, level: float = 0.95) -> float:
    """How many standard errors the interval reaches to each side after this information (k); infinite before there is any."""
    if information <= 0:
        return math.inf
    return math.sqrt((1 + 1 / information) * math.log((1 + information) / (1 - level) ** 2))


def while_outcomes_grow(estimate: Estimate, expected_error: float, *, clock: float | None = None) -> Estimate:
    """For a fixed number of people whose outcomes grow (a broadcast in its measuring window): the standard error *rises* as they buy.

    Sums of independent increments are a Brownian motion in the time of their own variance, so the information is (error / expected)^2.
    Heavy buyers who go on buying make neighbouring looks more alike, never less: then it errs on the safe side (Slepian). For a yes/no
    outcome the exact time is the odds of the share; pass the odds over the expected odds as `clock`.
    """
    if not 0 < estimate.error < math.inf or expected_error <= 0:
        return _widened(estimate, 0.0)
    return _widened(estimate, clock if clock is not None else (estimate.error / expected_error) ** 2)


def _widened(estimate: Estimate, progress: float) -> Estimate:
    if progress <= 0:
        return replace(estimate, low=-math.inf, high=math.inf, method="always_valid")
    half = width(TUNED_AT * progress, level=estimate.level) * estimate.error
    return replace(estimate, low=estimate.difference - half, high=estimate.difference + half, method="always_valid")
