"""The web under test: the application over a fresh database, three members of staff, and clients that are signed in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from siyu.base.ground import Ground
from siyu.web import app, create_staff

PASSWORD = "correct horse battery"
ROLES = ("owner", "operator", "viewer")


@pytest.fixture
def staffed(ground: Ground) -> Ground:
    """The ground with one member of staff a role; the login is the role's name."""
    with ground.db.tx() as conn:
        for role in ROLES:
            create_staff(conn, role, role.title(), role, PASSWORD, ground.clock.now())
    return ground


class Browser(TestClient):
    """A client that keeps cookies and knows how to sign in and to post with the page's token."""

    def token(self, path: str = "/") -> str:
        """The form token of a page."""
        text = self.get(path, headers={"accept": "text/html"}).text
        return text.split('name="csrf" value="', 1)[1].split('"', 1)[0]

    def sign_in(self, login: str, password: str = PASSWORD) -> Browser:
        """Sign in by the form."""
        answer = self.send_form("/sign-in", {"login": login, "password": password}, token_from="/sign-in")
        assert answer.status_code == 303, answer.text
        return self

    def send_form(self, path: str, values: dict[str, str], *, token_from: str = "/jobs", **options: object):  # type: ignore[no-untyped-def]
        """Post a form as a browser would."""
        headers = {"accept": "text/html", "sec-fetch-site": "same-origin", **options.pop("headers", {})}  # type: ignore[dict-item]
        return self.post(path, data={"csrf": self.token(token_from), **values}, headers=headers, follow_redirects=False, **options)


@pytest.fixture
def browse(staffed: Ground) -> Callable[[str], Browser]:
    """Open a browser; with a role, signed in as that one."""

    def make(role: str = "") -> Browser:
        browser = Browser(app(staffed), base_url="http://127.0.0.1:8000", raise_server_exceptions=False)
        return browser.sign_in(role) if role else browser

    return make
