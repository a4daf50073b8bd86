"""The words of handing chats on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ChatHandingState(StrEnum):
    """Asked for here; being told to the corp; told, and to be seen; and how it ended."""

    ASKED = "asked"
    CALLING = "calling"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"  # `code` says why


@dataclass(frozen=True)
class ChatHanding:
    """One chat on the way to another owner. `code` is why not, or why later: the vendor's, or day_full, elsewhere, dismissed, no_record,
    gave_up. One that is asked for waits until `due_at`.
    """

    chat_handing_id: int
    account_id: int
    corp: str
    chat_id: str
    from_guide: str
    to_guide: str
    is_resigned: bool
    state: ChatHandingState
    code: str
    asked_by: str
    asked_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None
    due_at: datetime
    tries: int


@dataclass(frozen=True)
class ChatCase:
    """What is known of a chat before it is handed on. `owner` is None where no such chat is known; `moved_at` are the moments at which it
    was handed on from an owner at work.
    """

    chat_id: str
    owner: str | None
    is_dismissed: bool
    under_way_since: datetime | None
    moved_at: tuple[datetime, ...]


@dataclass(frozen=True)
class ChatNotHanded:
    """Why a chat is not handed on: unknown, dismissed, not_owned, under_way, left_long_ago, twice. `until`: when it may be asked again,
    where time alone decides.
    """

    chat_id: str
    why: str
    until: datetime | None = None


@dataclass(frozen=True)
class ChatsAnswer:
    """What became of asking: the hand-overs that were begun, when the corp is told of how many, and what was refused."""

    chat_handing_ids: tuple[int, ...]
    days: tuple[tuple[datetime, int], ...]
    refused: tuple[ChatNotHanded, ...]


@dataclass(frozen=True)
class OwnerlessChat:
    """A chat whose owner left: `members` are the customers in it, `coming` is who takes over where it is on the way."""

    corp: str
    chat_id: str
    name: str
    members: int
    owner: str
    owner_name: str
    store: str
    left_at: datetime
    coming: str


@dataclass(frozen=True)
class Heir:
    """A guide on duty who might take chats over: how many they own or get, and how many customers of who left came to them."""

    guide: str
    store: str
    chats: int
    customers: int
