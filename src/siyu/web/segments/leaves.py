"""The controls of one condition, and the JSON that they say. `unfolding.py` goes the other way."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from siyu.web.segments import windows
from siyu.web.segments.windows import EVER, Incomplete

Fields = Mapping[str, str]
ORDERS_MOMENT = ("last_at", "first_at")
PROFILE_MOMENT = ("last_seen_at", "first_seen_at", "stage_at")
# The kinds of conditions in the order of the menu, by group.
MENU: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("trade", ("orders.count", "orders.spent", "orders.last_at", "orders.first_at", "orders.days_since_last", "orders.average",
               "orders.net", "orders.refunded", "bought")),
    ("who", ("stage", "tag", "trait", "score", "known", "last_seen_at", "first_seen_at", "stage_at")),
    ("did", ("event", "sequence")),
    ("reach", ("consent", "reachable", "identifier", "contact")),
    ("else", ("segment", "json")),
)  # fmt: skip
NUMBER_OPS = ("gte", "lte", "gt", "lt", "eq", "ne", "between")
TRAIT_OPS = (
    "eq",
    "ne",
    "in",
    "not_in",
    "contains",
    "starts",
    "has",
    *NUMBER_OPS[:4],
    "between",
    "exists",
    "missing",
    "during",
    "anniversary",
)
SCORE_OPS = (*NUMBER_OPS, "exists", "missing")
FILTER_OPS = ("eq", "ne", "in", "contains", "starts", "gte", "lte", "exists", "missing")
ITEM_OPS = ("eq", "in", "contains", "starts")
BARE = ("exists", "missing")
LISTS = ("in", "not_in")
EVENT_MEASURES = ("count", "days", "objects", "sum", "avg", "min", "max", "last_at", "first_at")
BOUGHT_MEASURES = ("objects", "quantity", "spent", "last_at", "first_at")
MOST_FILTERS = 6
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,6})?")
_SEPARATOR = re.compile(r"[,，、;；\n]+")

FRESH: dict[str, dict[str, str]] = {
    "orders.count": {"op": "gte", "value": "2"},
    "orders.spent": {"op": "gte", "value": "500"},
    "orders.last_at": {"v": "last", "va": "30"},
    "orders.first_at": {"v": "last", "va": "30"},
    "orders.days_since_last": {"op": "gte", "value": "60"},
    "stage": {"stages": "vip"},
    "tag": {"how": "any"},
    "trait": {"op": "eq"},
    "score": {"name": "clv", "op": "gte", "value": "200"},
    "known": {"value": "yes"},
    "last_seen_at": {"v": "last", "va": "30"},
    "event": {"measure": "count", "op": "gte", "value": "1", "w": "last", "wa": "30"},
    "sequence": {"then": "order.paid", "ending": "not_done", "within": "24", "unit": "hours", "w": "last", "wa": "7"},
    "consent": {"channel": "email", "purpose": "marketing", "state": "given"},
    "reachable": {"channel": "email"},
    "identifier": {"kind": "phone"},
    "contact": {"side": "guide", "w": "ever"},
    "bought": {"by": "product", "item_op": "contains", "measure": "objects", "op": "gte", "value": "1"},
    "json": {"json": ""},
}  # what a condition begins with


def fresh(what: str) -> dict[str, str]:
    """The controls of a condition that has just been chosen."""
    return {"what": what, **FRESH.get(what, {"op": "gte", "v": "last", "va": "30"})}


def to_json(fields: Fields) -> dict[str, Any]:
    """The condition that the controls say. Raises `Incomplete` where something is not filled in."""
    what = fields.get("what", "")
    if what.startswith("orders."):
        return _orders(fields, what.removeprefix("orders."))
    match what:
        case "stage":
            stages = [stage for stage in fields.get("stages", "").split(",") if stage]
            if not stages:
                raise Incomplete
            test: dict[str, Any] = {"op": "in", "value": stages} if len(stages) > 1 else {"op": "eq", "value": stages[0]}
            return {"if": "profile", "field": "stage", **test}
        case "known":
            return {"if": "profile", "field": "is_known", "op": "eq", "value": fields.get("value") != "no"}
        case "last_seen_at" | "first_seen_at" | "stage_at":
            return {"if": "profile", "field": what, **_moment(fields)}
        case "tag":
            return {"if": "tag", "tags": _list(fields.get("tags", "")), "how": fields.get("how") or "any"}
        case "trait":
            return {"if": "trait", "name": _text(fields.get("name", "")), **_trait_test(fields)}
        case "score":
            fresh = fields.get("fresh", "").strip()
            test = {"op": fields["op"]} if fields.get("op") in BARE else _score_test(fields)
            return {"if": "score", "name": _text(fields.get("name", "")), **test, **({"fresh": f"{_count(fresh)} days"} if fresh else {})}
        case "consent":
            return {"if": "consent", "channel": _text(fields.get("channel", "")), "purpose": fields.get("purpose") or "marketing",
                    "is": fields.get("state") or "given"}  # fmt: skip
        case "reachable":
            return {"if": "reachable", "channel": _text(fields.get("channel", ""))}
        case "identifier":
            return {"if": "identifier", "has": _text(fields.get("kind", ""))}
        case "contact":
            return _contact(fields)
        case "event":
            return _event(fields)
        case "bought":
            return _bought(fields)
        case "sequence":
            return _sequence(fields)
        case "segment":
            return {"if": "segment", "id": int(_count(fields.get("segment", ""))), "is": fields.get("is") or "in"}
        case "json":
            return _json(fields.get("json", ""))
    raise Incomplete


def _contact(fields: Fields) -> dict[str, Any]:
    found: dict[str, Any] = {"if": "contact", "with": fields.get("side") or "guide"}
    for name in ("ids", "states"):
        if fields.get(name, "").strip():
            found[name] = _list(fields[name])
    return found | _window(fields)


def _json(text: str) -> dict[str, Any]:
    if not text.strip():
        raise Incomplete
    try:
        found = json.loads(text)
    except ValueError:
        raise Incomplete from None
    if not isinstance(found, dict):
        raise Incomplete
    return found


def _text(text: str) -> str:
    if not text.strip():
        raise Incomplete
    return text.strip()


def _list(text: str) -> list[str]:
    found = [part.strip() for part in _SEPARATOR.split(text) if part.strip()]
    if not found:
        raise Incomplete
    return list(dict.fromkeys(found))


def _number(text: str) -> int | float:
    text = text.replace(",", "").replace("，", "").strip()
    if not _NUMBER.fullmatch(text):
        raise Incomplete
    value = Decimal(text)
    return int(value) if value == value.to_integral_value() else float(value)


def _count(text: str) -> str:
    if not text.strip().isdecimal():
        raise Incomplete
    return text.strip()


def _scalar(text: str) -> str | int | float | bool:
    text = _text(text)
    if text in ("true", "false"):
        return text == "true"
    return _number(text) if _NUMBER.fullmatch(text) else text


def _number_test(fields: Fields) -> dict[str, Any]:
    op = fields.get("op") or "gte"
    if op == "between":
        return {"op": op, "value": [_number(fields.get("value", "")), _number(fields.get("value2", ""))]}
    return {"op": op, "value": _number(fields.get("value", ""))}


def _moment(fields: Fields) -> dict[str, Any]:
    kind = fields.get("v") or "last"
    if kind in BARE:
        return {"op": kind}
    return {"op": "during", "value": windows.to_json(kind, fields.get("va", ""), fields.get("vb", ""))}


def _trait_test(fields: Fields) -> dict[str, Any]:
    op = fields.get("op") or "eq"
    if op in BARE:
        return {"op": op}
    if op in NUMBER_OPS and op not in ("eq", "ne"):
        return _number_test(fields)
    if op == "during":
        return _moment(fields)
    if op == "anniversary":
        return {"op": op, "value": int(_count(fields.get("value", "")))}
    if op in LISTS:
        return {"op": op, "value": [_scalar(part) for part in _list(fields.get("value", ""))]}
    value = fields.get("value", "")
    return {"op": op, "value": _text(value) if op in ("contains", "starts", "has") else _scalar(value)}


def _score_test(fields: Fields) -> dict[str, Any]:
    op = fields.get("op") or "gte"
    return {"op": op, "value": _scalar(fields.get("value", ""))} if op in ("eq", "ne") else _number_test(fields)


def _window(fields: Fields) -> dict[str, Any]:
    kind = fields.get("w") or EVER
    return {} if kind == EVER else {"window": windows.to_json(kind, fields.get("wa", ""), fields.get("wb", ""))}


def _orders(fields: Fields, measure: str) -> dict[str, Any]:
    sources = {"sources": [fields["source"]]} if fields.get("source") else {}
    if measure in ORDERS_MOMENT:
        return {"if": "orders", "measure": measure, **_moment(fields), **sources}
    test = _number_test(fields)
    window = {} if measure == "days_since_last" else _window(fields)
    return {"if": "orders", "measure": measure, **test, **window, **sources}


def _measured(fields: Fields, measure: str) -> dict[str, Any]:
    return _moment(fields) if measure in ORDERS_MOMENT else _number_test(fields)


def _event(fields: Fields) -> dict[str, Any]:
    measure = fields.get("measure") or "count"
    made: dict[str, Any] = {"if": "event", "type": _text(fields.get("type", "")), "measure": measure, **_measured(fields, measure)}
    if measure in ("sum", "avg", "min", "max"):
        of = fields.get("of", "").strip()
        made["of"] = f"data.{of}" if of else "amount"
    wanted = []
    for n in range(filters_n(fields)):
        name, op = fields.get(f"f{n}_field", "").strip(), fields.get(f"f{n}_op") or "eq"
        if not name:
            raise Incomplete
        name = name if name in ("object", "amount", "currency", "source") or name.startswith("data.") else f"data.{name}"
        wanted.append({"field": name, **_filter_test(name, op, fields.get(f"f{n}_value", ""))})
    return made | ({"where": wanted} if wanted else {}) | _window(fields)


def _filter_test(name: str, op: str, value: str) -> dict[str, Any]:
    if op in BARE:
        return {"op": op}
    if op in LISTS:
        return {"op": op, "value": [_scalar(part) if name.startswith("data.") else part for part in _list(value)]}
    if op in ("gte", "lte") or name == "amount":
        return {"op": op, "value": _number(value)}
    is_free = name.startswith("data.") and op in ("eq", "ne")
    return {"op": op, "value": _scalar(value) if is_free else _text(value)}


def filters_n(fields: Fields) -> int:
    """How many filters of facts the controls hold."""
    count = fields.get("filters", "0")
    return min(int(count), MOST_FILTERS) if count.isdecimal() else 0


def _bought(fields: Fields) -> dict[str, Any]:
    op, text = fields.get("item_op") or "eq", fields.get("item", "")
    item: Any = _list(text) if op == "in" else _text(text) if op == "eq" else {"op": op, "value": _text(text)}
    measure = fields.get("measure") or "objects"
    made = {"if": "bought", "by": fields.get("by") or "product", "item": item, "measure": measure}
    return made | _measured(fields, measure) | _window(fields)


def _sequence(fields: Fields) -> dict[str, Any]:
    within = fields.get("within", "").strip()
    return {
        "if": "sequence", "first": {"type": _text(fields.get("first", ""))}, "then": {"type": _text(fields.get("then", ""))},
        "is": fields.get("ending") or "done", **_window(fields),
        **({"within": f"{_count(within)} {fields.get('unit') or 'hours'}"} if within else {}),
    }  # fmt: skip
