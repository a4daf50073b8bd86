"""What the pages of broadcasts read beyond the doors of the rooms."""

from __future__ import annotations

from collections.abc import Sequence

from siyu.base.db import Connection, queries

Q = queries(__name__)

_KINDS = {
    "arm": Q.people_of_arm,
    "aside": Q.people_set_aside,
    "state": Q.people_in_state,
    "refused": Q.people_refused,
    "receipt": Q.people_with_receipt,
    "bought": Q.people_who_bought,
}
KINDS = frozenset(_KINDS)


def outcomes(conn: Connection, broadcast_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """How many messages of each were sent, and how many are still on their way."""
    return {row[0]: (row[1], row[2]) for row in conn.execute(Q.count_outcomes, {"broadcast_ids": list(broadcast_ids)})}


def people_behind(
    conn: Connection, broadcast_id: int, kind: str, code: str, currency: str, limit: int, offset: int
) -> tuple[list[int], int]:
    """A page of the members behind a number, in the order of sending, and how many there are."""
    words = {"broadcast_id": broadcast_id, "code": code, "currency": currency, "limit": limit, "offset": offset}
    rows = conn.execute(_KINDS[kind], words).fetchall()
    return [row[0] for row in rows], rows[0][1] if rows else 0
