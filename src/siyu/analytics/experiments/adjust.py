"""Two ways to see the same effect through less noise: by strata, and by what was known before (CUPED)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siyu.analytics.experiments.difference import of_means, t_half_width
from siyu.analytics.experiments.words import Cuped, Estimate, Sample, Values

LEAST_IN_STRATUM = 10
"""People of each arm that a stratum must have to stand alone; smaller ones are read together."""


def cuped(y: Sequence[float] | NDArray[Any], x: Sequence[float] | NDArray[Any]) -> Cuped:
    """Adjust outcomes `y` by covariates `x` known before anybody was treated; both arms pooled, in the same order.

    Deng, Xu, Kohavi & Walker (WSDM 2013): theta = cov(X, Y) / var(X), var(Y') = (1 - rho^2) var(Y). A constant covariate changes nothing.
    """
    ys, xs = np.asarray(y, dtype=np.float64), np.asarray(x, dtype=np.float64)
    if len(ys) < 2 or np.ptp(xs) == 0 or np.ptp(ys) == 0:
        return Cuped(ys, 0.0, 0.0)
    dx, dy = xs - xs.mean(), ys - ys.mean()
    cross, of_both = float(dx @ dy), math.sqrt(float(dx @ dx)) * math.sqrt(float(dy @ dy))
    if of_both <= 0:  # differences too small to square
        return Cuped(ys, 0.0, 0.0)
    theta = cross / float(dx @ dx)
    return Cuped(ys - theta * dx, theta, cross / of_both)


def by_strata(
    y: Values, is_treated: NDArray[np.bool_], strata: Sequence[str] | NDArray[Any], *, level: float = 0.95, guarded: bool = False
) -> Estimate:
    """The difference of means within each stratum, weighted by the stratum's share of all people (post-stratification).

    Strata without ten people in each arm are read together; when none is left to weight, it is the plain difference. `guarded` as in
    `of_means`: each arm's variance of its mean is at least what the strata's pooled variances give.
    """
    names, index = np.unique(np.asarray(strata), return_inverse=True)
    index = gathered(index, is_treated, len(names))
    groups = int(index.max()) + 1 if len(index) else 0
    plain = of_means(Sample.of(y[is_treated]), Sample.of(y[~is_treated]), level=level, guarded=guarded)
    if groups < 2:
        return plain
    stats_t, stats_c = (_by_group(y[side], index[side], groups) for side in (is_treated, ~is_treated))
    weight = np.bincount(index, minlength=groups) / len(y)
    difference = float(weight @ (stats_t[1] - stats_c[1]))
    freedom = stats_t[0] + stats_c[0] - 2
    pooled = (stats_t[2] * (stats_t[0] - 1) + stats_c[2] * (stats_c[0] - 1)) / freedom
    parts = []
    for counts, _, variances in (stats_t, stats_c):
        own, least = weight**2 * variances / counts, weight**2 * pooled / counts
        is_low = guarded and own.sum() < least.sum()
        parts += list(zip(least, freedom, strict=True)) if is_low else list(zip(own, counts - 1, strict=True))
    error, half = t_half_width([(float(v), float(df)) for v, df in parts], level)
    cut = 1 - (error / plain.error) ** 2 if plain.error else 0.0
    return Estimate(difference, difference - half, difference + half, error, plain.treated, plain.control, "strata", level, cut)


def gathered(index: NDArray[np.intp], is_treated: NDArray[np.bool_], groups: int) -> NDArray[np.intp]:
    """Numbers of strata anew, with those that are too small to stand alone put together (and, if still too small, with the largest)."""
    in_t = np.bincount(index[is_treated], minlength=groups)
    in_c = np.bincount(index[~is_treated], minlength=groups)
    is_small = np.minimum(in_t, in_c) < LEAST_IN_STRATUM
    home = np.arange(groups)
    if is_small.any():
        home[is_small] = groups
        if min(in_t[is_small].sum(), in_c[is_small].sum()) < LEAST_IN_STRATUM and not is_small.all():
            home[is_small] = int(np.argmax(np.where(is_small, -1, in_c)))
    _, again = np.unique(home[index], return_inverse=True)
    return again


def _by_group(y: Values, index: NDArray[np.intp], groups: int) -> tuple[Values, Values, Values]:
    counts = np.bincount(index, minlength=groups).astype(np.float64)
    means = np.bincount(index, weights=y, minlength=groups) / counts
    off = y - means[index]  # two passes: a sum of squares less a square of sums loses digits on large spends
    variances = np.bincount(index, weights=off * off, minlength=groups) / (counts - 1)
    return counts, means, variances
