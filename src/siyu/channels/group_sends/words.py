"""The words of group mass sends: a send, each chat's part, each owner's part, and how much a chat may get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from siyu.base import settings
from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.base.ground import Ground

NAME = "wecom_group"
ORIGIN = "group_send"
SETTING = "wecom.group_cap"
MOST_CHATS = 2_000  # in one task


class ChatState(StrEnum):
    """Where a chat's part stands."""

    PLANNED = "planned"  # no task yet
    OPEN = "open"  # in a task; the owner has not confirmed, or we have not heard
    SENT = "sent"
    QUOTA = "quota"  # has had as many messages as WeCom allows
    CAPPED = "capped"  # has had as many as we allow
    UNCONFIRMED = "unconfirmed"  # the owner did not confirm in time
    CANCELLED = "cancelled"
    REFUSED = "refused"  # dismissed, without an owner, or WeCom would not have it


@dataclass(frozen=True)
class GroupCap:
    """Our own limit, beside WeCom's: at most `most` messages to a chat within `days` days, the owners' own among them. None = no limit."""

    most: int | None = 3
    days: int = 7


def see_group_cap(conn: Connection) -> GroupCap:
    """What is set."""
    kept = settings.get(conn, SETTING, None)
    return GroupCap(kept["most"], kept["days"]) if isinstance(kept, dict) else GroupCap()


def set_group_cap(ground: Ground, conn: Connection, given: Any) -> None:
    """Keep `{"most": 3, "days": 7}`; `most` may be null. Raises `InputError`."""
    most, days = (given.get("most"), given.get("days", 7)) if isinstance(given, dict) else ("", 0)
    if not (most is None or (type(most) is int and 1 <= most <= 100)) or type(days) is not int or not 1 <= days <= 30:
        raise InputError(
            "That cannot be a limit for chats.", 'Write {"most": 3, "days": 7}: 1 to 100 or null, in 1 to 30 days.', field=SETTING
        )
    settings.put(conn, SETTING, {"most": most, "days": days}, at=ground.clock.now())


@dataclass(frozen=True)
class Draft:
    """What people decide about a send. `chats` are chat ids of the account's corp; `confirm_for` how long owners may take."""

    name: str
    account_id: int
    content_id: int
    chats: Sequence[str]
    confirm_for: timedelta = timedelta(days=2)
    made_by: str = ""


@dataclass(frozen=True)
class GroupSend:
    """One send. `state`: draft, scheduled, running, done, cancelled. Counts are chats; `size` and `reached` customers in them."""

    group_send_id: int
    name: str
    account_id: int
    corp: str
    content_id: int
    content_version: int
    state: str
    confirm_for: timedelta
    made_by: str
    made_at: datetime
    start_at: datetime | None
    started_at: datetime | None
    expires_at: datetime | None
    cancelled_at: datetime | None
    ended_at: datetime | None
    chats: int
    owners: int
    size: int
    open: int
    sent: int
    reached: int


@dataclass(frozen=True)
class Waiting:
    """A chat that is to get a message, as it stands now. `had` counts WeCom's period, `had_lately` ours, `under_way` other open tasks."""

    chat_id: str
    owner: str
    is_gone: bool
    is_served: bool  # the owner works here and may serve
    had: int
    had_lately: int
    under_way: int


@dataclass(frozen=True)
class Standing:
    """What becomes of a chat now: OPEN goes into a task, PLANNED waits, all else is a no. `code` and `why` say why."""

    state: ChatState
    code: str = ""
    why: str = ""


@dataclass(frozen=True)
class Had:
    """What a chat has had in WeCom's period, how many that allows, and what stands in its way now (`code` empty: nothing)."""

    used: int
    most: int
    state: ChatState
    code: str
    why: str


@dataclass(frozen=True)
class Chat:
    """A chat of a task under way."""

    chat_id: str

    @property
    def key(self) -> str:
        """WeCom's name of it."""
        return self.chat_id


@dataclass(frozen=True)
class ChatLine:
    """One chat's part as lists show it."""

    chat_id: str
    name: str
    guide: str
    owner: str  # the guide's name
    store: str
    size: int
    state: str
    code: str
    why: str
    settled_at: datetime | None


@dataclass(frozen=True)
class OwnerFunnel:
    """One owner's part of a send. Counts are chats, but for `waiting` (tasks), `reminders`, `size` and `reached` (customers)."""

    guide: str
    name: str
    store: str
    has_left: bool
    chats: int
    size: int
    created: int
    confirmed: int
    sent: int
    reached: int
    open: int
    planned: int
    quota: int
    capped: int
    unconfirmed: int
    cancelled: int
    refused: int
    waiting: int
    reminders: int
    confirmed_at: datetime | None
