"""The words of growth: codes, who may take the next customer and why, the welcome, what became of those who came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class CodeKind(StrEnum):
    """What kind of door a code is."""

    PERSON = "person"  # 活码: leads to a guide
    LINK = "link"  # 获客链接: leads to a guide by a link, costs quota
    GROUP = "group"  # 群活码: leads into a chat


class Rotation(StrEnum):
    """Who of those who may is next."""

    EVEN = "even"  # in turn: who has waited longest
    WEIGHTED = "weighted"  # today's share by weight
    LEAST_LOADED = "least_loaded"  # who has the fewest customers
    FEWEST_TODAY = "fewest_today"  # who took the fewest today


class Why(StrEnum):
    """Why a guide may or may not take the next customer."""

    NEXT = "next"
    WAITS = "waits"  # may, but others are before them
    OFF_SHIFT = "off_shift"
    FULL = "full"
    AWAY = "away"  # left, or may not have customers
    STAND_IN_IDLE = "stand_in_idle"  # nobody needs standing in for


class For(StrEnum):
    """Whom a welcome is for."""

    ANYBODY = "anybody"
    NEW = "new"  # was never anybody's customer
    RETURNING = "returning"
    BUYER = "buyer"  # has bought, wherever
    TAG = "tag"  # has the tag `of`
    SEGMENT = "segment"  # is in the segment number `of`


BY_PERSON = frozenset({For.BUYER, For.TAG, For.SEGMENT})  # what is known only of those whom we know already


@dataclass(frozen=True)
class Shift:
    """When a guide works: ISO days of the week (1 = Monday) and hours of the brand's day. `end` before `start` runs over midnight."""

    days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    start: str = "00:00"
    end: str = "24:00"


@dataclass(frozen=True)
class CodeGuide:
    """A guide of a code. `daily_cap` None = no cap; without shifts always on."""

    guide: str
    weight: int = 1
    daily_cap: int | None = None
    shifts: tuple[Shift, ...] = ()
    is_stand_in: bool = False


@dataclass(frozen=True)
class Count:
    """What is known of a guide of a code now. `today`: how many came to them by this code since the brand's midnight."""

    today: int = 0
    load: int = 0  # active customers, by whatever way they came
    last_at: datetime | None = None  # when the last one came by this code
    is_here: bool = True  # still with the brand, and may have customers


@dataclass(frozen=True)
class Turn:
    """Whose turn it is. No users = nobody may: the code stays as it is and a warning is shown."""

    users: tuple[str, ...]
    whys: dict[str, Why]
    is_stand_in: bool
    until: datetime | None  # when a shift or the day ends and the answer may change by itself


@dataclass(frozen=True)
class Welcome:
    """Which content greets whom and when, in days and hours of the brand's clock. `of` is the tag's name or the segment's number."""

    content_id: int
    whom: For = For.ANYBODY
    start: str = "00:00"
    end: str = "24:00"
    days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    of: str = ""


@dataclass(frozen=True)
class Who:
    """What is known of somebody who has just come. Segments are those that were asked about. `is_known`: linked to more than this corp."""

    is_returning: bool = False
    is_buyer: bool = False
    tags: frozenset[str] = frozenset()
    segments: frozenset[int] = frozenset()
    is_known: bool = False


@dataclass(frozen=True)
class Draft:
    """A code as people write it. `corp_tags` are tag ids, `chats` the chat ids of a group code in the order they are filled."""

    name: str
    account_id: int
    kind: CodeKind = CodeKind.PERSON
    source_tags: tuple[str, ...] = ()
    corp_tags: tuple[str, ...] = ()
    guides: tuple[CodeGuide, ...] = ()
    rotation: Rotation = Rotation.EVEN
    reserve: int = 0
    is_exclusive: bool = False
    skip_verify: bool = True
    remark_pattern: str = ""
    cost_minor: int = 0
    welcomes: tuple[Welcome, ...] = ()
    chats: tuple[str, ...] = ()
    chat_limit: int = 180


@dataclass(frozen=True)
class LiveCode:
    """A code that is kept. `state` comes back from WeCom with whoever came by it; `tell_error` is why WeCom does not know the newest."""

    code_id: int
    draft: Draft
    corp: str
    state: str
    config_id: str
    qr_code: str
    url: str
    made_at: datetime
    changed_at: datetime
    changed_by: str
    closed_at: datetime | None
    told_users: tuple[str, ...]
    told_at: datetime | None
    tell_error: str
    tell_tries: int
    is_told_all: bool


@dataclass(frozen=True)
class Anew:
    """A code as it can be made at another corp. Not there, and left out: guides (userids), tags and chats (names)."""

    draft: Draft
    guides: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    chats: tuple[str, ...] = ()

    @property
    def is_possible(self) -> bool:
        """Whether anybody, or any chat, is there to lead to."""
        return bool(self.draft.chats) if self.draft.kind == CodeKind.GROUP else any(not one.is_stand_in for one in self.draft.guides)


@dataclass(frozen=True)
class Ticket:
    """The right to welcome somebody once. `welcome_code` is a secret of seconds: never log it."""

    account_id: int
    welcome_code: str
    added_at: datetime

    def __repr__(self) -> str:
        return f"Ticket({self.account_id})"


@dataclass(frozen=True)
class Funnel:
    """What became of those who came by a code in a period; by a group's code, who joined and stayed.

    Seconds are from the adding to the welcome being taken by WeCom.
    """

    code_id: int
    visits: int
    adds: int
    returning: int
    people: int
    asked: int
    welcomed: int
    late: int
    p50: float | None
    p99: float | None
    lost_7: int
    lost_30: int
    kept: int
    bought: int
    cost_minor: int


@dataclass(frozen=True)
class Result:
    """What became of those who came by a code to one guide (or chat), or on one of the brand's days; the other one is None."""

    guide: str | None
    on_day: date | None
    adds: int
    returning: int
    asked: int
    welcomed: int
    lost_30: int
    kept: int
    bought: int


@dataclass(frozen=True)
class Lot:
    """Customers that acquisition links may still win until a day."""

    account_id: int
    expires_on: date
    balance: int
    seen_at: datetime
