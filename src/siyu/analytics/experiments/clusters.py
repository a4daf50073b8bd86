"""Errors when people come in clusters: customers of one guide are alike, and where guides deliver the treatment so is what they got."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siyu.analytics.experiments.curves import t_of
from siyu.analytics.experiments.words import Estimate, Sample, Values

LEAST_CLUSTERS = 5
"""Clusters of each arm below which no interval is given: the spread between four guides says next to nothing."""


def by_clusters(y: Values, is_treated: NDArray[np.bool_], clusters: Sequence[Any] | NDArray[Any], *, level: float = 0.95) -> Estimate:
    """The plain difference of means with the error of whole clusters left out one by one (the jackknife, CR3).

    Bell & McCaffrey 2002; Cameron & Miller 2015 (J. Human Resources 50:317): with few clusters the usual sandwich is too small, the
    jackknife errs on the wide side. Clusters may hold both arms (a guide with treated and held-out customers) or one. Degrees of
    freedom: the clusters of the arm that has fewer, less one.
    """
    values = np.asarray(y, dtype=np.float64)
    _, index = np.unique(np.asarray(clusters), return_inverse=True)
    groups = int(index.max()) + 1 if len(index) else 0
    plain = [Sample.of(values[side]) for side in (is_treated, ~is_treated)]
    difference = plain[0].mean - plain[1].mean
    counts = [np.bincount(index[side], minlength=groups) for side in (is_treated, ~is_treated)]
    if min(int((n > 0).sum()) for n in counts) < LEAST_CLUSTERS:
        return Estimate(difference, -math.inf, math.inf, math.inf, plain[0], plain[1], "clusters", level)
    without = [
        (values[side].sum() - np.bincount(index[side], weights=values[side], minlength=groups)) / (n.sum() - n)
        for side, n in zip((is_treated, ~is_treated), counts, strict=True)
    ]
    left = without[0] - without[1]
    error = math.sqrt((groups - 1) / groups * float(((left - difference) ** 2).sum()))
    half = t_of(level, min(int((n > 0).sum()) for n in counts) - 1) * error
    naive = math.sqrt(sum(arm.variance / arm.n for arm in plain))
    cut = 1 - (error / naive) ** 2 if naive else 0.0
    return Estimate(difference, difference - half, difference + half, error, plain[0], plain[1], "clusters", level, cut)
