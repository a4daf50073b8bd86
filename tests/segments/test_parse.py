"""Reading rules: what is wrong is named with its path, its value and a remedy; what is right comes back unchanged."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.segments import world

from siyu import segments
from siyu.base.errors import InputError
from siyu.base.text import LANGUAGES
from siyu.pool import reaching
from siyu.segments import RuleError, words

DOCS = Path(__file__).parents[2] / "docs" / "rules.md"


def rule(where: Any) -> dict[str, Any]:
    return {"siyu_rule": 1, "where": where}


ORDERS = {"if": "orders", "measure": "count", "op": "gte", "value": 2}

WRONG: list[tuple[Any, str, str]] = [
    ([], "", "must be an object"),
    ("{", "", "not JSON"),
    ('{"siyu_rule": 1, "where": ' + '{"not": ' * 2000, "", "not JSON"),
    ({"where": ORDERS}, "siyu_rule", "only 1 is known"),
    ({"siyu_rule": 2, "where": ORDERS}, "siyu_rule", "is 2"),
    ({"siyu_rule": True, "where": ORDERS}, "siyu_rule", "is true"),
    ({"siyu_rule": 1}, "where", "missing"),
    (rule(ORDERS) | {"more": 1}, "more", "not a part"),
    (rule({}), "where", "exactly one of"),
    (rule({"all": [], "any": []}), "where", "exactly one of"),
    (rule({"all": [ORDERS, {"any": [{"if": "ordres"}]}]}), "where.all[1].any[0].if", "It can be: orders"),
    (rule({"all": ORDERS}), "where.all", "must be a list"),
    (rule({"all": [ORDERS], "note": "x"}), "where.note", "It knows: "),
    (rule(ORDERS | {"value": "2"}), "where.value", "Write it without quotes"),
    (rule(ORDERS | {"value": True}), "where.value", "must be a number"),
    (rule(ORDERS | {"value": float("nan")}), "where.value", "must be a number"),
    (rule(ORDERS | {"value": 1e300}), "where.value", "too long"),
    (rule(ORDERS | {"value": 12345678901234567}), "where.value", "too long"),
    (rule(ORDERS | {"op": "=>"}), "where.op", "cannot be"),
    (rule(ORDERS | {"op": "contains"}), "where.op", "cannot be"),
    (rule({k: v for k, v in ORDERS.items() if k != "value"}), "where.value", "missing"),
    (rule(ORDERS | {"op": "between", "value": [3]}), "where.value", "[low, high]"),
    (rule(ORDERS | {"op": "between", "value": [3, 1]}), "where.value", "Swap"),
    (rule(ORDERS | {"op": "in", "value": []}), "where.value", "is empty"),
    (rule(ORDERS | {"op": "in", "value": list(range(3000))}), "where.value", "3000 items"),
    (rule(ORDERS | {"vaule": 1}), "where.vaule", "It knows: value"),
    (rule(ORDERS | {"currency": "CNY"}), "where.currency", "money only"),
    (rule(ORDERS | {"measure": "spent", "currency": "yuan"}), "where.currency", "three capitals"),
    (rule(ORDERS | {"window": {}}), "where.window", "neither"),
    (rule(ORDERS | {"window": {"last": "a month"}}), "where.window.last", '"30 days"'),
    (rule(ORDERS | {"window": {"last": "0 days"}}), "where.window.last", "length of time"),
    (rule(ORDERS | {"window": {"last": "99999 weeks"}}), "where.window.last", "hundred years"),
    (rule(ORDERS | {"window": {"last": "3 days", "from": "2026-01-01"}}), "where.window.from", "not a part"),
    (rule(ORDERS | {"window": {"from_ago": "3 days", "to_ago": "5 days"}}), "where.window", "does not begin before"),
    (rule(ORDERS | {"window": {"from": "2026-02-01", "to": "2026-01-01"}}), "where.window", "does not begin before"),
    (rule(ORDERS | {"window": {"from": "2026-02-30"}}), "where.window.from", "must be a date"),
    (rule(ORDERS | {"window": {"from": "2026-02-01T10:00:00"}}), "where.window.from", "time zone"),
    (rule(ORDERS | {"window": {"from": "2026-02-01", "from_ago": "3 days"}}), "where.window.from", "Only one"),
    (rule({"if": "orders", "measure": "days_since_last", "op": "gt", "value": 1.5}), "where.value", "whole number"),
    (rule({"if": "orders", "measure": "last_at", "op": "gte", "value": 3}), "where.op", "cannot be"),
    (rule({"if": "trait", "name": "", "op": "exists"}), "where.name", "not empty"),
    (rule({"if": "trait", "name": "a", "op": "exists", "value": 1}), "where.value", "Leave value out"),
    (rule({"if": "trait", "name": "a", "op": "eq", "value": "a\x00b"}), "where.value", "cannot be kept"),
    (rule({"if": "trait", "name": "a", "op": "eq", "value": "\ud800"}), "where.value", "cannot be kept"),
    (rule({"if": "trait", "name": "a", "op": "eq", "value": "x" * 501}), "where.value", "longer than 500"),
    (rule({"if": "trait", "name": "a", "op": "eq", "value": {"x": 1}}), "where.value", "must be a text"),
    (rule({"if": "trait", "name": "a", "op": "anniversary", "value": 400}), "where.value", "from 1 to 366"),
    (rule({"if": "profile", "field": "stage", "op": "eq", "value": "vipp"}), "where.value", "vip"),
    (rule({"if": "profile", "field": "is_known", "op": "eq", "value": "yes"}), "where.value", "true or false"),
    (rule({"if": "tag", "tags": []}), "where.tags", "is empty"),
    (rule({"if": "consent", "channel": "E-mail", "is": "given"}), "where.channel", "small letters"),
    (rule({"if": "reachable", "channel": "emial"}), "where.channel", "email"),
    (rule({"if": "identifier", "has": "mobile"}), "where.has", "phone"),
    (rule({"if": "event", "type": "a.b", "where": [{"field": "colour", "op": "exists"}]}), "where.where[0].field", "data.NAME"),
    (rule({"if": "event", "type": "a.b", "measure": "sum", "op": "gt", "value": 1, "of": "price"}), "where.of", "data.NAME"),
    (rule({"if": "bought", "by": "colour", "item": "red"}), "where.by", "category"),
    (rule({"if": "sequence", "first": {"type": "a.b"}, "then": {"type": "c.d"}, "is": "never"}), "where.is", "not_done"),
    (rule({"if": "segment", "id": "3"}), "where.id", "whole number"),
]


@pytest.mark.parametrize(("given_rule", "path", "words_of_it"), WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_is_named(given_rule: Any, path: str, words_of_it: str) -> None:
    with pytest.raises(RuleError) as wrong:
        segments.parse(given_rule)
    assert wrong.value.field == path
    assert words_of_it in str(wrong.value)
    assert isinstance(wrong.value, InputError)
    assert wrong.value.remedy
    for lang in LANGUAGES:
        said = str(wrong.value.told(lang))
        assert not re.search(r"segments\.|\{\w", said), said
    assert re.search(r"[\u4e00-\u9fff]", str(wrong.value.told("zh")))


def test_groups_nest_as_deep_as_promised_and_no_deeper() -> None:
    node: Any = ORDERS
    for _ in range(words.MOST_DEPTH // 2):
        node = {"all": [{"not": node}]}
    assert segments.dump(segments.parse(rule(node))) == rule(node)
    with pytest.raises(RuleError, match="nest deeper"):
        segments.parse(rule({"any": [node]}))
    with pytest.raises(RuleError, match="more than 300"):
        segments.parse(rule({"any": [ORDERS] * 301}))


def test_signs_are_other_writings_of_operators() -> None:
    for sign, op in {">=": "gte", "<": "lt", "=": "eq", "!=": "ne"}.items():
        assert segments.dump(segments.parse(rule(ORDERS | {"op": sign})))["where"]["op"] == op


@settings(max_examples=200, deadline=None)
@given(world.rules())
def test_a_rule_comes_back_as_it_was(rule_json: dict[str, Any]) -> None:
    parsed = segments.parse(rule_json)
    assert segments.parse(json.dumps(segments.dump(parsed))) == parsed


_KEYS = st.sampled_from(["siyu_rule", "where", "all", "any", "not", "if", "op", "value", "window", "last", "name", "measure"])
_ATOMS = st.none() | st.booleans() | st.floats() | st.text() | st.sampled_from(["all", "if", "orders", "op"])
NONSENSE = st.recursive(
    _ATOMS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS | st.text(), inner, max_size=5), max_leaves=12
)


@settings(max_examples=300, deadline=None)
@given(NONSENSE)
def test_nonsense_is_refused_politely(nonsense: Any) -> None:
    for given_rule in (nonsense, rule(nonsense), rule({"if": "trait", "name": nonsense, "op": "eq", "value": nonsense})):
        try:
            segments.parse(given_rule)
        except RuleError as wrong:
            assert wrong.remedy


def test_every_example_of_the_manual_is_a_rule() -> None:
    found = re.findall(r"```json\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert len(found) > 10
    for text in found:
        example = json.loads(text)
        parsed = segments.parse(example if "siyu_rule" in example else rule(example))
        assert segments.parse(segments.dump(parsed)) == parsed


def test_the_manual_names_every_word_of_the_format() -> None:
    text = DOCS.read_text("utf-8")
    for kind in (words.Op, words.Measure, words.Field, words.How, words.ConsentState):
        for word in kind:
            assert f"`{word}`" in text, f"{kind.__name__} {word}"


def test_channels_are_those_that_the_pool_can_reach() -> None:
    assert {name: kinds[0] for name, kinds in segments.REACH.items() if kinds} == {k: str(v) for k, v in reaching.ADDRESS_KINDS.items()}
