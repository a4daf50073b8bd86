"""Rules of welcomes as rows of a form: which content, for whom, when. Of a code, and of everybody whom no code's rule is for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from siyu import content, growth, pool, segments
from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.growth import MOST_WELCOMES, For, Welcome
from siyu.web.codes.writing import welcomes_of, when_of
from siyu.web.guard import note
from siyu.web.page import form_of, go, ground_of, render, say_to

_LEAST_ROWS = 3


def rows_of(request: Request, conn: Connection, welcomes: Sequence[Welcome]) -> dict[str, Any]:
    """What the rows need: those that are there and an empty one more, with the contents and people that may be chosen."""
    tags = sorted({one.name for one in pool.relations.tags(conn)} | {one.of for one in welcomes if one.whom == For.TAG})
    groups = {str(one.segment_id): one.name for one in segments.all_kept(conn)}
    groups |= {one.of: one.of for one in welcomes if one.whom == For.SEGMENT and one.of not in groups}
    whoms = [(str(one), say_to(request, f"web.code_whom_{one}")) for one in (For.ANYBODY, For.NEW, For.RETURNING, For.BUYER)]
    whoms += [(f"{For.SEGMENT}:{number}", say_to(request, "web.code_whom_segment", name=name)) for number, name in groups.items()]
    whoms += [(f"{For.TAG}:{name}", say_to(request, "web.code_whom_tag", name=name)) for name in tags]
    kept = [(one.content_id, one.name) for one in content.all_kept(conn, growth.CHANNEL)]
    there = {number for number, _ in kept}
    gone = [(one.content_id, seen.name) for one in welcomes if one.content_id not in there and (seen := content.see(conn, one.content_id))]
    filled = [(one.content_id, f"{one.whom}:{one.of}" if one.of else str(one.whom), when_of(one)) for one in welcomes]
    empty = [("", str(For.ANYBODY), "")] * min(max(_LEAST_ROWS - len(filled), 1), MOST_WELCOMES - len(filled))
    return {"greetings": [*filled, *empty], "whoms": whoms, "welcomes": [("", say_to(request, "web.code_no_welcome")), *kept, *gone]}


def described(request: Request, conn: Connection, welcomes: Sequence[Welcome]) -> list[dict[str, Any]]:
    """Rules as a page shows them: the content's number and name, for whom, when."""
    groups = {str(one.segment_id): one.name for one in segments.all_kept(conn)}
    shown = []
    for one in welcomes:
        kept = content.see(conn, one.content_id)
        name = groups.get(one.of, one.of) if one.whom == For.SEGMENT else one.of
        whom = say_to(request, f"web.code_whom_{one.whom}", name=name)
        shown.append({"content_id": one.content_id, "name": kept.name if kept else "–", "whom": whom, "when": when_of(one)})
    return shown


def see(request: Request) -> Response:
    """Who is greeted how when no code says otherwise."""
    with ground_of(request).db.tx() as conn:
        return _page(request, conn, growth.default_welcomes(conn))


def change(request: Request) -> Response:
    """Keep the rules as they are written now."""
    ground = ground_of(request)
    welcomes: tuple[Welcome, ...] = ()
    try:
        welcomes = welcomes_of(form_of(request))
        with ground.db.tx() as conn:
            growth.set_default_welcomes(ground, conn, welcomes)
            note(request, conn, "welcomes.kept")
    except InputError as wrong:
        with ground.db.tx() as conn:
            return _page(request, conn, welcomes or growth.default_welcomes(conn), wrong=wrong, status=422)
    return go(request, "/codes/welcomes", said="web.code_welcomes_kept")


def _page(request: Request, conn: Connection, welcomes: Sequence[Welcome], wrong: InputError | None = None, status: int = 200) -> Response:
    return render(request, "codes/welcomes.html", wrong=wrong, status=status, **rows_of(request, conn, welcomes))
