"""What may hang on a message: built here in WeCom's form, lengths checked in bytes before anybody is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from siyu.base.errors import InputError
from siyu.vendors.checks import bytes_within, count_within

Attachment = dict[str, Any]


def image(media_id: str) -> Attachment:
    """A picture."""
    return {"msgtype": "image", "image": {"media_id": media_id}}


def link(title: str, url: str, *, picurl: str = "", desc: str = "") -> Attachment:
    """A link card: title to 128 bytes, desc to 512, addresses to 2048."""
    return {"msgtype": "link", "link": {"title": title, "picurl": picurl, "desc": desc, "url": url}}


def miniprogram(title: str, appid: str, page: str, pic_media_id: str) -> Attachment:
    """A mini-program card: title to 64 bytes, picture 520 x 416; the mini-program must be bound to the corp."""
    return {"msgtype": "miniprogram", "miniprogram": {"title": title, "appid": appid, "page": page, "pic_media_id": pic_media_id}}


def video(media_id: str) -> Attachment:
    """A video by media_id."""
    return {"msgtype": "video", "video": {"media_id": media_id}}


def file(media_id: str) -> Attachment:
    """A file by media_id."""
    return {"msgtype": "file", "file": {"media_id": media_id}}


def check_text(text: str, most: int = 4000, field: str = "text.content") -> None:
    """A message's text, in bytes."""
    bytes_within(text, most, field)


def check_attachments(attachments: Sequence[Attachment], most: int = 9) -> None:
    """Every attachment has what its kind wants and no text too long. Raises `InputError` naming the one that is wrong, from 1."""
    count_within(attachments, most, "attachments")
    for number, attachment in enumerate(attachments, 1):
        kind = attachment.get("msgtype", "")
        inner = attachment.get(kind, {})
        where = f"attachments[{number}].{kind}"
        if kind == "image":
            _want(where, inner, "media_id")
        elif kind == "link":
            _want(where, inner, "url")
            bytes_within(inner.get("title", ""), 128, f"{where}.title", least=1)
            bytes_within(inner.get("desc", ""), 512, f"{where}.desc")
            bytes_within(inner.get("url", ""), 2048, f"{where}.url")
            bytes_within(inner.get("picurl", ""), 2048, f"{where}.picurl")
        elif kind == "miniprogram":
            for name in ("appid", "page", "pic_media_id"):
                _want(where, inner, name)
            bytes_within(inner.get("title", ""), 64, f"{where}.title", least=1)
        elif kind in ("video", "file"):
            _want(where, inner, "media_id")
        else:
            raise InputError(f"attachments[{number}] is of an unknown kind.", "Use image, link, miniprogram, video or file.", field=where)


def _want(where: str, inner: dict[str, Any], *names: str) -> None:
    if not any(inner.get(name) for name in names):
        raise InputError(f"{where} comes without {' / '.join(names)}.", "Give it.", field=f"{where}.{names[0]}")
