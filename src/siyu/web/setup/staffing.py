"""Staff: who may sign in, and as what."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.web import staff as staff_room
from siyu.web import store
from siyu.web.guard import Guarded, deed, note, page
from siyu.web.page import form_of, go, ground_of, render, say_to, staff_of
from siyu.web.setup.tabs import tabs
from siyu.web.words import LEAST_PASSWORD, Role


def routes(ground: Ground) -> list[Guarded]:
    """The list, and what an owner may do with it."""
    one = "/settings/staff/{staff_id:int}"
    return [
        page("/settings/staff", show, Role.OWNER),
        deed("/settings/staff", add, Role.OWNER),
        deed(one, change, Role.OWNER),
        deed(one + "/password", set_password, Role.OWNER),
        deed(one + "/close", close, Role.OWNER),
        deed(one + "/reopen", reopen, Role.OWNER),
    ]


def show(request: Request) -> Response:
    """Everybody."""
    with ground_of(request).db.tx() as conn:
        everybody = store.all_staff(conn)
    roles = [(r, say_to(request, f"web.role_{r}")) for r in Role]
    return render(request, "setup/staff.html", tabs=tabs(request), everybody=everybody, roles=roles, least=LEAST_PASSWORD)


def add(request: Request) -> Response:
    """Add somebody with a first password."""
    ground, form = ground_of(request), form_of(request)
    login, name, role = str(form.get("login", "")), str(form.get("name", "")), str(form.get("role", ""))
    with ground.db.tx() as conn:
        made = staff_room.create_staff(
            conn, login, name, role, str(form.get("password", "")), ground.clock.now(), language=staff_of(request).language
        )
        note(request, conn, "staff.added", ref=f"staff:{made}", role=role)
    return go(request, "/settings/staff", said="web.staff_added")


def change(request: Request) -> Response:
    """Another name or role."""
    ground, form = ground_of(request), form_of(request)
    number = request.path_params["staff_id"]
    with ground.db.tx() as conn:
        staff_room.change_staff(conn, number, str(form.get("name", "")), str(form.get("role", "")))
        note(request, conn, "staff.changed", ref=f"staff:{number}", role=str(form.get("role", "")))
    return go(request, "/settings/staff", said="web.saved")


def set_password(request: Request) -> Response:
    """A new password for somebody who forgot theirs; their sessions end."""
    ground = ground_of(request)
    number = request.path_params["staff_id"]
    with ground.db.tx() as conn:
        staff_room.change_password(conn, number, str(form_of(request).get("password", "")))
        note(request, conn, "staff.password_set", ref=f"staff:{number}")
    return go(request, "/settings/staff", said="web.saved")


def close(request: Request) -> Response:
    """Somebody leaves."""
    ground = ground_of(request)
    number = request.path_params["staff_id"]
    if number == staff_of(request).staff_id:
        raise InputError(say_to(request, "web.staff_not_oneself"))
    with ground.db.tx() as conn:
        staff_room.close_staff(conn, number, ground.clock.now())
        note(request, conn, "staff.closed", ref=f"staff:{number}")
    return go(request, "/settings/staff", said="web.saved")


def reopen(request: Request) -> Response:
    """Somebody comes back."""
    number = request.path_params["staff_id"]
    with ground_of(request).db.tx() as conn:
        staff_room.reopen_staff(conn, number)
        note(request, conn, "staff.reopened", ref=f"staff:{number}")
    return go(request, "/settings/staff", said="web.saved")
