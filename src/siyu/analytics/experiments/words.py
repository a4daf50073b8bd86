"""The words of experiments: a sample, an estimate with its interval, a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """One arm's outcomes by their sufficient numbers: how many, their mean, their sample variance (n - 1)."""

    n: int
    mean: float
    variance: float

    @classmethod
    def of(cls, values: Sequence[float] | NDArray[Any]) -> Sample:
        """Of single values, one per person. An empty sample has mean 0; one person has variance 0."""
        given = np.asarray(values, dtype=np.float64)
        n = len(given)
        return cls(n, float(given.mean()) if n else 0.0, float(given.var(ddof=1)) if n > 1 else 0.0)

    @classmethod
    def of_share(cls, successes: int, n: int) -> Sample:
        """Of a yes/no outcome."""
        p = successes / n if n else 0.0
        return cls(n, p, p * (1 - p) * n / (n - 1) if n > 1 else 0.0)

    @property
    def total(self) -> float:
        """The sum over the arm's people."""
        return self.n * self.mean


@dataclass(frozen=True)
class Estimate:
    """Treated minus control, per person, with an interval at `level`. `error` is the standard error, `method` how it was got.

    `cut` is the part of the variance that an adjustment took away from the plain reading of the same people: 0 when there was none,
    negative when the adjustment made it worse.
    """

    difference: float
    low: float
    high: float
    error: float
    treated: Sample
    control: Sample
    method: str
    level: float = 0.95
    cut: float = 0.0

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0

    @property
    def lift(self) -> float | None:
        """The difference as a share of the control's mean; None where the control has none."""
        return self.difference / self.control.mean if self.control.mean else None


@dataclass(frozen=True)
class Total:
    """What the treated people did more (or less) than they would have done: a per-head difference times their number."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, estimate: Estimate) -> Total:
        """The estimate over all treated people."""
        n = estimate.treated.n
        return cls(estimate.difference * n, estimate.low * n, estimate.high * n)


@dataclass(frozen=True)
class Split:
    """Whether people were divided as planned: a chi-squared test of the counts. `p` is 1 for a perfect fit."""

    counts: tuple[int, ...]
    expected: tuple[float, ...]
    chi2: float
    p: float
    is_broken: bool


@dataclass(frozen=True)
class Cuped:
    """Values adjusted by what was known before: Y - theta (X - mean X). `cut` is 1 - var(Y') / var(Y), rho squared."""

    values: Values
    theta: float
    rho: float

    @property
    def cut(self) -> float:
        """The part of the variance that went away."""
        return self.rho * self.rho


@dataclass(frozen=True)
class SizeQuestion:
    """What an experiment is to find out.

    `mean` is the control's base: a rate (0.05), or an amount a head with its `deviation`; `lift` the relative change worth seeing (0.1 =
    10 %); `share` the holdout's; `daily` how many people enter a day and `people` how many there are at all (0 = not known);
    `measure_days` how long each is watched; `cut` the part of the variance that CUPED is expected to take away.
    """

    mean: float
    lift: float
    share: float = 0.1
    deviation: float | None = None
    daily: float = 0.0
    people: int = 0
    measure_days: int = 14
    cut: float = 0.0
    level: float = 0.95
    power: float = 0.8


@dataclass(frozen=True)
class HoldoutChoice:
    """What one holdout share takes and shows. None where nobody can say.

    `people` in both arms together and `control` of them, `days` until the last one is measured; `visible_lift` the smallest relative change
    that the people there are would show; `price` against an even split; `held` people get nothing, which forgoes `forgone` (buyers, or
    money in the unit of the mean) if the lift is real.
    """

    share: float
    people: int | None
    control: int | None
    days: int | None
    visible_lift: float | None
    price: float
    held: int
    forgone: float


@dataclass(frozen=True)
class SizePlan:
    """The plan for the asked holdout, and rows for others beside it."""

    question: SizeQuestion
    chosen: HoldoutChoice
    rows: tuple[HoldoutChoice, ...]


class Verdict(StrEnum):
    """What may be said about an effect."""

    CAUSED = "caused"  # the interval leaves zero out
    NO_EFFECT = "no_effect"  # an effect worth knowing would have been seen, and none was
    TOO_FEW = "too_few"  # such an effect could have hidden among so few people
    BROKEN = "broken"  # people were not divided as planned: no number may be trusted
    TOO_EARLY = "too_early"  # the measuring window is still open
