"""A rule that a person can read, chosen on one half of the people and measured on the other.

Searching many groups and reporting the best one finds wonders in noise. The half that measures took no part in the search ("honest"
estimation: Athey & Imbens, PNAS 2016), so its interval means what it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from siyu.analytics.experiments.uplift.learners import first_half
from siyu.analytics.experiments.uplift.scoring import apart
from siyu.analytics.experiments.uplift.words import FoundRule, Term
from siyu.analytics.experiments.words import Values

LEAST_SHARE, MOST_SHARE = 0.05, 0.70
_LEAST_ARM = 50


def best_rule(terms: Sequence[Term], is_treated: NDArray[np.bool_], y: Values, *, seed: int, level: float = 0.95) -> FoundRule | None:
    """The one or two terms whose people stand out most in the first half, with what the second half says; None where none qualifies."""
    first = first_half(is_treated, seed)
    best: tuple[float, tuple[Term, ...]] | None = None
    pairs = [pair for pair in combinations(terms, 2) if pair[0].family != pair[1].family]
    for chosen in [*((one,) for one in terms), *pairs]:
        inside = np.logical_and.reduce([term.holds for term in chosen])
        if not LEAST_SHARE <= inside[first].mean() <= MOST_SHARE:
            continue
        if min(int((inside & first & side).sum()) for side in (is_treated, ~is_treated)) < _LEAST_ARM:
            continue
        found = apart(inside[first], is_treated[first], y[first])
        error = np.hypot(found.top.error, found.rest.error)
        if error > 0 and found.top.difference > 0 and (best is None or found.difference / error > best[0]):
            best = found.difference / error, chosen
    if best is None:
        return None
    inside = np.logical_and.reduce([term.holds for term in best[1]])
    return FoundRule(best[1], float(inside.mean()), apart(inside[~first], is_treated[~first], y[~first], level=level))
