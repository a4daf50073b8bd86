"""What the wizard offers: meanings of columns by group, kinds, zones, currencies, encodings, statuses."""

from __future__ import annotations

from functools import cache

from siyu.base.text import say
from siyu.sources import files

Options = list[tuple[str, str]]

_ZONES = (
    *("Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "Asia/Tokyo", "Asia/Seoul", "Asia/Bangkok", "Asia/Dubai"),
    *("Europe/London", "Europe/Berlin", "Europe/Moscow", "America/New_York", "America/Chicago", "America/Los_Angeles"),
    *("America/Sao_Paulo", "Australia/Sydney", "UTC"),
)
_CURRENCIES = ("CNY", "HKD", "TWD", "USD", "EUR", "GBP", "JPY", "KRW", "SGD", "AUD", "CAD")
_ENCODINGS = (
    *(("utf-8", "UTF-8"), ("gb18030", "GB18030 / GBK"), ("utf-16", "UTF-16"), ("big5", "Big5"), ("cp1252", "Windows-1252")),
    *(("shift_jis", "Shift JIS"), ("euc_kr", "EUC-KR")),
)


@cache
def of_kind(kind: str, lang: str) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Fields that a column of this kind of file can mean, by group: (group, ((field, text), ...))."""
    return tuple(
        (say(f"web.import_group_{group}", lang), tuple((f, files.field_name(f, lang)) for f in those))
        for group, those in files.fields_by_group(kind)
    )


def own(column: str, kind: str) -> str:
    """The field that keeps a column as it is, under a name made of its header; "" where this kind of file keeps none."""
    return files.kept_as(column, kind)


def kinds(lang: str) -> list[tuple[str, str, str]]:
    """What a file can hold: (kind, title, help)."""
    return [
        (kind, say(f"web.import_kind_{kind}", lang), say(f"web.import_kind_{kind}_help", lang))
        for kind in ("order_lines", "orders", "people", "events")
    ]


def zones(chosen: str) -> Options:
    """Time zones, the chosen one among them."""
    return [(z, z) for z in dict.fromkeys((chosen, *_ZONES)) if z]


def currencies(chosen: str) -> Options:
    """Currencies, the chosen one among them."""
    return [(c, c) for c in dict.fromkeys((chosen, *_CURRENCIES)) if c]


def encodings(chosen: str) -> Options:
    """Encodings of text."""
    mine = chosen.removesuffix("-sig")
    return sorted(_ENCODINGS, key=lambda pair: pair[0] != mine)


def statuses(lang: str) -> Options:
    """What an order's status can mean."""
    return [("", say("web.import_status_open", lang))] + [
        (m, say(f"web.import_status_{m}", lang)) for m in ("paid", "refunded", "closed", "waiting")
    ]
