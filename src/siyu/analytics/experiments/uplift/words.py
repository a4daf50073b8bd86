"""The words of uplift: how well a ranking finds those who are moved, what a policy is worth, a rule that holds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siyu.analytics.experiments.words import Estimate


class NotLearned(StrEnum):
    """Why nothing may be learned."""

    NO_HOLDOUT = "no_holdout"  # nobody was held out by lot: who would have bought anyway is unknown
    BROKEN = "broken"  # the split is not the planned one
    TOO_EARLY = "too_early"  # outcomes still grow
    TOO_FEW = "too_few"  # so few that any difference found would be luck


@dataclass(frozen=True)
class Qini:
    """How much is gained (outcome per head of everybody) when only the best share of people is treated.

    `shares` and `gains` draw the curve; the straight line to its end is what a random choice gains. `area` is what lies between the two
    (0 = no better than chance), with its bootstrap interval.
    """

    shares: tuple[float, ...]
    gains: tuple[float, ...]
    area: float
    low: float
    high: float


@dataclass(frozen=True)
class Apart:
    """The effect on those at the top of a ranking, on the rest, and between the two."""

    top: Estimate
    rest: Estimate
    difference: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the top is moved more than the rest."""
        return self.low > 0


@dataclass(frozen=True)
class Policy:
    """What treating some people gains over treating nobody, per head of everybody, with its bootstrap interval, costs taken off.

    `over_all_*` is the same against treating everybody.
    """

    name: str
    share: float
    value: float
    low: float
    high: float
    over_all: float
    over_all_low: float
    over_all_high: float


@dataclass(frozen=True)
class Term:
    """One readable condition: who satisfies it, and how a segment's rule says it."""

    key: str
    holds: NDArray[np.bool_]
    node: dict[str, Any]
    family: str  # two terms of one family are never put together


@dataclass(frozen=True)
class FoundRule:
    """Terms chosen on one half of the people, and what was measured on the other half."""

    terms: tuple[Term, ...]
    share: float
    apart: Apart
