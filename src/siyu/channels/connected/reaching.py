"""Whom the connected channels reach, and by which of our accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from siyu.base.db import Connection, queries
from siyu.channels.words import Reached

Q = queries(__name__, "reaching.sql")

_DESK_FOR = timedelta(days=3)  # a desk may answer for two days
_CHAT_FOR = timedelta(days=2)  # what opens an official account's chat
_ENTERED_FOR = timedelta(minutes=1)  # and greet for twenty seconds


def by_openid(conn: Connection, people: Sequence[int], appids: Sequence[str], now: datetime) -> dict[int, Reached]:
    """Who is known to one of these accounts, by the openid there; of several accounts the one that they wrote to or followed last."""
    rows = conn.execute(Q.openids, {"people": list(people), "scopes": list(appids), "since": now - _CHAT_FOR})
    return {person: Reached(number, value, scope) for person, number, value, scope in rows}


def by_desk(conn: Connection, people: Sequence[int], corps: Sequence[str], now: datetime) -> dict[int, Reached]:
    """Who wrote to a desk of 微信客服 lately, or entered one that lets us greet; the place is corp/desk."""
    rows = conn.execute(
        Q.desks, {"people": list(people), "scopes": list(corps), "since": now - _DESK_FOR, "entered_since": now - _ENTERED_FOR}
    )
    return {person: Reached(number, value, f"{corp}/{desk}") for person, number, value, corp, desk in rows}
