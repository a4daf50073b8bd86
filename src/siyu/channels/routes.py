"""The addresses that stand in messages, as routes: the click, the invisible picture, the unsubscribe page, and the intake for bounces.

GET  /t/c/{token}      302 to the link's target; HEAD and prefetches are not counted
GET  /t/o/{token}.gif  the picture; the same
GET  /u/{token}        the page with its buttons: a GET never unsubscribes (mail scanners follow every link)
POST /u/{token}        one click (RFC 8058), or a choice of the page
POST /hooks/email/bounces   a raw notice about undelivered mail, with `Authorization: Bearer KEY` (or the key as Basic password)
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from siyu import content, pool
from siyu.base.ground import Ground
from siyu.base.text import LANGUAGES, say
from siyu.channels import receipts
from siyu.channels.email.bounces import MOST_BYTES
from siyu.channels.email.channel import is_bounce_key
from siyu.channels.receipts import Choice

_PAGES = Environment(loader=PackageLoader("siyu.channels", "pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_QUIET = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
_GIF = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def routes(ground: Ground) -> list[Route]:
    """The routes; nobody needs to sign in for them, each token proves itself."""

    def click(request: Request) -> Response:
        mark = content.read_token(ground, content.CLICK, request.path_params["token"])
        target = receipts.clicked(ground, mark.intent_id, mark.link_id, is_counted=_is_person(request)) if mark else None
        if target is None:
            return _page(ground, request, "gone.html", status=404)
        return RedirectResponse(target, 302, headers=_QUIET)

    def opened(request: Request) -> Response:
        mark = content.read_token(ground, content.OPEN, request.path_params["token"])
        if mark and mark.intent_id and _is_person(request):
            receipts.opened(ground, mark.intent_id)
        headers = {**_QUIET, "Cross-Origin-Resource-Policy": "cross-origin"}  # it stands in other people's pages: web mail
        return Response(_GIF, media_type="image/gif", headers=headers)  # the same for a wrong token: a broken picture helps nobody

    async def unsubscribe(request: Request) -> Response:
        mark = content.read_token(ground, content.UNSUBSCRIBE, request.path_params["token"])
        if mark is None:
            return await run_in_threadpool(_page, ground, request, "gone.html", status=404)
        if request.method != "POST":
            return await run_in_threadpool(_page, ground, request, "unsubscribe.html", done="", is_trial=not mark.intent_id)
        try:
            form = await request.form(max_files=0, max_fields=10)
        except ClientDisconnect:
            return Response(status_code=400)
        given = str(form.get("choice", ""))
        if given and given not in set(Choice):
            return await run_in_threadpool(_page, ground, request, "unsubscribe.html", done="", is_trial=not mark.intent_id)
        choice = Choice(given) if given else Choice.THIS
        by = "page" if given else "one-click"
        if mark.intent_id and not await run_in_threadpool(receipts.unsubscribed, ground, mark.intent_id, choice, by=by):
            return await run_in_threadpool(_page, ground, request, "gone.html", status=404)
        return await run_in_threadpool(_page, ground, request, "unsubscribe.html", done=str(choice), is_trial=not mark.intent_id)

    async def bounces(request: Request) -> Response:
        if not await run_in_threadpool(_may_report, ground, request.headers.get("authorization", "")):
            return JSONResponse({"error": "The key is missing or wrong."}, 401, headers={"WWW-Authenticate": "Bearer"})
        raw = bytearray()
        try:
            async for piece in request.stream():
                raw += piece
                if len(raw) > MOST_BYTES:
                    return JSONResponse({"error": f"A notice has at most {MOST_BYTES} bytes."}, 413)
        except ClientDisconnect:
            return Response(status_code=400)
        taken = await run_in_threadpool(receipts.take_bounce, ground, bytes(raw))
        return JSONResponse({"taken": taken}, 202)

    return [
        Route("/t/c/{token:str}", click, methods=["GET"], name="click"),
        Route("/t/o/{token:str}.gif", opened, methods=["GET"], name="opened"),
        Route("/u/{token:str}", unsubscribe, methods=["GET", "POST"], name="unsubscribe"),
        Route("/hooks/email/bounces", bounces, methods=["POST"], name="bounces"),
    ]


def _is_person(request: Request) -> bool:
    """Whether somebody may be looking: not a HEAD, not a browser or mail program that fetches ahead."""
    ahead = f"{request.headers.get('sec-purpose', '')} {request.headers.get('purpose', '')} {request.headers.get('x-moz', '')}".lower()
    return request.method == "GET" and "prefetch" not in ahead and "preview" not in ahead


def _may_report(ground: Ground, header: str) -> bool:
    scheme, _, key = header.partition(" ")
    if scheme.lower() == "basic":
        try:
            key = b64decode(key, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return False
    elif scheme.lower() != "bearer":
        return False
    with ground.db.tx() as conn:
        return is_bounce_key(conn, key.strip())


def _page(ground: Ground, request: Request, name: str, *, status: int = 200, **values: Any) -> Response:
    with ground.db.tx() as conn:
        brand = pool.brand(conn)
    asked = request.query_params.get("lang", "")
    wanted = request.headers.get("accept-language", "").lower()
    lang = asked if asked in LANGUAGES else "zh" if wanted.startswith("zh") else "en" if wanted.startswith("en") else brand.language
    html = _PAGES.get_template(name).render(
        t=lambda key, **v: say(f"channels.{key}", lang, **v), lang=lang, other="en" if lang == "zh" else "zh", brand=brand.name, **values
    )
    return HTMLResponse(html, status, headers={**_QUIET, "Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"})
