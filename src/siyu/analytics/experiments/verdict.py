"""From an interval to a word."""

from __future__ import annotations

import math

from siyu.analytics.experiments.power import z_sum
from siyu.analytics.experiments.words import Estimate, Split, Verdict

WORTH = 0.2
"""An effect is worth knowing when it changes the control's mean by this share; asked of the power before "no effect" is said."""
LEAST_BUYERS = 10
"""Buyers in both arms together below which no word about them is said at all."""


def read(estimate: Estimate, split: Split, *, events: int, is_over: bool, worth: float = WORTH) -> Verdict:
    """The word for one outcome.

    `events` are the people in both arms with any outcome at all; `is_over` says that the measuring window has closed for everybody: reading
    a fixed-horizon interval again and again until it is clear would find effects that are not there.
    """
    if split.is_broken:
        return Verdict.BROKEN
    if not is_over:
        return Verdict.TOO_EARLY
    if events < LEAST_BUYERS or not math.isfinite(estimate.error):
        return Verdict.TOO_FEW
    if estimate.is_clear:
        return Verdict.CAUSED
    visible = z_sum(estimate.level) * estimate.error
    return Verdict.NO_EFFECT if visible <= worth * estimate.control.mean else Verdict.TOO_FEW
