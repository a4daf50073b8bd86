"""Reading parts of a rule's JSON: every complaint names the path, the value and the remedy."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from siyu.segments.errors import RuleError
from siyu.segments.words import EVER, Ago, At, Edge, Window

E = TypeVar("E", bound=StrEnum)

_DURATION = re.compile(r"([1-9]\d{0,7}) ?(minute|hour|day|week)s?")
_UNITS = {
    "minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1),
}  # fmt: skip
_LONGEST = timedelta(days=36_500)
_MOST_TEXT = 500
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class Part:
    """One JSON object of a rule, with its path. `done` complains about keys that nobody asked for."""

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, Mapping):
            raise RuleError("not_object", path, value)
        self.value: Mapping[str, Any] = value
        self.path = path
        self._asked: set[str] = set()

    def at(self, key: str) -> str:
        """The path of one key."""
        return f"{self.path}.{key}" if self.path else key

    def has(self, key: str) -> bool:
        """Whether the key is there (and not null)."""
        self._asked.add(key)
        return self.value.get(key) is not None

    def get(self, key: str) -> Any:
        """The value of an optional key, None where it is absent."""
        self._asked.add(key)
        return self.value.get(key)

    def need(self, key: str) -> Any:
        """The value of a key that must be there."""
        if not self.has(key):
            raise RuleError("missing", self.at(key), None, name=key)
        return self.value[key]

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty."""
        if default is not None and not self.has(key):
            return default
        return text(self.need(key), self.at(key))

    def choice(self, key: str, kind: type[E], allowed: Collection[E] | None = None, default: E | None = None) -> E:
        """One word of an enum."""
        if default is not None and not self.has(key):
            return default
        options = [item for item in kind if allowed is None or item in allowed]
        return choice(self.need(key), self.at(key), options)

    def texts(self, key: str, most: int) -> tuple[str, ...]:
        """One text or a list of texts."""
        value = self.need(key)
        if isinstance(value, str):
            return (text(value, self.at(key)),)
        return items(value, self.at(key), text, most)

    def done(self) -> None:
        """Complain about the first key that is not part of this kind of condition."""
        for key in self.value:
            if key not in self._asked:
                raise RuleError("unknown_key", self.at(str(key)), key, known=listed(sorted(self._asked), str(key)))


def listed(options: Iterable[str], near: str = "") -> str:
    """The words that may stand somewhere; the one most like `near` first."""
    words = list(options)
    close = difflib.get_close_matches(near, words, 1)
    return ", ".join(close + [word for word in words if word not in close])


def choice(value: object, path: str, options: Collection[E]) -> E:
    """One of the options."""
    for option in options:
        if value == option.value:
            return option
    raise RuleError("not_one_of", path, value, options=listed((o.value for o in options), str(value)))


def items(value: object, path: str, read: Callable[[Any, str], Any], most: int) -> tuple[Any, ...]:
    """A list, not empty and not endless, each item read by `read`."""
    if not isinstance(value, list | tuple):
        raise RuleError("not_list", path, value)
    if not value:
        raise RuleError("empty_list", path, value)
    if len(value) > most:
        raise RuleError("long_list", path, len(value), most=str(most))
    return tuple(read(item, f"{path}[{index}]") for index, item in enumerate(value))


def text(value: object, path: str) -> str:
    """A text that PostgreSQL can hold: not empty, at most 500 characters, no control zero, no half characters."""
    if not isinstance(value, str) or not value:
        raise RuleError("not_text", path, value)
    if len(value) > _MOST_TEXT:
        raise RuleError("long_text", path, value, most=str(_MOST_TEXT))
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise RuleError("bad_text", path, ascii(value))
    return value


def number(value: object, path: str) -> Decimal:
    """A JSON number of at most 15 digits."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or (isinstance(value, float) and not math.isfinite(value)):
        raise RuleError("not_number", path, value)
    try:
        found = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    except InvalidOperation:
        raise RuleError("not_number", path, value) from None
    if not found.is_finite():
        raise RuleError("not_number", path, value)
    found = found.normalize() if found else Decimal(0)
    exponent = found.as_tuple().exponent
    assert isinstance(exponent, int)  # noqa: S101  it is finite
    if len(found.as_tuple().digits) > 15 or found.adjusted() >= 15 or exponent < -9:
        raise RuleError("long_number", path, value)
    return found


def whole(value: object, path: str, least: int, most: int) -> int:
    """A whole number within limits."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise RuleError("not_whole", path, value, least=str(least), most=str(most))
    return value


def duration(value: object, path: str) -> timedelta:
    """`30 days`, `12 hours`, `90 minutes`, `2 weeks`; at most 100 years."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise RuleError("not_duration", path, value)
    size = int(found[1]) * _UNITS[found[2]]
    if size > _LONGEST:
        raise RuleError("long_duration", path, value)
    return size


def duration_text(size: timedelta) -> str:
    """The same as JSON writes it, in the largest unit that fits."""
    minutes = size // timedelta(minutes=1)
    for unit, length in (("day", 1440), ("hour", 60)):
        if minutes % length == 0:
            return _counted(minutes // length, unit)
    return _counted(minutes, "minute")


def _counted(n: int, unit: str) -> str:
    return f"{n} {unit}" if n == 1 else f"{n} {unit}s"


def window(value: object, path: str) -> Window:
    """A window: `last`, `next`, or one of `from`/`from_ago` and one of `to`/`to_ago`."""
    part = Part(value, path)
    start: Edge | None = None
    end: Edge | None = None
    if part.has("last"):
        start, end = Ago(duration(part.get("last"), part.at("last"))), Ago(timedelta(0))
    elif part.has("next"):
        start, end = Ago(timedelta(0)), Ago(-duration(part.get("next"), part.at("next")))
    else:
        start, end = _edge(part, "from"), _edge(part, "to")
        if start is None and end is None:
            part.done()
            raise RuleError("empty_window", path, value)
    part.done()
    if isinstance(start, Ago) and isinstance(end, Ago) and start.by <= end.by:
        raise RuleError("backward_window", path, value)
    if isinstance(start, At) and isinstance(end, At) and type(start.point) is type(end.point) and start.point >= end.point:
        raise RuleError("backward_window", path, value)
    return Window(start, end)


def _edge(part: Part, name: str) -> Edge | None:
    ago = f"{name}_ago"
    if part.has(ago):
        if part.has(name):
            raise RuleError("two_edges", part.at(name), part.get(name), other=ago)
        return Ago(duration(part.get(ago), part.at(ago)))
    return At(point(part.get(name), part.at(name))) if part.has(name) else None


def point(value: object, path: str) -> date | datetime:
    """A date `2026-11-20`, or a moment with its zone `2026-11-20T09:00:00+08:00`."""
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return _reasonable(date.fromisoformat(value), value, path)
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return _reasonable(moment, value, path)
    except ValueError:
        pass
    raise RuleError("not_point", path, value)


_P = TypeVar("_P", date, datetime)


def _reasonable(found: _P, value: object, path: str) -> _P:
    if not 1800 <= found.year <= 2999:
        raise RuleError("not_point", path, value)
    return found


def window_json(found: Window) -> dict[str, str]:
    """The window as JSON; the inverse of `window`."""
    start, end = found.start, found.end
    zero = timedelta(0)
    if isinstance(start, Ago) and end == Ago(zero):
        return {"last": duration_text(start.by)}
    if start == Ago(zero) and isinstance(end, Ago):
        return {"next": duration_text(-end.by)}
    shown: dict[str, str] = {}
    for name, edge in (("from", start), ("to", end)):
        if isinstance(edge, Ago):
            shown[f"{name}_ago"] = duration_text(edge.by)
        elif isinstance(edge, At):
            shown[name] = edge.point.isoformat()
    return shown


def optional_window(part: Part) -> Window:
    """The window under the key `window`; absent means ever."""
    return window(part.get("window"), part.at("window")) if part.has("window") else EVER
