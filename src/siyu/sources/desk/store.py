"""Rows <-> words of desks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from siyu.base.db import Connection, queries
from siyu.base.vault import Vault
from siyu.pool import Kind
from siyu.sources.desk.words import Counts, Visitor

Q = queries(__name__)


def visitors(vault: Vault, conn: Connection, corp: str, whom: Sequence[str]) -> list[Visitor]:
    """What is known of some of a corp, by their external_userids."""
    if not whom:
        return []
    lookups = [vault.lookup(Kind.EXTERNAL_USERID, corp, one) for one in whom]
    return [Visitor(*row) for row in conn.execute(Q.visitors, {"corp": corp, "lookups": lookups})]


def ask(conn: Connection, account_id: int, ids: Sequence[int], at: datetime) -> None:
    """They are to be asked about, by an app."""
    if ids:
        conn.execute(Q.ask, {"account_id": account_id, "ids": list(ids), "at": at})


def able(conn: Connection, now: datetime) -> list[tuple[int, int]]:
    """The apps that have somebody to ask about now and may: (account, refusals in a row)."""
    return [(row[0], row[1]) for row in conn.execute(Q.able, {"now": now})]


def take(conn: Connection, account_id: int, now: datetime, until: datetime, limit: int) -> list[Visitor]:
    """The next to be asked about, the newest first, held for us until a moment."""
    rows = conn.execute(Q.take, {"account_id": account_id, "now": now, "until": until, "limit": limit})
    return [Visitor(row[0], row[1], row[2], is_waiting=True) for row in rows]


def let_be(conn: Connection, ids: Sequence[int]) -> None:
    """Nobody needs to ask about them: they were erased, or it is known by now who they are."""
    if ids:
        conn.execute(Q.let_be, {"ids": list(ids)})


def give_back(conn: Connection, ids: Sequence[int], now: datetime) -> None:
    """They were not asked about: they are to be, as before."""
    conn.execute(Q.give_back, {"ids": list(ids), "now": now})


def answer(conn: Connection, is_told: Mapping[int, bool], at: datetime) -> None:
    """The corp spoke of them: with a unionid or without."""
    states = ["known" if told else "none" for told in is_told.values()]
    conn.execute(Q.answer, {"ids": list(is_told), "states": states, "at": at})


def rest(conn: Connection, account_id: int, due_at: datetime, tries: int, error: str) -> None:
    """Ask for the app nothing before."""
    conn.execute(Q.rest, {"account_id": account_id, "due_at": due_at, "tries": tries, "error": error})


def work_again(conn: Connection, account_id: int) -> None:
    """The interface answers the app."""
    conn.execute(Q.work_again, {"account_id": account_id})


def counts(conn: Connection) -> list[Counts]:
    """What came of asking, by account."""
    return [Counts(*row) for row in conn.execute(Q.counts)]
