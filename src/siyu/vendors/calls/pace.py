"""How fast one interface may be asked: the decision alone.

A call needs a seat (so many at once) and a slot (so many in a time). Slots stand on the database's clock at equal distances and are taken
several at a time by a process; a slot may be used from its moment on, and not later than GRACE after it. So in any second no more calls
start than `per_second`, and by the bucket no more than `many` in any `in_seconds`: in any window of T seconds lie at most
rate * (T + GRACE) + 1 slots, and a bucket of size b refilled at (many - b) / in_seconds gives at most `many`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

GRACE = 0.1  # seconds that a slot stays good
GROW_EVERY = 10.0  # seconds after which one seat more is tried again


@dataclass(frozen=True)
class Limits:
    """`per_second` and `many` in `in_seconds` (`at_once` of them without a pause) may start, `width` run at once."""

    per_second: float
    many: float
    in_seconds: float
    at_once: float
    width: int

    @property
    def spacing(self) -> timedelta:
        """The distance of two slots."""
        rate = (self.per_second - 1) / (1 + GRACE) if self.per_second > 1.5 else self.per_second / (1 + GRACE)
        return timedelta(seconds=1 / rate)

    @property
    def refill(self) -> float:
        """What flows into the bucket in a second."""
        return max(0.0, (self.many - self.at_once) / (self.in_seconds + GRACE))


@dataclass(frozen=True)
class Pace:
    """The row of one interface. Moments are the database's; None = long ago."""

    next_at: datetime | None
    bucket_left: float
    bucket_at: datetime
    seats: tuple[datetime | None, ...]
    holders: tuple[int, ...]
    width: int
    narrowed_at: datetime


@dataclass(frozen=True)
class Turn:
    """What a process gets: the slots' moments, a seat (from 1; 0 = none), and how long to wait where either is missing."""

    slots: tuple[datetime, ...]
    seat: int
    wait: timedelta = timedelta(0)
    is_full: bool = False  # it was a seat that was missing


def width_at(pace: Pace, limits: Limits, now: datetime) -> int:
    """How many may run at once now: half after the vendor said it was too many, and one more every GROW_EVERY seconds."""
    grown = pace.width + math.floor(max(0.0, (now - pace.narrowed_at).total_seconds()) / GROW_EVERY)
    return max(1, min(limits.width, grown))


def take(
    pace: Pace, limits: Limits, now: datetime, *, slots: int, holder: int, hold_for: timedelta, patience: timedelta, unused: int = 0
) -> tuple[Pace, Turn]:
    """Take up to `slots` slots that begin within `patience`, and a seat for `holder` (0 = no seat wanted). Pure.

    `unused` slots of before that nobody came to use go back into the bucket: they were no calls.
    """
    pace = replace(pace, bucket_left=min(limits.at_once, pace.bucket_left + unused))
    seats, holders, seat = list(pace.seats), list(pace.holders), 0
    width = width_at(pace, limits, now)
    while len(seats) < limits.width:
        seats.append(None)
        holders.append(0)
    if holder:
        busy = sum(1 for until in seats if until is not None and until > now)
        free = next((n for n, until in enumerate(seats) if until is None or until <= now), None)
        if busy < width and free is not None:
            seats[free], holders[free], seat = now + hold_for, holder, free + 1
        else:
            ends = min((until for until in seats if until is not None and until > now), default=now)
            return pace, Turn((), 0, max(timedelta(0), ends - now), is_full=True)
    left = min(limits.at_once, pace.bucket_left + (now - pace.bucket_at).total_seconds() * limits.refill)
    start = now if pace.next_at is None else max(now, pace.next_at)
    found: list[datetime] = []
    while len(found) < slots and left >= 1 and start - now <= patience:
        found.append(start)
        start += limits.spacing
        left -= 1
    if not found:
        wait = start - now
        if left < 1:
            wait = max(wait, timedelta(seconds=(1 - left) / limits.refill) if limits.refill else timedelta(seconds=limits.in_seconds))
        return pace, Turn((), 0, wait)
    after = replace(pace, next_at=start, bucket_left=left, bucket_at=now, seats=tuple(seats), holders=tuple(holders))
    return after, Turn(tuple(found), seat)
