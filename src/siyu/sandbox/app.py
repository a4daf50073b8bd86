"""The sandbox's pages and API as one ASGI application; its SMTP server lives and dies with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import BaseRoute, Route

from siyu.sandbox import clock, corp, mail
from siyu.sandbox.mail.smtp import Line, serve
from siyu.sandbox.world import World


def app(world: World, line: Line | None = None, extra: Sequence[BaseRoute] = ()) -> Starlette:
    """The application. With a `line` it also answers SMTP on it. `extra` are routes of further parts of the world."""

    async def home(_: Request) -> RedirectResponse:
        return RedirectResponse("/mail")

    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"ok": True, "mails": world.post.box.count(), "clock": world.clock.now().isoformat()})

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        if line is None:
            yield
            return
        async with serve(world.post, line):
            yield

    return Starlette(
        routes=[
            Route("/", home),
            Route("/health", health),
            *clock.routes(world),
            *mail.routes(world.post),
            *corp.routes(world.corps),
            *extra,
        ],
        lifespan=life,
    )
