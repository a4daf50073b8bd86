"""When nothing may be learned."""

from __future__ import annotations

from siyu.analytics.experiments.uplift.words import NotLearned
from siyu.analytics.experiments.words import Split

LEAST_PEOPLE = 500
"""People of each arm below which nothing is learned."""
LEAST_EVENTS = 50
"""Buyers of each arm below which nothing is learned: with fewer, who was moved and who was lucky look alike."""


def may_learn(split: Split, *, holdout_share: float, events: tuple[int, int], is_over: bool) -> NotLearned | None:
    """Why not, or None. `split.counts` are the treated and the held out; `events` the buyers of both."""
    if not holdout_share or not split.counts[1]:
        return NotLearned.NO_HOLDOUT
    if split.is_broken:
        return NotLearned.BROKEN
    if not is_over:
        return NotLearned.TOO_EARLY
    if min(split.counts) < LEAST_PEOPLE or min(events) < LEAST_EVENTS:
        return NotLearned.TOO_FEW
    return None
