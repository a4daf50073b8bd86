"""One's own account: the password."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.web import staff as staff_room
from siyu.web.guard import Guarded, deed, note, page, session_cookie
from siyu.web.page import form_of, go, ground_of, render, say_to, staff_of
from siyu.web.setup.tabs import tabs
from siyu.web.words import LEAST_PASSWORD, Role


def routes(ground: Ground) -> list[Guarded]:
    """One page."""
    return [page("/settings/me", show, Role.VIEWER), deed("/settings/me/password", change_password, Role.VIEWER)]


def show(request: Request) -> Response:
    """Name, login, role, and the form for a new password."""
    return render(request, "setup/me.html", tabs=tabs(request), least=LEAST_PASSWORD)


def change_password(request: Request) -> Response:
    """A new password, given the old one; every other session of the person ends."""
    ground, form = ground_of(request), form_of(request)
    staff = staff_of(request)
    with ground.db.tx() as conn:
        if not staff_room.is_password_of(conn, staff.login, str(form.get("old", ""))):
            raise InputError(say_to(request, "web.password_old_wrong"), field="old")
        token = request.cookies.get(session_cookie(ground), "")
        staff_room.change_password(conn, staff.staff_id, str(form.get("password", "")), keep=staff_room.digest_of(token))
        note(request, conn, "staff.password_changed", ref=f"staff:{staff.staff_id}")
    return go(request, "/settings/me", said="web.password_changed")
