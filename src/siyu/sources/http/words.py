"""The words of the Segment protocol as Siyu hears it (docs/http-api.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from siyu.pool import Fact, Identifier

KB = 1024
MOST_BYTES = 4 * KB * KB  # no setting goes beyond

SETTING_EVENT_BYTES = "http.event_bytes"
SETTING_BATCH_BYTES = "http.batch_bytes"

TYPES = ("identify", "track", "page", "screen", "group", "alias")


class Call(msgspec.Struct, rename="camel"):
    """One call of the protocol as it stands on the wire. Everything is loose: what clients really send is judged by us, field by field."""

    type: Any = None
    message_id: Any = None
    user_id: Any = None
    anonymous_id: Any = None
    previous_id: Any = None
    group_id: Any = None
    event: Any = None
    name: Any = None
    category: Any = None
    traits: Any = None
    properties: Any = None
    context: Any = None
    timestamp: Any = None
    original_timestamp: Any = None
    sent_at: Any = None


@dataclass(frozen=True)
class Limits:
    """Bytes after unpacking; settings `http.event_bytes` and `http.batch_bytes` raise them to 4 MB at most."""

    event_bytes: int = 32 * KB
    batch_bytes: int = 500 * KB


@dataclass(frozen=True)
class HttpSource:
    """A source that a write key belongs to. `currency` is never empty; `region` is where phones without a country code are.

    `who`: the key is a session of one person, and everything it sends is about them, whomever it names.
    """

    source_id: int
    name: str
    currency: str
    region: str = "CN"
    who: Identifier | None = None


class Refusal(Exception):
    """Why a message or a request cannot be taken. `code` is stable and has its sentence in texts.toml under `http_<code>`."""

    def __init__(self, code: str, field: str = "", **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.values = values


class Sale(NamedTuple):
    """The order that a message completed or refunded; a refund that names no amount has None."""

    order_no: str
    amount_minor: int | None
    currency: str
    is_refund: bool


class Taken(NamedTuple):
    """What one message became: facts that stand or fall together. `place` is its place in the batch, `raw` its bytes."""

    message_id: str
    facts: tuple[Fact, ...]
    order: Sale | None = None
    place: int = 0
    type: str = ""
    raw: bytes = b""


class Reject(NamedTuple):
    """What could not be taken: its place in the batch, why, and the bytes as they came."""

    place: int
    why: Refusal
    type: str
    raw: bytes


class Load(NamedTuple):
    """One request, understood: what goes in and what is put aside. Strict = all or nothing."""

    source: HttpSource
    received_at: datetime
    taken: list[Taken]
    rejects: list[Reject]
    is_strict: bool = False


class Stored(NamedTuple):
    """What became of a load: messages committed, and everything that was put aside."""

    accepted: int
    rejects: list[Reject]


@dataclass(frozen=True)
class PutAside:
    """A message that was put aside, as it is shown: `body` is what came, unsealed."""

    reject_id: int
    source: str
    received_at: datetime
    code: str
    field: str
    message_type: str
    body: str
