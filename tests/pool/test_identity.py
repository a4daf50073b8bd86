"""Identity as a pure function: order-free, guarded, revocable."""

from __future__ import annotations

import random
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import NOW

from siyu.pool import WEAK, Kind
from siyu.pool.identity import Decision, Link, Node, resolve

KINDS = [Kind.USER_ID, Kind.PHONE, Kind.EMAIL, Kind.ANONYMOUS_ID, Kind.DEVICE_ID]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Node], list[Link], list[Decision]]:
    size = draw(st.integers(2, 12))
    nodes = [Node(n, draw(st.sampled_from(KINDS)), "", n, bytes([draw(st.integers(0, 255)), n])) for n in range(1, size + 1)]
    pair = st.tuples(st.integers(1, size), st.integers(1, size)).filter(lambda p: p[0] < p[1])
    pairs = draw(st.lists(pair, max_size=20, unique=True))
    links = [Link(a, b, NOW + timedelta(days=draw(st.integers(0, 4)))) for a, b in pairs]
    made = draw(st.lists(st.tuples(st.sampled_from(["cut", "confirm"]), pair), max_size=4))
    return nodes, links, [Decision(n, kind, a, b) for n, (kind, (a, b)) in enumerate(made)]


@given(graphs(), st.integers())
@settings(max_examples=150, deadline=None)
def test_the_order_in_which_things_became_known_never_matters(graph: tuple[list[Node], list[Link], list[Decision]], seed: int) -> None:
    nodes, links, decisions = graph
    first = resolve(nodes, links, decisions, {})
    dice = random.Random(seed)
    for part in (nodes, links, decisions):
        dice.shuffle(part)
    again = resolve(nodes, links, decisions, {})
    assert again.person_of == first.person_of
    assert sorted(again.conflicts, key=str) == sorted(first.conflicts, key=str)


@given(graphs())
@settings(max_examples=150, deadline=None)
def test_the_guard_holds_and_says_what_it_refused(graph: tuple[list[Node], list[Link], list[Decision]]) -> None:
    nodes, links, decisions = graph
    out = resolve(nodes, links, [d for d in decisions if d.kind == "cut"], {})
    kind_of = {node.identifier_id: node.kind for node in nodes}
    seen: set[tuple[int, Kind]] = set()
    for number, person in out.person_of.items():
        if kind_of[number] not in WEAK:
            assert (person, kind_of[number]) not in seen
            seen.add((person, kind_of[number]))
    assert all(person == min(n for n, p in out.person_of.items() if p == person) for person in out.person_of.values())
    apart = {(d.a, d.b) for d in decisions if d.kind == "cut"}
    assert all(out.person_of[a] != out.person_of[b] for a, b in apart)
    told = {(c.a, c.b) for c in out.conflicts}
    if not apart:  # every strong link either holds or is told
        for link in links:
            if not {kind_of[link.a], kind_of[link.b]} & WEAK:
                assert (out.person_of[link.a] == out.person_of[link.b]) != ((link.a, link.b) in told)


@given(graphs(), st.data())
@settings(max_examples=100, deadline=None)
def test_weak_identifiers_never_join_two_people(graph: tuple[list[Node], list[Link], list[Decision]], data: st.DataObject) -> None:
    nodes, links, decisions = graph
    weak = {node.identifier_id for node in nodes if node.kind in WEAK}
    strong_only = resolve(
        [n for n in nodes if n.identifier_id not in weak],
        [link for link in links if not {link.a, link.b} & weak],
        [d for d in decisions if not {d.a, d.b} & weak],
        {},
    )
    whole = resolve(nodes, links, [d for d in decisions if not {d.a, d.b} & weak], {})
    for a in strong_only.person_of:
        for b in strong_only.person_of:
            assert (whole.person_of[a] == whole.person_of[b]) == (strong_only.person_of[a] == strong_only.person_of[b])


def test_a_confirmation_joins_what_the_guard_kept_apart_and_a_later_cut_undoes_it() -> None:
    nodes = [Node(1, Kind.USER_ID, "", 1), Node(2, Kind.PHONE, "", 2), Node(3, Kind.USER_ID, "", 3)]
    links = [Link(1, 2, NOW), Link(2, 3, NOW + timedelta(days=1))]
    assert resolve(nodes, links, [], {}).person_of == {1: 1, 2: 1, 3: 3}
    assert resolve(nodes, links, [], {"user_id": 2}).person_of == {1: 1, 2: 1, 3: 1}
    confirmed = [Decision(1, "confirm", 2, 3)]
    out = resolve(nodes, links, confirmed, {})
    assert (out.person_of, out.conflicts) == ({1: 1, 2: 1, 3: 1}, [])
    assert resolve(nodes, links, [*confirmed, Decision(2, "cut", 2, 3)], {}).person_of == {1: 1, 2: 1, 3: 3}


def test_two_scopes_are_two_shops() -> None:
    nodes = [Node(1, Kind.BUYER_ID, "tmall", 1), Node(2, Kind.PHONE, "", 2), Node(3, Kind.BUYER_ID, "jd", 3)]
    assert set(resolve(nodes, [Link(1, 2, NOW), Link(2, 3, NOW)], [], {}).person_of.values()) == {1}


def test_a_shared_identifier_says_nothing() -> None:
    nodes = [Node(1, Kind.PHONE, "", 1, is_shared=True), Node(2, Kind.USER_ID, "", 2), Node(3, Kind.EMAIL, "", 3)]
    out = resolve(nodes, [Link(1, 2, NOW), Link(1, 3, NOW)], [], {})
    assert (out.person_of, out.conflicts) == ({1: 1, 2: 2, 3: 3}, [])
