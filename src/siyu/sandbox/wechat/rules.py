"""What template data may look like: the length and form of each kind of field (developers.weixin.qq.com, subscribeMessage.send)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_MARK = re.compile(r"\{\{\s*(\w+)\.DATA\s*\}\}")
_KIND = re.compile(r"^([a-z_]+?)\d*$")
_TIME = re.compile(r"^\d{1,2}:\d{2}(:\d{2})?$")
_DAY = re.compile(r"^(\d{4}年\d{1,2}月\d{1,2}日|\d{4}[-/.]\d{1,2}[-/.]\d{1,2})$")
_AMOUNT = re.compile(r"^[¥￥$€£]?\d{1,10}(\.\d+)?元?$")


def _is_moment(value: str) -> bool:
    words = value.strip().split(" ")
    last = words[-1].split("~")
    if len(words) == 1:
        return bool(_DAY.match(words[0]) or all(_TIME.match(one) for one in last))
    return len(words) == 2 and bool(_DAY.match(words[0])) and all(_TIME.match(one) for one in last)


_ALLOWED: dict[str, Callable[[str], bool]] = {
    "thing": lambda v: 0 < len(v) <= 20,
    "number": lambda v: len(v) <= 32 and re.fullmatch(r"-?\d+(\.\d+)?", v) is not None,
    "letter": lambda v: re.fullmatch(r"[A-Za-z]{1,32}", v) is not None,
    "symbol": lambda v: 0 < len(v) <= 5 and not re.search(r"[\w\s]", v),
    "character_string": lambda v: re.fullmatch(r"[\x21-\x7e]{1,32}", v) is not None,
    "time": _is_moment,
    "date": _is_moment,
    "amount": lambda v: _AMOUNT.match(v) is not None,
    "phone_number": lambda v: re.fullmatch(r"[\d+\-() ]{1,17}", v) is not None,
    "car_number": lambda v: 0 < len(v) <= 8,
    "name": lambda v: 0 < len(v) <= (20 if v.isascii() else 10),
    "phrase": lambda v: re.fullmatch(r"[\u4e00-\u9fff]{1,5}", v) is not None,
    "const": lambda v: 0 < len(v) <= 20,
    "short_thing": lambda v: 0 < len(v) <= 5,
}


def marks(content: str) -> list[str]:
    """The fields that a template names, in order."""
    return list(dict.fromkeys(_MARK.findall(content)))


def wrong_field(content: str, data: Any) -> str:
    """The first field that the data lacks or fills wrongly, as the interface names it (`data.thing1.value is empty`); empty = all good.

    `first` and `remark` are stripped since 2023, so nothing is asked of them.
    """
    if not isinstance(data, dict):
        return "data is invalid"
    for name in marks(content):
        if name in ("first", "remark"):
            continue
        given = data.get(name)
        value = given.get("value") if isinstance(given, dict) else None
        if value is None or str(value) == "":
            return f"data.{name}.value is empty"
        kind = _KIND.match(name)
        rule = _ALLOWED.get(kind[1]) if kind else None
        if rule is not None and not rule(str(value)):
            return f"data.{name}.value invalid"
    return ""


def filled(content: str, data: Any) -> str:
    """The template with its data, as it stands on the phone."""
    given = data if isinstance(data, dict) else {}

    def value(found: re.Match[str]) -> str:
        if found[1] in ("first", "remark"):
            return ""
        one = given.get(found[1])
        return str(one.get("value", "")) if isinstance(one, dict) else ""

    return _MARK.sub(value, content).strip()
