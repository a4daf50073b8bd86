"""Rows <-> words of handing on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import class_row

from siyu.base.db import Connection, queries
from siyu.base.vault import Vault
from siyu.pool import Kind
from siyu.sources.handing.deciding import TWICE_IN, Verdict, moves
from siyu.sources.handing.words import Handing, HandingCase, HandingState, Vanished, WaitingFor

Q = queries(__name__)
_CALLING_FOR = timedelta(minutes=2)  # then whoever was calling is taken for dead, and the corp is asked what it knows


def keep_waiting(
    conn: Connection, corp: str, rows: Sequence[tuple[str, str, datetime]], at: datetime
) -> tuple[list[tuple[str, str, datetime]], list[Vanished]]:
    """Keep whom the corp lists as waiting, all of them, as (guide, external_userid, when the guide left). Gives those who are new, and
    those who are listed no more.
    """
    once = {(guide, who): left for guide, who, left in rows}
    asked = {
        "corp": corp, "guides": [g for g, _ in once], "customers": [who for _, who in once], "left": list(once.values()), "at": at,
    }  # fmt: skip
    gone = [Vanished(r[0], r[1]) for r in conn.execute(Q.not_listed, asked)]
    kept = conn.execute(Q.keep_waiting, asked).fetchall() if once else []
    return [(guide, who, once[guide, who]) for guide, who, is_new in kept if is_new], gone


def waiting(conn: Connection) -> list[WaitingFor]:
    """Those who left and whose customers wait, the longest waiting first."""
    return [WaitingFor(*row) for row in conn.execute(Q.waiting)]


def customers(conn: Connection, corp: str, guide: str, *, is_resigned: bool) -> list[str]:
    """A guide's customers: those whom the corp lists as waiting, or those in contact, the longest known first."""
    query = Q.waiting_of if is_resigned else Q.customers_of
    return [row[0] for row in conn.execute(query, {"corp": corp, "guide": guide})]


def standing(conn: Connection, vault: Vault, corp: str, guide: str, whom: Sequence[str], now: datetime) -> list[HandingCase]:
    """How these customers stand with a guide."""
    asked = {
        "corp": corp, "guide": guide, "customers": list(whom), "lookups": _lookups(vault, corp, whom), "since": now - TWICE_IN,
    }  # fmt: skip
    return [HandingCase(r[0], r[1], r[2], moves(r[3], r[4])) for r in conn.execute(Q.standing, asked)]


def begin(
    conn: Connection, account_id: int, corp: str, from_guide: str, to_guide: str, whom: Sequence[str], *, is_resigned: bool, by: str,
    at: datetime,
) -> list[int]:  # fmt: skip
    """New hand-overs; somebody who is on the way by now is left out."""
    asked = {
        "account_id": account_id, "corp": corp, "from_guide": from_guide, "to_guide": to_guide, "customers": list(whom),
        "is_resigned": is_resigned, "by": by, "at": at,
    }  # fmt: skip
    return [row[0] for row in conn.execute(Q.begin, asked)] if whom else []


def take(conn: Connection, now: datetime, limit: int) -> list[Handing]:
    """The next hand-overs between two guides, marked as being told to the corp."""
    asked = {"now": now, "until": now + _CALLING_FOR, "limit": limit}
    return _handings(conn, Q.take, asked)


def due_pairs(conn: Connection, now: datetime, limit: int) -> list[dict[str, Any]]:
    """Between whom something is under way that is to be looked at now."""
    names = ("account_id", "from_guide", "to_guide", "is_resigned")
    return [dict(zip(names, row, strict=True)) for row in conn.execute(Q.due_pairs, {"now": now, "limit": limit})]


def open_of(conn: Connection, pair: Mapping[str, Any], now: datetime) -> list[Handing]:
    """What is under way between two guides and to be looked at now."""
    return _handings(conn, Q.open_of, {**pair, "now": now})


def settle(conn: Connection, decided: Sequence[tuple[Handing, Verdict]], now: datetime) -> set[int]:
    """Keep what became of some; gives the numbers of those that still stood as they were read."""
    rows = [
        {
            "handing_id": one.handing_id, "was": one.state, "state": found.state, "code": found.code, "due_at": found.due_at,
            "ended_at": (found.at or now) if found.state in _ENDED else None, "tries": int(found.is_try),
        }
        for one, found in decided
    ]  # fmt: skip
    return {row[0] for row in conn.execute(Q.settle, {"rows": json.dumps(rows, default=str)})} if rows else set()


_ENDED = (HandingState.DONE, HandingState.REFUSED, HandingState.FAILED)


def look_again(conn: Connection, corp: str, at: datetime) -> int:
    """Let everything that waits be looked at now; gives how many."""
    return conn.execute(Q.look_again, {"corp": corp, "at": at}).rowcount


def under_way(conn: Connection, corp: str) -> set[tuple[str, str]]:
    """Who is on the way, as (from which guide, external_userid)."""
    return {(r[0], r[1]) for r in conn.execute(Q.under_way, {"corp": corp})}


def came_by(conn: Connection, vault: Vault, corp: str, guide: str, whom: Sequence[str]) -> dict[str, tuple[str, bool]]:
    """By what code customers came to a guide, and whether they are theirs now."""
    asked = {"corp": corp, "guide": guide, "lookups": _lookups(vault, corp, whom)}
    return {r[0]: (r[1], r[2]) for r in conn.execute(Q.came_by, asked)}


def told_failures(conn: Connection, vault: Vault, corp: str, guide: str, whom: Sequence[str], since: datetime) -> set[str]:
    """Of whom a callback has told already that they do not go over to a guide."""
    asked = {"corp": corp, "guide": guide, "lookups": _lookups(vault, corp, whom), "since": since}
    return {r[0] for r in conn.execute(Q.told_failures, asked)}


def handings(conn: Connection, corp: str | None = None, *, state: str | None = None, limit: int = 100) -> list[Handing]:
    """The hand-overs, the newest first."""
    return _handings(conn, Q.handings, {"corp": corp, "state": state, "limit": limit})


def counts(conn: Connection, corp: str | None = None, *, since: datetime | None = None) -> dict[HandingState, int]:
    """How many there are in each state; with `since`, of those that ended the ones that ended after."""
    return {HandingState(r[0]): r[1] for r in conn.execute(Q.counts, {"corp": corp, "since": since})}


def _handings(conn: Connection, query: Any, asked: Mapping[str, Any]) -> list[Handing]:
    rows = conn.cursor(row_factory=class_row(Handing)).execute(query, asked)
    return [replace(row, state=HandingState(row.state)) for row in rows]


def _lookups(vault: Vault, corp: str, whom: Sequence[str]) -> list[bytes]:
    return [vault.lookup(Kind.EXTERNAL_USERID, corp, who) for who in whom]
