"""The terms of the ledger: margins, prices and product costs, each from a day on. A change restates what was posted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from siyu import pool
from siyu.analytics.ledger.refusing import refusal
from siyu.analytics.ledger.words import DEFAULT_MARGIN, TOUCH_DAYS, Terms
from siyu.base import settings
from siyu.base.db import Connection

SETTING = "ledger.terms"
CHANGES = "ledger.terms_changes"  # setting: how often terms or costs were changed
POSTED = "ledger.posted_under"  # setting: what stood when everything was posted last
ASSUMPTIONS = "analytics.assumptions"  # setting: of the brand; its margin holds where terms say none
_MOST_PRICE = Decimal(10) ** 7  # times the most units, in minor units, still within 64 bits


def terms(conn: Connection) -> Terms:
    """The terms as they are set; where they say no margin, the brand's assumptions do."""
    return replace(parse(settings.get(conn, SETTING, {})), assumed=_assumed(conn))


def stand(conn: Connection) -> list[Any]:
    """Changes with everything that decides what is posted."""
    return [settings.get(conn, CHANGES, 0), str(_assumed(conn))]


def _assumed(conn: Connection) -> Decimal:
    given = settings.get(conn, ASSUMPTIONS, {})
    margin = given.get("margin", DEFAULT_MARGIN) if isinstance(given, dict) else DEFAULT_MARGIN
    return Decimal(str(margin))


def set_terms(conn: Connection, value: Any, *, at: datetime, lang: str = "") -> Terms:
    """Keep other terms (as `dump` writes them); the ledger's next step restates what they decide.

    Raises `InputError` in `lang` (the brand's language unless said).
    """
    made = parse(value, lang or pool.brand(conn).language)
    settings.put(conn, SETTING, dump(made), at=at)
    note_change(conn, at=at)
    return made


def note_change(conn: Connection, *, at: datetime) -> None:
    """Let the next step restate what terms and costs decide."""
    settings.put(conn, CHANGES, int(settings.get(conn, CHANGES, 0)) + 1, at=at)


def parse(value: Any, lang: str = "en") -> Terms:
    """Terms from their JSON form. Raises `InputError`, in `lang`, whose field names the part."""
    if not isinstance(value, dict) or not set(value) <= {"margins", "prices", "touch_days"}:
        raise refusal("terms", lang, SETTING)
    margins = []
    for n, one in enumerate(_list(value.get("margins", []), "margins", lang)):
        where = f"margins[{n}]"
        share = _decimal(one.get("rate"), f"{where}.rate", lang)
        if not 0 <= share <= 1:
            raise refusal("share", lang, f"{where}.rate")
        margins.append((_day(one.get("from"), f"{where}.from", lang), share))
    prices: dict[str, list[tuple[date, Decimal]]] = {}
    for n, one in enumerate(_list(value.get("prices", []), "prices", lang)):
        where = f"prices[{n}]"
        item = str(one.get("item") or "").strip()
        if item.partition(".")[0] not in ("message", "gift", "point", "minute", "reach") or len(item) > 150:
            raise refusal("item", lang, f"{where}.item")
        price = _decimal(one.get("price"), f"{where}.price", lang)
        if not 0 <= price <= _MOST_PRICE:
            raise refusal("price", lang, f"{where}.price")
        prices.setdefault(item, []).append((_day(one.get("from"), f"{where}.from", lang), price))
    days = value.get("touch_days", TOUCH_DAYS)
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= 730:
        raise refusal("touch_days", lang, "touch_days")
    return Terms(tuple(sorted(margins)), {item: tuple(sorted(kept)) for item, kept in sorted(prices.items())}, days)


def dump(value: Terms) -> dict[str, Any]:
    """The JSON form of terms; `parse` reads it back."""
    return {
        "margins": [{"from": on.isoformat(), "rate": str(rate)} for on, rate in value.margins],
        "prices": [
            {"item": item, "from": on.isoformat(), "price": str(price)} for item, kept in value.prices.items() for on, price in kept
        ],
        "touch_days": value.touch_days,
    }


def _list(value: Any, name: str, lang: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise refusal("list", lang, name, name=name)
    return value


def _decimal(value: Any, where: str, lang: str) -> Decimal:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if isinstance(value, bool) or not found.is_finite():
        raise refusal("number", lang, where)
    return found


def _day(value: Any, where: str, lang: str) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise refusal("date", lang, where) from None
