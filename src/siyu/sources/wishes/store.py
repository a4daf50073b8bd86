"""Rows <-> words of wishes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from psycopg.types.json import Jsonb

from siyu.base.db import Connection, queries
from siyu.sources.wishes.words import DueWish, StuckWish, Wish

Q = queries(__name__)
_LONGEST_WAIT = timedelta(hours=1)
_STUCK_AFTER = 3  # tries


def wish(conn: Connection, wishes: Sequence[tuple[int, Wish]], *, at: datetime) -> None:
    """Ask that things be fetched, for (account, wish), in the caller's transaction."""
    if wishes:
        refs = [Jsonb(one.ref | ({"token": one.token} if one.token else {})) for _, one in wishes]
        conn.execute(
            Q.wish,
            {
                "accounts": [account_id for account_id, _ in wishes], "kinds": [one.kind for _, one in wishes], "refs": refs,
                "dues": [at + one.after for _, one in wishes], "at": at,
            },
        )  # fmt: skip


def due(conn: Connection, kinds: Sequence[str], now: datetime, *, account_id: int | None = None, limit: int = 100) -> list[DueWish]:
    """What is to be fetched now, first asked first. Nothing is taken: two who ask at once fetch the same twice, which does no harm."""
    rows = conn.execute(Q.due, {"kinds": list(kinds), "now": now, "account_id": account_id, "limit": limit})
    return [DueWish(r[0], r[1], r[2], r[6], r[3], r[4], r[5]) for r in rows]


def fulfil(conn: Connection, one: DueWish) -> None:
    """It was fetched and recorded, in this transaction; what was asked for meanwhile stays."""
    conn.execute(Q.fulfil, _key(one))


def put_off(conn: Connection, one: DueWish, error: str, *, now: datetime, wait: timedelta | None = None) -> None:
    """It could not be fetched: later again, each time twice as long (up to an hour), or after `wait`. `error` is the vendor's code."""
    pause = wait if wait is not None else min(_LONGEST_WAIT, timedelta(seconds=2 ** min(one.tries + 1, 12)))
    conn.execute(Q.put_off, _key(one) | {"due_at": now + pause, "tries": one.tries + 1, "error": error})


def stuck(conn: Connection) -> list[StuckWish]:
    """What could not be fetched three times or more, by account and kind."""
    return [StuckWish(*row) for row in conn.execute(Q.stuck, {"least": _STUCK_AFTER})]


def _key(one: DueWish) -> dict[str, object]:
    return {"account_id": one.account_id, "kind": one.kind, "ref": Jsonb(one.ref), "up_to": one.up_to}
