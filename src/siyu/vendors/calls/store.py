"""Rows of the edge <-> words: paces, blocks, breakers, tokens, the trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from siyu.base.db import Connection, queries
from siyu.vendors.calls.pace import GROW_EVERY, Limits, Pace
from siyu.vendors.words import InterfaceHealth, TracedCall

Q = queries(__name__)


@dataclass(frozen=True)
class PaceRow:
    """A pace under lock, what blocks it, and the database's time."""

    pace: Pace
    blocked_until: datetime | None
    blocked_code: str
    now: datetime


@dataclass(frozen=True)
class BreakerRow:
    """How a host has answered lately."""

    failures: int
    open_until: datetime | None
    code: str


@dataclass(frozen=True)
class Traced:
    """One call on its way into the trace."""

    account_id: int
    interface: str
    at: datetime
    took_ms: int
    http_status: int | None
    code: str
    attempt: int
    is_unknown: bool


def do_not_wait(conn: Connection) -> None:
    """This transaction's commit does not wait for the disk."""
    conn.execute(Q.do_not_wait)


def take_pace(conn: Connection, account_id: int, interface: str, limits: Limits) -> PaceRow:
    """The pace of an interface, locked until the transaction ends; made where there is none."""
    key = {"account_id": account_id, "interface": interface}
    row = conn.execute(Q.take_pace, key).fetchone()
    if row is None:
        conn.execute(Q.make_pace, {**key, "bucket": limits.at_once, "width": limits.width})
        row = conn.execute(Q.take_pace, key).fetchone()
    assert row is not None  # noqa: S101  it was made a line ago
    pace = Pace(row[0], row[1], row[2], tuple(row[3]), tuple(row[4]), row[5], row[6])
    return PaceRow(pace, row[7], row[8], row[9])


def keep_pace(conn: Connection, account_id: int, interface: str, pace: Pace) -> None:
    """Write a pace back."""
    conn.execute(
        Q.keep_pace,
        {
            "account_id": account_id, "interface": interface, "next_at": pace.next_at, "bucket_left": pace.bucket_left,
            "bucket_at": pace.bucket_at, "seats": list(pace.seats), "holders": list(pace.holders),
        },
    )  # fmt: skip


def new_holder(conn: Connection) -> int:
    """A number that no holder of a seat had before."""
    row = conn.execute(Q.new_holder).fetchone()
    assert row is not None  # noqa: S101  a sequence always has a next number
    return int(row[0])


def give_seat(conn: Connection, account_id: int, interface: str, seat: int, holder: int) -> None:
    """Free a seat, if it is still this holder's."""
    conn.execute(Q.give_seat, {"account_id": account_id, "interface": interface, "seat": seat, "holder": holder})


def narrow(conn: Connection, account_id: int, interface: str, most: int) -> None:
    """Halve how many may run at once."""
    conn.execute(Q.narrow, {"account_id": account_id, "interface": interface, "most": most, "grow_every": GROW_EVERY})


def block(conn: Connection, account_id: int, interface: str, code: str, lengths: Sequence[int], now: datetime) -> timedelta:
    """Nobody asks until the block is over; a block soon after another is of the next length (seconds)."""
    key = {"account_id": account_id, "interface": interface}
    row = conn.execute(Q.see_block, key).fetchone()
    until, times = (row[0], row[1]) if row else (None, 0)
    if until is not None and until > now:
        return timedelta(seconds=(until - now).total_seconds())  # a call that was under way when the block began
    times = times + 1 if until is not None and now - until < timedelta(minutes=2) else 1
    length = timedelta(seconds=lengths[min(times, len(lengths)) - 1])
    conn.execute(Q.block, {**key, "until": now + length, "code": code, "times": times})
    return length


def see_breaker(conn: Connection, account_id: int, host: str) -> BreakerRow | None:
    """None where nothing is wrong."""
    row = conn.execute(Q.see_breaker, {"account_id": account_id, "host": host}).fetchone()
    return None if row is None else BreakerRow(*row)


def note_failure(conn: Connection, account_id: int, host: str, code: str, now: datetime) -> int:
    """One failure more; how many in a row."""
    row = conn.execute(Q.note_failure, {"account_id": account_id, "host": host, "code": code, "now": now}).fetchone()
    assert row is not None  # noqa: S101  an upsert with returning gives a row
    return int(row[0])


def open_breaker(conn: Connection, account_id: int, host: str, until: datetime) -> None:
    """Nobody asks this host until then."""
    conn.execute(Q.open_breaker, {"account_id": account_id, "host": host, "until": until})


def take_probe(conn: Connection, account_id: int, host: str, now: datetime, until: datetime) -> bool:
    """Whether this caller may try whether the host is back; one at a time."""
    found = conn.execute(Q.take_probe, {"account_id": account_id, "host": host, "now": now, "until": until})
    return found.fetchone() is not None


def close_breaker(conn: Connection, account_id: int, host: str) -> None:
    """It answers again."""
    conn.execute(Q.close_breaker, {"account_id": account_id, "host": host})


def trace_calls(conn: Connection, calls: Sequence[Traced]) -> None:
    """Write calls down."""
    conn.execute(
        Q.trace_calls,
        {
            "account_ids": [c.account_id for c in calls], "interfaces": [c.interface for c in calls], "ats": [c.at for c in calls],
            "tooks": [c.took_ms for c in calls], "statuses": [c.http_status for c in calls], "codes": [c.code for c in calls],
            "attempts": [c.attempt for c in calls], "unknowns": [c.is_unknown for c in calls],
        },
    )  # fmt: skip


def trim_calls(conn: Connection, before: datetime, most: int) -> int:
    """Forget calls older than `before`, and all but the newest `most`; how many went."""
    return conn.execute(Q.trim_calls, {"before": before, "most": most}).rowcount


def trace(
    conn: Connection,
    account_id: int | None = None,
    *,
    interface: str | None = None,
    only_failures: bool = False,
    below: int | None = None,
    limit: int = 100,
) -> list[TracedCall]:
    """The newest calls first; `below` a call_id goes on from there."""
    given: dict[str, Any] = {
        "account_id": account_id, "interface": interface, "only_failures": only_failures, "below": 2**62 if below is None else below,
        "limit": limit,
    }  # fmt: skip
    return [TracedCall(*row) for row in conn.execute(Q.trace, given)]


def health(conn: Connection, since: datetime, account_id: int | None = None) -> list[InterfaceHealth]:
    """How each interface that was called since then does."""
    given = {"since": since, "account_id": account_id, "grow_every": GROW_EVERY}
    return [InterfaceHealth(*row) for row in conn.execute(Q.health, given)]


def see_token(conn: Connection, account_id: int, purpose: str) -> tuple[bytes | None, int, datetime | None, datetime | None] | None:
    """A token, sealed; its generation; since when it lives, when it dies."""
    row = conn.execute(Q.see_token, {"account_id": account_id, "purpose": purpose}).fetchone()
    return None if row is None else (bytes(row[0]) if row[0] is not None else None, int(row[1]), row[2], row[3])


def keep_token(conn: Connection, account_id: int, purpose: str, sealed: bytes, now: datetime, expires_at: datetime) -> int:
    """Write a new token; its generation."""
    row = conn.execute(
        Q.keep_token, {"account_id": account_id, "purpose": purpose, "sealed": sealed, "now": now, "expires_at": expires_at}
    ).fetchone()
    assert row is not None  # noqa: S101  an upsert with returning gives a row
    return int(row[0])


def drop_token(conn: Connection, account_id: int, purpose: str, generation: int) -> None:
    """Note that this very token died; one that replaced it stays."""
    conn.execute(Q.drop_token, {"account_id": account_id, "purpose": purpose, "generation": generation})
