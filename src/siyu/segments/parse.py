"""JSON to rule. `docs/rules.md` describes the format with examples; `dump.py` writes it back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from datetime import timedelta
from decimal import Decimal
from typing import Any

from siyu.pool import Kind, Stage
from siyu.segments import words as w
from siyu.segments.errors import RuleError
from siyu.segments.reach import KINDS
from siyu.segments.reader import Part, choice, duration, items, listed, number, optional_window, text, whole, window
from siyu.segments.words import Measure, Op

_ALIASES = {
    "=": Op.EQ, "==": Op.EQ, "!=": Op.NE, "<>": Op.NE, ">": Op.GT, ">=": Op.GTE, "<": Op.LT, "<=": Op.LTE, "≥": Op.GTE, "≤": Op.LTE,
}  # fmt: skip
_CURRENCY = re.compile(r"[A-Z]{3}")
_WORD = re.compile(r"[a-z][a-z0-9_]{0,59}")
_MOST_BYTES = 1_000_000


def parse(given: object) -> w.Rule:
    """The rule of a JSON text, or of what a JSON reader made of it.

    Raises `RuleError` (an `InputError`) naming the path, the value and the remedy.
    """
    part = Part(_loaded(given), "")
    version = part.get("siyu_rule")
    if isinstance(version, bool) or version != w.VERSION:
        raise RuleError("version", "siyu_rule", version)
    rule = w.Rule(_Parser().node(part.need("where"), "where", 0))
    part.done()
    return rule


def _loaded(given: object) -> object:
    if not isinstance(given, str | bytes):
        return given
    if len(given) > _MOST_BYTES:
        raise RuleError("too_big", "")
    try:
        return json.loads(given)
    except (ValueError, RecursionError) as err:
        where = f"line {err.lineno}, column {err.colno}" if isinstance(err, json.JSONDecodeError) else "?"
        raise RuleError("not_json", "", None, where=where) from None


class _Parser:
    def __init__(self) -> None:
        self.conditions = 0

    def node(self, value: object, path: str, depth: int) -> w.Node:
        if depth > w.MOST_DEPTH:
            raise RuleError("too_deep", path, None, most=str(w.MOST_DEPTH))
        part = Part(value, path)
        kinds = [key for key in ("all", "any", "not", "if") if part.has(key)]
        if len(kinds) != 1:
            raise RuleError("no_kind", path, value)
        if kinds[0] == "if":
            return self.leaf(part)
        inner = part.get(kinds[0])
        part.done()
        if kinds[0] == "not":
            return w.Not(self.node(inner, part.at("not"), depth + 1))
        if not isinstance(inner, list | tuple):
            raise RuleError("not_list", part.at(kinds[0]), inner)
        of = tuple(self.node(item, f"{part.at(kinds[0])}[{n}]", depth + 1) for n, item in enumerate(inner))
        return w.All(of) if kinds[0] == "all" else w.AnyOf(of)

    def leaf(self, part: Part) -> w.Leaf:
        self.conditions += 1
        if self.conditions > w.MOST_CONDITIONS:
            raise RuleError("too_many", part.path, None, most=str(w.MOST_CONDITIONS))
        kind = part.get("if")
        if not isinstance(kind, str) or kind not in _LEAVES:
            raise RuleError("not_one_of", part.at("if"), kind, options=listed(_LEAVES, str(kind)))
        found = _LEAVES[kind](part)
        part.done()
        return found


def _op(part: Part, allowed: Collection[Op], default: Op | None = None) -> Op:
    given = part.get("op")
    if given is None and default is not None:
        return default
    part.need("op")
    op = _ALIASES.get(given, given) if isinstance(given, str) else given
    return choice(op, part.at("op"), [item for item in Op if item in allowed])


def _test(part: Part, allowed: Collection[Op], read: Callable[[Any, str], w.Scalar]) -> w.Comparison:
    """The operator under `op` with its `value`; `read` reads one value to compare with."""
    op = _op(part, allowed)
    at = part.at("value")
    if op in w.BARE_OPS:
        if part.has("value"):
            raise RuleError("needless", at, part.get("value"), op=op)
        return w.Comparison(op)
    value = part.need("value")
    if op is Op.DURING:
        return w.Comparison(op, window=window(value, at))
    if op is Op.ANNIVERSARY:
        return w.Comparison(op, days=whole(value, at, 1, 366))
    if op in (Op.IN, Op.NOT_IN):
        return w.Comparison(op, tuple(dict.fromkeys(items(value, at, read, w.MOST_VALUES))))
    if op in w.TEXT_OPS:
        return w.Comparison(op, (text(value, at),))
    if op is Op.BETWEEN:
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise RuleError("not_pair", at, value)
        low, high = number(value[0], f"{at}[0]"), number(value[1], f"{at}[1]")
        if low > high:
            raise RuleError("backward_pair", at, value)
        return w.Comparison(op, (low, high))
    return w.Comparison(op, (number(value, at) if op in w.ORDER_OPS else read(value, at),))


def _scalar(value: object, path: str) -> w.Scalar:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float | Decimal):
        return number(value, path)
    return text(value, path)


def _whole_number(value: object, path: str) -> Decimal:
    found = number(value, path)
    if found != found.to_integral_value():
        raise RuleError("not_whole", path, value, least="0", most="36500")
    return found


def _measured(part: Part, measure: Measure) -> w.Comparison:
    """The test of a measure: a window for moments, numbers for the rest; at least once where none is given."""
    if measure in w.MOMENT_MEASURES:
        return _test(part, w.MOMENT_OPS, number)
    if not part.has("op") and not part.has("value") and measure in (Measure.COUNT, Measure.OBJECTS):
        return w.ONCE
    ops = w.NUMBER_OPS | w.BARE_OPS if measure in (Measure.AVG, Measure.MIN, Measure.MAX, Measure.AVERAGE) else w.NUMBER_OPS
    if measure is not Measure.DAYS_SINCE_LAST:
        return _test(part, ops, number)
    found = _test(part, ops, _whole_number)
    for value in found.values:
        _whole_number(value, part.at("value"))
    return found


def _trait(part: Part) -> w.Leaf:
    return w.TraitIs(part.text("name"), _test(part, frozenset(Op), _scalar))


def _score(part: Part) -> w.Leaf:
    name = _word(part, "name")
    found = _test(part, w.SCORE_OPS, _number_or_text)
    if len({type(value) for value in found.values}) > 1:
        raise RuleError("mixed", part.at("value"), part.get("value"))
    return w.ScoreIs(name, found, duration(part.get("fresh"), part.at("fresh")) if part.has("fresh") else None)


def _number_or_text(value: object, path: str) -> w.Scalar:
    return text(value, path) if isinstance(value, str) else number(value, path)


def _profile(part: Part) -> w.Leaf:
    name = part.choice("field", w.Field)
    if name in w.MOMENT_FIELDS:
        return w.ProfileIs(name, _test(part, w.MOMENT_OPS, number))
    if name is w.Field.STAGE:
        return w.ProfileIs(name, _test(part, w.CHOICE_OPS, lambda value, path: choice(value, path, list(Stage)).value))
    if name is w.Field.IS_KNOWN:
        return w.ProfileIs(name, _test(part, {Op.EQ}, _yes_no))
    return w.ProfileIs(name, _test(part, w.NUMBER_OPS, number))


def _yes_no(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise RuleError("not_yes_no", path, value)
    return value


def _tag(part: Part) -> w.Leaf:
    return w.TagIs(tuple(dict.fromkeys(part.texts("tags", w.MOST_VALUES))), part.choice("how", w.How, default=w.How.ANY))


def _word(part: Part, key: str, default: str | None = None) -> str:
    found = part.text(key, default)
    if not _WORD.fullmatch(found):
        raise RuleError("not_word", part.at(key), found)
    return found


def _consent(part: Part) -> w.Leaf:
    return w.ConsentIs(_word(part, "channel"), _word(part, "purpose", "marketing"), part.choice("is", w.ConsentState))


def _reachable(part: Part) -> w.Leaf:
    channel = part.need("channel")
    if not isinstance(channel, str) or channel not in KINDS:
        raise RuleError("not_one_of", part.at("channel"), channel, options=listed(KINDS, str(channel)))
    return w.Reachable(channel)


def _identifier(part: Part) -> w.Leaf:
    return w.HasIdentifier(part.choice("has", Kind).value, part.text("scope", ""))


def _contact(part: Part) -> w.Leaf:
    def many(key: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(part.texts(key, w.MOST_VALUES))) if part.has(key) else ()

    def way(value: object, path: str) -> int:
        return whole(value, path, 0, 100_000)

    ways = tuple(dict.fromkeys(items(part.get("ways"), part.at("ways"), way, 100))) if part.has("ways") else ()
    side = part.choice("with", w.Side, default=w.Side.GUIDE)
    return w.ContactIs(side, many("ids"), ways, many("states"), part.text("corp", ""), optional_window(part))


def _currency(part: Part, is_money: bool) -> str:
    found = part.text("currency", "")
    if found and not is_money:
        raise RuleError("needless_currency", part.at("currency"), found)
    if found and not _CURRENCY.fullmatch(found):
        raise RuleError("not_currency", part.at("currency"), found)
    return found


def _orders(part: Part) -> w.Leaf:
    measure = part.choice("measure", Measure, w.ORDER_MEASURES, Measure.COUNT)
    return w.Orders(
        measure,
        _measured(part, measure),
        optional_window(part),
        tuple(dict.fromkeys(part.texts("sources", 100))) if part.has("sources") else (),
        _currency(part, measure in w.MONEY_MEASURES),
    )


def _filter(value: object, path: str) -> w.Filter:
    part = Part(value, path)
    name = part.text("field")
    if name == "amount":
        test = _test(part, w.NUMBER_OPS | w.BARE_OPS, number)
    elif name == "source":
        test = _test(part, w.CHOICE_OPS, text)
    elif name in ("object", "currency"):
        test = _test(part, w.CHOICE_OPS | w.BARE_OPS | {Op.CONTAINS, Op.STARTS}, text)
    elif name.startswith("data.") and len(name) > len("data."):
        test = _test(part, w.SCALAR_OPS, _scalar)
    else:
        raise RuleError("not_one_of", part.at("field"), name, options="object, amount, currency, source, data.NAME")
    part.done()
    return w.Filter(name, test)


def _filters(part: Part) -> tuple[w.Filter, ...]:
    return items(part.get("where"), part.at("where"), _filter, 20) if part.has("where") else ()


def _event(part: Part) -> w.Leaf:
    measure = part.choice("measure", Measure, w.EVENT_MEASURES, Measure.COUNT)
    of = ""
    if measure in w.VALUE_MEASURES:
        of = part.text("of", "amount")
        if of != "amount" and not (of.startswith("data.") and len(of) > len("data.")):
            raise RuleError("not_one_of", part.at("of"), of, options="amount, data.NAME")
    filters = _filters(part)
    is_money = of == "amount" or any(f.field == "amount" for f in filters)
    return w.Happened(
        part.text("type"), measure, _measured(part, measure), filters, optional_window(part), of, _currency(part, is_money)
    )  # fmt: skip


def _bought(part: Part) -> w.Leaf:
    by = part.text("by", "product")
    if by not in ("sku", "product", "category"):
        raise RuleError("not_one_of", part.at("by"), by, options="sku, product, category")
    item = part.need("item")
    at = part.at("item")
    if isinstance(item, str):
        what = w.Comparison(Op.EQ, (text(item, at),))
    elif isinstance(item, list | tuple):
        what = w.Comparison(Op.IN, tuple(dict.fromkeys(items(item, at, text, w.MOST_VALUES))))
    else:
        inner = Part(item, at)
        what = _test(inner, w.CHOICE_OPS | {Op.CONTAINS, Op.STARTS}, text)
        inner.done()
    measure = part.choice("measure", Measure, w.BOUGHT_MEASURES, Measure.OBJECTS)
    return w.Bought(
        by, what, measure, _measured(part, measure), optional_window(part), _currency(part, measure is Measure.SPENT)
    )  # fmt: skip


def _step(part: Part, key: str) -> w.Step:
    inner = Part(part.need(key), part.at(key))
    found = w.Step(inner.text("type"), _filters(inner))
    inner.done()
    return found


def _sequence(part: Part) -> w.Leaf:
    first, then = _step(part, "first"), _step(part, "then")
    ending = part.get("is") or "done"
    if ending not in ("done", "not_done"):
        raise RuleError("not_one_of", part.at("is"), ending, options="done, not_done")
    within: timedelta | None = duration(part.get("within"), part.at("within")) if part.has("within") else None
    return w.Followed(first, then, ending == "done", within, optional_window(part))


def _segment(part: Part) -> w.Leaf:
    given = part.need("id")
    state = part.get("is") or "in"
    if state not in ("in", "not_in"):
        raise RuleError("not_one_of", part.at("is"), state, options="in, not_in")
    return w.InSegment(w.SegmentId(whole(given, part.at("id"), 1, 2**53)), state == "in")


_LEAVES: dict[str, Callable[[Part], w.Leaf]] = {
    "trait": _trait, "score": _score,
    "profile": _profile, "tag": _tag, "consent": _consent, "reachable": _reachable, "identifier": _identifier,
    "contact": _contact,
    "orders": _orders, "event": _event, "bought": _bought, "sequence": _sequence, "segment": _segment,
}  # fmt: skip
