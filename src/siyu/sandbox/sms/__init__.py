"""Simulated SMS vendors: Aliyun (Dysmsapi 2017-05-25) and Tencent Cloud (2021-01-11), with signatures checked and receipts pushed.

In come signed calls at `/` (told apart by their headers, as the official SDKs want it), /sms/aliyun and /sms/tencent, and people's replies
under /sandbox/sms; out go receipts and replies. Owns the file sms.json in the sandbox's data folder. See docs/sandbox.md.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from siyu.sandbox.silence import NoAnswer
from siyu.sandbox.sms import aliyun, control, tencent
from siyu.sandbox.sms.exchange import Exchange
from siyu.sandbox.sms.wire import Broken, asked
from siyu.sandbox.sms.words import ALIYUN, TENCENT, Reply, SmsAccount, Text

__all__ = ["Exchange", "Reply", "SmsAccount", "Text", "front", "routes", "vendor_of"]

_FRONTS = {ALIYUN: aliyun.answer, TENCENT: tencent.answer}


def vendor_of(request: Request) -> str:
    """Whose interface a request at `/` is for; empty when it is nobody's."""
    if "x-tc-action" in request.headers:
        return TENCENT
    return ALIYUN if "x-acs-action" in request.headers or "AccessKeyId" in request.query_params or request.method == "POST" else ""


async def front(exchange: Exchange, vendor: str, request: Request) -> Response:
    """Answer a vendor's call."""
    ask = await asked(request)
    try:
        with exchange.lock:
            status, body, kind, slow_for = _FRONTS[vendor](exchange, ask)
    except Broken:
        return NoAnswer()
    if slow_for:
        await asyncio.sleep(slow_for)
    return Response(body, status, media_type=kind)


def routes(exchange: Exchange) -> list[Route]:
    """The routes of the SMS vendors but `/`."""

    async def to_aliyun(request: Request) -> Response:
        return await front(exchange, ALIYUN, request)

    async def to_tencent(request: Request) -> Response:
        return await front(exchange, TENCENT, request)

    return [
        Route("/sms/aliyun", to_aliyun, methods=["GET", "POST"]),
        Route("/sms/aliyun/", to_aliyun, methods=["GET", "POST"]),
        Route("/sms/tencent", to_tencent, methods=["GET", "POST"]),
        Route("/sms/tencent/", to_tencent, methods=["GET", "POST"]),
        *control.routes(exchange),
    ]
