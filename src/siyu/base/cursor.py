"""Log + cursor: many readers of one append-only table, each with its own place.

A log table has `xid xid8 default pg_current_xact_id()` and `seq bigint generated always as identity`. A reader reads in the order
(xid, seq) and stops below the oldest transaction still running (`pg_snapshot_xmin`): whatever commits later has a higher xid than
everything read so far, so a late commit is never skipped. The place is committed together with the reader's effects.
"""

from __future__ import annotations

from dataclasses import dataclass

from siyu.base.db import Connection, queries

Q = queries(__name__, "cursor.sql")


@dataclass(frozen=True, order=True)
class Place:
    """A position in a log: everything at or before it has been read."""

    xid: int
    seq: int


START = Place(0, 0)


def take_place(conn: Connection, reader: str) -> Place | None:
    """The reader's place, locked until this transaction ends; None while another worker holds it (try again later)."""
    row = conn.execute(Q.take_cursor, {"reader": reader}).fetchone()
    if row is None and conn.execute(Q.ensure_cursor, {"reader": reader}).rowcount:
        row = conn.execute(Q.take_cursor, {"reader": reader}).fetchone()
    return None if row is None else Place(int(row[0]), int(row[1]))


def hold_place(conn: Connection, reader: str) -> None:
    """Keep a reader where it is until this transaction ends; waits for the worker that reads now."""
    if conn.execute(Q.hold_cursor, {"reader": reader}).fetchone() is None:
        conn.execute(Q.ensure_cursor, {"reader": reader})
        conn.execute(Q.hold_cursor, {"reader": reader})


def keep_place(conn: Connection, reader: str, place: Place) -> None:
    """Move the reader's place, in the same transaction as the effects of what was read."""
    conn.execute(Q.keep_cursor, {"reader": reader, "xid": str(place.xid), "seq": place.seq})


def see_place(conn: Connection, reader: str) -> Place:
    """Where a reader stands, without taking it."""
    row = conn.execute(Q.see_cursor, {"reader": reader}).fetchone()
    return START if row is None else Place(int(row[0]), int(row[1]))
