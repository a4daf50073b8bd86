"""The words of relations: guides, their contacts, chats and who is in them, the corp's tags."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Guide:
    """Somebody of the brand who looks after customers. `guide` is the userid within `corp`; `store` the shop or department."""

    corp: str
    guide: str
    name: str = ""
    store: str = ""
    position: str = ""
    may_serve: bool = True  # has the right to have customers (客户联系)
    left_at: datetime | None = None


@dataclass(frozen=True)
class Contact:
    """A guide and a customer who are or were in contact. `subject` is the number of the customer's identifier in that corp.

    `state` is the code or link they came by, `add_way` the vendor's number of the way, `ended_by` guide, customer or transfer.
    """

    person_id: int
    corp: str
    guide: str
    subject: int
    added_at: datetime | None
    add_way: int | None
    state: str
    ended_at: datetime | None
    ended_by: str | None
    tags: tuple[str, ...]
    is_active: bool


@dataclass(frozen=True)
class ChatGroup:
    """A chat of customers (客户群). `owner` is the guide's userid."""

    corp: str
    chat_id: str
    name: str = ""
    owner: str = ""
    made_at: datetime | None = None
    dismissed_at: datetime | None = None


@dataclass(frozen=True)
class GroupMember:
    """Who is or was in a chat."""

    person_id: int
    corp: str
    chat_id: str
    subject: int
    joined_at: datetime | None
    join_scene: int | None
    inviter: str
    state: str
    left_at: datetime | None
    is_in: bool


@dataclass(frozen=True)
class CorpTag:
    """A tag of the corp, and what the brand says of it: its owner, its meaning, how long it is true."""

    corp: str
    tag_id: str
    name: str
    group_id: str
    group_name: str
    position: int = 0
    deleted_at: datetime | None = None
    owner: str = ""
    meaning: str = ""
    lasts_for: timedelta | None = None
