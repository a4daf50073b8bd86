"""The web under test: the application over a fresh database, three members of staff, and clients that are signed in."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest
from starlette.testclient import TestClient
from tests.conftest import KEYS, NOW
from tests.web import seed

from siyu.base import embedded
from siyu.base.clock import StillClock
from siyu.base.config import Config
from siyu.base.db import Database
from siyu.base.ground import Ground
from siyu.web import app, create_staff

PASSWORD = "correct horse battery"
ROLES = ("owner", "operator", "viewer")
Browse = Callable[..., "Browser"]
_shops = itertools.count(1)
OURS = {"accept": "text/html", "sec-fetch-site": "same-origin"}


@pytest.fixture
def staffed(ground: Ground) -> Ground:
    """The ground with one member of staff a role; the login is the role's name."""
    with ground.db.tx() as conn:
        for role in ROLES:
            create_staff(conn, role, role.title(), role, PASSWORD, ground.clock.now())
    return ground


@pytest.fixture
def shop(staffed: Ground) -> Ground:
    """The staffed ground with a small shop's people, orders, visits and receipts."""
    seed.seed(staffed, people=40)
    return staffed


@pytest.fixture(scope="module")
def open_shop(server: embedded.Embedded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A seeded shop that the tests of one module share: for those that only look, or whose changes trouble nobody else."""
    name = f"shop{next(_shops)}"
    with psycopg.connect(server.url, autocommit=True) as conn:
        conn.execute(f"create database {name} template siyu_template strategy file_copy")
    url = server.url.replace("/siyu?", f"/{name}?")
    db = Database(url, size=8)
    config = Config(tmp_path_factory.mktemp(name), url, "127.0.0.1", 0, "http://127.0.0.1:8000", "info")
    ground = Ground(db, still := StillClock(NOW), KEYS, config, wall=still)
    with db.tx() as conn:
        for role in ROLES:
            create_staff(conn, role, role.title(), role, PASSWORD, NOW)
    seed.seed(ground, people=40)
    yield ground
    db.close()
    with psycopg.connect(server.url, autocommit=True) as conn:
        conn.execute(f"drop database {name} with (force)")


@pytest.fixture
def visit(open_shop: Ground) -> Browse:
    """Open a browser at the shared shop; with a role, signed in as that one."""
    return _door(open_shop)


class Browser(TestClient):
    """A client that keeps cookies, and knows how to sign in and how to post with a page's token."""

    def look(self, path: str, **headers: str) -> httpx.Response:
        """Open a page as a browser would, without following where it leads."""
        return self.get(path, headers={"accept": "text/html", **headers}, follow_redirects=False)

    def token(self, path: str = "/settings/me") -> str:
        """The form token of a page."""
        text = self.look(path).text
        return text.split('name="csrf" value="', 1)[1].split('"', 1)[0]

    def sign_in(self, login: str, password: str = PASSWORD) -> Browser:
        """Sign in by the form."""
        answer = self.fill("/sign-in", {"login": login, "password": password}, token_from="/sign-in")
        assert answer.status_code == 303, answer.text
        return self

    def fill(self, path: str, values: dict[str, Any], *, token_from: str = "/settings/me", **headers: str) -> httpx.Response:
        """Post a form as a browser would."""
        data = {"csrf": self.token(token_from), **values}
        return self.post(path, data=data, headers={**OURS, **headers}, follow_redirects=False)


@pytest.fixture
def browse(staffed: Ground) -> Browse:
    """Open a browser; with a role, signed in as that one."""
    return _door(staffed)


def _door(ground: Ground) -> Browse:
    made = app(ground)

    def make(role: str = "") -> Browser:
        browser = Browser(made, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)
        return browser.sign_in(role) if role else browser

    return make
