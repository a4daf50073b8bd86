"""The words of the ledger: what is posted, where people came from, under which terms, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

DIMENSIONS = ("channel", "campaign", "code", "guide", "store")
COSTS = ("message", "gift", "points", "minutes")  # costs to serve, as entries name them

DEFAULT_MARGIN = Decimal("0.35")
"""Contribution per unit of sales where neither terms nor the brand's assumptions say anything: the diagnosis assumes the same."""

TOUCH_DAYS = 90
"""An order is credited to what its buyer met within so many days before it."""

HALF_LIFE_DAYS = 7
"""Under time decay a touchpoint weighs half as much every so many days before the order."""

TOO_FEW = 30
"""Under so many people (or orders) a rate says nothing, and pages say so."""

HORIZON_DAYS = 365
"""Who was watched so long without paying back counts as never."""


class AttributionRule(StrEnum):
    """How an order's money is divided among the touchpoints before it (docs/ledger.md)."""

    FIRST = "first"
    LAST = "last"
    LINEAR = "linear"
    POSITION = "position"  # 40 % the first, 40 % the last, 20 % those between
    DECAY = "decay"
    STATED = "stated"  # only what the order itself says


class Dims(NamedTuple):
    """What a fact says about where it belongs; empty = it does not say."""

    channel: str = ""
    campaign: str = ""
    code: str = ""
    guide: str = ""
    store: str = ""


class Posted(NamedTuple):
    """A fact as the ledger reads it. `cost_minor` is what the permit of a sent message says it costs."""

    key: UUID
    source_id: int
    import_id: int
    type: str
    subject: int | None
    occurred_at: datetime
    object: str | None
    amount_minor: int | None
    currency: str | None
    data: dict[str, Any] | None
    cost_minor: int = 0


@dataclass
class Entry:
    """A movement of money between two accounts; facts that agree in everything but the amount are one entry."""

    what: str
    subject: int | None
    source_id: int
    order_no: str | None
    occurred_at: datetime
    currency: str
    dims: Dims
    basis: str
    import_id: int
    fact_key: UUID
    amount_minor: int = 0
    facts_n: int = 0


@dataclass(frozen=True)
class Touchpoint:
    """A moment at which somebody (or an order) was met by a channel, a campaign, a code, a guide, a store."""

    fact_key: UUID
    type: str
    subject: int | None
    source_id: int
    order_no: str | None
    touched_at: datetime
    dims: Dims
    import_id: int


@dataclass(frozen=True)
class Terms:
    """Under which terms costs are reckoned, each from a day on (the first one also before it).

    `margins` are shares of sales that stay after the cost of goods. `prices` are in the brand's currency, in units (yuan, not fen), and may
    have fractions of a minor unit: message.<channel>, gift, gift.<name>, point, minute (of a guide), reach (of one person by paid media).
    `assumed` is the margin of the brand's assumptions, which holds where `margins` says nothing: pages say that it is an assumption.
    """

    margins: tuple[tuple[date, Decimal], ...] = ()
    prices: dict[str, tuple[tuple[date, Decimal], ...]] = field(default_factory=dict)
    touch_days: int = TOUCH_DAYS
    assumed: Decimal = DEFAULT_MARGIN


@dataclass(frozen=True)
class ProductCost:
    """What one piece of a product costs, from a day on. Minor units."""

    sku: str
    from_on: date
    cost_minor: int
    currency: str


@dataclass(frozen=True)
class Spend:
    """Money spent to win people: for the days `from_on` to `to_on`, both included, and for what the dimensions say. Minor units.

    The same spend with the same `ref` is recorded once. Below zero it takes back an earlier one.
    """

    amount_minor: int
    from_on: date
    to_on: date
    dims: Dims
    currency: str = ""
    note: str = ""
    ref: str = ""


@dataclass(frozen=True)
class PnlLine:
    """One line of a P&L, minor units. `orders` and `first_buyers` are in thousandths: under some rules an order belongs to several lines.

    `paid` and `refunded` (below zero) are sales and what of them was given back, `adjusted` corrections that are no sale, `goods` the
    cost of goods, `spend` the cost to win, `served` the cost to serve.
    """

    key: str | None  # None: attributed to nothing
    orders_milli: int = 0
    first_milli: int = 0
    paid: int = 0
    refunded: int = 0
    adjusted: int = 0
    goods: int = 0
    spend: int = 0
    served: int = 0

    @property
    def margin(self) -> int:
        """Contribution: what stays of the sales after refunds and goods."""
        return self.paid + self.refunded + self.adjusted - self.goods

    @property
    def net(self) -> int:
        """What stays after the cost to win and to serve."""
        return self.margin - self.spend - self.served

    @property
    def cac(self) -> float | None:
        """Cost to win one first-time buyer; None where nothing was spent or nobody won."""
        return self.spend * 1000 / self.first_milli if self.spend and self.first_milli > 0 else None

    @property
    def is_few(self) -> bool:
        """Whether too few first-time buyers stand behind the cost to win one."""
        return self.first_milli < TOO_FEW * 1000


@dataclass(frozen=True)
class Basis:
    """How the costs of goods in a P&L are known: minor units of cost by basis, and of sales under each."""

    product: int = 0
    margin: int = 0
    default_margin: int = 0


@dataclass(frozen=True)
class Pnl:
    """A profit and loss by one dimension under one rule; `total` is the pool's, whatever the rule."""

    by: str
    rule: AttributionRule
    from_on: date | None
    to_on: date | None
    currency: str
    lines: tuple[PnlLine, ...]  # most net first; what is attributed to nothing last
    total: PnlLine
    basis: Basis
    paid_cac: float | None  # spend / first-time buyers of the named lines that have spend: organic buyers do not dilute it
    other_currencies: dict[str, int]  # currency -> net


@dataclass(frozen=True)
class PersonLedger:
    """One person's account to date, minor units of `currency`."""

    person_id: int
    currency: str
    orders: int
    paid: int
    refunded: int
    goods: int
    won: int  # cost to win
    served: dict[str, int]  # message, gift, points, minutes
    won_by: Dims | None  # what won them; None = nobody knows, or nothing was spent
    first_order_at: datetime | None
    paid_back_at: datetime | None  # when contribution first reached the cost to win
    basis: Basis
    entries: tuple[SeenEntry, ...]
    other_currencies: dict[str, int]

    @property
    def margin(self) -> int:
        """What stays of the sales after refunds and goods."""
        return self.paid + self.refunded - self.goods

    @property
    def net(self) -> int:
        """Net to date."""
        return self.margin - self.won - sum(self.served.values())


@dataclass(frozen=True)
class SeenEntry:
    """An entry as pages show it: behind a person, or behind a line of a P&L (`share` of it there)."""

    entry_id: int
    what: str
    debit: str
    credit: str
    amount_minor: int
    currency: str
    order_no: str | None
    occurred_at: datetime
    basis: str
    reason: str
    facts_n: int
    person_id: int | None
    dims: Dims


@dataclass(frozen=True)
class PaybackLine:
    """How a line's first-time buyers pay back what winning them cost.

    Of `people`, `paid_back` did within the horizon, `never` were watched all of it and did not, `not_yet` are younger. `by_day` holds for
    some days the share that paid back by then (Kaplan-Meier), its bounds (before anybody did: none, to 1 - 0.05^(1/n)) and how many were
    still at risk. `cohort_days` is the first day on which those watched so long (at least half) had their cost back together: None when
    they have not (`cohort`: paid, not_yet, never).
    """

    key: str | None
    people: int
    cost_minor: int
    paid_back: int
    not_yet: int
    never: int
    median_days: float | None
    by_day: tuple[tuple[int, float, float, float, int], ...]
    curve: tuple[tuple[float, float], ...]
    cohort: str
    cohort_days: float | None
    watched_days: float  # the longest that anybody of them was watched

    @property
    def is_few(self) -> bool:
        """Whether too few people stand behind the curve."""
        return self.people < TOO_FEW


@dataclass(frozen=True)
class Payback:
    """The payback of every line that spent to win people; `free` buyers cost nothing to win and are left out."""

    by: str
    currency: str
    horizon_days: int
    lines: tuple[PaybackLine, ...]
    free: int


@dataclass(frozen=True)
class GuideRate:
    """How many of the people that a guide met bought afterwards. `shrunk` pulls small numbers towards everybody's rate."""

    guide: str
    met: int
    bought: int
    shrunk: float

    @property
    def is_few(self) -> bool:
        """Whether too few people were met to say anything about this guide alone."""
        return self.met < TOO_FEW


@dataclass(frozen=True)
class Capacity:
    """How many customers guides can look after: inputs and what comes out (Erlang C)."""

    guides: int
    talks_a_month: float  # conversations that one customer begins
    minutes_each: float
    hours_a_day: float
    days_a_month: float
    share: float  # of conversations to be answered in time
    within_minutes: float
    customers: int
    busy: float  # share of the guides' time
    wait_minutes: float
