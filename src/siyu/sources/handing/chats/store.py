"""Rows <-> words of handing chats on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from psycopg.rows import class_row

from siyu.base.db import Connection, queries
from siyu.sources.handing.chats.deciding import A_DAY, CHINA, TWICE_IN, ChatVerdict, day_of, next_day
from siyu.sources.handing.chats.words import ChatCase, ChatHanding, ChatHandingState, Heir, OwnerlessChat

Q = queries(__name__)
_LOCKS = 7_302  # first key of our pairs of advisory keys
_CALLING_FOR = timedelta(minutes=2)  # then whoever was calling is taken for dead, and the corp is asked who owns the chat
_ENDED = (ChatHandingState.DONE, ChatHandingState.FAILED)


def waiting(conn: Connection) -> list[OwnerlessChat]:
    """The chats whose owner left: of who left first, the biggest first."""
    return [OwnerlessChat(*row) for row in conn.execute(Q.waiting)]


def heirs(conn: Connection, corp: str, guides: Collection[str]) -> dict[str, list[Heir]]:
    """For each of these guides who left: the guides on duty who might take their chats over."""
    on_duty = conn.execute(Q.heirs, {"corp": corp}).fetchall()
    taken = {(r[0], r[1]): r[2] for r in conn.execute(Q.customers_taken, {"corp": corp, "guides": list(guides)})}
    return {left: [Heir(guide, store, n, taken.get((left, guide), 0)) for guide, store, n in on_duty] for left in guides}


def chats_of(conn: Connection, corp: str, guide: str) -> list[str]:
    """The chats that a guide owns, the oldest first."""
    return [row[0] for row in conn.execute(Q.chats_of, {"corp": corp, "guide": guide})]


def standing(conn: Connection, corp: str, chats: Sequence[str], now: datetime) -> list[ChatCase]:
    """How these chats stand."""
    asked = {"corp": corp, "chats": list(chats), "since": now - TWICE_IN}
    return [ChatCase(r[0], r[1], r[2], r[3], tuple(r[4])) for r in conn.execute(Q.standing, asked)]


def days_taken(conn: Connection, corp: str, guide: str, now: datetime) -> Mapping[date, int]:
    """How many chats a guide gets on each day, from today on. Nobody else gives any until the transaction ends."""
    conn.execute(Q.alone, {"space": _LOCKS, "corp": corp})
    asked = {"corp": corp, "guide": guide, "zone": str(CHINA), "today": day_of(now), "midnight": _midnight(now)}
    return Counter({r[0]: r[1] for r in conn.execute(Q.days_taken, asked)})


def begin(
    conn: Connection, account_id: int, corp: str, from_guide: str, to_guide: str, chats: Sequence[tuple[str, datetime]], *,
    is_resigned: bool, by: str, at: datetime,
) -> list[int]:  # fmt: skip
    """New hand-overs, each with when the corp is told; a chat that is on the way by now is left out."""
    asked = {
        "account_id": account_id, "corp": corp, "from_guide": from_guide, "to_guide": to_guide, "chats": [chat for chat, _ in chats],
        "dues": [due for _, due in chats], "is_resigned": is_resigned, "by": by, "at": at,
    }  # fmt: skip
    return [row[0] for row in conn.execute(Q.begin, asked)] if chats else []


def take(conn: Connection, now: datetime, most: int) -> list[ChatHanding] | None:
    """The next chats to one new owner, as many as the day leaves, marked as being told to the corp; empty where the day is full for that
    owner (then theirs are put off), None where nothing is due.
    """
    first = conn.execute(Q.first_due, {"now": now}).fetchone()
    if first is None:
        return None
    pair = dict(zip(("account_id", "corp", "to_guide", "is_resigned"), first, strict=True))
    conn.execute(Q.alone, {"space": _LOCKS, "corp": pair["corp"]})
    row = conn.execute(Q.told_today, pair | {"midnight": _midnight(now)}).fetchone()
    room = A_DAY - (row[0] if row else 0)
    if room <= 0:
        conn.execute(Q.put_off, pair | {"now": now, "until": next_day(now)})
        return []
    return _handings(conn, Q.take, pair | {"now": now, "until": now + _CALLING_FOR, "limit": min(most, room)})


def under_way(conn: Connection, now: datetime, limit: int) -> list[ChatHanding]:
    """What the corp was told and is to be looked at now."""
    return _handings(conn, Q.open, {"now": now, "limit": limit})


def settle(conn: Connection, decided: Sequence[tuple[ChatHanding, ChatVerdict]], now: datetime) -> set[int]:
    """Keep what became of some; gives the numbers of those that still stood as they were read."""
    rows = [
        {
            "chat_handing_id": one.chat_handing_id, "was": one.state, "state": found.state, "code": found.code, "due_at": found.due_at,
            "ended_at": now if found.state in _ENDED else None, "is_resigned": found.is_resigned, "tries": int(found.is_try),
        }
        for one, found in decided
    ]  # fmt: skip
    return {row[0] for row in conn.execute(Q.settle, {"rows": json.dumps(rows, default=str)})} if rows else set()


def handings(conn: Connection, corp: str | None = None, *, state: str | None = None, limit: int = 100) -> list[ChatHanding]:
    """The hand-overs of chats, the newest first."""
    return _handings(conn, Q.handings, {"corp": corp, "state": state, "limit": limit})


def counts(conn: Connection, corp: str | None = None, *, since: datetime | None = None) -> dict[ChatHandingState, int]:
    """How many there are in each state; with `since`, of those that ended the ones that ended after."""
    return {ChatHandingState(r[0]): r[1] for r in conn.execute(Q.counts, {"corp": corp, "since": since})}


def _midnight(now: datetime) -> datetime:
    return datetime.combine(day_of(now), time(), CHINA)


def _handings(conn: Connection, query: Any, asked: Mapping[str, Any]) -> list[ChatHanding]:
    rows = conn.cursor(row_factory=class_row(ChatHanding)).execute(query, asked)
    return [replace(row, state=ChatHandingState(row.state)) for row in rows]
