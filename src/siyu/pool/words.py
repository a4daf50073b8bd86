"""The words of the pool: what happened, and under which names people are known."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


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


@dataclass(frozen=True)
class Fact:
    """Something that happened, before it has a number.

    `id` is the source's own id of it: the same (source, id) is recorded once, for ever. `occurred_at` is aware. `amount_minor` is
    signed minor units in `currency`. `data` holds plain properties; `personal` those that are personal data (sealed before they are
    stored). A fact without identifiers is anonymous trade: it counts in totals, and nobody is made of it (personal data of nobody
    is not kept). `subject_id` names an identifier by its number, for facts about somebody we already know (receipts).
    """

    type: str
    id: str
    occurred_at: datetime
    identifiers: tuple[Identifier, ...] = ()
    object: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    personal: dict[str, str] = field(default_factory=dict)
    subject_id: int | None = None


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
