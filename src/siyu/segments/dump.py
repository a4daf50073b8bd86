"""Rule to JSON, in the one canonical way: `parse(dump(rule)) == rule`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from siyu.segments import words as w
from siyu.segments.reader import duration_text, window_json
from siyu.segments.words import Measure, Op


def dump(rule: w.Rule) -> dict[str, Any]:
    """The rule as JSON values."""
    return {"siyu_rule": rule.version, "where": dump_node(rule.where)}


def dump_node(node: w.Node) -> dict[str, Any]:
    """One group or condition as JSON values."""
    match node:
        case w.All():
            return {"all": [dump_node(inner) for inner in node.of]}
        case w.AnyOf():
            return {"any": [dump_node(inner) for inner in node.of]}
        case w.Not():
            return {"not": dump_node(node.of)}
        case _:
            return {key: value for key, value in _leaf(node).items() if value not in (None, "", [], {})}


def _leaf(leaf: w.Leaf) -> dict[str, Any]:
    match leaf:
        case w.TraitIs():
            return {"if": "trait", "name": leaf.name, **_test(leaf.test)}
        case w.ScoreIs():
            fresh = duration_text(leaf.fresh) if leaf.fresh else None
            return {"if": "score", "name": leaf.name, **_test(leaf.test), "fresh": fresh}
        case w.ProfileIs():
            return {"if": "profile", "field": leaf.field.value, **_test(leaf.test)}
        case w.TagIs():
            return {"if": "tag", "tags": list(leaf.tags), "how": leaf.how.value}
        case w.ConsentIs():
            return {"if": "consent", "channel": leaf.channel, "purpose": leaf.purpose, "is": leaf.state.value}
        case w.Reachable():
            return {"if": "reachable", "channel": leaf.channel}
        case w.HasIdentifier():
            return {"if": "identifier", "has": leaf.kind, "scope": leaf.scope}
        case w.ContactIs():
            return {
                "if": "contact", "with": leaf.side.value, "ids": list(leaf.ids), "ways": list(leaf.ways), "states": list(leaf.states),
                "corp": leaf.corp, "window": window_json(leaf.window),
            }  # fmt: skip
        case w.Orders():
            return {
                "if": "orders", "measure": leaf.measure.value, **_test(leaf.test), "window": window_json(leaf.window),
                "sources": list(leaf.sources), "currency": leaf.currency,
            }  # fmt: skip
        case w.Happened():
            return {
                "if": "event", "type": leaf.type, "where": _filters(leaf.filters), "window": window_json(leaf.window),
                "measure": leaf.measure.value, "of": leaf.of, "currency": leaf.currency, **_measured(leaf.measure, leaf.test),
            }  # fmt: skip
        case w.Bought():
            return {
                "if": "bought", "by": leaf.by, "item": _item(leaf.what), "window": window_json(leaf.window),
                "measure": leaf.measure.value, "currency": leaf.currency, **_measured(leaf.measure, leaf.test),
            }  # fmt: skip
        case w.Followed():
            return {
                "if": "sequence", "first": _step(leaf.first), "then": _step(leaf.then), "is": "done" if leaf.is_done else "not_done",
                "within": duration_text(leaf.within) if leaf.within else None, "window": window_json(leaf.window),
            }  # fmt: skip
        case w.InSegment():
            return {"if": "segment", "id": int(leaf.segment_id), "is": "in" if leaf.is_in else "not_in"}


def _test(test: w.Comparison) -> dict[str, Any]:
    shown: dict[str, Any] = {"op": test.op.value}
    if test.op is Op.DURING:
        shown["value"] = window_json(test.window)
    elif test.op is Op.ANNIVERSARY:
        shown["value"] = test.days
    elif test.op in (Op.IN, Op.NOT_IN, Op.BETWEEN):
        shown["value"] = [_scalar(value) for value in test.values]
    elif test.values:
        shown["value"] = _scalar(test.values[0])
    return shown


def _measured(measure: Measure, test: w.Comparison) -> dict[str, Any]:
    return {} if test == w.ONCE and measure in (Measure.COUNT, Measure.OBJECTS) else _test(test)


def _scalar(value: w.Scalar) -> str | bool | int | float:
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)  # at most 15 digits: a float holds it


def _filters(filters: tuple[w.Filter, ...]) -> list[dict[str, Any]]:
    return [{"field": f.field, **_test(f.test)} for f in filters]


def _item(what: w.Comparison) -> Any:
    if what.op is Op.EQ:
        return _scalar(what.values[0])
    return [_scalar(value) for value in what.values] if what.op is Op.IN else _test(what)


def _step(step: w.Step) -> dict[str, Any]:
    return {"type": step.type, "where": _filters(step.filters)} if step.filters else {"type": step.type}
