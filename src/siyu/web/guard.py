"""The guard at the door of every page: who may come in, and that a change was really meant.

A page names the role it needs, or says that anyone may come: `app` refuses a route that says neither. A change (POST) must come from
our own pages: `Sec-Fetch-Site` or `Origin` must say so, and the form (or the header X-CSRF) must carry the session's token.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from siyu.base.ground import Ground
from siyu.web import staff as staff_room
from siyu.web.page import Endpoint, ground_of, is_htmx
from siyu.web.words import SESSION_FOR, Role, Staff

VISIT_COOKIE = "siyu_visit"
MOST_FIELDS = 2_000


class Guarded(Route):
    """A route that says who may come in. `role` None = anyone."""

    role: Role | None

    def __init__(self, path: str, endpoint: Endpoint, role: Role | None, methods: Sequence[str], name: str | None) -> None:
        self.role = role
        self.inner = endpoint
        super().__init__(path, _guarded(endpoint, role), methods=list(methods), name=name or endpoint.__name__)


def page(path: str, endpoint: Endpoint, role: Role, *, name: str | None = None) -> Guarded:
    """A page to look at (GET) for staff who may do what `role` may."""
    return Guarded(path, endpoint, role, ["GET"], name)


def deed(path: str, endpoint: Endpoint, role: Role, *, name: str | None = None) -> Guarded:
    """A change (POST) by staff who may do what `role` may."""
    return Guarded(path, endpoint, role, ["POST"], name)


def anyone(path: str, endpoint: Endpoint, *, methods: Sequence[str] = ("GET",), name: str | None = None) -> Guarded:
    """A page without sign-in. A POST is checked for its origin and token all the same."""
    return Guarded(path, endpoint, None, methods, name)


def _guarded(endpoint: Endpoint, role: Role | None) -> Any:
    async def run(request: Request) -> Response:
        is_deed = request.method not in ("GET", "HEAD")
        if is_deed and not is_from_us(request):
            raise HTTPException(403, "web.error_foreign")
        entered = await run_in_threadpool(recognise, request)
        if role is not None and entered is None:
            return _to_sign_in(request)
        if role is not None and entered is not None and not entered.may(role):
            raise HTTPException(403, "web.error_role")
        if is_deed:
            request.state.form = await request.form(max_fields=MOST_FIELDS)
            given = request.headers.get("x-csrf") or str(request.state.form.get("csrf", ""))
            if not secrets.compare_digest(given.encode(), request.state.csrf.encode()):
                raise HTTPException(403, "web.error_token")
        return await run_in_threadpool(endpoint, request)

    run.__name__ = endpoint.__name__
    run.__doc__ = endpoint.__doc__
    return run


def recognise(request: Request) -> Staff | None:
    """Whose session this request carries, noted for the page; and the token that its forms will carry."""
    token = request.cookies.get(session_cookie(ground_of(request)), "")
    entered = staff_room.enter(ground_of(request), token) if token else None
    request.state.staff = entered
    _choose_csrf(request, token if entered else "")
    return entered


def is_from_us(request: Request) -> bool:
    """Whether a POST was made by a page of ours. A client that is no browser sends neither header, and must know the token."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    if origin is None:
        return True
    base = urlsplit(ground_of(request).config.base_url).netloc
    return urlsplit(origin).netloc in (request.headers.get("host"), base) and origin != "null"


def _choose_csrf(request: Request, token: str) -> None:
    """The token that forms of this page carry: bound to the session, or to the visit where nobody is signed in."""
    vault = ground_of(request).vault
    if token:
        request.state.csrf = vault.token("csrf", "session", staff_room.digest_of(token).hex())
        return
    visit = request.cookies.get(VISIT_COOKIE) or ""
    if not 20 <= len(visit) <= 64:
        visit = secrets.token_urlsafe(24)
        request.state.new_visit = visit
    request.state.csrf = vault.token("csrf", "visit", visit)


def keep_visit(request: Request, answer: Response) -> Response:
    """Send the visit's cookie with a page that carries a form for people who are not signed in."""
    visit = getattr(request.state, "new_visit", "")
    if visit:
        answer.set_cookie(VISIT_COOKIE, visit, path="/", httponly=True, samesite="lax", secure=is_https(ground_of(request)))
    return answer


def _to_sign_in(request: Request) -> Response:
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method != "GET" or is_htmx(request):
        here = urlsplit(request.headers.get("hx-current-url", "")).path or "/"
    to = "/sign-in" if here == "/" else f"/sign-in?next={quote(here, safe='/')}"
    if is_htmx(request):
        return Response(status_code=401, headers={"HX-Redirect": to, "Cache-Control": "no-store"})
    return RedirectResponse(to, 303, headers={"Cache-Control": "no-store"})


def is_https(ground: Ground) -> bool:
    """Whether people reach us over https: then cookies are Secure."""
    return ground.config.base_url.startswith("https://")


def session_cookie(ground: Ground) -> str:
    """The session cookie's name; the prefix __Host- binds it to this very host, which browsers allow over https only."""
    return "__Host-siyu" if is_https(ground) else "siyu"


def keep_session(request: Request, answer: Response, token: str) -> None:
    """Hand a new session to the browser."""
    ground = ground_of(request)
    answer.set_cookie(
        session_cookie(ground), token, max_age=int(SESSION_FOR.total_seconds()), path="/", httponly=True, samesite="lax",
        secure=is_https(ground),
    )  # fmt: skip


def note(request: Request, conn: Any, what: str, *, ref: str = "", **detail: Any) -> None:
    """Write into the staff log, in the change's own transaction. `detail` must hold no personal data."""
    staff: Staff = request.state.staff
    staff_room.note(conn, staff.login, what, ground_of(request).clock.now(), ref=ref, **detail)
