"""Sliding windows: would one more message make too many, and when would it not?

Moments of many people stand in one sorted array of keys, `who * room + at`: each person has a stretch of its own, longer than any
window, so that one binary search answers for everybody at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siyu.gate.columns import Bools, Ints

NO_TIME = 2**62  # later than any moment: a cap of none never has room

_MOST = 2**62


@dataclass(frozen=True)
class Ruler:
    """How moments of people become keys: from `low` to `high`, with `margin` on both sides."""

    low: int
    room: int

    def keys(self, who: Ints, at: Ints) -> Ints:
        """One key a moment."""
        return who * self.room + (at - self.low)

    def at(self, key: Ints, who: Ints) -> Ints:
        """The moment of a key."""
        return key - who * self.room + self.low


def ruler(people: int, low: int, high: int, margin: int) -> Ruler:
    """A ruler for moments from `low` to `high` of `people` people, when windows are at most `margin` long."""
    room = high - low + 4 * margin + 2
    if (people + 1) * room >= _MOST:
        raise ValueError("too many people or too long a time for one batch")
    return Ruler(low - 2 * margin - 1, room)


def is_crowded(keys: Ints, mine: Ints, n: int, window: int) -> Bools:
    """Whether a message at each key of `mine` would be one of more than `n` in some window; `keys` are those that count, sorted.

    A window is half open: two messages exactly one window apart are never in one. With the new one in its place, there are too many if
    any n + 1 neighbours that include it span less than a window.
    """
    if n == 0:
        return np.ones(len(mine), dtype=np.bool_)
    crowded = np.zeros(len(mine), dtype=np.bool_)
    if not len(keys):
        return crowded
    place = np.searchsorted(keys, mine, side="right")
    for before in range(n + 1):  # so many of the neighbours come before it, the others after
        first, last = place - before, place + (n - before) - 1
        there = (first >= 0) & (last < len(keys))
        if not there.any():
            continue
        begin = mine[there] if before == 0 else keys[first[there]]
        end = mine[there] if before == n else keys[last[there]]
        crowded[there] |= end - begin < window
    return crowded


def free_at(keys: Ints, mine: Ints, n: int, window: int) -> Ints:
    """For crowded messages: the key of the earliest later moment at which each would not be crowded (NO_TIME if there is none)."""
    found = mine.copy()
    if n == 0:
        return np.full(len(mine), NO_TIME, dtype=np.int64)
    open_ = np.arange(len(mine))
    while len(open_):
        # room can only appear when an earlier message falls out of the window behind us
        leaver = np.searchsorted(keys, found[open_] - window, side="right")
        found[open_] = keys[leaver] + window
        open_ = open_[is_crowded(keys, found[open_], n, window)]
    return found


def add(keys: Ints, more: Ints) -> Ints:
    """The sorted keys with some more."""
    if not len(more):
        return keys
    more = np.sort(more)
    return np.insert(keys, np.searchsorted(keys, more), more)
