"""Words of scoring: how it is set, what a run knows, what is said of a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siyu.analytics.value import Purchases
from siyu.analytics.value.words import Floats

SETTING = "analytics.scores"
SOURCE = "siyu scores"  # the name of the source that score facts come from
NAMES = ("clv", "churn")
VERSION = 1  # of what a score fact says; a new version writes everybody again


@dataclass(frozen=True)
class Habit:
    """How scoring is set. `hour` of the brand's day after which the daily run is due; `quiet_days` the days of silence that `score.churn`
    gives the chance of; `renew_days` after which an unchanged score is written again, so that a rule may ask for fresh ones.
    """

    is_on: bool = True
    hour: int = 4
    quiet_days: int = 90
    renew_days: int = 28


@dataclass(frozen=True)
class Known:
    """The purchase histories that a run reads. `people[n]` is the person of customer number n; `elsewhere_n` orders in other currencies."""

    people: NDArray[np.int64]
    purchases: Purchases
    orders_n: int
    elsewhere_n: int


@dataclass(frozen=True)
class Opinion:
    """What a run thinks of everybody, one entry a customer; `who` numbers them as `Known.people` does. Money in minor units."""

    clv_minor: Floats
    low_minor: Floats
    high_minor: Floats
    churn: Floats
    alive: Floats
    year_purchases: Floats
    spend_minor: Floats
    x: Floats
    t_x: Floats
    t_obs: Floats
    mean_minor: Floats
    who: NDArray[np.int64]


@dataclass(frozen=True)
class ScoreRun:
    """A scoring run as it is kept. `fits` model -> parameters, log-likelihood, degenerate; `figures` makes `valuation.Figures`.

    `state` running, done, skipped (`why`: too few, too few repeats, no orders) or failed.
    """

    run_id: int
    as_of: datetime
    observed_on: date | None
    state: str
    why: str
    asked_by: str
    job_id: int | None
    currency: str
    customers_n: int
    orders_n: int
    elsewhere_n: int
    model: str | None
    runner_up: str | None
    chosen_by: str | None
    fits: dict[str, Any]
    backtest: list[dict[str, Any]]
    deciles: list[dict[str, Any]]
    figures: dict[str, Any]
    assumed: dict[str, Any]
    pool_minor: int | None
    low_minor: int | None
    high_minor: int | None
    written_to: int
    seen_n: int
    written_n: int
    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class PoolPoint:
    """The pool's value as one run saw it."""

    run_id: int
    as_of: datetime
    observed_on: date | None
    model: str
    currency: str
    customers_n: int
    pool_minor: int
    low_minor: int
    high_minor: int
    written_n: int
