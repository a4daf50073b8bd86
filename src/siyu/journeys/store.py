"""Rows of broadcasts and members <-> words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from psycopg.rows import class_row

from siyu.base.db import Connection, queries
from siyu.base.errors import NotFoundError
from siyu.journeys.words import Broadcast, Member, Past, Same

Q = queries(__name__)


def see(conn: Connection, broadcast_id: int) -> Broadcast:
    """One broadcast. Raises `NotFoundError`."""
    return _one(conn, Q.see_broadcast, broadcast_id)


def take(conn: Connection, broadcast_id: int) -> Broadcast:
    """One broadcast, locked until this transaction ends. Raises `NotFoundError`."""
    return _one(conn, Q.take_broadcast, broadcast_id)


def _one(conn: Connection, query: str, broadcast_id: int) -> Broadcast:
    found = conn.cursor(row_factory=class_row(Broadcast)).execute(query, {"broadcast_id": broadcast_id}).fetchone()
    if found is None:
        raise NotFoundError("The broadcast does not exist.", "Choose one from the list of broadcasts.")
    return found


def newest(conn: Connection, limit: int = 200) -> list[Broadcast]:
    """The newest broadcasts first."""
    return conn.cursor(row_factory=class_row(Broadcast)).execute(Q.all_broadcasts, {"limit": limit}).fetchall()


def past(conn: Connection, person_ids: Sequence[int], from_at: datetime, to_at: datetime, currency: str) -> Past:
    """Stage and spend before of these people, in their order."""
    words = {"person_ids": list(person_ids), "from_at": from_at, "to_at": to_at, "currency": currency}
    rows = {row[0]: row[1:] for row in conn.execute(Q.see_past, words)}
    return Past(
        np.array(person_ids, dtype=np.int64),
        np.array([rows[p][0] for p in person_ids], dtype=str),
        np.array([rows[p][1] for p in person_ids], dtype=np.int64),
        np.array([rows[p][2] for p in person_ids], dtype=np.int64),
    )


def copy_members(conn: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    """Write members: broadcast, person, arm, stratum, place, spend before, orders before, entered_at."""
    with conn.cursor().copy(Q.copy_members) as copy:
        copy.set_types(["int8", "int8", "text", "text", "int4", "int8", "int4", "timestamptz"])
        for row in rows:
            copy.write_row(row)


def unasked(conn: Connection, broadcast: Broadcast, limit: int) -> list[Member]:
    """The next members in the order of sending whom the gate has not been asked about."""
    words = {"broadcast_id": broadcast.broadcast_id, "next_place": broadcast.next_place, "limit": limit}
    return [Member(*row) for row in conn.execute(Q.take_unasked, words).fetchall()]


def same_people(conn: Connection, broadcast_id: int, currents: Iterable[int]) -> list[Same]:
    """Every member of the broadcast who is today one of these people."""
    words = {"broadcast_id": broadcast_id, "person_ids": sorted(set(currents))}
    return [Same(int(row[0]), int(row[1]), bool(row[2])) for row in conn.execute(Q.same_people, words)]


def note_asked(conn: Connection, broadcast_id: int, keys: Mapping[int, UUID], aside: Mapping[int, str]) -> None:
    """Note under which keys the gate was asked, and who is set aside for what reason."""
    if keys:
        conn.execute(Q.asked, {"broadcast_id": broadcast_id, "person_ids": list(keys), "keys": list(keys.values())})
    if aside:
        conn.execute(Q.set_aside, {"broadcast_id": broadcast_id, "person_ids": list(aside), "whys": list(aside.values())})
