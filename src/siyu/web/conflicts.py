"""Identity conflicts that wait for somebody to decide."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from siyu import pool
from siyu.base.ground import Ground
from siyu.web import moments
from siyu.web.guard import Guarded, page
from siyu.web.page import ground_of, lang_of, render
from siyu.web.words import Role

SIZE = 30


def routes(ground: Ground) -> list[Guarded]:
    """One page; the deeds are those of a customer's page."""
    return [page("/conflicts", listing, Role.VIEWER)]


def listing(request: Request) -> Response:
    """A page of conflicts, with both people side by side."""
    text = request.query_params.get("page", "1")
    number = min(1000, max(1, int(text))) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    with ground_of(request).db.tx() as conn:
        total = pool.count_conflicts(conn)
        found = pool.conflicts(conn, limit=SIZE, offset=(number - 1) * SIZE)
        people = {r.person_id: r for r in pool.rows_of(conn, list({p for c in found for p in (c.left_person, c.right_person)}))}
    lang = lang_of(request)
    return render(
        request, "customers/conflicts.html", conflicts=found, people=people, total=total, number=number, size=SIZE,
        kind_of=lambda name: moments.kind(name, lang),
    )  # fmt: skip
