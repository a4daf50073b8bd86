"""What may hang on a message, and how long its texts may be, in bytes (facts 2.4, 2.6, 2.10)."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.corp.refusals import Refusal
from siyu.sandbox.corp.wire import Call, short

ALL = ("image", "link", "miniprogram", "video", "file")
_URL = 2048


def checked(call: Call, given: Any, kinds: tuple[str, ...] = ALL, most: int = 9) -> list[dict[str, Any]]:
    """The attachments of a message; 41064 for too many, 41065 for a kind that is not taken, 40007 and 40058 for what is in them."""
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise Refusal(40058, "attachments must be an array of objects")
    if len(given) > most:
        raise Refusal(41064)
    for one in given:
        kind = one.get("msgtype")
        if kind not in kinds or not isinstance(one.get(kind), dict):
            raise Refusal(41065)
        _part(call, str(kind), one[kind])
    return given


def message(call: Call, text_bytes: int = 4000) -> tuple[str, list[dict[str, Any]]]:
    """The text and the attachments of a message; 40063 when there is neither. Older callers name one attachment beside the text."""
    text = short("text.content", call.part("text").get("content") or "", None, text_bytes)
    given = call.body.get("attachments")
    if given is None:
        given = [{"msgtype": kind, kind: call.body[kind]} for kind in ALL if call.body.get(kind)][:1]
    attachments = checked(call, given)
    if not text and not attachments:
        raise Refusal(40063, "text and attachments are both empty")
    return text, attachments


def _part(call: Call, kind: str, part: dict[str, Any]) -> None:
    def text(name: str, most: int, *, needed: bool = True) -> str:
        value = part.get(name) or ""
        if needed and not value:
            raise Refusal(40063, f"{kind}.{name} missing")
        return short(f"{kind}.{name}", value, None, most)

    if kind == "image":
        if part.get("media_id"):
            media(call, part["media_id"], "image")
        elif not part.get("pic_url"):
            raise Refusal(40063, "image.media_id missing")
        elif not any(text("pic_url", _URL).endswith(one.id) for one in call.company.media.values() if one.ends == 0):
            raise Refusal(40058, "pic_url must come from media/uploadimg")
    elif kind == "link":
        text("title", 128)
        text("url", _URL)
        text("desc", 512, needed=False)
        text("picurl", _URL, needed=False)
    elif kind == "miniprogram":
        text("title", 64)
        text("appid", 64)
        text("page", 1024)
        media(call, text("pic_media_id", 256), "image")
    else:
        media(call, text("media_id", 256), kind)


def media(call: Call, media_id: Any, kind: str = "") -> None:
    """40007 when there is no such file, when its three days are over, or when it is of another kind."""
    found = call.company.media.get(str(media_id))
    if found is None or (found.ends and found.ends <= call.now) or (kind and found.kind != kind):
        raise Refusal(40007)
