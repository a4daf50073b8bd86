"""Whose turn it is: laws that hold for any code, any counts and any moment."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from siyu.growth import CodeGuide, Count, For, Rotation, Shift, Welcome, Who, Why, chats_on, remark_of, turn, welcome_of

ZONE = "Asia/Shanghai"
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
hours = st.integers(0, 1439).map(lambda m: f"{m // 60:02}:{m % 60:02}")
shifts = st.builds(Shift, st.sets(st.integers(1, 7), min_size=1).map(tuple), hours, hours).filter(lambda s: s.start != s.end)


@st.composite
def teams(draw: st.DrawFn) -> list[CodeGuide]:
    names = draw(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=6, unique=True))
    return [
        CodeGuide(
            name,
            draw(st.integers(1, 5)),
            draw(st.none() | st.integers(0, 6)),
            tuple(draw(st.lists(shifts, max_size=2))),
            draw(st.booleans()),
        )
        for name in names
    ]


moments = st.integers(0, 525_000).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n))


@settings(max_examples=60)
@given(teams(), st.sampled_from(Rotation), moments, st.integers(0, 2), st.integers(1, 4), st.randoms(use_true_random=False))
def test_no_cap_is_beaten_and_nobody_off_shift_is_asked(
    team: list[CodeGuide], rotation: Rotation, now: datetime, reserve: int, width: int, luck: Any
) -> None:
    """A morning of customers whom WeCom deals at random; between two answers everybody may get `reserve` + 1."""
    by_name = {one.guide: one for one in team}
    counts = {one.guide: Count() for one in team}
    for step in range(30):
        at = now + timedelta(minutes=7 * step)
        if at.astimezone(ZoneInfo(ZONE)).date() != now.astimezone(ZoneInfo(ZONE)).date():
            break
        answer = turn(rotation, team, counts, at, ZONE, reserve=reserve, width=width)
        assert set(answer.whys) == set(by_name) and answer.until is not None and answer.until > at
        assert {name for name, why in answer.whys.items() if why == Why.NEXT} == set(answer.users)
        able = [name for name, why in answer.whys.items() if why in (Why.NEXT, Why.WAITS)]
        assert bool(able) == bool(answer.users) and len(answer.users) <= width
        assert {by_name[name].is_stand_in for name in answer.users} <= {answer.is_stand_in}
        if not answer.is_stand_in:
            assert all(why != Why.NEXT for name, why in answer.whys.items() if by_name[name].is_stand_in)
        for name in answer.users:
            local = at.astimezone(ZoneInfo(ZONE))
            assert not by_name[name].shifts or any(_at_work(shift, local) for shift in by_name[name].shifts)
            for _ in range(luck.randint(0, reserve + 1)):
                counts[name] = Count(counts[name].today + 1, counts[name].load + 1, at)
            cap = by_name[name].daily_cap
            assert cap is None or counts[name].today <= cap


def _at_work(shift: Shift, local: datetime) -> bool:
    """Written otherwise than the code: walk through the minutes since the shift began, today or yesterday."""
    for back in (0, 1):
        day = (local - timedelta(days=back)).date()
        begin = datetime.fromisoformat(f"{day}T{shift.start}:00").replace(tzinfo=local.tzinfo)
        end = datetime.fromisoformat(f"{day}T{shift.end}:00").replace(tzinfo=local.tzinfo)
        if end < begin:
            end += timedelta(days=1)
        if day.isoweekday() in shift.days and begin <= local < end:
            return True
    return False


def _deal(rotation: Rotation, team: list[CodeGuide], n: int, loads: dict[str, int] | None = None) -> Counter[str]:
    loads = loads or {}
    counts = {one.guide: Count(load=loads.get(one.guide, 0)) for one in team}
    for step in range(n):
        at = MONDAY + timedelta(seconds=step)
        (name,) = turn(rotation, team, counts, at, ZONE).users
        counts[name] = Count(counts[name].today + 1, counts[name].load + 1, at)
    return Counter({name: count.today for name, count in counts.items()})


@settings(max_examples=20)
@given(st.integers(1, 6), st.integers(1, 40), st.sampled_from([Rotation.EVEN, Rotation.FEWEST_TODAY]))
def test_taking_turns_is_fair(guides: int, customers: int, rotation: Rotation) -> None:
    dealt = _deal(rotation, [CodeGuide(f"g{n}") for n in range(guides)], customers)
    assert max(dealt.values()) - min(dealt.values()) <= 1


@settings(max_examples=20)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_weights_are_shares(weights: list[int]) -> None:
    team = [CodeGuide(f"g{n}", weight) for n, weight in enumerate(weights)]
    dealt = _deal(Rotation.WEIGHTED, team, 3 * sum(weights))
    for one in team:
        assert abs(dealt[one.guide] - 3 * one.weight) <= 1


@settings(max_examples=20)
@given(st.lists(st.integers(0, 12), min_size=2, max_size=5))
def test_the_least_loaded_catch_up(loads: list[int]) -> None:
    team = [CodeGuide(f"g{n}") for n in range(len(loads))]
    had = {one.guide: load for one, load in zip(team, loads, strict=True)}
    dealt = _deal(Rotation.LEAST_LOADED, team, 12 * len(loads), had)
    after = [had[one.guide] + dealt[one.guide] for one in team]
    assert max(after) - min(after) <= 1


def test_stand_ins_only_when_nobody_else_may() -> None:
    team = [CodeGuide("a", daily_cap=1), CodeGuide("b", shifts=(Shift((2,)),)), CodeGuide("s", is_stand_in=True)]
    assert turn(Rotation.EVEN, team, {}, MONDAY, ZONE).users == ("a",)
    full = turn(Rotation.EVEN, team, {"a": Count(1)}, MONDAY, ZONE)
    assert full.users == ("s",) and full.is_stand_in and full.whys == {"a": Why.FULL, "b": Why.OFF_SHIFT, "s": Why.NEXT}
    nobody = turn(Rotation.EVEN, team[:2], {"a": Count(1)}, MONDAY, ZONE)
    assert nobody.users == () and not nobody.is_stand_in
    assert turn(Rotation.EVEN, team, {"a": Count(is_here=False)}, MONDAY, ZONE).whys["a"] == Why.AWAY


@given(st.lists(st.sampled_from(For), max_size=3), st.booleans(), moments)
@settings(max_examples=30)
def test_the_first_welcome_that_fits(whom: list[For], is_returning: bool, at: datetime) -> None:
    welcomes = [Welcome(n, one, "08:00", "20:00") for n, one in enumerate(whom)] + [Welcome(99, start="20:00", end="08:00")]
    chosen = welcome_of(welcomes, at, ZONE, Who(is_returning))
    is_day = 8 <= at.astimezone(ZoneInfo(ZONE)).hour < 20
    right = {For.ANYBODY, For.RETURNING if is_returning else For.NEW}
    expected = next((n for n, one in enumerate(whom) if one in right), None) if is_day else 99
    assert (chosen.content_id if chosen else None) == expected


@pytest.mark.parametrize(
    ("name", "made"), [("林", "林-春茶展-1120"), ("一位名字很长很长的客户朋友", "一位名字很长很长的客户-春茶展-1120"), ("", "-春茶展-1120")]
)
def test_a_remark_is_cut_in_the_name(name: str, made: str) -> None:
    assert remark_of("{name}-{code}-{date}", name=name, code="春茶展", day="1120") == made[:20]
    assert len(remark_of("{name}-{code}-{date}", name=name, code="春茶展", day="1120")) <= 20


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 300)), st.integers(2, 200))
@settings(max_examples=30)
def test_chats_that_are_full_or_gone_are_left(sizes: dict[str, int], limit: int) -> None:
    order = list("abcdefgh")
    on = chats_on(order, sizes, limit)
    assert len(on) <= 5 and all(sizes[chat] < limit for chat in on) and on == sorted(on)
    assume(len(on) < 5)
    assert set(on) == {chat for chat in order if chat in sizes and sizes[chat] < limit}
