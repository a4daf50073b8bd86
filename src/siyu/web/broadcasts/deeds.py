"""What people do with a broadcast: set going, hold, stop, copy. Each is a line in the staff log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from siyu import journeys
from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.web.guard import note
from siyu.web.page import form_of, go, ground_of, say_to, show_of, staff_of


def _done(request: Request, what: str, act: Callable[[Ground, Connection, int], object]) -> Response:
    number = int(request.path_params["broadcast_id"])
    with ground_of(request).db.tx() as conn:
        act(ground_of(request), conn, number)
        note(request, conn, f"broadcast.{what}", ref=f"broadcast:{number}")
    return go(request, f"/broadcasts/{number}", said=f"web.broadcast_said_{what}")


def start(request: Request) -> Response:
    """Begin now."""
    return _done(request, "started", journeys.start)


def schedule(request: Request) -> Response:
    """Begin at a moment in the brand's time zone."""
    try:
        at = datetime.fromisoformat(str(form_of(request).get("start_at", "")))
    except ValueError:
        raise InputError(say_to(request, "web.broadcast_bad_moment"), field="start_at") from None
    at = at.replace(tzinfo=show_of(request).zone)
    if at <= ground_of(request).clock.now():
        raise InputError(say_to(request, "web.broadcast_past_moment"), field="start_at")
    return _done(request, "scheduled", lambda ground, conn, number: journeys.schedule(ground, conn, number, at))


def recall(request: Request) -> Response:
    """Back to a draft."""
    return _done(request, "recalled", journeys.recall)


def pause(request: Request) -> Response:
    """Hold."""
    return _done(request, "paused", journeys.pause)


def go_on(request: Request) -> Response:
    """Go on."""
    return _done(request, "resumed", journeys.go_on)


def cancel(request: Request) -> Response:
    """Stop for good."""
    return _done(request, "cancelled", journeys.cancel)


def copy(request: Request) -> Response:
    """A new draft with the same settings; the people are divided anew."""
    ground = ground_of(request)
    with ground.db.tx() as conn:
        old = journeys.see(conn, int(request.path_params["broadcast_id"]))
        name = say_to(request, "web.broadcast_copy_of", name=old.name)[:120]
        draft = replace(journeys.draft_of(old), name=name, created_by=staff_of(request).login)
        number = journeys.make(ground, conn, draft)
        note(request, conn, "broadcast.made", ref=f"broadcast:{number}")
    return go(request, f"/broadcasts/{number}/edit", said="web.broadcast_said_copied")
