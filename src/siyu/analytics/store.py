"""Rows of a broadcast's report -> arrays and words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siyu.analytics.words import Funnel, Orders, People
from siyu.base.db import Connection, queries

Q = queries(__name__, "report.sql")

RECEIPTS = ("delivered", "opened", "clicked", "unsubscribed", "complained", "bounced")
PERMIT_STATES = ("waiting", "claimed", "sent", "rejected", "unknown", "withdrawn")


def people(conn: Connection, broadcast_id: int) -> People:
    """Everybody enrolled."""
    ids, treated, strata, before, entered = _columns(conn, Q.see_people, {"broadcast_id": broadcast_id}, 5)
    return People(
        np.array(ids, dtype=np.int64),
        np.array(treated, dtype=bool),
        np.array(strata, dtype=str),
        np.array(before, dtype=np.int64),
        np.array(entered, dtype=np.int64),
    )


def orders(conn: Connection, broadcast_id: int, from_at: datetime, to_at: datetime, now: datetime) -> Orders:
    """Their orders paid in [from_at, to_at), as far as now."""
    words = {"broadcast_id": broadcast_id, "from_at": from_at, "to_at": to_at, "now": now}
    ids, paid, net, currencies = _columns(conn, Q.see_orders, words, 4)
    return Orders(
        np.array(ids, dtype=np.int64), np.array(paid, dtype=np.int64), np.array(net, dtype=np.int64), np.array(currencies, dtype=str)
    )


def clicks(conn: Connection, broadcast_id: int, from_at: datetime) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Who clicked, and when."""
    ids, at = _columns(conn, Q.see_clicks, {"broadcast_id": broadcast_id, "from_at": from_at}, 2)
    return np.array(ids, dtype=np.int64), np.array(at, dtype=np.int64)


def count_mixed(conn: Connection, broadcast_id: int) -> int:
    """How many people were enrolled under two names in both arms."""
    return int(_row(conn, Q.count_mixed, {"broadcast_id": broadcast_id})[0])


def funnel(conn: Connection, broadcast_id: int, from_at: datetime | None) -> tuple[Funnel, int]:
    """The counts of the funnel but `bought`, and what the messages cost (sent and perhaps sent), in minor units."""
    words: dict[str, Any] = {"broadcast_id": broadcast_id, "from_at": from_at, "types": [f"message.{name}" for name in RECEIPTS]}
    enrolled, control = _row(conn, Q.count_members, words)
    states = dict.fromkeys(PERMIT_STATES, 0)
    refused: dict[str, int] = {}
    cost, asked = 0, 0
    for state, code, n, minor in conn.execute(Q.count_states, words):
        asked += n
        if state in ("sent", "unknown"):
            cost += minor
        if state and not (state == "withdrawn" and code not in ("", "permit", "withdrawn")):
            states[state] += n
        elif code:
            refused[code] = refused.get(code, 0) + n
        else:
            states["waiting"] += n  # asked, and not answered yet
    receipts = {row[0].removeprefix("message."): row[1] for row in conn.execute(Q.count_receipts, words)} if from_at else {}
    made = Funnel(
        enrolled=enrolled,
        control=control,
        asked=asked,
        set_aside=dict(conn.execute(Q.count_set_aside, words).fetchall()),
        refused=dict(sorted(refused.items(), key=lambda item: -item[1])),
        waiting=states["waiting"] + states["claimed"],
        sent=states["sent"],
        unknown=states["unknown"],
        rejected=states["rejected"],
        withdrawn=states["withdrawn"],
        **{name: receipts.get(name, 0) for name in RECEIPTS},
    )
    return made, cost


def _columns(conn: Connection, query: str, words: dict[str, Any], width: int) -> list[tuple[Any, ...]]:
    rows = conn.cursor(binary=True).execute(query, words).fetchall()
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _row(conn: Connection, query: str, words: dict[str, Any]) -> tuple[Any, ...]:
    row = conn.execute(query, words).fetchone()
    assert row is not None  # noqa: S101  totals always give a row
    return row
