"""The words of the pool: what happened, and under which names people are known."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec


class Kind(StrEnum):
    """Kinds of identifiers (product.md P1), strongest first: the first one that a fact carries is its subject."""

    USER_ID = "user_id"  # the brand's own account id (scope: system)
    UNIONID = "unionid"  # WeChat, across one developer's apps
    EXTERNAL_USERID = "external_userid"  # WeCom contact (scope: corp)
    MEMBER_ID = "member_id"  # membership card
    BUYER_ID = "buyer_id"  # a shop's buyer (scope: shop)
    PHONE = "phone"  # E.164
    EMAIL = "email"
    OPENID = "openid"  # WeChat, one app (scope: appid)
    WECHAT_ID = "wechat_id"  # 微信号
    PENDING_ID = "pending_id"  # WeCom, lives 90 days (scope: corp)
    DEVICE_ID = "device_id"
    ANONYMOUS_ID = "anonymous_id"  # browser or app before sign-in (scope: source)


ORDER = {kind: rank for rank, kind in enumerate(Kind)}
WEAK = frozenset({Kind.PENDING_ID, Kind.DEVICE_ID, Kind.ANONYMOUS_ID})
PERSONAL = frozenset({Kind.PHONE, Kind.EMAIL, Kind.WECHAT_ID})
PERSONAL_TRAITS = frozenset(
    {"name", "first_name", "last_name", "phone", "email", "address", "street", "birthday", "id_card", "wechat_id", "nickname"}
)


@dataclass(frozen=True)
class Identifier:
    """One name of somebody, in normal form (`pool.normal` makes it). `scope` is the shop, app or corp; empty where there is none."""

    kind: Kind
    value: str
    scope: str = ""

    def __repr__(self) -> str:
        return f"Identifier({self.kind}, ***)"  # never the value: it may be a phone


class Fact(msgspec.Struct, frozen=True):
    """Something that happened, before it has a number. (Not a dataclass: made by the million, a Struct is made ten times as fast.)

    `id` is the source's own id of it: the same (source, id) is recorded once, for ever. `occurred_at` is aware. `amount_minor` is
    signed minor units in `currency`. `data` holds plain properties; `personal` those that are personal data (sealed before they are
    stored). A fact without identifiers is anonymous trade: it counts in totals, and nobody is made of it (personal data of nobody
    is not kept). `subject_id` names an identifier by its number, for facts about somebody we already know (receipts). `received_at` is
    when it reached us, where that was before it is recorded (a queue stands between).
    """

    type: str
    id: str
    occurred_at: datetime
    identifiers: tuple[Identifier, ...] = ()
    object: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    data: dict[str, Any] = {}  # each fact has its own: msgspec copies an empty default
    personal: dict[str, str] = {}
    subject_id: int | None = None
    received_at: datetime | None = None


@dataclass(frozen=True)
class Recorded:
    """What became of a batch: `new` facts were stored, `known` were there already."""

    new: int
    known: int


@dataclass(frozen=True)
class Brand:
    """Whose customers these are. `currency` is ISO 4217, `time_zone` an IANA name, `language` zh or en."""

    name: str = "私域"
    currency: str = "CNY"
    time_zone: str = "Asia/Shanghai"
    language: str = "zh"
    region: str = "CN"  # where phones without a country code are


class Stage(StrEnum):
    """Where somebody stands in the life with the brand (product.md P4)."""

    VISITOR = "visitor"
    LEAD = "lead"
    FIRST = "first"
    REPEAT = "repeat"
    VIP = "vip"
    DRIFTING = "drifting"
    LOST = "lost"
    WON_BACK = "won_back"


@dataclass(frozen=True)
class Address:
    """Where a message can be sent: the identifier and its value in the clear. Never log it."""

    identifier_id: int
    value: str = field(repr=False)


@dataclass(frozen=True)
class Hit:
    """Somebody that a search found. `by` says how: a kind of identifier, `name`, `order` or `person`."""

    person_id: int
    name_shown: str
    stage: str
    by: str
    shown: str


@dataclass(frozen=True)
class PersonRow:
    """A person as a line in a list."""

    person_id: int
    is_known: bool
    stage: str
    name_shown: str
    tags: tuple[str, ...]
    orders_n: int
    spent_minor: int
    refunded_minor: int
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    last_order_at: datetime | None
    identifiers: tuple[tuple[str, str], ...]  # (kind, mask), strongest first


@dataclass(frozen=True)
class Page:
    """A page of people. `after` goes into the next call, None at the end; `total` is None when there are more than was counted."""

    rows: tuple[PersonRow, ...]
    after: str | None
    total: int | None


@dataclass(frozen=True)
class SeenIdentifier:
    """An identifier as the 360 page shows it, with why it belongs to the person."""

    identifier_id: int
    kind: str
    scope: str
    mask: str
    created_at: datetime
    first_at: datetime | None
    last_at: datetime | None
    facts_n: int
    is_shared: bool
    unreachable_at: datetime | None
    unreachable_why: str | None
    erased_at: datetime | None


@dataclass(frozen=True)
class SeenLink:
    """Why two identifiers are taken for one person (or not: `is_held` False = the guard or a cut keeps them apart)."""

    a: int
    b: int
    strength: str
    source_id: int
    source: str
    import_id: int
    seen_at: datetime
    is_held: bool


@dataclass(frozen=True)
class SeenDecision:
    """What somebody decided about two identifiers."""

    decision_id: int
    kind: str
    a: int
    b: int
    decided_by: str
    why: str
    decided_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True)
class SeenConflict:
    """Two people that a link would have made one, had `kind` not stood twice. The masks let somebody decide."""

    a: int
    b: int
    kind: str
    left_person: int
    right_person: int
    noticed_at: datetime
    a_kind: str
    a_mask: str
    b_kind: str
    b_mask: str


@dataclass(frozen=True)
class SeenConsent:
    """What an identifier said about a channel and purpose; `*` = all of them."""

    subject: int
    mask: str
    channel: str
    purpose: str
    is_given: bool
    decided_at: datetime
    evidence: dict[str, Any]


@dataclass(frozen=True)
class SeenOrder:
    """An order of a person."""

    source_id: int
    source: str
    order_no: str
    paid_at: datetime | None
    touched_at: datetime
    paid_minor: int
    refunded_minor: int
    lines_n: int
    currency: str


@dataclass(frozen=True)
class SeenScore:
    """What somebody thinks of a person: `name` clv of a fact score.clv, `value` a number (money in whole units of `currency`) or `word`
    a text, as of a moment. `data` is what the fact said besides (band, model, run).
    """

    name: str
    as_of: datetime
    value: Decimal | None
    word: str | None
    currency: str | None
    amount_minor: int | None
    data: dict[str, Any]
    subject: int
    source: str


@dataclass(frozen=True)
class LogEntry:
    """Something that happened to somebody's identity: merged, split, conflict, cut, confirmed, revoked, erased."""

    what: str
    person_id: int
    other_id: int | None
    a: int | None
    b: int | None
    reason: dict[str, Any]
    logged_at: datetime


@dataclass(frozen=True)
class StageChange:
    """Entering a stage at a moment."""

    stage: Stage
    at: datetime


@dataclass(frozen=True)
class Person:
    """Everything that the 360 page says about one person, masked."""

    row: PersonRow
    stage_at: datetime | None
    traits: dict[str, Any]
    personal: dict[str, str]  # name of a personal trait -> its mask
    facts_n: int
    first_order_at: datetime | None
    other_money: dict[str, tuple[int, int]]
    identifiers: tuple[SeenIdentifier, ...]
    links: tuple[SeenLink, ...]
    decisions: tuple[SeenDecision, ...]
    conflicts: tuple[SeenConflict, ...]
    consents: tuple[SeenConsent, ...]
    orders: tuple[SeenOrder, ...]
    stages: tuple[StageChange, ...]
    log: tuple[LogEntry, ...]


@dataclass(frozen=True)
class Moment:
    """A fact as the timeline shows it; `place` of the last one goes into the next call as `before`."""

    occurred_at: datetime
    received_at: datetime
    seq: int
    type: str
    source_id: int
    source: str
    import_id: int
    object: str | None
    amount_minor: int | None
    currency: str | None
    data: dict[str, Any]
    personal: dict[str, str]  # masks
    subject: int
    subject_kind: str
    subject_mask: str

    @property
    def place(self) -> tuple[datetime, int]:
        """Where this moment stands in the timeline."""
        return self.occurred_at, self.seq


@dataclass(frozen=True)
class Source:
    """A line of the catalogue: where facts come from, whose they are, how fresh and how complete."""

    source_id: int
    name: str
    kind: str
    class_: str
    owner: str
    purpose: str
    currency: str
    created_at: datetime
    last_fact_at: datetime | None
    facts_n: int
    identified_n: int
    closed_at: datetime | None
