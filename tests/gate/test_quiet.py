"""Quiet hours on the days when clocks change: no quiet moment is left out, and the end is an end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.gate.naive import wall_is_quiet

from siyu.gate import quiet
from siyu.gate.columns import moment, us
from siyu.gate.words import QuietHours

CHANGES = [
    ("Europe/Berlin", datetime(2026, 3, 29, tzinfo=UTC)),  # 2:00 becomes 3:00
    ("Europe/Berlin", datetime(2026, 10, 25, tzinfo=UTC)),  # 3:00 becomes 2:00
    ("America/New_York", datetime(2026, 3, 8, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 5, tzinfo=UTC)),  # half an hour
    ("America/Santiago", datetime(2026, 9, 6, tzinfo=UTC)),  # at midnight
    ("Asia/Shanghai", datetime(2026, 11, 20, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, tzinfo=UTC)),  # a day that never was
]
HOURS = [("21:00", "08:00"), ("22:30", "02:30"), ("01:30", "02:15"), ("02:10", "02:50"), ("00:00", "06:00"), ("12:00", "13:00")]


def after(at: datetime, hours: tuple[str, str], zone: str) -> datetime:
    """Where one moment is moved to."""
    found = quiet.after(np.array([us(at)]), np.array([0]), (zone,), QuietHours(*hours, ("marketing",)))
    return moment(found[0])


@pytest.mark.parametrize(("zone", "day"), CHANGES, ids=[f"{zone} {day:%Y-%m-%d}" for zone, day in CHANGES])
@pytest.mark.parametrize("hours", HOURS, ids=[f"{a}-{b}" for a, b in HOURS])
def test_quiet_is_what_the_clocks_on_the_wall_show(zone: str, day: datetime, hours: tuple[str, str]) -> None:
    """Every five minutes around the change: a quiet moment is moved to the next awake one, an awake one stays."""
    every = [day - timedelta(days=1) + timedelta(minutes=5 * n) for n in range(4 * 288)]
    moved = quiet.after(np.array([us(at) for at in every]), np.zeros(len(every), dtype=np.int64), (zone,), QuietHours(*hours, ("m",)))
    awake = [at for at in every if not wall_is_quiet(*hours, zone, at)]
    for at, to in zip(every[: 3 * 288], (moment(m) for m in moved), strict=False):
        assert to == next(a for a in awake if a >= at)


@pytest.mark.parametrize(
    ("zone", "at", "ends"),
    [
        ("Asia/Shanghai", "2026-11-20T13:00Z", "2026-11-21T00:00Z"),
        ("Europe/Berlin", "2026-03-28T22:00Z", "2026-03-29T06:00Z"),  # the short night: 8:00 is an hour earlier in UTC
        ("Europe/Berlin", "2026-10-24T22:00Z", "2026-10-25T07:00Z"),  # the long one
        ("America/New_York", "2026-03-08T03:00Z", "2026-03-08T12:00Z"),
        ("America/New_York", "2026-11-01T03:00Z", "2026-11-01T13:00Z"),
    ],
)
def test_the_night_ends_by_the_clocks_of_the_morning(zone: str, at: str, ends: str) -> None:
    assert after(datetime.fromisoformat(at), ("21:00", "08:00"), zone) == datetime.fromisoformat(ends)


def test_the_first_and_the_last_moment() -> None:
    zone, hours = "Asia/Shanghai", ("21:00", "08:00")
    start, end = datetime(2026, 11, 20, 13, 0, tzinfo=UTC), datetime(2026, 11, 21, 0, 0, tzinfo=UTC)
    tick = timedelta(microseconds=1)
    assert after(start - tick, hours, zone) == start - tick
    assert after(start, hours, zone) == end
    assert after(end - tick, hours, zone) == end
    assert after(end, hours, zone) == end


@settings(max_examples=100, deadline=None)
@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001  given their zone below
    st.sampled_from([zone for zone, _ in CHANGES]),
    st.sampled_from(HOURS),
)
def test_whatever_the_moment_it_is_awake_after(at: datetime, zone: str, hours: tuple[str, str]) -> None:
    at = at.replace(tzinfo=UTC)
    to = after(at, hours, zone)
    assert at <= to <= at + timedelta(hours=13)  # the longest quiet hours here, and the hour that autumn adds
    assert not wall_is_quiet(*hours, zone, to)
    assert after(to, hours, zone) == to


def test_unknown_zones_are_known_as_such() -> None:
    assert quiet.is_zone("Asia/Shanghai")
    for name in ("", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "a\0b"):
        assert not quiet.is_zone(name), name
