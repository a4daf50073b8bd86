"""Files (facts 2.14): temporary ones live three days, pictures for messages for ever, attachments of moments and albums three days."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from siyu.sandbox.corp.refusals import Refusal
from siyu.sandbox.corp.state import Media
from siyu.sandbox.corp.wire import PLAIN, Call, api

_MB = 1_048_576
_MOST = {"image": 10 * _MB, "voice": 2 * _MB, "video": 10 * _MB, "file": 20 * _MB}
_STARTS = {"image": (b"\xff\xd8\xff", b"\x89PNG"), "voice": (b"#!AMR",)}
_TYPES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png"}


def _taken(call: Call, kind: str, most: int) -> tuple[str, bytes]:
    if call.upload is None:
        raise Refusal(44001)
    _, name, body = call.upload
    if not name:
        raise Refusal(40058, "filename missing")
    if not 5 < len(body) <= most:
        raise Refusal(45001 if len(body) > most else 44001, "a file has more than 5 bytes" if len(body) <= 5 else "")
    if kind == "video" and body[4:8] != b"ftyp":
        raise Refusal(40004, "video must be MP4")
    if kind in _STARTS and not body.startswith(_STARTS[kind]):
        raise Refusal(40004)
    return name, body


def _kept(call: Call, kind: str, name: str, body: bytes, life: int, purpose: int = 0) -> Media:
    made = Media(call.company.new_id("3" if life else "", 64), kind, name, body, call.now, call.now + life if life else 0, purpose)
    call.company.media[made.id] = made
    return made


@api("POST", "media/upload", PLAIN)
def upload(call: Call) -> dict[str, Any]:
    """A temporary file; `created_at` is a string here."""
    kind = call.query.get("type", "")
    if kind not in _MOST:
        raise Refusal(40004)
    made = _kept(call, kind, *_taken(call, kind, _MOST[kind]), call.company.settings.media_for)
    return {"type": kind, "media_id": made.id, "created_at": str(call.now)}


@api("POST", "media/uploadimg", PLAIN)
def uploadimg(call: Call) -> dict[str, Any]:
    """A picture for ever, for use inside messages only; 1000 a day, 3000 a month."""
    name, body = _taken(call, "image", call.company.settings.uploadimg_bytes)
    kept = [one.at for one in call.company.media.values() if one.ends == 0]
    day = call.company.day(call.now)
    if sum(at >= day for at in kept) >= 1000 or sum(at >= call.now - 30 * 86_400 for at in kept) >= 3000:
        raise Refusal(45009)
    return {"url": f"{call.base_url}/pic/{_kept(call, 'image', name, body, 0).id}"}


@api("POST", "media/upload_attachment")
def upload_attachment(call: Call) -> dict[str, Any]:
    """A file for moments (1) or the product album (2)."""
    kind, purpose = call.query.get("media_type", ""), call.query.get("attachment_type", "")
    if kind not in ("image", "video", "file") or purpose not in ("1", "2"):
        raise Refusal(40058, "media_type or attachment_type")
    made = _kept(call, kind, *_taken(call, kind, 10 * _MB), call.company.settings.media_for, int(purpose))
    return {"type": kind, "media_id": made.id, "created_at": call.now}


@api("GET", "media/get", PLAIN)
def get(call: Call) -> Response:
    """The file itself."""
    found = call.company.media.get(call.asked("media_id"))
    if found is None or (found.ends and found.ends <= call.now):
        raise Refusal(40007)
    return file_answer(found)


def file_answer(found: Media) -> Response:
    """A file as a download."""
    kind = next((t for start, t in _TYPES.items() if found.body.startswith(start)), "application/octet-stream")
    return Response(found.body, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{found.id[:8]}"'})
