"""Laws of asking a corp who writes to its desks: nobody twice in vain, nobody forgotten, and nothing of whom nobody asked about."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import KEYS, NOW

from siyu.pool import Fact, Identifier, Kind
from siyu.sources.desk import deciding
from siyu.sources.desk.words import Visitor
from siyu.vendors.wecom import shapes

_STEPS = st.lists(st.tuples(st.sampled_from(("comes", "told", "untold", "found")), st.integers(0, 10 * 24)), max_size=30)


@settings(max_examples=100)
@given(_STEPS)
def test_one_visitor_is_asked_about_when_it_may_help(steps: list[tuple[str, int]]) -> None:
    """Whatever happens in whatever order: they come, the corp answers with a unionid or without, it becomes known otherwise."""
    now, one, asked = NOW, Visitor(1, "wm1"), []
    for what, hours in steps:
        now += timedelta(hours=hours)
        if what == "comes":
            is_new = one.asked_at is None or now - one.asked_at >= deciding.AGAIN_AFTER
            wanted = is_new and not (one.has_unionid or one.is_told or one.is_waiting)
            assert deciding.to_ask([one], now) == ([1] if wanted else [])
            one = replace(one, is_waiting=one.is_waiting or wanted)
        elif what == "found":
            one = replace(one, has_unionid=True)
        elif one.is_waiting:
            asked.append((now, what))
            one = replace(one, is_waiting=False, asked_at=now, is_told=what == "told")
    moments = [at for at, _ in asked]
    assert all(later - earlier >= deciding.AGAIN_AFTER for earlier, later in pairwise(moments))
    assert all(how == "untold" for _, how in asked[:-1]), "who was told is never asked about again"


_IDS = st.integers(1, 6)
_TOLD = st.lists(
    st.builds(
        shapes.DeskCustomer,
        external_userid=_IDS.map("wm{}".format),
        nickname=st.sampled_from(("", "客", "\x00")),
        unionid=st.sampled_from(("", "o6_1", "o6_2", " ")),
    ),
    max_size=8,
    unique_by=lambda one: one.external_userid,
)


@settings(max_examples=100)
@given(st.sets(_IDS, min_size=1), _TOLD)
def test_an_answer_joins_whom_it_names_and_nobody_else(ids: set[int], told: list[shapes.DeskCustomer]) -> None:
    asked = [Visitor(n, f"wm{n}") for n in sorted(ids)]
    found = deciding.met(KEYS, "ww1", asked, told, NOW)
    named = {one.external_userid: one.unionid.strip() for one in told}
    assert found.is_told == {one.identifier_id: bool(named.get(one.external_userid)) for one in asked}, "each has an answer"
    joined = {fact.identifiers for fact in found.facts if len(fact.identifiers) == 2}
    assert joined == {
        (Identifier(Kind.EXTERNAL_USERID, one.external_userid, "ww1"), Identifier(Kind.UNIONID, named[one.external_userid]))
        for one in asked
        if named.get(one.external_userid)
    }
    assert {fact.type for fact in found.facts if len(fact.identifiers) == 2} <= {"identity.stated"}
    assert all("客" not in repr((fact.data, fact.id)) for fact in found.facts)
    again = deciding.met(KEYS, "ww1", asked, reversed(told), NOW + timedelta(days=8))
    assert [fact.id for fact in again.facts] == [fact.id for fact in found.facts], "the same answer is the same fact"


def test_who_came_is_who_wrote_or_entered() -> None:
    def fact(type_: str, who: str) -> Fact:
        return Fact(type_, f"{type_}:{who}", NOW, (Identifier(Kind.EXTERNAL_USERID, who, "ww1"),))

    told = [fact("desk.entered", "a"), fact("message.received", "a"), fact("receipt.received", "b"), fact("message.received", "c")]
    assert deciding.came(told) == ["a", "c"]


def test_a_question_that_is_refused_grows_small_and_rare() -> None:
    assert [deciding.at_once(n) for n in (0, 1, 6, 7, 40)] == [100, 50, 1, 1, 1]
    rests = [deciding.rest_for(n, None) for n in range(1, 20)]
    assert rests == sorted(rests) and rests[0] == timedelta(minutes=1) and rests[-1] == timedelta(days=1)
    assert deciding.rest_for(1, timedelta(hours=3)) == timedelta(hours=3)
