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


def shard_of(person_id: int) -> int:
    """The shard of a person, 0 to 63; the same formula stands in SQL as `person_id %% 64`."""
    return person_id % SHARDS


def lock_shards(conn: Connection, shards: Iterable[int]) -> None:
    """Wait for, then hold, these shards until the transaction ends."""
    conn.execute(Q.lock_shards, {"space": _SPACE, "shards": sorted(set(shards))})


def try_lock_shard(conn: Connection, shard: int) -> bool:
    """Hold this shard until the transaction ends if nobody else holds it; never waits."""
    row = conn.execute(Q.try_lock_shard, {"space": _SPACE, "shard": shard}).fetchone()
    return bool(row and row[0])
