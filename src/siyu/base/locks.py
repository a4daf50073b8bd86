"""Everything of one person is decided by one worker at a time.

A person belongs to one of 64 shards. A step that judges or claims takes the advisory locks of the shards it touches, in ascending
order and for its transaction only, so that two workers never count the same person's messages at once and never deadlock.
"""

from __future__ import annotations

from collections.abc import Iterable

from siyu.base.db import Connection, queries

SHARDS = 64
_SPACE = 7_300  # first key of our pairs of advisory keys

Q = queries(__name__, "locks.sql")


def lock_shards(conn: Connection, shards: Iterable[int]) -> None:
    """Wait for, then hold, these shards until the transaction ends."""
    conn.execute(Q.lock_shards, {"space": _SPACE, "shards": sorted(set(shards))})
