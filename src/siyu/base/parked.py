"""Rows that fail for ever are put aside and shown, so that they block nobody."""

from __future__ import annotations

from siyu.base.db import Connection, queries

Q = queries(__name__, "parked.sql")


def park(conn: Connection, room: str, what: str, ref: str, why: str) -> None:
    """Put a row aside. `what` is the kind of row, `ref` its key, `why` the kind of error: never a value of a person."""
    conn.execute(Q.park, {"room": room, "what": what, "ref": ref, "why": why})


def release(conn: Connection, room: str, what: str, ref: str | None = None) -> None:
    """Note that everything of this kind was taken up again, or the one row of `ref`."""
    conn.execute(Q.release, {"room": room, "what": what, "ref": ref})
