"""What hangs on a message in WeCom: added to a content and taken away, each time as a new version; and its pictures, to look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from siyu import content
from siyu.base.db import Connection
from siyu.base.errors import InputError, NotFoundError
from siyu.web.guard import note
from siyu.web.page import form_of, go, ground_of, lang_of, say_to, staff_of, uploads_of

_PICTURES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_KINDS = {"image/png": "image", "image/jpeg": "image", "video/mp4": "video"}


def _file(request: Request, conn: Connection, *, only: str = "") -> tuple[str, str, str]:
    """The uploaded file, kept: its digest, kind and name. Raises `InputError` without one."""
    given = next(iter(uploads_of(request)), None)
    if given is None:
        raise InputError(say_to(request, "web.content_hung_no_file"), field="file")
    kind, name = only or _KINDS.get(str(given.content_type), "file"), str(given.filename)
    return content.keep_file(ground_of(request), conn, name, kind, given.file.read()), kind, name


def _changed(request: Request, change: Callable[[Connection, list[dict[str, Any]]], list[dict[str, Any]]]) -> Response:
    """Keep the content anew with other attachments."""
    ground, number = ground_of(request), int(request.path_params["content_id"])
    with ground.db.tx() as conn:
        now = content.kept(conn, number)
        if now is None or now.channel not in content.CARRYING:
            raise NotFoundError(say_to(request, "web.content_gone"), say_to(request, "web.content_gone_remedy"))
        kept = content.keep(
            ground, conn, now.name, now.channel, now.subject, now.body, purpose=now.purpose, changed_by=staff_of(request).login,
            content_id=number, lang=lang_of(request), attachments=change(conn, [dict(one) for one in now.attachments]),
        )  # fmt: skip
        note(request, conn, "content.kept", ref=f"content:{number}", version=kept.version)
    return go(request, f"/contents/{number}", said="web.content_hung_added", version=kept.version)


def add(request: Request) -> Response:
    """Hang on a file, a link card or a mini-program card, as the form says."""
    form = form_of(request)

    def words(*names: str) -> dict[str, str]:
        return {name: text for name in names if (text := str(form.get(name, "")).strip())}

    def change(conn: Connection, hung: list[dict[str, Any]]) -> list[dict[str, Any]]:
        kind = str(form.get("kind", ""))
        if kind == "link":
            return [*hung, {"kind": "link", **words("title", "url", "desc", "picurl")}]
        if kind == "miniprogram":
            digest = _file(request, conn, only="image")[0]
            return [*hung, {"kind": "miniprogram", **words("title", "appid", "page"), "file": digest}]
        digest, found, name = _file(request, conn)
        return [*hung, {"kind": found, "file": digest, "name": name[:120]}]

    return _changed(request, change)


def remove(request: Request) -> Response:
    """Take one away, by its place from 1."""
    place = str(form_of(request).get("place", ""))
    return _changed(request, lambda _, hung: [one for n, one in enumerate(hung, 1) if str(n) != place])


def picture(request: Request) -> Response:
    """A kept picture, for previews."""
    with ground_of(request).db.tx() as conn:
        kept = content.file_of(conn, request.path_params["digest"])
    kind = next((kind for start, kind in _PICTURES.items() if kept and kept.kind == "image" and kept.body.startswith(start)), "")
    if kept is None or not kind:
        raise NotFoundError(say_to(request, "web.content_gone"), "")
    return Response(kept.body, media_type=kind, headers={"cache-control": "private, max-age=86400, immutable"})
