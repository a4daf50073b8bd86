"""Pictures and files in WeCom's store: uploaded when needed, kept under their hash until shortly before their three days are over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from siyu import content
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.channels.wecom.store import Q
from siyu.vendors.wecom import Client, attachments

_LIVES_FOR = timedelta(days=3)
_SPARE = timedelta(hours=6)  # a task made with a media_id must still be able to show it


def hang(ground: Ground, client: Client, hung: Sequence[Mapping[str, Any]], *, use: str = "message") -> list[attachments.Attachment]:
    """Attachments in WeCom's form, their files uploaded. `use`: message, or moment (another store). Outside any transaction.

    Raises `InputError` for a file that is gone or an attachment that the use does not take, `VendorError` from the upload.
    """
    return [_hang(ground, client, one, use) for one in hung]


def _hang(ground: Ground, client: Client, one: Mapping[str, Any], use: str) -> attachments.Attachment:
    if one.get("kind") != "link":
        return formed(one, media_id(ground, client, str(one.get("file", "")), use)) or {}
    its = formed(one, "") or {}
    if use == "moment" and one.get("file"):
        its["link"] = {"title": one["title"], "url": one["url"], "media_id": media_id(ground, client, str(one["file"]), use)}
    return its


def formed(one: Mapping[str, Any], number: str) -> attachments.Attachment | None:
    """One attachment with its file's number at WeCom; None where it needs a file and has no number."""
    kind = one.get("kind")
    if kind == "link":
        return attachments.link(str(one["title"]), str(one["url"]), picurl=str(one.get("picurl", "")), desc=str(one.get("desc", "")))
    if not number:
        return None
    if kind == "image":
        return attachments.image(number)
    if kind == "miniprogram":
        return attachments.miniprogram(str(one["title"]), str(one["appid"]), str(one["page"]), number)
    return attachments.video(number) if kind == "video" else attachments.file(number)


def media_id(ground: Ground, client: Client, digest: str, use: str, spare: timedelta = _SPARE) -> str:
    """WeCom's number of a kept file, uploaded anew where it is not there or not for `spare`."""
    account_id, now = client.account.account_id, ground.clock.now()
    with ground.db.tx() as conn:
        kept = content.file_of(conn, digest)
        if kept is None:
            raise InputError("A file that hangs on the message is not there.", "Attach it again.", field="attachments")
        words = {"account_id": account_id, "use": use, "digest": bytes.fromhex(digest)}
        row = conn.execute(Q.media, words | {"now": now + spare}).fetchone()
    if row:
        return str(row[0])
    upload = client.upload_attachment if use == "moment" else client.upload
    made = upload(kept.kind, kept.name, kept.body)
    with ground.db.tx() as conn:
        conn.execute(Q.keep_media, words | {"media_id": made.media_id, "expires_at": now + _LIVES_FOR})
    return made.media_id
