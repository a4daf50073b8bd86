"""All addresses of the simulated corp."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import siyu.sandbox.corp.api  # noqa: F401  enters the interfaces into the table
from siyu.sandbox.corp import control, phones, public
from siyu.sandbox.corp.founding import Corps


def routes(corps: Corps) -> list[Route]:
    """The interface, what is open to anybody, and the hand behind both."""

    async def interface(request: Request) -> Response:
        return await corps.wire.answer(request)

    return [
        Route("/wecom/cgi-bin/{path:path}", interface, methods=["GET", "POST"]),
        *public.routes(corps),
        *phones.routes(corps),
        *control.routes(corps),
    ]
