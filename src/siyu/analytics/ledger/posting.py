"""From facts to entries and touchpoints. Pure: the same facts under the same terms give the same sums in any order and any batches."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from siyu.analytics.ledger.words import Dims, Entry, Posted, Terms, Touchpoint
from siyu.base.money import digits, to_minor

ACCOUNTS = {  # what -> (debit, credit)
    "sale": ("cash", "sales"),
    "refund": ("refunds", "cash"),
    "adjustment": ("cash", "adjustments"),
    "goods": ("goods", "stock"),
    "spend": ("winning", "payable"),
    "message": ("serving", "payable"),
    "gift": ("serving", "payable"),
    "points": ("serving", "payable"),
    "minutes": ("serving", "payable"),
}
RESTATED = ("goods", "message", "gift", "points", "minutes")  # what terms decide
STATING = frozenset({"contact.added", "code.scanned", "message.clicked", "message.replied", "order.paid", "order.refunded"})
POSTING = frozenset(
    {"order.paid", "order.refunded", "order.adjusted", "spend.recorded", "message.sent", "gift.sent", "points.granted", "service.given"}
)
LONGEST_SPEND = 366  # days
_ORDERS = ("order.paid", "order.refunded")
_LARGEST = 10**14
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_NO_DIMS = Dims()
_NAMES = {
    "channel": ("channel",),
    "campaign": ("campaign",),
    "code": ("code", "state"),
    "guide": ("guide", "guide_id"),
    "store": ("store", "store_id", "shop"),
}
_STATED = frozenset(name for names in _NAMES.values() for name in names)
_VISITED = frozenset({"context", "utm_source", "utm_campaign", "utm_content"})

Costs = Mapping[tuple[str, str], tuple[tuple[date, int], ...]]  # (sku, currency) -> from which day, minor units a piece
Key = tuple[Any, ...]


def post(rows: Iterable[Posted], terms: Terms, costs: Costs, currency: str, time_zone: str) -> tuple[list[Entry], list[Touchpoint]]:
    """The entries and touchpoints of some facts. `currency` is the brand's, `time_zone` the one in which terms change at midnight."""
    zone = ZoneInfo(time_zone)
    entries: dict[Key, Entry] = {}
    touches: dict[Key, Touchpoint] = {}
    for row in rows:
        if row.type in POSTING:
            _post(entries, row, terms, costs, currency, zone)
        dims = touched(row)
        if dims and any(dims) and (row.subject is not None or row.type in _ORDERS):
            number = (row.object or str(row.key)) if row.type in _ORDERS else None
            where = (row.type, row.subject, row.source_id, number, row.occurred_at, dims, row.import_id)
            kept = touches.get(where)
            if kept is None or row.key < kept.fact_key:
                touches[where] = Touchpoint(row.key, row.type, row.subject, row.source_id, number, row.occurred_at, dims, row.import_id)
    return [one for one in entries.values() if one.amount_minor or one.what == "sale"], list(touches.values())


def _post(entries: dict[Key, Entry], row: Posted, terms: Terms, costs: Costs, currency: str, zone: ZoneInfo) -> None:
    data = row.data or {}
    amount, money = row.amount_minor or 0, row.currency or currency

    def add(what: str, minor: int, basis: str = "stated", *, at: datetime | None = None, dims: Dims = _NO_DIMS, unit: str = "") -> None:
        number = (row.object or str(row.key)) if row.type.startswith("order.") else None
        where = (what, row.subject, row.source_id, number, at or row.occurred_at, unit or money, dims, basis, row.import_id)
        one = entries.get(where)
        if one is None:
            one = entries[where] = Entry(
                what, row.subject, row.source_id, number, at or row.occurred_at, unit or money, dims, basis, row.import_id, row.key
            )
        one.amount_minor += minor
        one.facts_n += 1
        one.fact_key = min(one.fact_key, row.key)

    if row.type == "order.paid":
        add("sale", amount)
        add("goods", *_goods(row, data, amount, money, terms, costs, zone))
    elif row.type == "order.refunded":
        add("refund", -amount)
        minor, basis = _goods(row, data, -amount, money, terms, costs, zone)
        add("goods", -minor, basis)  # what is given back comes back to stock
    elif row.type == "order.adjusted":
        add("adjustment", amount)
    elif row.type == "spend.recorded":
        if row.amount_minor is None:  # sent by the HTTP API: amount stands among the properties
            stands = number_of(data.get("amount"), 10**11)
            said = str(data.get("currency") or "").upper()
            money = said if _CURRENCY.fullmatch(said) else money
            amount = 0 if stands is None else to_minor(stands, money)
        for day, part in spread(amount, *_days(data, row.occurred_at.astimezone(zone).date())):
            add("spend", part, at=datetime.combine(day, time(), zone), dims=stated(data))
    else:
        what, item, units = _served(row, data)
        dims = _sent_by(data) if row.type == "message.sent" else stated(data)
        on = row.occurred_at.astimezone(zone).date()
        if row.type == "message.sent" and row.cost_minor:
            add(what, row.cost_minor, dims=dims, unit=currency)
        elif row.type == "gift.sent" and row.amount_minor is not None:
            add(what, abs(row.amount_minor), dims=dims)
        elif units and (price := price_on(terms, item, on)):
            add(what, minor_of(price * units, currency, row.key), "price", dims=dims, unit=currency)


def _goods(row: Posted, data: Mapping[str, Any], amount: int, money: str, terms: Terms, costs: Costs, zone: ZoneInfo) -> tuple[int, str]:
    """What the goods of a line cost, and how that is known: the cost of the product times the pieces, else the margin rule."""
    sku = data.get("sku") if costs else None
    if sku is not None and (pieces := number_of(data.get("quantity"))) is not None:
        each = _on(costs.get((str(sku).strip(), money), ()), lambda: row.occurred_at.astimezone(zone).date())
        if each is not None:
            minor = int((abs(pieces) * each).quantize(Decimal(1), rounding=ROUND_HALF_UP))
            if minor < _LARGEST:
                return minor, "product"
    margin = _on(terms.margins, lambda: row.occurred_at.astimezone(zone).date())
    keeps, basis = (terms.assumed, "default_margin") if margin is None else (margin, "margin")
    return int((amount * (1 - keeps)).quantize(Decimal(1), rounding=ROUND_HALF_UP)), basis


def _served(row: Posted, data: Mapping[str, Any]) -> tuple[str, str, Decimal | None]:
    """What a fact of service is called in the ledger and in the price list, and how many units it was."""
    if row.type == "message.sent":
        return "message", f"message.{data.get('channel') or ''}", Decimal(1)
    if row.type == "gift.sent":
        named = name_of(data.get("gift") or data.get("sku") or row.object)
        return "gift", f"gift.{named}" if named else "gift", number_of(data.get("quantity", 1)) or Decimal(1)
    if row.type == "points.granted":
        return "points", "point", number_of(data.get("points"))
    return "minutes", "minute", number_of(data.get("minutes"))


def _days(data: Mapping[str, Any], otherwise: date) -> tuple[date, date]:
    def day(name: str) -> date | None:
        try:
            found = date.fromisoformat(str(data[name])[:10])
        except (KeyError, ValueError):
            return None
        return found if 1990 <= found.year <= 2200 else None

    begin = day("from_on") or otherwise
    end = day("to_on") or begin
    return begin, min(max(begin, end), begin + timedelta(days=LONGEST_SPEND - 1))


def spread(amount: int, from_on: date, to_on: date) -> list[tuple[date, int]]:
    """An amount over the days of a period, both ends included, as evenly as whole minor units go; the first days get what is left over."""
    days = (to_on - from_on).days + 1
    whole, rest = divmod(abs(amount), days)
    sign = -1 if amount < 0 else 1
    return [(from_on + timedelta(days=n), sign * (whole + (n < rest))) for n in range(days) if whole or n < rest]


def touched(row: Posted) -> Dims | None:
    """Where a fact says that somebody came from: its own fields where its type has them, else the campaign of its visit (utm)."""
    data = row.data
    if not data:
        return None
    visit = _campaign(data)
    if row.type not in STATING:
        return visit
    own = _sent_by(data) if row.type.startswith("message.") else stated(data)
    if row.type == "contact.added" and not own.channel:
        own = own._replace(channel="wecom")
    return Dims(*(a or b for a, b in zip(own, visit, strict=True))) if visit else own


def stated(data: Mapping[str, Any]) -> Dims:
    """The dimensions that a fact's fields name."""
    if _STATED.isdisjoint(data):
        return _NO_DIMS
    found = Dims(*(next((word for name in names if (word := name_of(data.get(name)))), "") for names in _NAMES.values()))
    return found._replace(channel=found.channel.lower())


def _sent_by(data: Mapping[str, Any]) -> Dims:
    """The dimensions of a message: its channel, and who wanted it sent as the campaign: broadcast/12."""
    origin, number = name_of(data.get("origin")), name_of(data.get("origin_id"))
    return Dims(channel=name_of(data.get("channel")).lower(), campaign=f"{origin}/{number}" if origin and number else "")


def _campaign(data: Mapping[str, Any]) -> Dims | None:
    """The campaign that a visit came by: `context.campaign` of the Segment protocol, or utm_ fields."""
    if _VISITED.isdisjoint(data):
        return None
    context = data.get("context")
    given = context.get("campaign") if isinstance(context, dict) else None
    given = given if isinstance(given, dict) else {}
    channel = name_of(given.get("source") or data.get("utm_source")).lower()
    campaign = name_of(given.get("name") or data.get("utm_campaign"))
    code = name_of(given.get("content") or data.get("utm_content"))
    return Dims(channel, campaign, code) if channel or campaign or code else None


def name_of(value: Any) -> str:
    """A name as the ledger compares it: half width, single spaces, at most 120 characters. Nothing for what is no name."""
    if value is None or isinstance(value, bool | dict | list):
        return ""
    return " ".join(unicodedata.normalize("NFKC", str(value)).split())[:120]


def number_of(value: Any, most: int = 10**9) -> Decimal | None:
    """A finite number of at most `most`, else None."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) <= most else None


def minor_of(amount: Decimal, currency: str, key: UUID) -> int:
    """A price in minor units. A fraction of one is given or not by a lot that the fact's own key draws: the sum over many is right."""
    exact = amount * 10 ** digits(currency)
    whole = exact.to_integral_value(rounding=ROUND_FLOOR)
    return int(whole) + int(Decimal(key.int % 1_000_000) / 1_000_000 < exact - whole)


def price_on(terms: Terms, item: str, on: date) -> Decimal | None:
    """The price of an item on a day; of its family (gift, message) when it has none of its own."""
    kept = terms.prices.get(item) or terms.prices.get(item.partition(".")[0], ())
    price: Decimal | None = _on(kept, lambda: on)
    return price


def _on(kept: tuple[tuple[date, Any], ...], on: Callable[[], date]) -> Any:
    """What holds on a day: the last that began by then, else the first."""
    if len(kept) < 2:
        return kept[0][1] if kept else None
    day, found = on(), kept[0][1]
    for begin, value in kept:
        if begin <= day:
            found = value
    return found
