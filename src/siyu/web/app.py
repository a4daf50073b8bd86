"""The application: the pages of this room and the routes of the rooms below, behind one set of headers and error pages."""

from __future__ import annotations

import importlib
import logging
import secrets
import traceback
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from siyu.base.errors import InputError, NotFoundError, SiyuError
from siyu.base.ground import Ground
from siyu.base.text import catalogue
from siyu.web import assets
from siyu.web.guard import Guarded, recognise
from siyu.web.page import is_htmx, lang_of, local, render, say_to, toast

log = logging.getLogger(__name__)

# Each is a module of this room with `routes(ground) -> list[Guarded]`.
PAGES = (
    "signin", "overview", "ledger", "customers", "person", "imports", "segments", "broadcasts", "group_sends", "posts", "codes", "contents",
    "messages", "setup", "jobs", "conflicts", "pace", "gallery", "answers", "health", "business", "worth", "connect",
)  # fmt: skip
# Rooms below that answer to the outside world with their own routes and their own checks (write keys, signed tokens).
DOORS = ("siyu.sources.http", "siyu.sources.callbacks", "siyu.sources.mini", "siyu.channels")

CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}


def app(ground: Ground) -> Starlette:
    """The ASGI application over a ground. Raises `RuntimeError` when a page does not say who may see it."""
    routes: list[BaseRoute] = []
    for door in DOORS:  # first, because routes are tried one after the other and machines knock hundreds of times a second
        routes.extend(importlib.import_module(door).routes(ground))
    routes.append(Route("/assets/{file}", assets.serve, name="assets"))
    for name in PAGES:
        routes.extend(guarded(name, importlib.import_module(f"siyu.web.{name}").routes(ground)))
    handlers: dict[Any, Any] = {HTTPException: refused, SiyuError: told}
    made = Starlette(
        routes=routes,
        middleware=[Middleware(Headers, is_https=ground.config.base_url.startswith("https://")), Middleware(GZipMiddleware, 1400)],
        exception_handlers=handlers,
    )
    made.state.ground = ground
    made.state.paths = {route.path for route in routes if isinstance(route, Route)}
    return made


def guarded(name: str, routes: Iterable[BaseRoute]) -> list[Guarded]:
    """The routes of one of our modules. Raises `RuntimeError` when one of them does not say who may come in: the default is nobody."""
    found = []
    for route in routes:
        if not isinstance(route, Guarded):
            raise RuntimeError(f"siyu.web.{name}: a route does not say who may come in; make it with page, deed or anyone")
        found.append(route)
    return found


class Headers:
    """Puts the security headers on every answer (an answer's own win) and a request id on every request."""

    def __init__(self, inner: ASGIApp, *, is_https: bool) -> None:
        self.inner = inner
        self.fixed = dict(HEADERS)
        if is_https:
            self.fixed["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        request_id = secrets.token_hex(6)
        scope.setdefault("state", {})["request_id"] = request_id

        has_begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *((k.encode(), v.encode()) for k, v in self.fixed.items() if k.encode() not in given),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        try:
            await self.inner(scope, receive, send_with_headers)
        except Exception as error:  # caught here and not by Starlette, which would raise it on, and the server would log its text
            if has_begun:
                raise RuntimeError(f"an answer broke off: {_about(error)}") from None
            answer = await run_in_threadpool(broken, Request(scope, receive), error)
            await answer(scope, receive, send_with_headers)


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") or is_htmx(request)


def refused(request: Request, error: Any) -> Response:
    """403, 404, 405 and their like, as a page that keeps its tone."""
    status = int(error.status_code)
    key = error.detail if str(error.detail) in catalogue() else ""
    what = say_to(request, key or f"web.error_{status if status in (403, 404, 405) else 'other'}")
    return _answer(request, status, what, "", dict(error.headers or {}))


def told(request: Request, error: Any) -> Response:
    """An error that a person can act on: what is true, and the remedy; to people in their language, to programs in English."""
    status = 404 if isinstance(error, NotFoundError) else 422 if isinstance(error, InputError) else 503
    what, remedy = error.told(lang_of(request)) if is_htmx(request) or _wants_page(request) else (error.what, error.remedy)
    return _answer(request, status, what, remedy, {})


def broken(request: Request, error: Exception) -> Response:
    """Our own fault: logged with the request id, shown with it."""
    log.error("a page failed", extra={"request_id": request.state.request_id, "path": _pattern(request)} | _about(error))
    return _answer(request, 500, say_to(request, "web.error_500"), say_to(request, "web.error_500_remedy"), {})


def _about(error: BaseException) -> dict[str, Any]:
    """What a log may know of an error: its class, the database's code, where it was; not its text, which may hold somebody's data."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    known: dict[str, Any] = {"error": type(error).__name__, "where": [f"{f.filename.rpartition('/siyu/')[2]}:{f.lineno}" for f in frames]}
    code = getattr(error, "sqlstate", None)
    return known | ({"sqlstate": code} if code else {})


def _came_from(request: Request) -> str:
    """The page of ours that led here, so that who did something wrong gets back to it; empty for none, and for this very page."""
    parts = urlsplit(request.headers.get("referer", ""))
    is_ours = parts.netloc == request.headers.get("host", "") and parts.path not in ("", "/sign-in")
    if not is_ours or (request.method == "GET" and parts.path == request.url.path):
        return ""
    return local(parts.path + (f"?{parts.query}" if parts.query else ""), "")


def _pattern(request: Request) -> str:
    route = request.scope.get("route")
    return getattr(route, "path", "")


def _answer(request: Request, status: int, what: str, remedy: str, headers: dict[str, str]) -> Response:
    answer: Response
    if is_htmx(request):
        answer = toast(HTMLResponse("", status), f"{what} {remedy}".strip(), "bad")
        answer.headers["HX-Reswap"] = "none"
    elif _wants_page(request):
        try:
            if not hasattr(request.state, "staff"):  # no page of ours was reached: still, staff get their layout around it
                recognise(request)
            answer = render(
                request, "error.html", status=status, code=status, what=what, remedy=remedy, request_id=request.state.request_id,
                back=_came_from(request),
            )  # fmt: skip
        except Exception as failure:  # the database may be what is broken: then say it without the layout
            log.error("the error page failed", extra={"request_id": request.state.request_id} | _about(failure))
            answer = Response(f"{what} {remedy} ({request.state.request_id})", status, media_type="text/plain")
    else:
        answer = JSONResponse({"error": what, "remedy": remedy, "request_id": request.state.request_id}, status)
    for name, value in headers.items():
        answer.headers[name] = value
    answer.headers["Cache-Control"] = "no-store"
    return answer


__all__ = ["app", "lang_of"]
