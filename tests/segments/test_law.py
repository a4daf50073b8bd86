"""The law: the compiled rule and the naive rule choose the same people; and the harness that says so can fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from sqlglot import exp
from tests.conftest import NOW
from tests.segments import world

from siyu import segments
from siyu.base.ground import Ground
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
    note(compiled.sql)
    with ground.db.tx() as conn:
        chosen = [row[0] for row in conn.execute(compiled.sql, compiled.params, prepare=False)]
    naive = {p for p, one in evidence.items() if segments.matches(rule, one, now, brand=world.BRAND, others=others)}
    assert len(chosen) == len(set(chosen)), "somebody stands twice"
    assert set(chosen) == naive
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


BUGS: list[tuple[Callable[[pytest.MonkeyPatch], None], str]] = [
    (_start_is_left_out, "profile orders event"), (_end_is_taken_in, "profile orders event"), (_null_is_not_false, "trait"),
    (_nobody_has_none, "event"), (_money_without_its_unit, "orders event"), (_currencies_are_one, "orders event"),
    (_merged_people_are_forgotten, "event orders"), (_lists_read_as_text, "trait"), (_days_are_those_of_greenwich, "event"),
    (_leap_days_are_lost, "trait"), (_bounced_addresses_count, "reachable"), (_opposite_of_at_least_is_at_most, "event orders"),
    (_a_sequence_may_begin_and_end_at_once, "sequence"), (_freshness_is_a_day, "score"), (_old_scores_of_merged_people_stay, "score"),
]  # fmt: skip


def test_planted_bugs_are_found(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    the = made(ground, 1)
    missed = []
    for plant, kinds in BUGS:
        with monkeypatch.context() as patch:
            plant(patch)

            @settings(
                max_examples=1000, deadline=None, suppress_health_check=_FIXED, derandomize=True, phases=[Phase.generate], database=None
            )
            @given(leaf=world.leaves((), tuple(kinds.split())), is_not=st.booleans(), now=MOMENTS)
            def law(leaf: dict[str, Any], is_not: bool, now: datetime) -> None:
                agree(ground, the, {"siyu_rule": 1, "where": {"not": leaf} if is_not else leaf}, now)

            try:
                law()
            except (AssertionError, psycopg.Error):
                continue
            missed.append(plant.__name__)
    assert not missed
