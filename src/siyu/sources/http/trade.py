"""Orders in events: amounts in minor units, one fact a line, lines that add up to the order exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from siyu.base.money import to_minor
from siyu.sources.http.people import id_text
from siyu.sources.http.words import Refusal

_MOST = 10**12  # of an amount or a number of pieces


def amount(value: Any, currency: str, field: str) -> int | None:
    """Minor units of an amount as clients write it: 19.99, "19.99", "1,299.00", "¥1299". None when nothing is given. Raises `Refusal`."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    text = str(value).strip().replace(",", "").replace("，", "").lstrip("¥￥$£€ ")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Refusal("amount", field) from None
    if not number.is_finite() or abs(number) > _MOST:
        raise Refusal("amount", field)
    return to_minor(number, currency)


def first(values: Mapping[str, Any], *names: str) -> Any:
    """The first of these fields that is given."""
    return next((values[name] for name in names if values.get(name) not in (None, "")), None)


def currency_of(values: Mapping[str, Any], otherwise: str) -> str:
    """The ISO 4217 code in `currency`, else the source's. Raises `Refusal`."""
    code = first(values, "currency", "currencyCode", "currency_code")
    if code is None:
        return otherwise
    text = str(code).strip().upper()
    text = {"RMB": "CNY", "人民币": "CNY"}.get(text, text)
    if len(text) != 3 or not text.isascii() or not text.isalpha():
        raise Refusal("currency", "properties.currency")
    return text


def order_no(values: Mapping[str, Any]) -> str:
    """The order's number, or nothing."""
    return id_text(first(values, "order_id", "orderId", "order_no", "orderNo", "order_number", "transaction_id", "checkout_id"))


def product(values: Mapping[str, Any]) -> dict[str, Any]:
    """The product's fields under the names that rules and files use: sku, product, category, quantity, unit_price."""
    found: dict[str, Any] = {}
    for ours, names in (
        ("sku", ("sku", "product_id", "productId", "item_id")),
        ("product", ("product", "name", "product_name", "item_name", "title")),
        ("category", ("category", "item_category")),
        ("quantity", ("quantity", "qty")),
        ("unit_price", ("price", "unit_price")),
    ):
        value = first(values, *names)
        if value is not None:
            found[ours] = value if isinstance(value, (str, int, float)) else str(value)
    return found


def lines(values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The products of an order."""
    given = first(values, "products", "items", "line_items")
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def weight(line: Mapping[str, Any], currency: str, place: str) -> int:
    """Price times quantity of a line, in minor units; 0 when it names no price. Raises `Refusal`."""
    price = amount(first(line, "price", "unit_price"), currency, f"{place}.price")
    if price is None:
        return 0
    try:
        count = Decimal(str(first(line, "quantity", "qty") or 1))
    except InvalidOperation:
        raise Refusal("amount", f"{place}.quantity") from None
    if not count.is_finite() or abs(count) > _MOST:
        raise Refusal("amount", f"{place}.quantity")
    return int(price * count)


def total(values: Mapping[str, Any], weights: Sequence[int], currency: str) -> int | None:
    """What was paid in all: total, else revenue or value, else the sum of the products. None when nothing says. Raises `Refusal`."""
    for name in ("total", "revenue", "value", "amount", "subtotal"):
        given = amount(values.get(name), currency, f"properties.{name}")
        if given is not None:
            return given
    if abs(sum(weights)) > _MOST:
        raise Refusal("amount", "properties.products")
    return sum(weights) if any(weights) else None


def split(whole: int, weights: Sequence[int]) -> list[int]:
    """`whole` over the lines in proportion to `weights` (equally when all are 0), to the penny: the parts always add up to it.

    Discounts, shipping and tax are thereby spread over the lines. Each part is cut off downwards, and the pennies left over go to the
    largest remainders, the first line first.
    """
    count = len(weights)
    if min(weights, default=0) < 0 or not any(weights):
        weights = [1] * count
    base = sum(weights)
    sign = -1 if whole < 0 else 1
    parts = [abs(whole) * w // base for w in weights]
    order = sorted(range(count), key=lambda n: (-(abs(whole) * weights[n] % base), n))
    for n in order[: abs(whole) - sum(parts)]:
        parts[n] += 1
    return [sign * p for p in parts]
