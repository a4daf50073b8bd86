"""Money is an integer of minor units (pence, 分) with its currency. Nothing here is a float."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

_NO_MINOR = {"JPY", "KRW", "VND", "CLP", "ISK", "XAF", "XOF"}
_SIGN = {"CNY": "¥", "GBP": "£", "USD": "$", "EUR": "€", "JPY": "¥", "HKD": "HK$", "TWD": "NT$", "KRW": "₩"}


def digits(currency: str) -> int:
    """How many decimal digits the currency's minor unit has (ISO 4217)."""
    return 0 if currency in _NO_MINOR else 2


def to_minor(amount: Decimal, currency: str) -> int:
    """Minor units of a decimal amount, halves away from zero as tills do."""
    return int((amount * 10 ** digits(currency)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def to_decimal(minor: int, currency: str) -> Decimal:
    """The amount as people write it."""
    return Decimal(minor).scaleb(-digits(currency))


def share(minor: int, part: int, whole: int) -> int:
    """`minor` x part / whole, rounded to even: for showing averages, never for splitting a ledger."""
    return int((Decimal(minor) * part / whole).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)) if whole else 0


@dataclass(frozen=True)
class Money:
    """An amount that knows its currency. Adding two currencies is an error, not a number."""

    minor: int
    currency: str

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(self.minor + other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)


def show(minor: int, currency: str, *, short: bool = False, lang: str = "zh") -> str:
    """For people: `£8,911,407.90`; `short` gives `£891.1 万` in Chinese and `£8.91M` in English."""
    sign = _SIGN.get(currency, currency + " ")
    value = to_decimal(minor, currency)
    front = "-" + sign if value < 0 else sign
    value = abs(value)
    if short:
        return front + short_number(value, lang)
    return f"{front}{value:,.{digits(currency)}f}"


def short_number(value: Decimal | int | float, lang: str = "zh") -> str:
    """A number for a card: 万 and 亿 in Chinese, K, M and B in English; small numbers in full."""
    number = Decimal(str(value))
    size = abs(number)
    steps = [(Decimal(10) ** 8, " 亿"), (Decimal(10) ** 4, " 万")] if lang == "zh" else [
        (Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 4, "K"),
    ]  # fmt: skip
    for least, unit in steps:
        if size >= least:
            scaled = number / (Decimal(1000) if unit == "K" else least)
            return f"{scaled:,.1f}{unit}" if abs(scaled) >= 100 else f"{scaled:,.2f}{unit}"
    return f"{number:,.2f}" if number != number.to_integral() else f"{number:,.0f}"
