"""Quiet hours by the person's own clock, on any day of any zone.

A wall clock is not a line: in spring an hour is missing, in autumn one comes twice. Each local day's quiet hours are therefore turned
into two moments in UTC, the start at the earlier of its readings and the end at the later one, so that no moment whose wall time is
quiet is left out. Everything after that is comparing numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from siyu.gate.columns import Bools, Ints, moment, us
from siyu.gate.words import QuietHours

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Windows:
    """The quiet hours of one zone as moments: quiet is start <= t < end. Sorted; good for `first` <= t <= `last`."""

    starts: Ints
    ends: Ints


def is_zone(name: str) -> bool:
    """Whether this is a time zone that we know."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@lru_cache(maxsize=4096)
def _on(day: date, quiet: QuietHours, zone: str) -> tuple[int, int]:
    """The quiet hours that begin on a local day."""
    start, end = time.fromisoformat(quiet.start), time.fromisoformat(quiet.end)
    last = day if start < end else day + _DAY
    return min(_readings(day, start, zone)), max(_readings(last, end, zone))


def _readings(day: date, wall: time, zone: str) -> list[int]:
    """The moments at which that zone's clocks may be said to show this time: one, or two where the clocks change."""
    where = ZoneInfo(zone)
    return [us(datetime.combine(day, wall, tzinfo=where).replace(fold=fold).astimezone(UTC)) for fold in (0, 1)]


def windows(quiet: QuietHours, zone: str, first: int, last: int) -> Windows:
    """The quiet hours that touch the time from `first` to `last`, and a day beyond."""
    day = moment(first).astimezone(ZoneInfo(zone)).date() - 2 * _DAY
    stop = moment(last).astimezone(ZoneInfo(zone)).date() + 2 * _DAY
    found = []
    while day <= stop:
        found.append(_on(day, quiet, zone))
        day += _DAY
    table = np.array(found, dtype=np.int64)
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
        end = hours.ends[last]
        moved[mine] = np.where(at < end, end, at)
    return moved
