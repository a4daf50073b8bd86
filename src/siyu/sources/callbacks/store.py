"""Rows <-> words of the callback inbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from psycopg.rows import class_row

from siyu.base.db import Connection, queries
from siyu.sources.callbacks.words import InboxCount, KeyUse, Letter, SeenCallback, StoredCallback
from siyu.sources.connected import HINTS

Q = queries(__name__)


def keep(conn: Connection, letters: Sequence[Letter]) -> None:
    """Store deliveries in one statement; one that is there already is counted only. Each counts for the keys that let it in."""
    conn.execute(
        Q.count_keys,
        {"accounts": [one.account_id for one in letters], "keys": [one.keys for one in letters],
         "receiveds": [one.received_at for one in letters]},
    )  # fmt: skip
    copies = Counter((one.account_id, one.digest) for one in letters)
    first = {(one.account_id, one.digest): one for one in reversed(letters)}
    rows = sorted(first.values(), key=lambda one: (one.account_id, one.digest))  # one order for everybody: no deadlock
    conn.execute(
        Q.keep,
        {
            "accounts": [one.account_id for one in rows], "kinds": [one.kind for one in rows], "abouts": [one.about for one in rows],
            "digests": [one.digest for one in rows], "receiveds": [one.received_at for one in rows],
            "saids": [one.said_at for one in rows], "raws": [one.raw for one in rows],
            "copies": [copies[one.account_id, one.digest] for one in rows], "hints": list(HINTS),
        },
    )  # fmt: skip


def count_refusals(conn: Connection, refused: Mapping[tuple[int, date, str], int]) -> None:
    """Add to what was refused, by (account, day, why)."""
    rows = sorted(refused.items())
    conn.execute(
        Q.count_refusals,
        {
            "accounts": [key[0] for key, _ in rows], "dates": [key[1] for key, _ in rows], "whys": [key[2] for key, _ in rows],
            "ns": [count for _, count in rows],
        },
    )  # fmt: skip


def is_alone(conn: Connection) -> bool:
    """Whether nobody else opens callbacks now; nobody else will until this transaction ends."""
    row = conn.execute(Q.only_one).fetchone()
    return bool(row and row[0])


def due(conn: Connection, now: datetime, limit: int) -> list[StoredCallback]:
    """The oldest callbacks that wait."""
    return [StoredCallback(r[0], r[1], r[2], bytes(r[3]), r[4]) for r in conn.execute(Q.due, {"now": now, "limit": limit})]


def done(conn: Connection, rows: Sequence[tuple[int, str, int]], now: datetime) -> None:
    """Mark (callback, note, number of facts) as done."""
    conn.execute(Q.done, {"ids": [r[0] for r in rows], "notes": [r[1] for r in rows], "facts": [r[2] for r in rows], "now": now})


def failed(conn: Connection, rows: Sequence[tuple[int, int, str, datetime, bool]]) -> None:
    """Note (callback, tries so far, error, when again, whether it is parked)."""
    ids, tries, errors, dues, parked = (list(column) for column in zip(*rows, strict=True))
    conn.execute(Q.failed, {"ids": ids, "tries": tries, "errors": errors, "dues": dues, "parked": parked})


def replay(conn: Connection, ids: Sequence[int], now: datetime) -> list[int]:
    """Let callbacks be opened again; gives those that were not waiting anyway."""
    return [int(row[0]) for row in conn.execute(Q.replay, {"ids": list(ids), "now": now})]


def seen(
    conn: Connection,
    account_id: int | None = None,
    state: str | None = None,
    before: int | None = None,
    limit: int = 50,
    *,
    kind: str | None = None,
) -> list[SeenCallback]:
    """Callbacks, the newest first: of an account, in a state (new, done, parked), of kinds that begin with `kind`. `before` is the
    number of the last one seen.
    """
    words = {"account_id": account_id, "state": state, "before": before, "limit": limit, "kind": kind}
    return conn.cursor(row_factory=class_row(SeenCallback)).execute(Q.seen, words).fetchall()


def counts(conn: Connection, since: datetime) -> list[InboxCount]:
    """How the inbox of each account does: what came since then, and what waits or is parked whenever it came."""
    return [InboxCount(*row) for row in conn.execute(Q.counts, {"since": since})]


def refusals(conn: Connection, since: date, account_id: int | None = None) -> list[tuple[int, date, str, int]]:
    """What was not let in since a day (UTC): (account, day, why, number), the newest first."""
    return [(r[0], r[1], r[2], r[3]) for r in conn.execute(Q.refusals, {"since": since, "account_id": account_id})]


def key_use(conn: Connection, marks: Sequence[tuple[int, int, str]], since: datetime) -> list[KeyUse]:
    """How (account, place, mark) sets of keys were used: deliveries since the full hour of a moment, and the last one ever."""
    given = {
        "accounts": [m[0] for m in marks], "places": [m[1] for m in marks], "keys": [m[2] for m in marks],
        "since": since.replace(minute=0, second=0, microsecond=0),
    }  # fmt: skip
    return [KeyUse(*row) for row in conn.execute(Q.key_use, given)]


def tidy(conn: Connection, before: datetime, limit: int) -> int:
    """Delete callbacks that were done before a moment; gives how many."""
    conn.execute(Q.tidy_keys, {"before": before})
    return conn.execute(Q.tidy, {"before": before, "limit": limit}).rowcount
