"""Windows as three controls of a form (which kind, and two edges) and as the JSON of a rule."""

from __future__ import annotations

import re
from typing import Any

EVER = "ever"
KINDS = ("last", "hours", "ago", "longer_ago", "between", "since", "before", "next")
_N = re.compile(r"[1-9]\d{0,4}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class Incomplete(Exception):
    """A condition that is not filled in yet."""


def to_json(kind: str, a: str, b: str) -> dict[str, str]:
    """The window that the controls say. Raises `Incomplete`."""
    match kind:
        case "last":
            return {"last": f"{_number(a)} days"}
        case "hours":
            return {"last": f"{_number(a)} hours"}
        case "ago":
            return {"from_ago": f"{_number(b)} days", "to_ago": f"{_number(a)} days"}
        case "longer_ago":
            return {"to_ago": f"{_number(a)} days"}
        case "between":
            return {"from": _date(a), "to": _date(b)}
        case "since":
            return {"from": _date(a)}
        case "before":
            return {"to": _date(a)}
        case "next":
            return {"next": f"{_number(a)} days"}
    raise Incomplete


def of_json(window: dict[str, str]) -> tuple[str, str, str] | None:
    """The controls that say this window; None where they cannot."""
    keys = tuple(sorted(window))
    if keys == ("last",):
        n, _, unit = window["last"].partition(" ")
        kind = {"day": "last", "hour": "hours"}.get(unit.removesuffix("s"))
        return (kind, n, "") if kind else None
    if keys == ("from", "to"):
        return "between", window["from"], window["to"]
    if keys in (("from",), ("to",)):
        return ("since", window["from"], "") if keys == ("from",) else ("before", window["to"], "")
    days = [window[key].partition(" ")[0] for key in keys if window[key].endswith((" day", " days"))]
    if len(days) != len(keys):
        return None
    if keys == ("from_ago", "to_ago"):
        return "ago", days[1], days[0]
    return {"to_ago": ("longer_ago", days[0], ""), "next": ("next", days[0], "")}.get("+".join(keys))


def _number(text: str) -> str:
    if not _N.fullmatch(text.strip()):
        raise Incomplete
    return text.strip()


def _date(text: str) -> str:
    if not _DATE.fullmatch(text.strip()):
        raise Incomplete
    return text.strip()


def read(window: Any) -> tuple[str, str, str] | None:
    """The controls of an optional window: `ever` where there is none."""
    return (EVER, "", "") if window is None else of_json(window)
