"""The words of analytics: the overview's figures, a broadcast's report."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siyu.analytics import experiments as ex
from siyu.analytics.experiments import uplift

CLICK_DAYS = 7
"""Orders within this many days after a click are shown as attributed; setting `analytics.click_days`."""


@dataclass(frozen=True)
class People:
    """A broadcast's people of today, by id; one element a person. Moments are microseconds since 1970."""

    person_ids: NDArray[np.int64]
    is_treated: NDArray[np.bool_]
    strata: NDArray[np.int64]  # a number for each
    before_minor: NDArray[np.int64]
    entered: NDArray[np.int64]


@dataclass(frozen=True)
class Orders:
    """Paid orders of some people in the brand's currency; one element an order."""

    person_ids: NDArray[np.int64]
    paid: NDArray[np.int64]
    net_minor: NDArray[np.int64]


@dataclass(frozen=True)
class Outcomes:
    """What became of a broadcast's people in their measuring windows; arrays of one length, one element a person of today."""

    is_treated: NDArray[np.bool_]
    strata: NDArray[Any]  # names or numbers
    before_minor: NDArray[np.int64]
    spent_minor: NDArray[np.int64]
    bought: NDArray[np.bool_]
    mixed: int = 0  # people enrolled under two names, in both arms; they count in the arm of the smaller id
    orders_n: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


@dataclass(frozen=True)
class Reading:
    """One way to read the difference in spend per head (minor units). `cap` is where the capped one stops counting."""

    name: str
    estimate: ex.Estimate
    is_main: bool = False
    theta: float = 0.0
    rho: float = 0.0
    cap: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """One outcome's effect: per head, over all treated people, and the word for it.

    `smallest_visible` is the effect per head that would have been seen with 80 % power; `power` the chance to see one worth knowing.
    """

    estimate: ex.Estimate
    total: ex.Total
    verdict: ex.Verdict
    smallest_visible: float
    power: float


@dataclass(frozen=True)
class Effect:
    """What a broadcast caused."""

    split: ex.Split
    buyers: Outcome
    revenue: Outcome
    readings: tuple[Reading, ...]
    worth: float
    level: float


@dataclass(frozen=True)
class Interim:
    """What may be said before the end: always-valid intervals per head (share of buyers, minor units) and over all treated people.

    `revenue` is None where nobody of these people spent anything before, which is what its interval is tuned by.
    """

    buyers: ex.Estimate
    buyers_total: ex.Total
    revenue: ex.Estimate | None
    revenue_total: ex.Total | None
    events: int


@dataclass(frozen=True)
class Funnel:
    """People of a broadcast, step by step. `refused` counts the gate's noes by reason; `set_aside` those it was not asked about."""

    enrolled: int = 0
    control: int = 0
    asked: int = 0
    set_aside: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    sent: int = 0
    delivered: int = 0
    opened: int = 0
    clicked: int = 0
    unsubscribed: int = 0
    complained: int = 0
    bounced: int = 0
    rejected: int = 0
    unknown: int = 0
    withdrawn: int = 0
    bought: int = 0  # treated people who bought in their window, for whatever reason


@dataclass(frozen=True)
class Attribution:
    """Orders within `days` after a click on the message. Not causal: many of these people would have bought anyway."""

    days: int
    buyers: int
    orders: int
    revenue_minor: int


@dataclass(frozen=True)
class CurvePoint:
    """Spend per head from everybody's turn to the end of this day (day 0 is the first 24 hours), in minor units."""

    day: int
    treated: float
    control: float


@dataclass(frozen=True)
class Report:
    """Everything that a broadcast's page says."""

    broadcast_id: int
    name: str
    state: str
    channel: str
    currency: str
    as_of: datetime
    started_at: datetime | None
    measured_at: datetime | None
    measure_for: timedelta
    holdout_share: float
    is_over: bool
    funnel: Funnel
    effect: Effect
    shown: str  # fixed_horizon once the window is over; always_valid before
    interim: Interim | None
    order_value: ex.Estimate  # revenue per order (minor units) by the delta method; the unit is the person
    mixed: int
    cost_minor: int
    curve: tuple[CurvePoint, ...]
    attribution: Attribution
    other_currencies: dict[str, int]
    sentence: dict[str, str]  # language -> the headline


@dataclass(frozen=True)
class Band:
    """What people of one kind did in one measuring window: how many there were, how many bought, their spend (minor units), and how it
    goes with their spend before."""

    n: int
    bought: int
    mean: float
    variance: float
    correlation: float


@dataclass(frozen=True)
class Sight:
    """What a holdout of `share` could see with 80 % power: so many more buyers (`lift` of those to be expected), so much more revenue
    (minor units). Infinite where nobody is held out."""

    share: float
    control: int
    buyers: float
    lift: float
    revenue_minor: float
    is_chosen: bool = False


@dataclass(frozen=True)
class Expectation:
    """What a broadcast's people would do anyway, and the smallest effect that would show.

    `buy_rate`, `mean` and `deviation` (spend per head, minor units) are None where fewer than a hundred people of the past are like these;
    `unlike` members have no counterpart there. `cut` is the variance that CUPED is expected to take away.
    """

    people: int
    unlike: int
    base: int
    buy_rate: float | None
    mean: float | None
    deviation: float | None
    cut: float | None
    sights: tuple[Sight, ...]


@dataclass(frozen=True)
class Month:
    """One month in the brand's time zone. Money in minor units; `refunds` is below zero."""

    month: str  # 2011-11
    sales_minor: int = 0  # of people we know
    anonymous_minor: int = 0
    refunds_minor: int = 0
    new_buyers: int = 0


@dataclass(frozen=True)
class Recent:
    """A figure of the last 30 days, and the same of the 30 days before."""

    now: int
    before: int

    @property
    def change(self) -> float | None:
        """By which share it grew; None where there was nothing before."""
        return self.now / self.before - 1 if self.before else None


@dataclass(frozen=True)
class Overview:
    """The figures of the overview; docs/metrics.md defines each. Money in minor units of `currency`; shares are None without a base."""

    as_of: datetime
    currency: str
    first_on: date | None
    last_on: date | None
    lines: int
    anonymous_lines: int
    all_lines_minor: int
    customers: int
    sales_minor: int
    orders: int
    buyers: int
    cancellations_minor: int
    adjustments_minor: int
    anonymous_sales_minor: int
    other_currencies: dict[str, int]
    people: int
    known_people: int
    stages: dict[str, int]
    repeat_rate: float | None
    repurchase_90d: float | None
    top_decile_share: float | None
    active_30d: Recent
    buyers_30d: Recent
    new_buyers_30d: Recent
    orders_30d: Recent
    sales_30d: Recent  # identified and anonymous, in minor units
    months: tuple[Month, ...]


@dataclass(frozen=True)
class Cohort:
    """Those who first bought in `month` (2011-11). Element k of each tuple is the k-th month after, the first month being 0.

    `active` people with a valid order in it, `again` people who by its end had placed a second order, `orders` and `minor` (minor units)
    of it.
    """

    month: str
    size: int
    active: tuple[int, ...]
    again: tuple[int, ...]
    orders: tuple[int, ...]
    minor: tuple[int, ...]


@dataclass(frozen=True)
class Cohorts:
    """All cohorts, in the brand's currency and time zone; the last month is not over."""

    as_of: datetime
    currency: str
    time_zone: str
    cohorts: tuple[Cohort, ...]


@dataclass(frozen=True)
class RfmCell:
    """One cell of the grid: scores 1 to 5, the days since the last order and the orders that they mean (None = no upper end), people,
    what they spent (minor units), and how many orders they have."""

    r: int
    f: int
    days: tuple[int, int | None]
    orders: tuple[int, int | None]
    people: int
    minor: int
    orders_n: int


@dataclass(frozen=True)
class RfmGrid:
    """The grid: ranges of days (best first) and of orders (fewest first), and their cells. Fewer than five of a kind where values do not
    allow more."""

    as_of: datetime
    currency: str
    recency: tuple[tuple[int, int | None], ...]
    frequency: tuple[tuple[int, int | None], ...]
    cells: tuple[RfmCell, ...]


@dataclass(frozen=True)
class Moved:
    """Whom a broadcast moved, measured on the half of its people that the model never saw; or `refusal` says why nobody can tell.

    `counts` and `events` are people and buyers, treated and held out.
    """

    refusal: uplift.NotLearned | None
    counts: tuple[int, int] = (0, 0)
    events: tuple[int, int] = (0, 0)
    curve: uplift.Qini | None = None
    apart: uplift.Apart | None = None
    policies: tuple[uplift.Policy, ...] = ()
    rule: uplift.FoundRule | None = None

    @property
    def differs(self) -> bool:
        """Whether the ranking is better than chance and its top is moved more than the rest: only then is anybody named."""
        return self.curve is not None and self.apart is not None and self.curve.low > 0 and self.apart.is_clear
