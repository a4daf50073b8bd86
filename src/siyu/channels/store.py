"""Rows of the channels <-> words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import class_row, dict_row

from siyu.base.db import Connection, queries
from siyu.channels.breaker import WELL, Health
from siyu.channels.words import Sent

Q = queries(__name__)


@dataclass(frozen=True)
class Finished:
    """What became of one claim: the row to write. `state` is a `State`."""

    intent_id: int
    token: int
    state: str
    tries: int
    vendor_id: str
    code: str
    why: str
    at: datetime


@dataclass(frozen=True)
class Held:
    """A send held for a receipt, with what its facts say."""

    intent_id: int
    channel: str
    person_id: int
    address_id: int
    state: str
    token: int
    code: str
    purpose: str
    topic: str
    origin: str
    origin_id: int
    content_id: int
    content_version: int

    @property
    def data(self) -> dict[str, Any]:
        """What every fact about this message carries."""
        return {
            "channel": self.channel, "purpose": self.purpose, "origin": self.origin, "origin_id": self.origin_id,
            "content_id": self.content_id, "content_version": self.content_version, "address_id": self.address_id,
        } | ({"topic": self.topic} if self.topic else {})  # fmt: skip


def finish(conn: Connection, done: Sequence[Finished]) -> set[int]:
    """Write what became of claims; gives the intents whose rows were still theirs to write."""
    if not done:
        return set()
    rows = conn.execute(
        Q.finish_sends,
        {
            "intent_ids": [d.intent_id for d in done],
            "tokens": [d.token for d in done],
            "states": [d.state for d in done],
            "tries": [d.tries for d in done],
            "vendor_ids": [d.vendor_id for d in done],
            "codes": [d.code for d in done],
            "whys": [d.why for d in done],
            "ats": [d.at for d in done],
        },
    )
    return {row[0] for row in rows}


def hold(conn: Connection, intent_id: int) -> Held | None:
    """One send, locked until this transaction ends."""
    row = conn.cursor(row_factory=dict_row).execute(Q.lock_send, {"intent_id": intent_id}).fetchone()
    return Held(**row) if row else None


def health(conn: Connection, channel: str) -> Health:
    """How a channel is."""
    row = conn.execute(Q.see_rest, {"channel": channel}).fetchone()
    return Health(*row) if row else WELL


def keep_health(conn: Connection, channel: str, now: Health, at: datetime) -> None:
    """Note how a channel is."""
    if now == WELL:
        conn.execute(Q.end_rest, {"channel": channel})
        return
    words = {"failures": now.failures, "resting_until": now.resting_until, "code": now.code, "why": now.why}
    conn.execute(Q.keep_rest, {"channel": channel, "at": at, **words})


def names_of(conn: Connection, person_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """People's plain identifiers, by kind."""
    found: dict[int, dict[str, str]] = {}
    for person_id, kind, value in conn.execute(Q.names_of, {"person_ids": list(person_ids)}):
        found.setdefault(person_id, {})[kind] = value
    return found


def message_log(
    conn: Connection,
    *,
    channel: str | None = None,
    state: str | None = None,
    origin: tuple[str, int] | None = None,
    intent_id: int | None = None,
    before: tuple[datetime, int] | None = None,
    limit: int = 50,
) -> list[Sent]:
    """What was sent, the newest first. `before` is (started_at, intent_id) of the last row of the page before."""
    return (
        conn.cursor(row_factory=class_row(Sent))
        .execute(
            Q.message_log,
            {
                "channel": channel,
                "state": state,
                "origin": origin[0] if origin else None,
                "origin_id": origin[1] if origin else None,
                "intent_id": intent_id,
                "before_at": before[0] if before else None,
                "before_id": before[1] if before else None,
                "limit": limit,
            },
        )
        .fetchall()
    )


def unknown_sends(conn: Connection, limit: int = 100) -> list[Sent]:
    """Sends that nobody knows the outcome of."""
    return message_log(conn, state="unknown", limit=limit)


def state_counts(conn: Connection, now: datetime, within: timedelta) -> dict[str, dict[str, int]]:
    """Per channel, how many sends of the last while stand in each state; open ones of any age count."""
    found: dict[str, dict[str, int]] = {}
    for channel, state, n in conn.execute(Q.state_counts, {"since": now - within}):
        found.setdefault(channel, {})[state] = n
    return found
