"""Were people divided as planned?"""

from __future__ import annotations

from collections.abc import Sequence

from siyu.analytics.experiments.curves import chi2_above
from siyu.analytics.experiments.words import Split

BROKEN_BELOW = 0.001
"""A split whose counts are rarer than this by chance is broken (Fabijan et al., KDD 2019): strict, because it silences the whole report."""


def check_split(counts: Sequence[int], shares: Sequence[float]) -> Split:
    """Sample-ratio mismatch: the chi-squared test of the arms' counts against the planned shares."""
    n, whole = sum(counts), sum(shares)
    expected = tuple(n * share / whole for share in shares)
    if not n or any(e == 0 for e in expected):
        is_broken = any(count and not e for count, e in zip(counts, expected, strict=True))
        return Split(tuple(counts), expected, 0.0, 0.0 if is_broken else 1.0, is_broken)
    chi2 = sum((count - e) ** 2 / e for count, e in zip(counts, expected, strict=True))
    p = chi2_above(chi2, len(counts) - 1)
    return Split(tuple(counts), expected, chi2, p, p < BROKEN_BELOW)
