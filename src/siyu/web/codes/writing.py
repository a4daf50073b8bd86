"""A code as a form, and back: shifts are written like "1-5 09:00-18:00; 6 10:00-16:00"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from starlette.datastructures import FormData

from siyu.base.errors import InputError
from siyu.growth import MOST_WELCOMES, CodeGuide, CodeKind, Draft, For, Rotation, Shift, Welcome

_SHIFT = re.compile(r"(?:(\d)(?:\s*-\s*(\d))?\s+)?(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})")


def read_shifts(written: str) -> tuple[Shift, ...]:
    """Shifts from words. Raises `InputError`."""
    found = []
    for part in re.split(r"[;；\n]", written.replace("：", ":").replace("－", "-").replace("–", "-").strip()):
        if not part.strip():
            continue
        match = _SHIFT.fullmatch(part.strip())
        if not match:
            raise InputError(f"“{part.strip()[:40]}” is no shift.", "Write days and hours: 1-5 09:00-18:00", field="guides")
        first, last, start, end = match.groups()
        days = range(int(first or 1), int(last or (first or 7)) + 1)
        found.append(Shift(tuple(days), start.zfill(5), end.zfill(5)))
    return tuple(found)


def write_shifts(shifts: Sequence[Shift]) -> str:
    """The same in words."""
    return "; ".join(f"{_days(one.days)}{one.start}-{one.end}" for one in shifts)


def _days(days: Sequence[int]) -> str:
    if len(days) == 7:
        return ""
    return f"{days[0]} " if len(days) == 1 else f"{days[0]}-{days[-1]} "


def draft_of(form: FormData) -> Draft:
    """What somebody wrote. Raises `InputError` naming the field."""

    def text(name: str) -> str:
        return str(form.get(name, "")).strip()

    names = [str(name) for name in form.getlist("guide")]
    guides = [
        CodeGuide(
            name,
            _number(text(f"weight:{name}") or "1", "guides"),
            _number(text(f"cap:{name}"), "guides") if text(f"cap:{name}") else None,
            read_shifts(text(f"shifts:{name}")),
            text(f"standin:{name}") == "on",
        )
        for name in names
    ]
    kind, rotation = text("kind") or CodeKind.PERSON, text("rotation") or Rotation.EVEN
    if kind not in set(CodeKind) or rotation not in set(Rotation):
        raise InputError("The choice is not possible.", "Choose one from the list.", field="kind")
    return Draft(
        name=text("name"),
        account_id=_number(text("account_id") or "0", "account_id"),
        kind=CodeKind(kind),
        source_tags=tuple(word for word in re.split(r"[,，、\s]+", text("source_tags")) if word)[:20],
        corp_tags=tuple(str(one) for one in form.getlist("corp_tag")),
        guides=tuple(guides) if kind != CodeKind.GROUP else (),
        rotation=Rotation(rotation),
        reserve=_number(text("reserve") or "0", "reserve"),
        is_exclusive=text("is_exclusive") == "on",
        skip_verify=text("ask_first") != "on",
        remark_pattern=text("remark_pattern"),
        cost_minor=_minor(text("cost") or "0"),
        welcomes=welcomes_of(form) if kind != CodeKind.GROUP else (),
        chats=tuple(str(one) for one in form.getlist("chat")) if kind == CodeKind.GROUP else (),
        chat_limit=_number(text("chat_limit") or "180", "chat_limit"),
    )


def welcomes_of(form: FormData) -> tuple[Welcome, ...]:
    """The rows of welcomes that name one. Raises `InputError`."""
    found = []
    for n in range(MOST_WELCOMES):
        written, (whom, _, of) = str(form.get(f"welcome{n}", "")), str(form.get(f"whom{n}", "") or For.ANYBODY).partition(":")
        if not written:
            continue
        if whom not in set(For):
            raise InputError("The choice is not possible.", "Choose one from the list.", field="welcomes")
        try:
            shifts = read_shifts(str(form.get(f"when{n}", "")))
        except InputError as wrong:
            raise InputError(wrong.what, wrong.remedy, field="welcomes") from None
        if len(shifts) > 1:
            raise InputError("A welcome has one stretch of hours.", "Write the other one in another row.", field="welcomes")
        shift = shifts[0] if shifts else Shift()
        found.append(Welcome(_number(written, "welcomes"), For(whom), shift.start, shift.end, shift.days, of.strip()))
    return tuple(found)


def when_of(one: Welcome) -> str:
    """When a welcome is sent, in words; empty for always."""
    shift = Shift(one.days, one.start, one.end)
    return "" if shift == Shift() else write_shifts([shift])


def _number(written: str, field: str) -> int:
    if not re.fullmatch(r"-?\d{1,9}", written):
        raise InputError(f"“{written[:20]}” is no whole number.", "Write digits only.", field=field)
    return int(written)


def _minor(written: str) -> int:
    try:
        made = Decimal(written)
    except InvalidOperation:
        raise InputError(f"“{written[:20]}” is no amount.", "Write it as 3.50.", field="cost") from None
    if not made.is_finite() or not 0 <= made <= 100_000:
        raise InputError("The cost is not possible.", "Give what one customer costs, 0 or more.", field="cost")
    return int((made * 100).to_integral_value())
