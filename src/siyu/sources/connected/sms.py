"""Receipts and replies of text messages (短信): Aliyun's SmsReport and SmsUp, Tencent's status and reply callbacks.

A receipt names the message by the vendor's number and by what we gave along (OutId, SessionContext); whoever sent it finds it by those.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, timezone
from typing import Any

from siyu.pool import Fact, Identifier, Kind, normal
from siyu.sources.connected.refusing import is_opt_out
from siyu.sources.connected.words import Event, Understood, Unreadable
from siyu.vendors import VendorKind

_SHANGHAI = timezone(timedelta(hours=8))  # the vendors write this zone's time without saying so; it has had no summer time since 1991


def rows_of(event: Event) -> list[dict[str, Any]]:
    """The receipts or replies of one push."""
    rows = event.fields.get("rows")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def kind_of(event: Event) -> str:
    """receipts or replies. Tencent pushes replies one by one, not as a list; Aliyun's have the text."""
    rows = rows_of(event)
    return "replies" if rows and ("text" in rows[0] or "content" in rows[0]) else "receipts"


def phones_of(event: Event) -> list[str]:
    """The phones that a push names, each once, in E.164."""
    return list(dict.fromkeys(who.value for row in rows_of(event) if (who := _who(event, row)) is not None))


def understand(event: Event) -> Understood:
    """Facts of all rows that name somebody. Raises `Unreadable` when none does."""
    rows = rows_of(event)
    if not rows:
        return Understood(note="empty")
    read = _reply if kind_of(event) == "replies" else _receipt
    facts = [read(event, who, row) for row in rows if (who := _who(event, row)) is not None]
    if not facts:
        raise Unreadable("The push names no phone.", "Look at the callback; replay it when Siyu knows the new shape.", field="phone_number")
    return Understood(tuple(facts))


def _who(event: Event, row: dict[str, Any]) -> Identifier | None:
    if event.vendor is VendorKind.ALIYUN_SMS:
        return normal.identifier(Kind.PHONE, _text(row, "phone_number"))
    number, nation = _text(row, "mobile"), _text(row, "nationcode").lstrip("+")
    return normal.identifier(Kind.PHONE, number if number.startswith("+") or not nation else f"+{nation}{number}")


def _receipt(event: Event, who: Identifier, row: dict[str, Any]) -> Fact:
    if event.vendor is VendorKind.ALIYUN_SMS:
        number, ours, code, when = _text(row, "biz_id"), _text(row, "out_id"), _text(row, "err_code"), _text(row, "report_time")
        is_delivered = _text(row, "success").lower() in ("true", "1")
    else:
        number, ours, code, when = _text(row, "sid"), _text(row, "ext"), _text(row, "errmsg"), _text(row, "user_receive_time")
        is_delivered = _text(row, "report_status").upper() == "SUCCESS"
    data = {"channel": "sms", "vendor": str(event.vendor), "vendor_id": number, "is_delivered": is_delivered, "code": code}
    outcome = "delivered" if is_delivered else f"failed:{code}"
    return Fact(
        "receipt.received", f"receipt:{number}:{who.value}:{outcome}", _moment(when, event.received_at), (who,), object=number or None,
        data=data | ({"out_id": ours} if ours else {}),
    )  # fmt: skip


def _reply(event: Event, who: Identifier, row: dict[str, Any]) -> Fact:
    if event.vendor is VendorKind.ALIYUN_SMS:
        words, number, at = _text(row, "content"), _text(row, "sequence_id"), _moment(_text(row, "send_time"), event.received_at)
        when = _text(row, "send_time")
    else:
        when = _text(row, "time")
        words, number, at = _text(row, "text"), "", _moment(when, event.received_at)
    # Tencent numbers no replies: the same words of the same phone in the same second are one.
    name = number or hashlib.sha256(f"{when}\x1f{words}".encode()).hexdigest()[:32]
    said = {"channel": "sms", "vendor": str(event.vendor)}
    if is_opt_out(words):
        data = said | {"purpose": "marketing", "by": "reply", "reply": number}
        return Fact("consent.withdrawn", f"reply:{who.value}:{name}", at, (who,), data=data, personal={"text": words})
    return Fact("message.received", f"reply:{who.value}:{name}", at, (who,), data=said | {"kind": "text"}, personal={"text": words})


def _moment(text: str, received_at: datetime) -> datetime:
    """Shanghai's wall clock, or Unix seconds; the moment of receipt where it says neither, or one more than a day ahead."""
    try:
        if text.isascii() and text.isdigit():
            at = datetime.fromtimestamp(int(text), _SHANGHAI)
        else:
            at = datetime.fromisoformat(text).replace(tzinfo=_SHANGHAI)
    except (ValueError, OverflowError, OSError):
        return received_at
    return at if timedelta(days=-400) < at - received_at <= timedelta(days=1) else received_at


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name, "")
    return value.strip()[:500] if isinstance(value, str) else ""
