"""The law: the compiled rule and the naive rule choose the same people; and the harness that says so can fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp
from tests.conftest import NOW
from tests.segments import world

from siyu import segments
from siyu.base.ground import Ground
from siyu.pool import Fact, Identifier, Kind
from siyu.segments import store
from siyu.segments.compile import comparing, sets, tree
from siyu.segments.windows import Present
from siyu.segments.words import Evidence, Followed, Rule, SegmentId, Window

_FIXED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]
MOMENTS = st.sampled_from([NOW, NOW, NOW + timedelta(microseconds=1), NOW - timedelta(days=1), NOW + timedelta(days=30)])
_INNER = {
    "siyu_rule": 1,
    "where": {"any": [{"if": "tag", "tags": ["vip"]}, {"if": "event", "type": "cart.added", "window": {"last": "30 days"}}]},
}
_TYPES = (*world.TYPES, "never.happened")

World = tuple[dict[int, Evidence], dict[SegmentId, Rule]]


def made(ground: Ground, seed: int) -> World:
    """People, what is known of them, and one saved segment."""
    people = world.populate(ground, seed)
    with ground.db.tx() as conn:
        evidence = store.evidence(conn, people, _TYPES)
        inner = segments.keep(conn, f"inner {seed}", segments.parse(_INNER), at=NOW)
    assert sorted(evidence) == people
    return evidence, {inner: segments.parse(_INNER)}


def agree(ground: Ground, the: World, rule_json: dict[str, Any], now: datetime) -> int:
    """Both readings choose the same people; gives how many."""
    evidence, others = the
    rule = segments.parse(json.dumps(rule_json))
    assert segments.parse(segments.dump(rule)) == rule
    compiled = segments.compile(rule, now=now, brand=world.BRAND, others=others)
    with ground.db.tx() as conn:
        chosen = [row[0] for row in conn.execute(compiled.sql, compiled.params, prepare=False)]
    naive = {p for p, one in evidence.items() if segments.matches(rule, one, now, brand=world.BRAND, others=others)}
    assert len(chosen) == len(set(chosen)), "somebody stands twice"
    assert set(chosen) == naive, compiled.sql
    return len(naive)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_compiled_is_naive(ground: Ground, seed: int) -> None:
    the = made(ground, seed)
    people = len(the[0])
    assert any(len(one.identifiers) > 1 for one in the[0].values()), "nobody was merged"
    sizes: list[int] = []

    @settings(max_examples=120, deadline=None, suppress_health_check=_FIXED, derandomize=True)
    @given(rule_json=world.rules(tuple(map(int, the[1]))), now=MOMENTS)
    def law(rule_json: dict[str, Any], now: datetime) -> None:
        sizes.append(agree(ground, the, rule_json, now))

    law()
    assert sum(0 < size < people for size in sizes) > len(sizes) / 3, "the rules hardly tell people apart"


# --- a harness that cannot fail proves nothing: each of these mistakes must be found


def _swap(patch: pytest.MonkeyPatch, wrong: type[exp.Binary], right: type[exp.Binary]) -> None:
    real = comparing.Comparer.during

    def during(self: comparing.Comparer, moment: exp.Expr, window: Window) -> exp.Expr:
        made = real(self, moment, window)
        return made.transform(lambda node: wrong(this=node.this, expression=node.expression) if type(node) is right else node)

    patch.setattr(comparing.Comparer, "during", during)


def _start_is_left_out(patch: pytest.MonkeyPatch) -> None:
    _swap(patch, exp.GT, exp.GTE)


def _end_is_taken_in(patch: pytest.MonkeyPatch) -> None:
    _swap(patch, exp.LTE, exp.LT)


def _null_is_not_false(patch: pytest.MonkeyPatch) -> None:
    for module in (comparing, tree):
        patch.setattr(module, "is_not_true", lambda expression: exp.Not(this=exp.paren(expression)))


def _nobody_has_none(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(tree, "holds_for_zero", lambda test: False)


def _money_without_its_unit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(tree, "units", lambda currency: 1)


def _currencies_are_one(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sets.Sets, "in_currency", lambda self, table, currency: exp.true())


def _merged_people_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    real = sets.Sets._set
    patch.setattr(sets.Sets, "_set", lambda self, body, people="i": _of_one_name(real(self, body, people)))


def _of_one_name(people: sets.People) -> sets.People:
    people._person = exp.column("identifier_id", "i")
    people.subquery = lambda: _renamed(type(people).subquery(people))  # type: ignore[method-assign]
    return people


def _renamed(made: exp.Subquery) -> exp.Subquery:
    made.this.expressions[0].replace(exp.alias_(exp.column("identifier_id", "i"), "person_id"))
    return made


def _lists_read_as_text(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(comparing, "_may_meet_structure", lambda test: False)


def _days_are_those_of_greenwich(patch: pytest.MonkeyPatch) -> None:
    real = sets.Sets.__init__
    patch.setattr(sets.Sets, "__init__", lambda self, bind, compare, currency, zone: real(self, bind, compare, currency, "UTC"))


def _leap_days_are_lost(patch: pytest.MonkeyPatch) -> None:
    real = Present.anniversaries
    patch.setattr(comparing.Present, "anniversaries", lambda self, days: real(self, days) - {"02-29"})


def _bounced_addresses_count(patch: pytest.MonkeyPatch) -> None:
    real = sets.Sets.identified
    patch.setattr(sets.Sets, "identified", lambda self, kinds, scope="", *, deliverable=False: real(self, kinds, scope))


def _opposite_of_at_least_is_at_most(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(comparing._FLIPPED, comparing.Op.GTE, comparing.Op.LTE)


def _a_sequence_may_begin_and_end_at_once(patch: pytest.MonkeyPatch) -> None:
    real = sets.Sets.sequence
    swap = lambda node: exp.GTE(this=node.this, expression=node.expression) if type(node) is exp.GT else node  # noqa: E731

    def sequence(self: sets.Sets, node: Followed) -> sets.People:
        joined = real(self, node)
        joined._body = joined._body.transform(swap)
        return joined

    patch.setattr(sets.Sets, "sequence", sequence)


def _freshness_is_a_day(patch: pytest.MonkeyPatch) -> None:
    real = sets.Sets.scored
    patch.setattr(sets.Sets, "scored", lambda self, name, fresh: real(self, name, timedelta(days=1) if fresh else None))


def _old_scores_of_merged_people_stay(patch: pytest.MonkeyPatch) -> None:
    real = sets.Sets.scored
    drop = lambda node: exp.false() if isinstance(node, exp.Exists) else node  # noqa: E731

    def scored(self: sets.Sets, name: str, fresh: timedelta | None) -> sets.People:
        found = real(self, name, fresh)
        found._body = found._body.transform(drop)
        return found

    patch.setattr(sets.Sets, "scored", scored)


# One person for each mistake, and the rule that tells the mistaken reading from the right one.


def _told(who: str, type_: str, at: datetime = NOW - timedelta(days=3), *, also: str = "", **more: Any) -> Fact:
    names = [Identifier(Kind.BUYER_ID, name, "shop") for name in (who, *filter(None, [also]))]
    if also:
        names[1] = Identifier(Kind.PHONE, f"+8613800{also:0>6}")
    fields = {name: more.pop(name) for name in ("object", "amount_minor", "currency") if name in more}
    return Fact(type_, f"{who}{type_}{at.isoformat()}{fields}{also}", at, tuple(names), data=more, **fields)


_EMAIL, _PHONE = Identifier(Kind.EMAIL, "bounced@example.com"), Identifier(Kind.PHONE, "+8613800000001")
CAST = [
    _told("at the start", "page.viewed", NOW - timedelta(days=7)),
    _told("at the end", "cart.added", NOW),
    _told("without a city", "profile.stated", score=5),
    _told("one order", "order.paid", object="m1", amount_minor=5990, currency="CNY"),
    _told("two currencies", "order.paid", object="m2", amount_minor=6000, currency="CNY"),
    _told("two currencies", "order.paid", NOW - timedelta(days=2), object="m3", amount_minor=6000, currency="GBP"),
    _told("two names", "page.read", also="1"),
    Fact("page.read", "by phone", NOW - timedelta(days=1), (_PHONE,)),
    _told("a list", "profile.stated", likes=["上海", "red"]),
    _told("around midnight", "page.liked", datetime(2026, 11, 18, 15, 30, tzinfo=UTC)),
    _told("around midnight", "page.liked", datetime(2026, 11, 18, 16, 30, tzinfo=UTC)),
    _told("leap day", "profile.stated", born_on="2000-02-29"),
    Fact("consent.given", "agreed", NOW - timedelta(days=9), (_EMAIL,), data={"channel": "email", "purpose": "marketing"}),
    Fact("message.bounced", "bounced", NOW - timedelta(days=8), (_EMAIL,), object="1", data={"channel": "email", "hard": True}),
    _told("exactly two", "page.shared", NOW - timedelta(days=2)),
    _told("exactly two", "page.shared", NOW - timedelta(days=1)),
    _told("only once", "page.saved"),
    _told("a score of three days", "page.found"),  # a score alone makes nobody a person
    _told("a score of three days", "score.churn", value=5, run=1),
    _told("two scores", "page.found", also="2"),
    _told("two scores", "score.clv", NOW - timedelta(days=5), value=9, run=1),
    Fact("score.clv", "newer", NOW - timedelta(days=4), (Identifier(Kind.PHONE, "+8613800000002"),), data={"value": 5, "run": 1}),
]
BUGS: list[tuple[Callable[[pytest.MonkeyPatch], None], dict[str, Any]]] = [
    (_start_is_left_out, {"if": "event", "type": "page.viewed", "measure": "count", "op": "gte", "value": 1, "window": {"last": "7 days"}}),
    (_end_is_taken_in,
     {"if": "event", "type": "cart.added", "measure": "count", "op": "gte", "value": 1, "window": {"to": NOW.isoformat()}}),
    (_null_is_not_false, {"not": {"if": "trait", "name": "city", "op": "eq", "value": "上海"}}),
    (_nobody_has_none, {"if": "event", "type": "page.viewed", "measure": "count", "op": "in", "value": [0, 5]}),
    (_money_without_its_unit, {"if": "orders", "measure": "spent", "op": "eq", "value": 59.9}),
    (_currencies_are_one, {"if": "event", "type": "order.paid", "measure": "sum", "of": "amount", "op": "eq", "value": 60}),
    (_merged_people_are_forgotten, {"if": "event", "type": "page.read", "measure": "count", "op": "eq", "value": 2}),
    (_lists_read_as_text, {"if": "trait", "name": "likes", "op": "contains", "value": "red"}),
    (_days_are_those_of_greenwich, {"if": "event", "type": "page.liked", "measure": "days", "op": "eq", "value": 2}),
    (_leap_days_are_lost, {"if": "trait", "name": "born_on", "op": "anniversary", "value": 366}),
    (_bounced_addresses_count, {"if": "reachable", "channel": "email"}),
    (_opposite_of_at_least_is_at_most, {"not": {"if": "event", "type": "page.shared", "measure": "count", "op": "gte", "value": 2}}),
    (_a_sequence_may_begin_and_end_at_once,
     {"if": "sequence", "first": {"type": "page.saved"}, "then": {"type": "page.saved"}, "is": "done"}),
    (_freshness_is_a_day, {"if": "score", "name": "churn", "op": "eq", "value": 5, "fresh": "7 days"}),
    (_old_scores_of_merged_people_stay, {"if": "score", "name": "clv", "op": "eq", "value": 5}),
]  # fmt: skip


def test_planted_bugs_are_found(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    people = world.tell(ground, CAST)
    with ground.db.tx() as conn:
        the: World = store.evidence(conn, people, sorted({fact.type for fact in CAST})), {}
    missed = []
    for plant, where in BUGS:
        rule = {"siyu_rule": 1, "where": where}
        agree(ground, the, rule, NOW)
        with monkeypatch.context() as patch:
            plant(patch)
            try:
                agree(ground, the, rule, NOW)
            except (AssertionError, psycopg.Error):
                continue
        missed.append(plant.__name__)
    assert not missed
