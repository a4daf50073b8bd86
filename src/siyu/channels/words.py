"""The words of the channels: what goes out, what the vendor answered, what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.base.ground import Ground


class Answer(StrEnum):
    """What we know after asking a vendor to take a message."""

    TAKEN = "taken"  # it has it
    REFUSED = "refused"  # it will not have it, now or later
    LATER = "later"  # it definitely did not take it now and may another time
    DOWN = "down"  # it could not be asked, or will have nothing at all from us: no fault of this message
    LOST = "lost"  # nobody knows: asked, but the answer never came


class State(StrEnum):
    """Where one send stands."""

    SENDING = "sending"  # written before the vendor is called; whoever finds it later must not call again
    DEFERRED = "deferred"  # definitely not taken; waits in the gate's queue for another try
    SENT = "sent"
    REJECTED = "rejected"
    UNKNOWN = "unknown"  # perhaps delivered; counts against caps; a person may resolve it


@dataclass(frozen=True)
class Result:
    """A vendor's answer in our words. `code` is short and countable, `why` the vendor's words without personal data.

    `is_hard` says that the address itself is dead. `retry_after` is what the vendor asked for.
    """

    answer: Answer
    code: str
    why: str = ""
    vendor_id: str = ""
    is_hard: bool = False
    retry_after: timedelta | None = None


@dataclass(frozen=True)
class Parcel:
    """One message, ready for a channel. `to` is the address in the clear: never log a parcel.

    `names` are the person's plain identifiers (kind -> value), for receivers that look people up themselves.
    `place` is by which of our accounts, `values` what was put into a vendor's template, `attachments` those of the content, `ticket` the
    right to send it on a channel that needs one for each message (`Ticketed`).
    """

    intent_id: int
    person_id: int
    purpose: str
    topic: str
    origin: str
    origin_id: int
    to: str
    subject: str
    html: str
    text: str
    unsubscribe_url: str
    at: datetime
    names: Mapping[str, str] = field(default_factory=dict)
    place: str = ""
    values: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Mapping[str, Any], ...] = ()
    ticket: Any = None

    def __repr__(self) -> str:
        return f"Parcel({self.intent_id})"


class Unfit(InputError):
    """A message that a channel will not carry. `code` has its sentence under `channels.why_<code>`."""

    def __init__(self, code: str, what: str, remedy: str = "") -> None:
        super().__init__(what, remedy)
        self.code = code


@dataclass(frozen=True)
class Reached:
    """Where somebody is reached: the identifier, its value in the clear (never log it), and by which of our accounts."""

    identifier_id: int
    value: str = field(repr=False)
    place: str = ""


@runtime_checkable
class Reaching(Protocol):
    """A channel that knows for itself whom it reaches, and by which of our accounts."""

    def reach(self, ground: Ground, conn: Connection, people: Sequence[int], settings: Any) -> dict[int, Reached]:
        """People (as asked, also by old numbers) -> where. Who cannot be reached is left out."""
        ...


@runtime_checkable
class Ticketed(Protocol):
    """A channel with messages that go by a right of their own, which is read for a whole batch at once."""

    def tickets(self, conn: Connection, wishes: Mapping[int, int]) -> Mapping[int, Any]:
        """Intents (each with its person) -> their tickets. Who has none is left out: the line knows what that means."""
        ...


class Line(Protocol):
    """An open line to a vendor. Up to `width` threads may use it at once; it keeps connections between uses."""

    width: int
    patience: timedelta  # the longest that one `send` may take

    def prepare(self, parcel: Parcel) -> Any:
        """Make what goes over the wire. Pure; raises `InputError` when the channel cannot carry it."""
        ...

    def pause(self, parcel: Parcel) -> timedelta:
        """How long this message must wait for the channel's pace; zero counts it as going now."""
        ...

    def send(self, prepared: Any) -> Result:
        """Hand it to the vendor. Never raises for what a vendor or the network does: that is a `Result`."""
        ...

    def close(self) -> None:
        """Give the connections back."""
        ...


class Channel(Protocol):
    """A way to reach people. A folder of this room whose package has a `CHANNEL` is one."""

    name: str
    needs_address: bool
    is_idempotent: bool  # the vendor knows a repeated message by its key, so asking twice is safe

    def settings(self, ground: Ground) -> Any:
        """What the channel is set to; equal values mean that an open line may be kept. None = not set up."""
        ...

    def open(self, ground: Ground, settings: Any) -> Line:
        """A line with these settings. Raises `ConfigError` with a remedy when they cannot work."""
        ...


@runtime_checkable
class Courier(Protocol):
    """A channel that works off its permits by itself, because one answer of its vendor is about many messages, or comes days later."""

    def deliver(self, ground: Ground, limit: int) -> int:
        """One round of work; says how much was done, 0 = nothing to do. Never raises for what a vendor or the network does."""
        ...


@dataclass(frozen=True)
class Sent:
    """One send as pages show it. `address_mask` shows no more of the address than the pool's mask; on a channel that needs no address it
    is one of the person's names. `guide` is by whom it went (the name, or the userid of who has none), '' where no guide had a part."""

    intent_id: int
    channel: str
    person_id: int
    state: State
    code: str
    why: str
    tries: int
    started_at: datetime
    ended_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    bounced_at: datetime | None
    unsubscribed_at: datetime | None
    resolved_by: str
    purpose: str
    origin: str
    origin_id: int
    content_id: int
    content_version: int
    content_name: str
    address_kind: str
    address_mask: str
    guide: str
