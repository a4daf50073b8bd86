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
_HEADER, _TRAILER = 19, 2  # bytes around the rows of a binary COPY
PERMIT_STATES = ("waiting", "claimed", "sent", "rejected", "unknown", "withdrawn")


def people(conn: Connection, broadcast_id: int) -> tuple[People, int]:
    """Everybody enrolled as the person he is today, and how many were enrolled under two names in both arms.

    Who was enrolled under two names counts once, in the arm of the smaller id.
    """
    today, member, treated, stratum, before, entered = copied(conn, Q.copy_people, {"broadcast_id": broadcast_id}, 6)
    order = np.lexsort((member, today))
    today, is_treated = today[order], treated[order] == 1
    ids, first = np.unique(today, return_index=True)
    arms = (np.bincount(np.searchsorted(ids, today[side]), minlength=len(ids)) > 0 for side in (is_treated, ~is_treated))
    in_both = np.logical_and(*arms)
    return People(ids, is_treated[first], stratum[order][first], before[order][first], entered[order][first]), int(in_both.sum())


def orders(conn: Connection, broadcast_id: int, currency: str, from_at: datetime, to_at: datetime, now: datetime) -> Orders:
    """Their orders in the currency, paid in [from_at, to_at), as far as now."""
    words = {"broadcast_id": broadcast_id, "currency": currency, "from_at": from_at, "to_at": to_at, "now": now}
    return Orders(*copied(conn, Q.copy_orders, words, 3))


def other_currencies(conn: Connection, broadcast_id: int, currency: str, now: datetime) -> dict[str, int]:
    """What they paid in other currencies within their windows."""
    return dict(conn.execute(Q.see_other_currencies, {"broadcast_id": broadcast_id, "currency": currency, "now": now}).fetchall())


def clicks(conn: Connection, broadcast_id: int, from_at: datetime) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Who clicked, and when."""
    ids, at = copied(conn, Q.copy_clicks, {"broadcast_id": broadcast_id, "from_at": from_at}, 2)
    return ids, at


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


def copied(conn: Connection, query: str, words: dict[str, Any], width: int) -> list[NDArray[np.int64]]:
    """The bigint columns of a binary COPY (PostgreSQL manual, "COPY", "Binary Format"): no row is touched one by one."""
    with conn.cursor().copy(query, words) as copy:
        got = b"".join(bytes(part) for part in copy)
    fields = [one for n in range(width) for one in ((f"size{n}", ">i4"), (f"value{n}", ">i8"))]
    rows = np.frombuffer(
        got, dtype=np.dtype([("count", ">i2"), *fields]), offset=_HEADER, count=(len(got) - _HEADER - _TRAILER) // (2 + 12 * width)
    )
    return [rows[f"value{n}"].astype(np.int64) for n in range(width)]


def _row(conn: Connection, query: str, words: dict[str, Any]) -> tuple[Any, ...]:
    row = conn.execute(query, words).fetchone()
    assert row is not None  # noqa: S101  totals always give a row
    return row
