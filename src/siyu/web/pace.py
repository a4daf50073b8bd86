"""The bar of a moved clock (in the demo): what time it is there, and a way to let days pass."""

from __future__ import annotations

from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from siyu.base.clock import SharedClock
from siyu.base.ground import Ground
from siyu.web.guard import Guarded, deed, note
from siyu.web.page import form_of, go, ground_of, local
from siyu.web.words import Role

RATE = 4 * 3600.0  # a simulated day in six seconds
CHOICES = (1, 7, 14)


def routes(ground: Ground) -> list[Guarded]:
    """One deed; it exists only where the clock was moved."""
    return [deed("/clock", forward, Role.OPERATOR)]


def forward(request: Request) -> Response:
    """Let some days pass quickly. On the wall's time there is nothing to move: 404."""
    ground, form = ground_of(request), form_of(request)
    clock = ground.clock
    if not isinstance(clock, SharedClock) or clock.pace() is None:
        raise HTTPException(404)
    told = str(form.get("days", ""))
    days = int(told) if told.isdigit() and int(told) in CHOICES else CHOICES[0]
    now = clock.now()
    clock.set(now, RATE, now + timedelta(days=days))
    with ground.db.tx() as conn:
        note(request, conn, "clock.forwarded", days=days)
    return go(request, local(str(form.get("next", "/"))), said="web.pace_said", days=days)
