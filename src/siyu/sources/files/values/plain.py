"""Text, identities, yes and no, lists: what stands in a cell, without what programs put around it."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache

from siyu.sources.files.fields import vocabulary
from siyu.sources.files.words import Cell

MAX_TEXT = 10_000
NOTHING = frozenset(
    {
        "-",
        "--",
        "---",
        "—",
        "——",
        "/",
        "\\",
        "\\N",
        "n/a",
        "#n/a",
        "nan",
        "null",
        "none",
        "nil",
        "(null)",
        "<null>",
        "无",
        "暂无",
        "空",
        "未填写",
    }
)
_AROUND = " \t\r\n\v\f\u00a0\u3000\u200b\u200c\u200d\u2060\ufeff\u202a\u202c\u202d"
_FORMULA = re.compile(r'^="(.*)"$', re.DOTALL)  # how Taobao and others keep Excel from eating digits
_GUARDED = re.compile(r"^'+[=+\-@\t\r＝＋－＠']")
_SCIENTIFIC = re.compile(r"^([1-9])(?:\.(\d+))?[eE]\+(\d{1,3})$")
_POINT_ZERO = re.compile(r"^(\d+)\.0+$")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_MASKED = re.compile(r"[*＊×•●]{2,}")


class Bad:
    """A cell that cannot be read; `code` is a reject code of texts.toml, `at` the field when several were read together."""

    __slots__ = ("at", "code")

    def __init__(self, code: str, at: str = "") -> None:
        self.code = code
        self.at = at

    def __repr__(self) -> str:
        return f"Bad({self.code})"


CONTROL, LONG, LOST = Bad("control_character"), Bad("too_long"), Bad("digits_lost")
NOT_YES_NO, NOT_ID = Bad("not_yes_no"), Bad("not_an_id")


def bare(cell: Cell) -> str:
    """What a person would say stands in the cell, as text; "" for nothing."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return _bare_text(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, float):
        if not math.isfinite(cell):
            return ""
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, Decimal):
        return format(cell.normalize(), "f")
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    return str(cell)


def _bare_text(text: str) -> str:
    text = text.strip(_AROUND)
    if text[:1] == "=" and (match := _FORMULA.match(text)):
        text = match[1].replace('""', '"').strip(_AROUND)
    if text[:1] == "'" and _GUARDED.match(text):
        text = text[1:]
    return text


def text(cell: Cell) -> str | Bad | None:
    """Free text. Line breaks stay; other control characters are refused, because nothing downstream can keep them."""
    here = bare(cell)
    if not here or here.lower() in NOTHING:
        return None
    if len(here) > MAX_TEXT:
        return LONG
    if _CONTROL.search(here):
        return CONTROL
    return here


def identity(cell: Cell) -> str | Bad | None:
    """An order number, a card number, an id: text whose every character counts.

    A number that Excel wrote as 1.23457E+17 has lost its digits for good and is refused; one that kept them all is taken.
    """
    if isinstance(cell, float) and abs(cell) >= 1e15:
        return LOST
    here = text(cell)
    if here is None or isinstance(here, Bad):
        return here
    if "E+" in here or "e+" in here:
        match = _SCIENTIFIC.match(here)
        if match:
            whole, exponent = match[1] + (match[2] or ""), int(match[3])
            return whole.ljust(exponent + 1, "0") if len(whole) - 1 >= exponent and exponent < 15 else LOST
    if "." in here and (match := _POINT_ZERO.match(here)):
        return match[1]
    if len(here) > 200:
        return LONG
    return here


def is_masked(value: str) -> bool:
    """Whether a marketplace hid part of it (138****1234): it cannot be used, and it is nobody's mistake."""
    return bool(_MASKED.search(value))


def yes_no(cell: Cell) -> bool | Bad | None:
    """是 / 否 and their many kin."""
    if isinstance(cell, bool):
        return cell
    here = bare(cell).lower()
    if not here:
        return None
    here = unicodedata.normalize("NFKC", here)
    answer = _answers().get(here)
    if answer is not None:
        return answer
    return None if here in NOTHING else NOT_YES_NO


@cache
def _answers() -> dict[str, bool]:
    return {word: meaning == "yes" for meaning, words in vocabulary("answers").items() for word in words}


def words(cell: Cell) -> tuple[str, ...] | Bad | None:
    """A list of tags in one cell, however they were parted."""
    here = text(cell)
    if here is None or isinstance(here, Bad):
        return here
    if here[0] == "[" and here[-1] == "]":
        here = here[1:-1].replace('"', "")
    found = dict.fromkeys(w.strip(_AROUND) for w in re.split(r"[,;|、，；\n]", here))
    return tuple(w[:100] for w in found if w) or None


def mostly(reader: Callable[[Cell], object], cells: Iterable[Cell]) -> float:
    """The share of filled cells that a reader can read; 0 when none is filled."""
    filled = read = 0
    for cell in cells:
        value = reader(cell)
        if value is None:
            continue
        filled += 1
        read += not isinstance(value, Bad)
    return read / filled if filled else 0.0
