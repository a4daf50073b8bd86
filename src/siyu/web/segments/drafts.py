"""The builder's state: a tree of groups and conditions as it stands in the form. The form is the state; nothing is kept on the server.

Control names are `PLACE.control`; a place is `n` for the whole rule, `n-0`, `n-1` for what stands in it, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import FormData

from siyu import segments
from siyu.segments import RuleError
from siyu.web.segments import leaves, unfolding
from siyu.web.segments.windows import Incomplete

ROOT = "n"
MOST_DEEP = 6  # groups that the form shows within each other; deeper rules are edited as JSON


@dataclass
class Draft:
    """A group or a condition in the making. `wrong` is why it does not count yet."""

    is_group: bool
    is_not: bool = False
    join: str = "all"
    inside: list[Draft] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    place: str = ROOT
    is_incomplete: bool = False
    wrong: RuleError | None = None

    def number(self, place: str = ROOT) -> Draft:
        """Give everything its place."""
        self.place = place
        for index, inner in enumerate(self.inside):
            inner.number(f"{place}-{index}")
        return self

    def walk(self) -> Iterator[Draft]:
        """This and everything in it."""
        yield self
        for inner in self.inside:
            yield from inner.walk()

    def find(self, place: str) -> Draft | None:
        """What stands at a place."""
        return next((one for one in self.walk() if one.place == place), None)


def empty() -> Draft:
    """A rule with one condition to begin with."""
    return Draft(True, inside=[Draft(False, fields=leaves.fresh("orders.count"))]).number()


# --- the form


def read(form: FormData) -> Draft:
    """The tree as it stands in the form; conditions whose kind was just changed begin afresh."""
    controls: dict[str, dict[str, str]] = {}
    for key, value in form.multi_items():
        place, dot, name = key.partition(".")
        if dot and isinstance(value, str) and place.startswith(ROOT):
            mine = controls.setdefault(place, {})
            mine[name] = f"{mine[name]},{value}" if name == "stages" and name in mine else value
    return _read(controls, ROOT, 0) if ROOT in controls else empty()


def _read(controls: dict[str, dict[str, str]], place: str, depth: int) -> Draft:
    mine = controls[place]
    is_not = mine.pop("not", "") == "on"
    if "join" not in mine:
        if mine.get("was") not in (None, mine.get("what")):
            mine = leaves.fresh(mine.get("what", ""))
        mine.pop("was", None)
        if "filters" in mine:
            mine["filters"] = str(leaves.filters_n(mine))  # never more rows than a form may have
        return Draft(False, is_not, fields=mine, place=place)
    inside = []
    if depth < MOST_DEEP:
        start = place + "-"
        numbers = sorted(int(p[len(start) :]) for p in controls if p.startswith(start) and p[len(start) :].isdecimal())
        inside = [_read(controls, f"{start}{n}", depth + 1) for n in numbers]
    return Draft(True, is_not, "any" if mine["join"] == "any" else "all", inside, place=place)


def change(draft: Draft, deed: str) -> Draft:
    """The tree after a button: add:PLACE, group:PLACE, remove:PLACE, join:PLACE, not:PLACE, filter:PLACE, unfilter:PLACE:N."""
    what, _, rest = deed.partition(":")
    place, _, number = rest.partition(":")
    one = draft.find(place)
    if one is None:
        return draft.number()
    match what:
        case "add" if one.is_group:
            one.inside.append(Draft(False, fields=leaves.fresh("orders.count")))
        case "group" if one.is_group and place.count("-") < MOST_DEEP - 1:
            inner = Draft(True, join="any" if one.join == "all" else "all")
            inner.inside.append(Draft(False, fields=leaves.fresh("orders.count")))
            one.inside.append(inner)
        case "remove":
            for parent in draft.walk():
                parent.inside = [inner for inner in parent.inside if inner is not one]
        case "join":
            one.join = "any" if one.join == "all" else "all"
        case "not":
            one.is_not = not one.is_not
        case "filter":
            one.fields["filters"] = str(min(leaves.filters_n(one.fields) + 1, leaves.MOST_FILTERS))
        case "unfilter" if number.isdecimal():
            _drop_filter(one.fields, int(number))
    return draft.number()


def _drop_filter(fields: dict[str, str], number: int) -> None:
    count = leaves.filters_n(fields)
    rows = [{name: fields.pop(f"f{n}_{name}", "") for name in ("field", "op", "value")} for n in range(count)]
    rows = [row for n, row in enumerate(rows) if n != number]
    fields["filters"] = str(len(rows))
    for n, row in enumerate(rows):
        fields |= {f"f{n}_{name}": value for name, value in row.items()}


# --- rules


def of_rule(rule: segments.Rule) -> Draft:
    """The tree of a rule."""
    draft = _of_node(segments.dump(rule)["where"], 0)
    return (draft if draft.is_group and not draft.is_not else Draft(True, inside=[draft])).number()


def _of_node(node: dict[str, Any], depth: int) -> Draft:
    if "not" in node:
        inner = _of_node(node["not"], depth)
        inner.is_not = not inner.is_not
        return inner
    join = "all" if "all" in node else "any" if "any" in node else ""
    if not join:
        return Draft(False, fields=unfolding.of_json(node))
    if depth >= MOST_DEEP - 1 or not node[join]:
        return Draft(False, fields=unfolding.of_json(node))
    return Draft(True, join=join, inside=[_of_node(inner, depth + 1) for inner in node[join]])


@dataclass(frozen=True)
class Built:
    """What a draft says so far. `places` leads from a path in the rule to the place in the form; `is_whole` = nothing is left out."""

    rule: segments.Rule
    places: dict[str, str]
    is_whole: bool


def build(draft: Draft) -> Built:
    """The rule that a draft says; conditions that are not filled in (or wrong) are marked and left out."""
    places: dict[str, str] = {}
    node = _node(draft, "where", places) or {"all": []}
    if "all" in node and not node["all"]:
        places["where"] = ROOT
    is_whole = not any(one.is_incomplete or one.wrong for one in draft.walk())
    return Built(segments.parse({"siyu_rule": 1, "where": node}), places, is_whole)


def _node(draft: Draft, path: str, places: dict[str, str]) -> dict[str, Any] | None:
    mine = f"{path}.not" if draft.is_not else path
    if draft.is_group:
        made: list[dict[str, Any]] = []
        for inner in draft.inside:
            found = _node(inner, f"{mine}.{draft.join}[{len(made)}]", places)
            if found is not None:
                made.append(found)
        if not made:
            return None
        node: dict[str, Any] = {draft.join: made}
    else:
        leaf = _leaf(draft)
        if leaf is None:
            return None
        node = leaf
    places[path] = draft.place  # with its negation: the number says who is let through
    return {"not": node} if draft.is_not else node


def _leaf(draft: Draft) -> dict[str, Any] | None:
    draft.is_incomplete, draft.wrong = False, None
    try:
        node = leaves.to_json(draft.fields)
        segments.parse({"siyu_rule": 1, "where": node})
    except Incomplete:
        draft.is_incomplete = True
        return None
    except RuleError as wrong:
        draft.wrong = wrong
        return None
    return node
