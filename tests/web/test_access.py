"""Who may come where: the matrix of every route and every role, generated from the routes themselves; and changes that nobody meant."""

from __future__ import annotations

import re

import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from tests.web.conftest import OURS, PASSWORD, ROLES, Browse

from siyu.base.ground import Ground
from siyu.web import app
from siyu.web.app import guarded
from siyu.web.guard import Guarded
from siyu.web.words import Role, Staff

NAMES = {"person_id": "1", "order_no": "880001", "source_id": "1", "name": "caps"}
SLOW = {"/sign-in", "/language"}


def filled(path: str) -> str:
    """A path with something in each hole."""
    return re.sub(r"{(\w+)(?::\w+)?}", lambda m: NAMES.get(m[1], "1"), path)


def table(ground: Ground) -> list[Guarded]:
    return [route for route in app(ground).routes if isinstance(route, Guarded)]


def test_a_route_that_does_not_say_who_may_come_is_refused() -> None:
    with pytest.raises(RuntimeError, match="who may come in"):
        guarded("parcels", [Route("/parcels", lambda request: PlainTextResponse("hello"))])


def test_only_these_pages_are_open_to_strangers(open_shop: Ground) -> None:
    """Whoever opens another page to everybody must say so here."""
    is_open = {route.path for route in table(open_shop) if route.role is None}
    assert is_open == {"/sign-in", "/language", "/livez", "/readyz", "/q/{state}"}  # a printed code leads to /q/, for whoever scans it


@pytest.mark.parametrize("role", ["", *ROLES])
def test_every_route_for_every_role(visit: Browse, open_shop: Ground, role: str) -> None:
    browser = visit(role)
    token = browser.token("/sign-in" if not role else "/settings/me")
    who = Staff(1, role, role, Role(role), "zh", open_shop.clock.now()) if role else None
    wrong = []
    for route in sorted(table(open_shop), key=lambda r: r.path == "/sign-out"):  # signing out ends the walk
        if route.role is None:
            continue
        path = filled(route.path)
        is_deed = "POST" in route.methods
        form = {"data": {"csrf": token}, "headers": OURS, "follow_redirects": False}
        answer = browser.post(path, **form) if is_deed else browser.look(path)  # type: ignore[arg-type]
        if who is None:
            is_right = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
        elif not who.may(route.role):
            is_right = answer.status_code == 403
        elif is_deed:
            is_right = answer.status_code in (200, 204, 303, 404, 422, 503)  # let in; told what the form, or the configuration, lacks
        else:
            is_right = answer.status_code == 200 or ("{" in route.path and answer.status_code in (303, 404, 422))
        if not is_right:
            wrong.append((route.path, sorted(route.methods), answer.status_code))
    assert not wrong


def test_a_change_that_no_page_of_ours_made_is_refused(visit: Browse, open_shop: Ground) -> None:
    """Every deed: without a token, with a foreign one, from a foreign page; and with a browser that says so, even with the right token."""
    browser, other = visit("owner"), visit("owner")
    with open_shop.db.tx() as conn:
        before = conn.execute("select count(*) from staff_log").fetchone()
    mine, foreign = browser.token(), other.token()
    assert mine != foreign, "a token belongs to one session"
    wrong = []
    for route in table(open_shop):
        if "POST" not in route.methods or route.path in SLOW:
            continue
        path = filled(route.path)
        tries = [
            ({}, OURS),
            ({"csrf": ""}, OURS),
            ({"csrf": foreign}, OURS),
            ({"csrf": mine}, {**OURS, "sec-fetch-site": "cross-site"}),
            ({"csrf": mine}, {**OURS, "sec-fetch-site": "same-site"}),
            ({"csrf": mine}, {"accept": "text/html", "origin": "https://evil.example"}),
            ({"csrf": mine}, {"accept": "text/html", "origin": "null"}),
        ]
        for data, headers in tries:
            answer = browser.post(path, data=data, headers=headers, follow_redirects=False)
            if answer.status_code != 403:
                wrong.append((path, data.keys(), headers, answer.status_code))
    assert not wrong
    with open_shop.db.tx() as conn:
        assert conn.execute("select count(*) from staff_log").fetchone() == before, "nothing was done"
    assert browser.look("/jobs").status_code == 200, "nobody was signed out"


def test_a_sign_in_that_no_page_of_ours_made_is_refused(visit: Browse) -> None:
    """Else somebody could sign you in as themselves and read what you type."""
    browser = visit()
    form = {"login": "owner", "password": PASSWORD, "csrf": visit().token("/sign-in")}
    assert browser.post("/sign-in", data=form, headers=OURS).status_code == 403
    form["csrf"] = browser.token("/sign-in")
    assert browser.post("/sign-in", data=form, headers={**OURS, "sec-fetch-site": "cross-site"}).status_code == 403


def test_a_role_that_changes_holds_at_once(browse: Browse, staffed: Ground) -> None:
    operator = browse("operator")
    with staffed.db.tx() as conn:
        conn.execute("update staff set role = 'viewer' where login = 'operator'")
    assert operator.fill("/customers/1/tags", {"tag": "x"}).status_code == 403
