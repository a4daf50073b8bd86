"""The words of the callback inbox (docs/callbacks.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

KB = 1024
SETTING_KEEP_DAYS = "callbacks.keep_days"
KEEP_DAYS = 14
MOST_TRIES = 5


class Refusal(Exception):
    """Why a callback is not taken. `code` is stable and has its sentence in texts_callbacks.toml under `callback_<code>`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Request:
    """One POST as it came. `query` has the parameters of the address."""

    query: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    received_at: datetime


class Letter(NamedTuple):
    """One delivery that proved to be the vendor's, ready to be stored. `raw` is sealed; `digest` knows the same thing again;
    `keys` is the mark of the set of keys that let it in.
    """

    account_id: int
    kind: str
    about: str
    digest: bytes
    received_at: datetime
    said_at: datetime | None
    raw: bytes
    keys: str = ""


class StoredCallback(NamedTuple):
    """A callback that waits to be opened."""

    callback_id: int
    account_id: int
    received_at: datetime
    raw: bytes
    tries: int


@dataclass(frozen=True)
class SeenCallback:
    """A callback as it is shown: what it names, never what somebody said. `note` has a text under `sources.callback_note_<note>`."""

    callback_id: int
    account_id: int
    kind: str
    about: str
    received_at: datetime
    said_at: datetime | None
    copies: int
    state: str
    tries: int
    due_at: datetime
    error: str
    note: str
    facts_n: int
    done_at: datetime | None


@dataclass(frozen=True)
class InboxCount:
    """How the inbox of one account does, since a moment. `copies` counts deliveries, `lag_s` the seconds from receipt to fact (median)."""

    account_id: int
    received: int
    copies: int
    waiting: int
    parked: int
    facts: int
    refused: int
    last_at: datetime | None
    oldest_waiting_at: datetime | None
    lag_s: float | None


@dataclass(frozen=True)
class KeyUse:
    """What came with one set of an account's keys. `place` 0 is the newest set, 1 the one before. `last_at` is None where nothing came."""

    account_id: int
    place: int
    deliveries: int
    last_at: datetime | None
