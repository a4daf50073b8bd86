"""Numbers and amounts of money in the wild's forms, as exact decimals."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from siyu.sources.files.fields import vocabulary
from siyu.sources.files.values.plain import NOTHING, Bad, bare
from siyu.sources.files.words import Cell

NOT_NUMBER, OTHER_MONEY, HUGE = Bad("not_a_number"), Bad("other_currency"), Bad("number_too_big")
NOT_CURRENCY = Bad("not_a_currency")

_SIGNS = {
    "¥": {"CNY", "JPY"},
    "￥": {"CNY", "JPY"},
    "元": {"CNY", "TWD", "HKD"},
    "圆": {"CNY", "JPY"},
    "RMB": {"CNY"},
    "人民币": {"CNY"},
    "$": {"USD", "AUD", "CAD", "HKD", "SGD", "NZD", "TWD", "MXN"},
    "US$": {"USD"},
    "HK$": {"HKD"},
    "NT$": {"TWD"},
    "S$": {"SGD"},
    "A$": {"AUD"},
    "C$": {"CAD"},
    "€": {"EUR"},
    "£": {"GBP"},
    "₩": {"KRW"},
    "円": {"JPY"},
    "美元": {"USD"},
    "港币": {"HKD"},
    "港元": {"HKD"},
    "欧元": {"EUR"},
    "英镑": {"GBP"},
    "日元": {"JPY"},
    "新台币": {"TWD"},
    "韩元": {"KRW"},
}
_SOLE = {"€": "EUR", "£": "GBP", "¥": "CNY", "￥": "CNY", "元": "CNY", "US$": "USD", "$": "USD", "₩": "KRW", "円": "JPY"} | {
    sign: next(iter(those)) for sign, those in _SIGNS.items() if len(those) == 1
}
CODES = frozenset(vocabulary("money")["codes"])  # ISO 4217, those in use
_SIMPLE = re.compile(r"^-?\d{1,15}(?:\.\d{1,12})?$")
_WORDS_OF_MONEY = "RMB|人民币|美元|港币|港元|欧元|英镑|日元|新台币|韩元"
_MONEY_SIGN = re.compile(
    r"^(?:US\$|HK\$|NT\$|[SAC]\$|[¥$€£₩]|RMB|[A-Z]{3}(?=[\s\d+\-.]))"
    rf"|(?:[¥$€£₩元圆円]|{_WORDS_OF_MONEY}|(?<=[\s\d])[A-Z]{{3}})$",
    re.IGNORECASE,
)
_MANY = {"千": 3, "万": 4, "萬": 4, "w": 4, "亿": 8, "億": 8, "k": 3}
_SPACES = re.compile(r"(?<=\d)[\s\u00a0\u202f'’](?=\d{3}(?!\d))")
_MAX = Decimal(10) ** 15


def number(cell: Cell, decimal: str = ".") -> Decimal | Bad | None:
    """A number: thousands parted by comma, point, space or apostrophe, brackets or signs for minus, 万 and 亿; `decimal` is its mark."""
    found = _number(cell, decimal)
    return found[0] if isinstance(found, tuple) else found


def amount(cell: Cell, decimal: str = ".", currency: str = "") -> Decimal | Bad | None:
    """An amount of money. A sign of another currency than `currency` is refused: it would be counted as what it is not."""
    found = _number(cell, decimal)
    if not isinstance(found, tuple):
        return found
    value, sign = found
    if sign and currency and currency not in _SIGNS.get(sign, {sign}):
        return OTHER_MONEY
    return value


def _number(cell: Cell, decimal: str) -> tuple[Decimal, str] | Bad | None:
    if isinstance(cell, bool):
        return NOT_NUMBER
    if isinstance(cell, int):
        return (Decimal(cell), "") if abs(cell) < 10**15 else HUGE
    if isinstance(cell, float):
        if math.isnan(cell):
            return None
        return (Decimal(repr(cell)), "") if abs(cell) < 1e15 else HUGE
    if isinstance(cell, Decimal):
        return (cell, "") if cell.is_finite() and abs(cell) < _MAX else HUGE
    if not isinstance(cell, str):
        return None if cell is None else NOT_NUMBER
    if decimal == "." and _SIMPLE.match(cell):
        return Decimal(cell), ""
    return _written(bare(cell), decimal)


def _written(text: str, decimal: str) -> tuple[Decimal, str] | Bad | None:
    text = unicodedata.normalize("NFKC", text).strip()
    if not text or text.lower() in NOTHING:
        return None
    text = text.replace("−", "-").replace("–", "-").replace("﹣", "-").replace("。", ".").replace("，", ",")
    sign = ""
    negative = False
    for _ in range(4):  # signs, brackets and currency marks may stand in any order
        before = text
        if text[:1] == "(" and text[-1:] == ")":
            text, negative = text[1:-1].strip(), not negative
        if text[:1] in "+-" and text:
            text, negative = text[1:].strip(), negative ^ (text[0] == "-")
        elif text[-1:] == "-" and len(text) > 1:
            text, negative = text[:-1].strip(), not negative
        if match := _MONEY_SIGN.search(text):
            found = match[0].strip().upper() if match[0].isascii() else match[0]
            if found not in _SIGNS and found not in CODES:
                return NOT_NUMBER
            sign = sign or found
            text = (text[: match.start()] + text[match.end() :]).strip()
        if text == before:
            break
    power = 0
    if text[-1:].lower() in _MANY:
        power, text = _MANY[text[-1:].lower()], text[:-1].strip()
    text = _SPACES.sub("", text)
    plain = _marks(text, decimal)
    if plain is None:
        return NOT_NUMBER
    try:
        value = Decimal(plain).scaleb(power)
    except InvalidOperation:
        return NOT_NUMBER
    if abs(value) >= _MAX:
        return HUGE
    return (-value if negative else value), sign


def _marks(text: str, decimal: str) -> str | None:
    """The digits with a point as decimal mark; None when the marks make no sense."""
    if not re.match(r"^\d[\d.,]*(?:[eE][+-]?\d{1,2})?$|^[.,]\d+$", text):
        return None
    commas, points = text.count(","), text.count(".")
    if commas and points:
        mark = "," if text.rfind(",") > text.rfind(".") else "."
        other = "." if mark == "," else ","
        if text.count(mark) > 1 or not re.match(rf"^\d{{1,3}}(?:{re.escape(other)}\d{{3}})*{re.escape(mark)}\d*$", text):
            return None
        return text.replace(other, "").replace(mark, ".")
    mark = "," if commas else "." if points else ""
    if not mark:
        return text
    if text.count(mark) > 1 or (mark != decimal and re.match(rf"^\d{{1,3}}{re.escape(mark)}\d{{3}}$", text)):
        if not re.match(rf"^\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+$", text):  # 1,23,456 is Indian, 12,34,5 is nothing
            return text.replace(",", "") if mark == "," and re.match(r"^\d{1,2}(?:,\d{2})*,\d{3}$", text) else None
        return text.replace(mark, "")
    return text.replace(mark, ".")


def currency(cell: Cell) -> str | Bad | None:
    """A currency's ISO 4217 code from its code, sign or Chinese name."""
    here = unicodedata.normalize("NFKC", bare(cell)).upper()
    if not here:
        return None
    if here in CODES:
        return here
    return _SOLE.get(here) or _SOLE.get(here.replace("¥", "￥")) or NOT_CURRENCY


def decimal_mark(cells: Iterable[Cell]) -> tuple[str, bool]:
    """The decimal mark that a sample of written numbers uses, and whether any of them told."""
    comma = point = 0
    for cell in cells:
        if not isinstance(cell, str):
            continue
        text = re.sub(r"[^\d.,]", "", cell)
        commas, points = text.count(","), text.count(".")
        if commas and points:
            comma, point = (comma + 1, point) if text.rfind(",") > text.rfind(".") else (comma, point + 1)
        elif commas == 1 and len(text) - text.find(",") != 4:
            comma += 1
        elif points == 1 and len(text) - text.find(".") != 4:
            point += 1
        elif points > 1:
            comma += 1  # 1.234.567
        elif commas > 1:
            point += 1
    return ("," if comma > point else "."), bool(comma or point)


def seen_currency(cells: Iterable[Cell]) -> str:
    """The currency whose sign stands at most amounts of a sample; "" when there is none, or several."""
    found: set[str] = set()
    filled = signed = 0
    for cell in cells:
        filled += 1
        if isinstance(cell, str) and (not cell.isascii() or re.search(r"[$A-Za-z]", cell)):
            read = _number(cell, ".")
            if isinstance(read, tuple) and read[1]:
                signed += 1
                found.add(read[1] if read[1] in CODES else _SOLE.get(read[1], ""))
    return found.pop() if len(found) == 1 and 2 * signed > filled else ""
