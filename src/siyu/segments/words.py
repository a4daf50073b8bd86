"""The words of segments: a rule is a tree of conditions about one person. `docs/rules.md` shows the same tree as JSON.

Every condition is true or false of everybody, never unknown: what is not there makes a comparison false (and `missing` true).
Numbers are `Decimal`. Amounts in rules are written as people write them (59.90), in the rule's currency or the brand's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

VERSION = 1  # of the JSON format
MOST_DEPTH = 64  # groups within groups
MOST_CONDITIONS = 300
MOST_VALUES = 2_000  # in one `in`
MOST_SEGMENTS_DEEP = 8  # a segment of segments of segments ...

SegmentId = NewType("SegmentId", int)
Scalar = str | Decimal | bool


class Op(StrEnum):
    """What is asked of one value."""

    EQ = "eq"
    NE = "ne"  # has a value, and another one
    IN = "in"
    NOT_IN = "not_in"  # has a value, and none of these
    CONTAINS = "contains"  # text; a-z and A-Z are the same
    STARTS = "starts"  # text; a-z and A-Z are the same
    HAS = "has"  # a list with this text in it
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    BETWEEN = "between"  # both ends included
    EXISTS = "exists"
    MISSING = "missing"
    DURING = "during"  # a moment or a date within a window
    ANNIVERSARY = "anniversary"  # month and day come round within the next N days, today included


TEXT_OPS = frozenset({Op.CONTAINS, Op.STARTS, Op.HAS})
ORDER_OPS = frozenset({Op.GT, Op.GTE, Op.LT, Op.LTE, Op.BETWEEN})
CHOICE_OPS = frozenset({Op.EQ, Op.NE, Op.IN, Op.NOT_IN})
BARE_OPS = frozenset({Op.EXISTS, Op.MISSING})
NUMBER_OPS = ORDER_OPS | CHOICE_OPS
SCALAR_OPS = NUMBER_OPS | TEXT_OPS | BARE_OPS
SCORE_OPS = SCALAR_OPS - {Op.HAS}
MOMENT_OPS = frozenset({Op.DURING}) | BARE_OPS


@dataclass(frozen=True)
class Ago:
    """A point of time relative to now: `by` earlier, or later where `by` is negative. A day is 24 hours."""

    by: timedelta


@dataclass(frozen=True)
class At:
    """A fixed point of time: a moment, or a date, which begins at midnight in the brand's time zone."""

    point: datetime | date


Edge = Ago | At


@dataclass(frozen=True)
class Window:
    """From `start` (included) to `end` (not included); None is open. `last 30 days` is [now - 30 days, now)."""

    start: Edge | None = None
    end: Edge | None = None


EVER = Window()


@dataclass(frozen=True)
class Comparison:
    """An operator with what it compares to: one value, two for `between`, any number for `in`; a window for `during`."""

    op: Op
    values: tuple[Scalar, ...] = ()
    window: Window = EVER
    days: int = 0  # of `anniversary`


class Measure(StrEnum):
    """What is made of a set of facts or orders before it is compared."""

    COUNT = "count"
    SUM = "sum"
    AVG = "avg"
    MIN = "min"
    MAX = "max"
    DAYS = "days"  # different days in the brand's time zone
    OBJECTS = "objects"  # different objects (orders, pages), told apart by source
    FIRST_AT = "first_at"
    LAST_AT = "last_at"
    # of orders only
    SPENT = "spent"
    REFUNDED = "refunded"
    NET = "net"
    AVERAGE = "average"
    DAYS_SINCE_LAST = "days_since_last"  # whole days of 24 hours
    QUANTITY = "quantity"  # of `bought` only


EVENT_MEASURES = frozenset(
    {
        Measure.COUNT, Measure.SUM, Measure.AVG, Measure.MIN, Measure.MAX, Measure.DAYS, Measure.OBJECTS,
        Measure.FIRST_AT, Measure.LAST_AT,
    }
)  # fmt: skip
VALUE_MEASURES = frozenset({Measure.SUM, Measure.AVG, Measure.MIN, Measure.MAX})
MOMENT_MEASURES = frozenset({Measure.FIRST_AT, Measure.LAST_AT})
ORDER_MEASURES = frozenset(
    {
        Measure.COUNT, Measure.SPENT, Measure.REFUNDED, Measure.NET, Measure.AVERAGE, Measure.FIRST_AT, Measure.LAST_AT,
        Measure.DAYS_SINCE_LAST,
    }
)  # fmt: skip
MONEY_MEASURES = frozenset({Measure.SPENT, Measure.REFUNDED, Measure.NET, Measure.AVERAGE})
BOUGHT_MEASURES = frozenset({Measure.OBJECTS, Measure.QUANTITY, Measure.SPENT, Measure.LAST_AT, Measure.FIRST_AT})
ONCE = Comparison(Op.GTE, (Decimal(1),))  # the test of an event that does not say one: it happened


class Field(StrEnum):
    """The columns of a profile that a rule may ask for, besides what it bought."""

    STAGE = "stage"
    STAGE_AT = "stage_at"
    IS_KNOWN = "is_known"
    FACTS_N = "facts_n"
    FIRST_SEEN_AT = "first_seen_at"
    LAST_SEEN_AT = "last_seen_at"


MOMENT_FIELDS = frozenset({Field.STAGE_AT, Field.FIRST_SEEN_AT, Field.LAST_SEEN_AT})


class How(StrEnum):
    """How many of several tags."""

    ANY = "any"
    ALL = "all"
    NONE = "none"


class ConsentState(StrEnum):
    """What a person decided for a channel and a purpose: the latest word of each identifier, and of those the most restrictive."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    NONE = "none"


@dataclass(frozen=True)
class Filter:
    """Which facts count: `field` is object, amount, currency, source, or data.NAME."""

    field: str
    test: Comparison


@dataclass(frozen=True)
class TraitIs:
    """A plain trait of the profile."""

    name: str
    test: Comparison


@dataclass(frozen=True)
class ScoreIs:
    """The newest score of a name (clv, churn, ...); with `fresh` one that is not older than that, else it counts as missing.

    A score is a number (money in whole units of its currency) or a word; a test of numbers never holds for a word, nor the other way.
    """

    name: str
    test: Comparison
    fresh: timedelta | None = None


@dataclass(frozen=True)
class ProfileIs:
    """A column of the profile."""

    field: Field
    test: Comparison


@dataclass(frozen=True)
class TagIs:
    """Tags."""

    tags: tuple[str, ...]
    how: How = How.ANY


@dataclass(frozen=True)
class ConsentIs:
    """What the person decided about messages of a purpose on a channel."""

    channel: str
    purpose: str
    state: ConsentState


@dataclass(frozen=True)
class Reachable:
    """Has an address at which the channel can deliver."""

    channel: str


@dataclass(frozen=True)
class HasIdentifier:
    """Is known under an identifier of this kind (and scope: which shop, app or corp; empty = any)."""

    kind: str
    scope: str = ""


class Side(StrEnum):
    """With whom somebody is in contact."""

    GUIDE = "guide"
    CHAT = "chat"


@dataclass(frozen=True)
class ContactIs:
    """Has a guide now, or is in a chat now: one contact for which all of these hold.

    `ids` are userids of guides or ids of chats, `ways` the vendor's numbers of the way they came, `states` the codes or links they came
    by; `window` is since when. What is empty asks nothing.
    """

    side: Side = Side.GUIDE
    ids: tuple[str, ...] = ()
    ways: tuple[int, ...] = ()
    states: tuple[str, ...] = ()
    corp: str = ""
    window: Window = EVER


@dataclass(frozen=True)
class Orders:
    """Orders by the moment they were paid. Money measures look at orders of one currency, the others at all."""

    measure: Measure
    test: Comparison
    window: Window = EVER
    sources: tuple[str, ...] = ()
    currency: str = ""


@dataclass(frozen=True)
class Happened:
    """Facts of one type. `of` is what sum, avg, min and max read: amount, or data.NAME."""

    type: str
    measure: Measure = Measure.COUNT
    test: Comparison = ONCE
    filters: tuple[Filter, ...] = ()
    window: Window = EVER
    of: str = ""
    currency: str = ""


@dataclass(frozen=True)
class Bought:
    """Paid order lines of products; `by` is sku, product or category."""

    by: str
    what: Comparison
    measure: Measure = Measure.OBJECTS
    test: Comparison = ONCE
    window: Window = EVER
    currency: str = ""


@dataclass(frozen=True)
class Step:
    """One step of a sequence."""

    type: str
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True)
class Followed:
    """`first` happened in the window, and `then` came (`is_done`) or did not come after it, at most `within` later.

    Later means strictly later, `within` included; None is any time later. "Did not come" waits until `within` is over, so that nobody is
    called late too early.
    """

    first: Step
    then: Step
    is_done: bool = True
    within: timedelta | None = None
    window: Window = EVER


@dataclass(frozen=True)
class InSegment:
    """In (or not in) a saved segment."""

    segment_id: SegmentId
    is_in: bool = True


@dataclass(frozen=True)
class All:
    """Every one of these. An empty group is true of everybody."""

    of: tuple[Node, ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one of these. An empty group is true of nobody."""

    of: tuple[Node, ...]


@dataclass(frozen=True)
class Not:
    """The opposite."""

    of: Node


Leaf = (
    TraitIs
    | ScoreIs
    | ProfileIs
    | TagIs
    | ConsentIs
    | Reachable
    | HasIdentifier
    | ContactIs
    | Orders
    | Happened
    | Bought
    | Followed
    | InSegment
)
Group = All | AnyOf | Not
Node = Group | Leaf


@dataclass(frozen=True)
class Rule:
    """Who belongs."""

    where: Node
    version: int = VERSION


@dataclass(frozen=True)
class Compiled:
    """One statement that selects `person_id`, once per member, and its parameters."""

    sql: str
    params: dict[str, Any]


@dataclass(frozen=True)
class SeenFact:
    """A fact as evidence. `source` is the source's name."""

    key: UUID
    type: str
    occurred_at: datetime
    source: str
    object: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SeenOrder:
    """An order as evidence. An order that was never paid (only refunded) has no `paid_at` and counts nowhere but in refunds."""

    source: str
    paid_at: datetime | None
    paid_minor: int
    refunded_minor: int
    currency: str


@dataclass(frozen=True)
class SeenConsent:
    """One decision about a channel and a purpose, said by one identifier of the person. The greater `key` is later at one moment."""

    subject: int
    channel: str
    purpose: str
    is_given: bool
    decided_at: datetime
    key: UUID


@dataclass(frozen=True)
class SeenScore:
    """A score of one identifier of the person. Of two at one moment the greater `key` is the newer."""

    name: str
    value: Decimal | None
    word: str | None
    as_of: datetime
    key: UUID


@dataclass(frozen=True)
class SeenIdentifier:
    """A name of the person; `is_deliverable` is False after a hard bounce or erasure."""

    kind: str
    scope: str = ""
    is_deliverable: bool = True


@dataclass(frozen=True)
class SeenContact:
    """A guide whom the person is in contact with now, or a chat they are in; `id` the userid or chat."""

    side: Side
    id: str
    corp: str
    way: int | None
    state: str
    since: datetime | None


@dataclass(frozen=True)
class Evidence:
    """Everything that a rule can look at, of one person. Numbers in `traits` and `data` are Decimal."""

    person_id: int
    stage: str = "visitor"
    stage_at: datetime | None = None
    is_known: bool = False
    facts_n: int = 0
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None
    traits: Mapping[str, Any] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    scores: tuple[SeenScore, ...] = ()
    consents: tuple[SeenConsent, ...] = ()
    identifiers: tuple[SeenIdentifier, ...] = ()
    contacts: tuple[SeenContact, ...] = ()
    orders: tuple[SeenOrder, ...] = ()
    facts: tuple[SeenFact, ...] = ()


@dataclass(frozen=True)
class Reason:
    """One condition of a rule read for one person, in a sentence. `path` is its place in the JSON."""

    path: str
    is_met: bool
    sentence: str


@dataclass(frozen=True)
class Explained:
    """Why somebody is in a segment, or not."""

    person_id: int
    is_in: bool
    sentence: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Counted:
    """How many people. `n` is None when counting took longer than it may; then `at_most` is all we know."""

    n: int | None
    at_most: int


@dataclass(frozen=True)
class ConditionCount:
    """How many people one condition or group holds for, alone; None when that was too slow to count."""

    path: str
    n: int | None


@dataclass(frozen=True)
class Member:
    """Somebody in a sample, as a list shows them (nothing personal is in clear)."""

    person_id: int
    name_shown: str
    stage: str
    orders_n: int
    spent_minor: int
    last_order_at: datetime | None
    last_seen_at: datetime | None


@dataclass(frozen=True)
class RulePreview:
    """What the builder shows beside a rule. `everybody` is the number of people in the pool."""

    counted: Counted
    everybody: int
    stages: tuple[tuple[str, int], ...]
    sample: tuple[Member, ...]


@dataclass(frozen=True)
class Kept:
    """A saved segment."""

    segment_id: SegmentId
    name: str
    about: str
    rule: Rule
    counted_n: int | None
    counted_at: datetime | None
    created_by: str
    created_at: datetime
    changed_at: datetime
    archived_at: datetime | None


@dataclass(frozen=True)
class ReadyRule:
    """A ready rule to start from."""

    key: str
    name: str
    about: str
    rule: Rule
