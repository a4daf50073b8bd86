"""The clock of the small world: the wall's, or one that was moved and runs faster. `GET /clock` tells it, `POST /clock` moves it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from siyu.base.clock import Pace, SystemClock

if TYPE_CHECKING:
    from siyu.sandbox.world import World

_WALL = SystemClock()


class WorldClock:
    """A clock that can be set: from a moment on it shows another time and runs `rate` times as fast as the wall's."""

    def __init__(self) -> None:
        self._pace: Pace | None = None

    def now(self) -> datetime:
        """What the world's clock shows, aware, in UTC."""
        real = _WALL.now()
        return self._pace.shown(real) if self._pace else real

    def set(self, shown_at: datetime, rate: float, until: datetime | None = None) -> None:
        """Show `shown_at` from now on and run `rate` times as fast (0 = stand still), until it shows `until`."""
        self._pace = Pace(_WALL.now(), shown_at, rate, until)

    @property
    def rate(self) -> float:
        """How many times as fast as the wall's it runs."""
        return self._pace.rate if self._pace else 1.0


def routes(world: World) -> list[Route]:
    """`GET /clock` -> {shown_at, rate}; `POST /clock` {shown_at, rate, until} moves it: from `until` on it runs at the wall's speed."""

    def told() -> JSONResponse:
        return JSONResponse({"shown_at": world.clock.now().isoformat(), "rate": world.clock.rate})

    async def clock(request: Request) -> JSONResponse:
        if request.method == "POST":
            try:
                given = await request.json()
                shown_at = datetime.fromisoformat(str(given["shown_at"]))
                rate = float(given.get("rate", 1.0))
                until = datetime.fromisoformat(str(given["until"])) if given.get("until") else None
                if not 0 <= rate <= 1_000_000:
                    raise ValueError
            except (ValueError, KeyError, TypeError, AttributeError):
                return JSONResponse({"error": "Give shown_at (ISO 8601), rate (0 to 1,000,000) and, if you like, until (ISO 8601)."}, 422)
            world.clock.set(shown_at if shown_at.tzinfo else shown_at.replace(tzinfo=UTC), rate, until)
        return told()

    return [Route("/clock", clock, methods=["GET", "POST"])]
