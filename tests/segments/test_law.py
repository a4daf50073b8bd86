"""The law: the compiled rule and the naive rule choose the same people."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from tests.conftest import NOW
from tests.segments import world

from siyu import segments
from siyu.base.ground import Ground
from siyu.segments import store
from siyu.segments.words import Evidence

_FIXED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
MOMENTS = st.sampled_from([NOW, NOW, NOW + timedelta(microseconds=1), NOW - timedelta(days=1), NOW + timedelta(days=30)])
_INNER = {
    "siyu_rule": 1,
    "where": {"any": [{"if": "tag", "tags": ["vip"]}, {"if": "event", "type": "cart.added", "window": {"last": "30 days"}}]},
}
_TYPES = (*world.TYPES, "never.happened")


def seen(ground: Ground, people: list[int]) -> dict[int, Evidence]:
    with ground.db.tx() as conn:
        found = store.evidence(conn, people, _TYPES)
    assert sorted(found) == people
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_compiled_is_naive(ground: Ground, seed: int) -> None:
    people = world.populate(ground, seed)
    evidence = seen(ground, people)
    assert 10 < len(people) < 200
    assert any(len(one.identifiers) > 1 for one in evidence.values()), "nobody was merged"
    with ground.db.tx() as conn:
        inner = segments.keep(conn, "inner", segments.parse(_INNER), at=NOW)
    others = {inner: segments.parse(_INNER)}
    sizes: list[int] = []

    @settings(max_examples=170, deadline=None, suppress_health_check=_FIXED, derandomize=True)
    @given(rule_json=world.rules((int(inner),)), now=MOMENTS)
    def law(rule_json: dict[str, Any], now: datetime) -> None:
        rule = segments.parse(json.dumps(rule_json))
        assert segments.parse(segments.dump(rule)) == rule
        compiled = segments.compile(rule, now=now, brand=world.BRAND, others=others)
        note(compiled.sql)
        with ground.db.tx() as conn:
            chosen = [row[0] for row in conn.execute(compiled.sql, compiled.params, prepare=False)]
        naive = {p for p, one in evidence.items() if segments.matches(rule, one, now, brand=world.BRAND, others=others)}
        assert len(chosen) == len(set(chosen)), "somebody stands twice"
        assert set(chosen) == naive
        sizes.append(len(naive))

    law()
    assert sum(0 < size < len(people) for size in sizes) > len(sizes) / 3, "the rules hardly tell people apart"
