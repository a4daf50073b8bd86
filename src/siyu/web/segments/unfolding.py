"""From the JSON of one condition to the controls that say it.

What the controls cannot say is kept as JSON and edited as text, so that opening a rule in the builder never changes it.
"""

from __future__ import annotations

import json
from typing import Any

from siyu import segments
from siyu.web.segments import windows
from siyu.web.segments.leaves import BARE, PROFILE_MOMENT, to_json
from siyu.web.segments.windows import Incomplete


def of_json(leaf: dict[str, Any]) -> dict[str, str]:
    """The controls that say this condition; as JSON text where no controls can."""
    try:
        fields = _of_json(leaf)
        if fields is not None and _canonical(to_json(fields)) == _canonical(leaf):
            return fields
    except (Incomplete, segments.RuleError, KeyError, TypeError, ValueError, AttributeError):
        pass  # no controls say this
    return {"what": "json", "json": json.dumps(leaf, ensure_ascii=False)}


def _canonical(leaf: dict[str, Any]) -> dict[str, Any]:
    return segments.dump(segments.parse({"siyu_rule": 1, "where": leaf}))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "、".join(map(_shown, value))
    return str(value)


def _test_fields(leaf: dict[str, Any]) -> dict[str, str]:
    op: str = leaf["op"]
    value: Any = leaf.get("value")
    if op == "during":
        window = windows.of_json(value)
        if window is None:
            raise Incomplete
        return {"op": op, "v": window[0], "va": window[1], "vb": window[2]}
    if op in BARE:
        return {"op": op, "v": op}
    if op == "between":
        return {"op": op, "value": _shown(value[0]), "value2": _shown(value[1])}
    return {"op": op, "value": _shown(value)}


def _window_fields(leaf: dict[str, Any]) -> dict[str, str]:
    window = windows.read(leaf.get("window"))
    if window is None:
        raise Incomplete
    return {"w": window[0], "wa": window[1], "wb": window[2]}


def _of_json(leaf: dict[str, Any]) -> dict[str, str] | None:
    match leaf["if"]:
        case "orders":
            source = {"source": leaf["sources"][0]} if leaf.get("sources") else {}
            return {"what": f"orders.{leaf.get('measure', 'count')}", **_test_fields(leaf), **_window_fields(leaf), **source}
        case "profile" if leaf["field"] == "stage":
            stages = leaf["value"] if isinstance(leaf["value"], list) else [leaf["value"]]
            return {"what": "stage", "stages": ",".join(stages)}
        case "profile" if leaf["field"] == "is_known":
            return {"what": "known", "value": "yes" if leaf["value"] else "no"}
        case "profile" if leaf["field"] in PROFILE_MOMENT:
            return {"what": leaf["field"], **_test_fields(leaf)}
        case "tag":
            tags = leaf["tags"] if isinstance(leaf["tags"], list) else [leaf["tags"]]
            return {"what": "tag", "tags": _shown(tags), "how": leaf.get("how", "any")}
        case "trait":
            return {"what": "trait", "name": leaf["name"], **_test_fields(leaf)}
        case "score":
            n, _, unit = leaf.get("fresh", "").partition(" ")
            if unit not in ("", "day", "days"):
                return None
            return {"what": "score", "name": leaf["name"], **_test_fields(leaf), "fresh": n}
        case "consent":
            return {"what": "consent", "channel": leaf["channel"], "purpose": leaf.get("purpose", "marketing"), "state": leaf["is"]}
        case "reachable":
            return {"what": "reachable", "channel": leaf["channel"]}
        case "identifier":
            return {"what": "identifier", "kind": leaf["has"]}
        case "contact":
            if "ways" in leaf or "corp" in leaf:
                return None
            lists: dict[str, str] = {str(name): _shown(_listed(leaf[name])) for name in ("ids", "states") if name in leaf}
            return {"what": "contact", "side": leaf.get("with", "guide"), **lists, **_window_fields(leaf)}
        case "event":
            return _of_event(leaf)
        case "bought":
            return _of_bought(leaf)
        case "sequence":
            n, _, unit = leaf.get("within", "").partition(" ")
            return {
                "what": "sequence", "first": leaf["first"]["type"], "then": leaf["then"]["type"], "ending": leaf.get("is", "done"),
                "within": n, "unit": f"{unit.removesuffix('s') or 'hour'}s", **_window_fields(leaf),
            }  # fmt: skip
        case "segment":
            return {"what": "segment", "segment": str(leaf["id"]), "is": leaf.get("is", "in")}
    return None


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _of_event(leaf: dict[str, Any]) -> dict[str, str]:
    test = _test_fields(leaf) if "op" in leaf else {"op": "gte", "value": "1"}
    fields = {"what": "event", "type": leaf["type"], "measure": leaf.get("measure", "count"), **test, **_window_fields(leaf)}
    fields["of"] = leaf.get("of", "amount").removeprefix("data.") if leaf.get("of", "amount") != "amount" else ""
    filters = leaf.get("where", [])
    fields["filters"] = str(len(filters))
    for n, one in enumerate(filters):
        fields |= {f"f{n}_field": one["field"], f"f{n}_op": one["op"], f"f{n}_value": _shown(one.get("value", ""))}
    return fields


def _of_bought(leaf: dict[str, Any]) -> dict[str, str]:
    test = _test_fields(leaf) if "op" in leaf else {"op": "gte", "value": "1"}
    item = leaf["item"]
    op = "eq" if isinstance(item, str) else "in" if isinstance(item, list) else item["op"]
    text = item["value"] if isinstance(item, dict) else item
    return {"what": "bought", "by": leaf.get("by", "product"), "item_op": op, "item": _shown(text),
            "measure": leaf.get("measure", "objects"), **test, **_window_fields(leaf)}  # fmt: skip
