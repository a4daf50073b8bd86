"""Rows <-> words of kin."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from siyu.base.db import Connection, queries
from siyu.pool import Identifier, Kind
from siyu.sources.kin.words import Answered, Counts, Stranger

Q = queries(__name__)


def take_place(conn: Connection, corp: str, now: datetime) -> tuple[int, int] | None:
    """How far the links were looked through and how often in a row the corp refused, locked until the transaction ends. None while
    somebody else asks, or while the interface rests.
    """
    conn.execute(Q.ensure_place, {"corp": corp})
    row = conn.execute(Q.place, {"corp": corp, "now": now}).fetchone()
    return None if row is None else (int(row[0]), int(row[1]))


def rest(conn: Connection, corp: str, due_at: datetime | None, tries: int, error: str) -> None:
    """Ask the corp nothing before; None and no error where it goes well."""
    conn.execute(Q.rest, {"corp": corp, "due_at": due_at, "tries": tries, "error": error})


def follow_links(conn: Connection, corp: str, after: int, now: datetime, limit: int) -> int:
    """Take the next stretch of the pool's links; who is known by a unionid is to be asked about. Gives how many links were read."""
    rows = conn.execute(Q.new_links, {"after": after, "limit": limit}).fetchall()
    pairs = {r[1]: r[2] for r in rows if r[1] is not None}
    if pairs:
        asked = {"corp": corp, "unions": list(pairs), "openids": list(pairs.values()), "at": now}
        conn.execute(Q.keep_strangers, asked)
    if rows:
        conn.execute(Q.keep_place, {"corp": corp, "link_id": rows[-1][0]})
    return len(rows)


def sweep(conn: Connection, corp: str, now: datetime) -> int:
    """All who are known by a unionid and were never asked about; gives how many."""
    return conn.execute(Q.all_pairs, {"corp": corp, "at": now}).rowcount


def due(conn: Connection, corp: str, now: datetime, limit: int) -> list[Stranger]:
    """Whom to ask about now, the newest first."""
    found = []
    for union_id, unionid, appid, openid, tries, is_customer in conn.execute(Q.due_strangers, {"corp": corp, "now": now, "limit": limit}):
        names: tuple[Identifier, ...] = ()
        if unionid and openid:
            names = (Identifier(Kind.UNIONID, unionid), Identifier(Kind.OPENID, openid, appid))
        found.append(Stranger(union_id, names, tries, is_customer))
    return found


def answer(conn: Connection, corp: str, rows: Sequence[Answered], at: datetime) -> None:
    """Keep what the corp said."""
    if rows:
        given = [row for row in rows if row.pending_id]
        taken = {"corp": corp, "pending": [row.pending_id for row in given], "union_ids": [row.union_id for row in given]}
        conn.execute(Q.take_away, taken)
        conn.execute(Q.answer, {"corp": corp, "rows": json.dumps([asdict(row) for row in rows], default=str), "at": at})


def behind(conn: Connection, corp: str, pending: Sequence[str], now: datetime) -> dict[str, tuple[Identifier, ...]]:
    """The unionid and openid for which pending ids stand that are still good."""
    rows = conn.execute(Q.behind, {"corp": corp, "pending": list(pending), "now": now})
    return {r[0]: (Identifier(Kind.UNIONID, r[1]), Identifier(Kind.OPENID, r[3], r[2])) for r in rows}


def oldest_pending(conn: Connection, corp: str, now: datetime) -> datetime | None:
    """Since when pending ids were given that are still good; None where there are none, and nobody needs to be asked about."""
    row = conn.execute(Q.oldest_pending, {"corp": corp, "now": now}).fetchone()
    return row[0] if row else None


def newcomers(conn: Connection, corp: str, since: datetime) -> list[str]:
    """The external_userids of active customers who came since, and whose unionid is not known."""
    return [row[0] for row in conn.execute(Q.newcomers, {"corp": corp, "since": since})]


def counts(conn: Connection) -> list[Counts]:
    """What came of asking, by corp."""
    return [Counts(*row) for row in conn.execute(Q.counts)]
