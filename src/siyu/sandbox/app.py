"""The sandbox's pages and API as one ASGI application; its SMTP server lives and dies with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from siyu.sandbox import clock, corp, mail, phone, sms, wechat
from siyu.sandbox.mail.smtp import Line, serve
from siyu.sandbox.world import World


def app(world: World, line: Line | None = None, extra: Sequence[BaseRoute] = ()) -> Starlette:
    """The application. With a `line` it also answers SMTP on it. `extra` are routes of further parts of the world."""

    async def home(request: Request) -> Response:
        vendor = sms.vendor_of(request)  # the SMS vendors' own SDKs know a host and no path
        return await sms.front(world.sms, vendor, request) if vendor else RedirectResponse("/mail")

    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"ok": True, "mails": world.post.box.count(), "clock": world.clock.now().isoformat()})

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        world.wechat.courier.start()
        world.sms.courier.start()
        try:
            async with serve(world.post, line) if line else nullcontext():
                yield
        finally:  # here, and not behind the server: it ends by raising the signal once more
            await asyncio.to_thread(world.corps.close)
            await asyncio.to_thread(world.wechat.close)
            await asyncio.to_thread(world.sms.close)

    return Starlette(
        routes=[
            Route("/", home, methods=["GET", "POST"]),
            Route("/health", health),
            *clock.routes(world),
            *mail.routes(world.post),
            *corp.routes(world.corps),
            *wechat.routes(world.wechat),
            *sms.routes(world.sms),
            *phone.routes(world.wechat, world.sms),
            *extra,
        ],
        lifespan=life,
    )
