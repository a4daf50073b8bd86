"""Dividing people: the shares are met, the draw is persistent, and nothing about a person decides his arm."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siyu.base.errors import InputError
from siyu.journeys import moves
from siyu.journeys.draw import draw, seconds_to, strata_of
from siyu.journeys.enrolment import divided
from siyu.journeys.words import Member, Past, Same, State

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)


def past(n: int, seed: int = 1) -> Past:
    rng = np.random.default_rng(seed)
    spent = (rng.lognormal(8, 1, n) * (rng.random(n) < 0.8)).astype(np.int64)
    stages = rng.choice(np.array(["drifting", "first", "vip"]), n, p=[0.7, 0.29, 0.01])
    return Past(rng.permutation(n).astype(np.int64) * 7 + 1, stages, spent, (spent > 0).astype(np.int64))


@given(n=st.integers(0, 400), share=st.floats(0, 0.5), seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_every_stratum_gives_up_its_share_to_within_one(n: int, share: float, seed: int) -> None:
    people = past(n, seed)
    got = draw(people, share, f"salt {seed}")
    assert abs(got.is_control.sum() - share * n) < 1
    for name in np.unique(got.strata):
        here = got.strata == name
        assert abs(got.is_control[here].sum() - share * here.sum()) < 1 + 1e-9


def test_the_draw_is_the_same_whoever_asks_and_in_whatever_order() -> None:
    people, salt = past(500), "broadcast:7"
    got = draw(people, 0.1, salt)
    turn = np.random.default_rng(5).permutation(500)
    again = draw(Past(people.person_ids[turn], people.stages[turn], people.before_minor[turn], people.before_n[turn]), 0.1, salt)
    assert (again.is_control == got.is_control[turn]).all()
    assert (again.places == got.places[turn]).all()
    other = draw(people, 0.1, "broadcast:8")
    assert (other.is_control != got.is_control).any()


def test_everybody_is_held_out_as_often_as_said() -> None:
    """Over many salts each person's chance is the share: those at the edges of strata, too."""
    people, share, salts = past(60), 0.1, 3000
    held = sum(draw(people, share, f"s{n}").is_control.astype(int) for n in range(salts))
    spread = np.sqrt(salts * share * (1 - share))
    assert np.abs(held - salts * share).max() < 4.2 * spread


def test_strata_are_stage_and_quarter_of_spend() -> None:
    people = Past(np.arange(1, 10), np.array(["first"] * 9), np.array([0, 10, 20, 30, 40, 50, 60, 70, 80]), np.ones(9, dtype=np.int64))
    assert strata_of(people).tolist() == [f"first {band}" for band in (0, 1, 1, 2, 2, 3, 3, 4, 4)]


def test_places_are_turns_and_say_nothing_about_the_person() -> None:
    people = past(2000)
    got = draw(people, 0.1, "x")
    treated = np.sort(got.places[~got.is_control])
    assert (treated == np.arange(len(treated))).all(), "each treated person has a turn of his own"
    assert got.places.max() <= len(treated)
    early = got.places < 450
    assert abs(got.is_control[early].mean() - 0.1) < 0.05
    assert abs(np.log1p(people.before_minor[early]).mean() - np.log1p(people.before_minor[~early]).mean()) < 0.5


def test_a_rate_spreads_the_turns() -> None:
    assert seconds_to(600, 60) == 600
    assert seconds_to(1, 7) == 8.571428
    assert seconds_to(999_999, None) == 0, "without a rate nobody waits"


@pytest.mark.parametrize("move", sorted(moves.MOVES))
@pytest.mark.parametrize("state", list(State))
def test_only_named_moves_are_made(state: State, move: str) -> None:
    if moves.may(state, move):
        assert moves.after(state, move) in State
    else:
        with pytest.raises(InputError, match=f"is {state} cannot"):
            moves.after(state, move)
    if state in (State.DONE, State.CANCELLED):
        assert not moves.may(state, move), "the end is the end"


def member(person_id: int, arm: str = "treated") -> Member:
    return Member(person_id, arm, NOW, 0)


def test_who_turned_out_to_be_one_is_asked_about_once() -> None:
    batch = [member(1), member(5), member(9), member(12)]
    currents = {1: 1, 5: 1, 9: 3}
    same = [Same(1, 1, False), Same(1, 5, False), Same(3, 8, True), Same(3, 9, False)]
    ask, aside = divided(batch, currents, same)
    assert [m.person_id for m in ask] == [1]
    assert aside == {5: "merged", 9: "merged", 12: "gone"}


@given(
    groups=st.lists(st.integers(1, 5), min_size=1, max_size=12),
    asked=st.sets(st.integers(1, 12)),
    cuts=st.lists(st.integers(0, 12), max_size=3),
)
@settings(max_examples=80)
def test_no_person_is_asked_about_twice_however_batches_fall(groups: list[int], asked: set[int], cuts: list[int]) -> None:
    """Members 1..n are today the persons of `groups`; some were asked about before; the rest come in batches of any size."""
    current = {n: groups[n - 1] for n in range(1, len(groups) + 1)}
    first = {}
    for n in sorted(asked & current.keys()):
        first.setdefault(current[n], n)
    done = set(first.values())
    aside: set[int] = set()
    edges = sorted({min(c, len(groups)) for c in cuts} | {0, len(groups)})
    for low, high in pairwise(edges):
        batch = [member(n) for n in range(low + 1, high + 1) if n not in done and n not in aside]
        same = [Same(current[n], n, n in done) for n in current if n not in aside]
        ask, put = divided(batch, current, same)
        done |= {m.person_id for m in ask}
        aside |= set(put)
    assert Counter(current[n] for n in done) == Counter(set(current.values()))
