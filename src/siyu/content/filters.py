"""How a value becomes the words that a reader sees, and the few filters that a template may run it through."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from siyu.base import money
from siyu.base.money import Money
from siyu.content.words import Look

# Control characters and the marks that turn the direction of writing: a value must not rearrange the text around it.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff\ue000-\uf8ff]")
_SPACE = re.compile(r"\s+")
_LINK = re.compile(r"(?:https?|ftp)://|\bwww\.", re.IGNORECASE)  # mail readers make links of these; a name must not bring one along
DATE_STYLES = ("long", "short", "iso")


class Unreadable(Exception):
    """The value is not of a kind that this filter can show."""


@dataclass(frozen=True)
class Filter:
    """One filter: what it does to a value, and what it says about an argument that it cannot use (a problem's code, or nothing)."""

    run: Callable[[Any, str | None, Look], Any]
    complaint: Callable[[str | None], str]


def clean(text: str) -> str:
    """One line without control characters and direction marks."""
    return _SPACE.sub(" ", _UNWANTED.sub("", text)).strip()


def harmless(text: str) -> str:
    """What somebody stated, as it may stand in a message: one clean line that no reader turns into a link."""
    return clean(_LINK.sub("", clean(text)))


def show(value: Any, look: Look) -> str:
    """A value in words, by its kind: money with its sign, moments as dates in the brand's time zone, lists joined."""
    if isinstance(value, Money):
        return money.show(value.minor, value.currency, lang=look.lang)
    if isinstance(value, date):
        return _date(value, "long", look)
    if isinstance(value, bool):
        return ("是" if value else "否") if look.lang == "zh" else ("yes" if value else "no")
    if isinstance(value, (list, tuple)):
        return harmless(("、" if look.lang == "zh" else ", ").join(show(v, look) for v in value))
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return harmless(str(value))


def _date(value: Any, style: str | None, look: Look) -> str:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise Unreadable from None
    if isinstance(value, datetime):
        value = (value.astimezone(ZoneInfo(look.time_zone)) if value.tzinfo else value).date()
    if not isinstance(value, date):
        raise Unreadable
    if style == "iso":
        return value.isoformat()
    if look.lang == "zh":
        day = f"{value.month} 月 {value.day} 日"
        return day if style == "short" else f"{value.year} 年 {day}"
    day = f"{value.day} {value:%B}"
    return day if style == "short" else f"{day} {value.year}"


def _money(value: Any, currency: str | None, look: Look) -> Money:
    """Money shows itself; any other number is taken for whole units (199.5 = ¥199.50)."""
    if isinstance(value, Money):
        return value
    unit = currency or look.currency
    try:
        amount = Decimal(str(value).replace(",", "").strip())
        return Money(money.to_minor(amount, unit), unit)
    except InvalidOperation:
        raise Unreadable from None


def _upper(value: Any, _: str | None, look: Look) -> str:
    return show(value, look).upper()


def _first(value: Any, _: str | None, look: Look) -> Any:
    """The first word of a text, the first of a list."""
    if isinstance(value, (list, tuple)):
        return value[0] if value else None
    words = show(value, look).split()
    return words[0] if words else None


def _fallback(value: Any, argument: str | None, look: Look) -> Any:
    return argument if value is None or not show(value, look) else value


def _needs(argument: str | None) -> str:
    return "" if argument and argument.strip() else "argument_needed"


def _takes_none(argument: str | None) -> str:
    return "" if argument is None else "argument_unwanted"


FILTERS: dict[str, Filter] = {
    "fallback": Filter(_fallback, _needs),
    "date": Filter(_date, lambda a: "" if a is None or a in DATE_STYLES else "date_style"),
    "money": Filter(_money, lambda a: "" if a is None or re.fullmatch(r"[A-Z]{3}", a) else "currency"),
    "upper": Filter(_upper, _takes_none),
    "first": Filter(_first, _takes_none),
}
