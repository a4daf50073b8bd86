"""What an event is, by its fields: its kind, whom it names, when it was, and the digest that knows it again however it was delivered."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from siyu.pool import Kind, masks
from siyu.sources.connected import sms, wechat, wecom
from siyu.sources.connected.words import Event, Understood
from siyu.vendors import VendorKind

_ODD = re.compile(r"[^\w.:@#+=-]")
_DEEPEST = 20
_CORP_NAMES: tuple[str, ...] = ("UserID", "ExternalUserID", "ChatId", "Id", "OpenKfId", "LinkId")


def plain(value: Any, depth: int = 0) -> Any:
    """Fields as JSON or XML gave them, in one form: texts, lists, dicts. After it nobody can tell which of the two it was."""
    if depth > _DEEPEST:
        return ""
    if isinstance(value, Mapping):
        return {clean(str(key)): plain(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one, depth + 1) for one in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else clean(str(value))


def clean(text: str) -> str:
    """A text without what a database cannot keep: NUL and halves of letters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def kind_of(event: Event) -> str:
    """What the vendor calls it: Event.ChangeType.UpdateDetail, message.MsgType; receipts or replies of text messages. 100 characters."""
    if event.vendor in (VendorKind.ALIYUN_SMS, VendorKind.TENCENT_SMS):
        return sms.kind_of(event)
    names = [event.text("Event") or f"message.{event.text('MsgType')}", event.text("ChangeType"), event.text("UpdateDetail")]
    return ".".join(_ODD.sub("_", name) for name in names if name)[:100]


def about_of(event: Event) -> str:
    """Whom and what it names, for the list of callbacks: ids as they are, phones masked, never a word that somebody said."""
    if event.vendor in (VendorKind.ALIYUN_SMS, VendorKind.TENCENT_SMS):
        phones = sms.phones_of(event)
        return masks.of(Kind.PHONE, phones[0]) if len(phones) == 1 else f"× {len(phones)}"
    names = _CORP_NAMES if event.vendor is VendorKind.WECOM else ("FromUserName",)
    return " · ".join(_ODD.sub("_", event.text(name))[:64] for name in names if event.text(name))[:200]


def said_at(event: Event) -> datetime | None:
    """The vendor's own moment; None where it says none that can be believed."""
    return moment(event.text("CreateTime"), event.received_at)


def moment(seconds: str, received_at: datetime) -> datetime | None:
    """Unix seconds as a moment; None where they are none, or lie more than a day ahead."""
    if not seconds.isascii() or not seconds.isdigit() or not 8 < len(seconds) < 12:
        return None
    at = datetime.fromtimestamp(int(seconds), UTC)
    return at if at <= received_at + timedelta(days=1) else None


def digest_of(event: Event) -> bytes:
    """The same for every delivery of one thing: of the sender and number of a message, of all fields of an event. 32 bytes."""
    if event.vendor not in (VendorKind.ALIYUN_SMS, VendorKind.TENCENT_SMS) and event.text("MsgId") and event.text("MsgType") != "event":
        told: Any = [event.text("ToUserName"), event.text("FromUserName"), event.text("MsgId")]
    else:
        told = event.fields
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).digest()


def understand(event: Event) -> Understood:
    """Facts, wishes, or why neither. Raises `Unreadable` for an event that lacks what it cannot lack."""
    if event.vendor is VendorKind.WECOM:
        return wecom.understand(event, said_at(event) or event.received_at)
    if event.vendor in (VendorKind.OFFICIAL, VendorKind.MINI):
        return wechat.understand(event, said_at(event) or event.received_at)
    return sms.understand(event)
