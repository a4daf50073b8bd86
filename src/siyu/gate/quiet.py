"""Quiet hours by the person's own clock, on any day of any zone.

A wall clock is not a line: in spring an hour is missing, in autumn one comes twice. So each stretch of time in which a zone keeps one
offset is looked at by itself: there the wall clock is a line, and its quiet hours are plain intervals. Everything after that is
comparing numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from siyu.gate.columns import Bools, Ints, moment, span
from siyu.gate.words import QuietHours

_DAY = 86_400_000_000  # microseconds
_SECOND = 1_000_000


@dataclass(frozen=True)
class Windows:
    """The quiet hours of one zone as moments: quiet is start <= t < end. Sorted, and none touches the next."""

    starts: Ints
    ends: Ints


def is_zone(name: str) -> bool:
    """Whether this is a time zone that we know."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _offset(zone: ZoneInfo, at: int) -> int:
    """How far the zone's clocks are ahead of UTC, in microseconds."""
    return span(zone.utcoffset(moment(at).astimezone(zone)) or timedelta(0))


def _stretches(zone: ZoneInfo, day: int) -> list[tuple[int, int, int]]:
    """One day of UTC cut where the clocks change: (from, to, offset). No zone changes its clocks twice in a day."""
    low, high = day * _DAY, (day + 1) * _DAY
    first, last = _offset(zone, low), _offset(zone, high - _SECOND)
    if first == last:
        return [(low, high, first)]
    before, after_ = low, high - _SECOND
    while after_ - before > _SECOND:
        middle = (before + after_) // 2 // _SECOND * _SECOND
        if _offset(zone, middle) == first:
            before = middle
        else:
            after_ = middle
    return [(low, after_, first), (after_, high, last)]


@lru_cache(maxsize=16384)
def _on(day: int, quiet: QuietHours, zone: str) -> tuple[tuple[int, int], ...]:
    """The quiet intervals of one day of UTC (days are counted from 2000)."""
    start, end = _of_day(quiet.start), _of_day(quiet.end)
    found = []
    for low, high, offset in _stretches(ZoneInfo(zone), day):
        for local_day in range((low + offset) // _DAY - 1, (high + offset) // _DAY + 1):
            begins = local_day * _DAY + start - offset
            ends = (local_day + (end < start)) * _DAY + end - offset
            if max(begins, low) < min(ends, high):
                found.append((max(begins, low), min(ends, high)))
    return tuple(sorted(found))


def _of_day(wall: str) -> int:
    at = time.fromisoformat(wall)
    return (at.hour * 60 + at.minute) * 60 * _SECOND


def windows(quiet: QuietHours, zone: str, first: int, last: int) -> Windows:
    """The quiet hours from `first` to two days after `last`."""
    joined: list[list[int]] = []
    for day in range(first // _DAY, last // _DAY + 3):
        for begins, ends in _on(day, quiet, zone):
            if joined and begins <= joined[-1][1]:
                joined[-1][1] = max(joined[-1][1], ends)
            else:
                joined.append([begins, ends])
    table = np.array(joined, dtype=np.int64).reshape(-1, 2)
    return Windows(table[:, 0], table[:, 1])


def after(due: Ints, zone: Ints, zones: tuple[str, ...], quiet: QuietHours) -> Ints:
    """The same moments, those in quiet hours moved to their end. `zone` indexes `zones`."""
    moved = due.copy()
    if not len(due):
        return moved
    for number in np.unique(zone):
        mine: Bools = zone == number
        at = due[mine]
        hours = windows(quiet, zones[number], int(at.min()), int(at.max()))
        last = np.searchsorted(hours.starts, at, side="right") - 1
        is_quiet = (last >= 0) & (at < hours.ends[last])
        moved[mine] = np.where(is_quiet, hours.ends[last], at)
    return moved
