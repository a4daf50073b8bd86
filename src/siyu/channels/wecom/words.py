"""The words of mass sending: tasks, who they are for, what became of each, and the rule that the corp's administrator chose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from siyu.base import settings
from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.base.ground import Ground

NAME = "wecom"
SETTING = "wecom.mass"
MOST_CUSTOMERS = 10_000  # in one task
MOST_REMINDERS = 3  # in 24 hours


class MassRule(StrEnum):
    """How many mass messages a customer may get, from the corp and from guides together: 群发助手 -> 群发规则 in WeCom's console."""

    MONTHLY_DAYS = "monthly_days"  # as many in a calendar month as it has days
    WEEKLY_7 = "weekly7"
    DAILY_1 = "daily1"


@dataclass(frozen=True)
class MassSettings:
    """What people set about mass sending."""

    rule: MassRule = MassRule.MONTHLY_DAYS


def see_mass_settings(conn: Connection) -> MassSettings:
    """What is set."""
    kept = settings.get(conn, SETTING, {})
    return MassSettings(MassRule(kept["rule"])) if isinstance(kept, dict) and kept.get("rule") in list(MassRule) else MassSettings()


def set_mass_settings(ground: Ground, conn: Connection, rule: str) -> None:
    """Say which rule holds in the corp. Raises `InputError` for one that WeCom does not have."""
    if rule not in list(MassRule):
        raise InputError("WeCom has no such rule for mass messages.", f"Use one of {', '.join(MassRule)}.", field="rule")
    settings.put(conn, SETTING, {"rule": rule}, at=ground.clock.now())


class Stands(StrEnum):
    """Where one receiver of a task stands."""

    OPEN = "open"  # the guide has not confirmed, or we have not heard
    SENT = "sent"
    NOT_FRIEND = "not_friend"  # is not the guide's contact any more
    QUOTA = "quota"  # has had as many mass messages as WeCom allows
    UNCONFIRMED = "unconfirmed"  # the guide did not confirm in time
    CANCELLED = "cancelled"  # the task was stopped before the guide confirmed
    REFUSED = "refused"  # WeCom would not have it


class Stop(StrEnum):
    """Why a task that waits for its guide is stopped."""

    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"  # its origin took it back
    HELD = "held"  # its origin pauses
    UNSUBSCRIBED = "unsubscribed"  # one of the receivers said no meanwhile
    GUIDE_LEFT = "guide_left"
    OWNER_CHANGED = "owner_changed"  # a chat has another owner now


@dataclass(frozen=True)
class MassTask:
    """One task. `body` is its text; `msgid` WeCom's number, empty until it is known to be made."""

    task_id: int
    channel: str
    account_id: int
    corp: str
    guide: str
    origin: str
    origin_id: int
    purpose: str
    content_id: int
    content_version: int
    body: str
    state: str
    msgid: str
    tries: int
    called_at: datetime | None
    expires_at: datetime
    made_at: datetime | None
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    code: str


class Addressed(Protocol):
    """Somebody or something that a task is for. `key` is WeCom's name of it: an external_userid, or a chat_id."""

    @property
    def key(self) -> str: ...


Who = TypeVar("Who", bound=Addressed)


@dataclass(frozen=True)
class Receiver:
    """One customer of a task under way. `external_userid` is who WeCom knows them as."""

    intent_id: int
    token: int
    person_id: int
    subject: int
    external_userid: str
    topic: str

    @property
    def key(self) -> str:
        """WeCom's name of the customer."""
        return self.external_userid


@dataclass(frozen=True)
class Ended(Generic[Who]):
    """What became of one receiver, and when."""

    receiver: Who
    stands: Stands
    at: datetime
    code: str = ""
