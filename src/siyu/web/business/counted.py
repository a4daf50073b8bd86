"""Figures that read everybody: counted beside the page, kept until a fact is folded; where counting is slow, for some minutes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from siyu import pool
from siyu.base.cursor import see_place
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.web.broadcasts.looks import Look, looks_of
from siyu.web.page import ground_of, kept_by_app, render

T = TypeVar("T")
_FRESH_FOR = 240.0  # seconds: days pass while nobody buys
_SLOW = 2.0  # seconds of counting from which new facts do not make a page count again


def counted(request: Request, what: str, count: Callable[[Ground, Connection], T], *, behind: str = "pool.fold") -> tuple[T | None, Look]:
    """What `count` gives for the pool as the reader `behind` has it; None while it is being counted, or went wrong (the look says so)."""
    ground = ground_of(request)
    with ground.db.tx() as conn:
        brand, place = pool.brand(conn), see_place(conn, behind)

    costs = kept_by_app(request, "counting_costs", dict[str, float])

    def make(_: object) -> T:
        began = time.monotonic()
        with ground.db.tx() as conn:
            found = count(ground, conn)
        costs[what] = time.monotonic() - began
        return found

    seen = place if costs.get(what, 0.0) < _SLOW else None
    day = ground.clock.now().date()
    look = looks_of(request).take((what, brand.currency, brand.time_zone, seen, day), make, fresh_for=_FRESH_FOR)
    return (look.value if look.is_done.is_set() and not look.error else None), look


def waiting(request: Request, look: Look, title: str, about: str, section: str = "web.nav_business") -> Response:
    """The page while it is counted: it asks again by itself. `section` is the text of the menu's part it stands in."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return render(request, "business/counting.html", look=look, heading=title, about=about, here=here, section=section)
