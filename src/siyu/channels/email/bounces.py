"""Notices about undelivered mail (RFC 3464) and complaints (RFC 5965), read from the raw message. Pure; made for hostile input."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message

from siyu.channels.email.codes import kind_of, words
from siyu.channels.email.words import Kind, Notice

MOST_BYTES = 2 * 1024 * 1024
_MESSAGE_ID = re.compile(r"^(?:Original-)?Message-ID:\s*(<[^<>\s]{3,250}>)", re.IGNORECASE | re.MULTILINE)
_CODE = re.compile(r"\b([45]\d\d)\b")


def read(raw: bytes) -> list[Notice]:
    """What a message says about letters of ours; nothing when it is no notice that we understand."""
    if len(raw) > MOST_BYTES:
        return []
    message = message_from_bytes(raw)
    if message.get_content_type() != "multipart/report":
        return []
    kind = str(message.get_param("report-type") or "").lower()
    number = _original(message, raw)
    if not number:
        return []
    if kind == "feedback-report":
        return [Notice(number, "complained", "", Kind.POLICY, _feedback(message))]
    return [_notice(number, one) for one in _recipients(message)] if kind == "delivery-status" else []


def _notice(number: str, one: Message) -> Notice:
    action = str(one.get("Action", "")).strip().lower()
    status = re.sub(r"\s.*", "", str(one.get("Status", "")).strip())
    diagnostic = re.sub(r"^\s*\w+\s*;\s*", "", str(one.get("Diagnostic-Code", "")))
    found = _CODE.search(diagnostic)
    code = int(found[1]) if found else 500 if status.startswith("5") else 400
    kind = kind_of(code, status if re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}", status) else "", diagnostic, is_about_address=True)
    return Notice(number, action, status, kind, words(diagnostic))


def _recipients(message: Message) -> Iterator[Message]:
    """The blocks of the delivery-status part that are about a receiver; the first block is about the message."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            payload = part.get_payload()
            for block in payload if isinstance(payload, list) else []:
                if isinstance(block, Message) and block.get("Action"):
                    yield block


def _original(message: Message, raw: bytes) -> str:
    """The Message-ID of the letter that the notice is about: in the returned message or its headers."""
    for part in message.walk():
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers"):
            inner = part.get_payload()
            if isinstance(inner, list) and inner and isinstance(inner[0], Message) and inner[0].get("Message-ID"):
                return str(inner[0]["Message-ID"]).strip()
            text = inner if isinstance(inner, str) else ""
            if part.get("Content-Transfer-Encoding", "").lower() in ("base64", "quoted-printable"):
                decoded = part.get_payload(decode=True)
                text = decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else text
            if match := _MESSAGE_ID.search(text):
                return match[1]
    own = str(message.get("Message-ID", "")).strip()
    found = (m for m in _MESSAGE_ID.findall(raw.decode("latin-1")) if m != own)
    return next(found, "")


def _feedback(message: Message) -> str:
    for part in message.walk():
        if part.get_content_type() == "message/feedback-report":
            payload = part.get_payload()
            block = payload[0] if isinstance(payload, list) and payload else None
            if isinstance(block, Message):
                return str(block.get("Feedback-Type", "abuse"))[:40]
            match = re.search(r"Feedback-Type:\s*([\w-]+)", payload if isinstance(payload, str) else "", re.IGNORECASE)
            return match[1] if match else "abuse"
    return "abuse"
