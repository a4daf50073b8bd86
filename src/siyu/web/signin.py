"""Signing in and out, and the language of whoever reads."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from siyu.base.ground import Ground
from siyu.base.text import LANGUAGES
from siyu.web import staff as staff_room
from siyu.web.guard import Guarded, anyone, deed, is_https, keep_session, keep_visit, session_cookie
from siyu.web.page import LANGUAGE_COOKIE, form_of, go, ground_of, local, render, say_to, staff_of
from siyu.web.words import Role


def routes(ground: Ground) -> list[Guarded]:
    """Sign-in, sign-out, language."""
    return [
        anyone("/sign-in", show_sign_in),
        anyone("/sign-in", sign_in, methods=["POST"]),
        deed("/sign-out", sign_out, Role.VIEWER),
        anyone("/language", language, methods=["POST"]),
    ]


def show_sign_in(request: Request) -> Response:
    """The form; whoever is signed in already goes on."""
    to = local(request.query_params.get("next", "/"))
    if request.state.staff is not None:
        return RedirectResponse(to, 303)
    return keep_visit(request, render(request, "signin.html", to=to, login="", wrong=""))


def sign_in(request: Request) -> Response:
    """Check the password; a new session token each time."""
    form = form_of(request)
    login, to = str(form.get("login", "")), local(str(form.get("next", "/")))
    address = request.client.host if request.client else ""
    done = staff_room.sign_in(ground_of(request), login, str(form.get("password", "")), address)
    if isinstance(done, staff_room.Refused):
        wrong = say_to(request, "web.sign_in_too_often" if done.is_too_often else "web.sign_in_wrong")
        status = 429 if done.is_too_often else 401
        return render(request, "signin.html", status=status, to=to, login=login, wrong=wrong)
    old = request.cookies.get(session_cookie(ground_of(request)))
    if old:
        staff_room.sign_out(ground_of(request), old)
    answer = RedirectResponse(to, 303, headers={"Cache-Control": "no-store"})
    keep_session(request, answer, done[1])
    return answer


def sign_out(request: Request) -> Response:
    """End the session here and in the browser."""
    ground = ground_of(request)
    staff_room.sign_out(ground, request.cookies.get(session_cookie(ground), ""))
    answer = RedirectResponse("/sign-in", 303, headers={"Cache-Control": "no-store", "Clear-Site-Data": '"cache"'})
    answer.delete_cookie(session_cookie(ground), path="/", secure=is_https(ground), httponly=True)
    return answer


def language(request: Request) -> Response:
    """Switch the language, for the member of staff or for this browser."""
    form = form_of(request)
    chosen = str(form.get("language", ""))
    chosen = chosen if chosen in LANGUAGES else "zh"
    if request.state.staff is not None:
        ground = ground_of(request)
        with ground.db.tx() as conn:
            conn.execute(staff_room.Q.change_language, {"staff_id": staff_of(request).staff_id, "language": chosen})
    answer = go(request, local(str(form.get("next", "/"))))
    answer.set_cookie(LANGUAGE_COOKIE, chosen, max_age=31_536_000, path="/", httponly=True, samesite="lax")
    return answer
