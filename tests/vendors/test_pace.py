"""The pace: no schedule of processes beats it, and what a dead one held falls free."""

from __future__ import annotations

import bisect
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from siyu import vendors
from siyu.vendors.calls.pace import GRACE, Limits, Pace, Turn, take, width_at

START = datetime(2026, 11, 20, tzinfo=UTC)


def _at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def _fresh(limits: Limits) -> Pace:
    return Pace(None, limits.at_once, START, (None,) * limits.width, (0,) * limits.width, limits.width, START)


def _most(moments: list[datetime], seconds: float) -> int:
    """The most moments in any window of a length."""
    moments = sorted(moments)
    return max(bisect.bisect_left(moments, m + timedelta(seconds=seconds)) - n for n, m in enumerate(moments))


WISHES = st.lists(
    st.tuples(st.floats(0, 3), st.integers(1, 16), st.floats(0, GRACE)),  # after how long, how many, how late each slot is used
    min_size=1,
    max_size=120,
)


@given(WISHES, st.sampled_from([Limits(150, 9000, 60, 100, 5), Limits(10, 50, 20, 5, 2), Limits(2, 9, 60, 5, 1), Limits(1, 3, 5, 1, 1)]))
@settings(max_examples=80)
def test_no_schedule_beats_the_limits(wishes: list[tuple[float, int, float]], limits: Limits) -> None:
    pace, now, unused, used = _fresh(limits), 0.0, 0, []
    for after, slots, late in wishes:
        now += after
        wish = {"slots": slots, "holder": 0, "hold_for": timedelta(0), "patience": timedelta(seconds=1), "unused": unused}
        pace, turn = take(pace, limits, _at(now), **wish)  # type: ignore[arg-type]
        assert all(slot >= _at(now) for slot in turn.slots)
        assert turn.slots or turn.wait > timedelta(0)
        unused = len(turn.slots) // 3  # these pass by without a call and are given back with the next wish
        used += [slot + timedelta(seconds=late) for slot in turn.slots[unused:]]
    if used:
        assert _most(used, 1) <= max(1, limits.per_second)
        assert _most(used, limits.in_seconds) <= limits.many


def test_the_wait_that_is_told_is_enough() -> None:
    limits = Limits(50, 20, 60, 10, 5)
    pace, now = _fresh(limits), 0.0
    taken = 0
    while taken < 40:
        pace, turn = take(pace, limits, _at(now), slots=16, holder=0, hold_for=timedelta(0), patience=timedelta(seconds=1))
        taken += len(turn.slots)
        if not turn.slots:
            now += turn.wait.total_seconds() + 1e-6
            _, then = take(pace, limits, _at(now), slots=1, holder=0, hold_for=timedelta(0), patience=timedelta(seconds=1))
            assert then.slots
    assert 90 < now < 200


def _seat(pace: Pace, limits: Limits, now: float, holder: int) -> tuple[Pace, Turn]:
    return take(pace, limits, _at(now), slots=1, holder=holder, hold_for=timedelta(seconds=10), patience=timedelta(seconds=1))


def test_seats_are_so_many_and_fall_free_by_themselves() -> None:
    limits = Limits(1000, 1e6, 60, 1e5, 3)
    pace = _fresh(limits)
    for holder in (1, 2, 3):
        pace, turn = _seat(pace, limits, 0, holder)
        assert turn.seat == holder
    pace, turn = _seat(pace, limits, 9.9, 4)
    assert (turn.seat, turn.is_full) == (0, True)
    assert not turn.slots, "no slot is taken where there is no seat"
    pace, turn = _seat(pace, limits, 10.1, 4)
    assert turn.seat == 1


def test_fewer_at_once_after_45033_and_more_again_later() -> None:
    limits = Limits(1000, 1e6, 60, 1e5, 5)
    pace = Pace(None, limits.at_once, START, (None,) * 5, (0,) * 5, 2, START)
    assert [width_at(pace, limits, _at(s)) for s in (0, 9, 10, 25, 31, 1000)] == [2, 2, 3, 4, 5, 5]
    pace, _ = _seat(pace, limits, 0, 1)
    pace, _ = _seat(pace, limits, 0, 2)
    assert _seat(pace, limits, 1, 3)[1].is_full


def test_every_limit_is_of_an_interface_that_is_asked() -> None:
    """The story: limits stood for interfaces whose functions had gone."""
    room = Path(vendors.__file__).parent
    asked = "".join(file.read_text("utf-8") for file in room.rglob("*.py"))
    limits = tomllib.loads((room / "limits.toml").read_text("utf-8"))
    assert not [name for its in limits.values() for name in its if name != "default" and f'"{name}"' not in asked]
