"""Locking people: while somebody's messages are decided, nobody else decides about them, under any of their names."""

from __future__ import annotations

import numpy as np

from siyu.base.db import Connection
from siyu.base.locks import SHARDS, lock_shards
from siyu.gate.columns import Ints, fetch
from siyu.gate.store import Q

_HALF = SHARDS // 2
_EVERY = np.arange(SHARDS)


def lock_people(conn: Connection, people: Ints) -> Ints:
    """Lock the shards of every id that these people ever had until the transaction ends; gives the shards. Waits for others.

    Somebody may be merged while it waits: then some of their ids lie outside of what is given.
    """
    ids = np.unique(people)
    held = np.union1d(ids % SHARDS, fetch(conn, Q.see_shards, {"ids": ids})[0]) if len(ids) <= SHARDS else _EVERY
    held = held if len(held) <= _HALF else _EVERY
    lock_shards(conn, held.tolist())
    return held
