"""Where a mini-program of the brand's own logs its customers in. Nobody signs in for it: the code is the proof.

POST /in/mini/{account_id}/login   {code, phone_code?, scene?}  -> {session, expires_in, has_phone}
POST /in/mini/{account_id}/phone   {code}, Authorization: Bearer SESSION -> {has_phone: true}
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter
from typing import Any

import psycopg
from psycopg_pool import PoolTimeout
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from siyu.base.ground import Ground
from siyu.base.text import say
from siyu.sources.mini import flow
from siyu.sources.mini.words import SESSION_FOR, Refusal

log = logging.getLogger(__name__)

_MOST_BYTES = 4_096
_MOST_AT_ONCE = 32  # each waits for WeChat in a thread of its own
_BODY_WITHIN = 5.0  # seconds
_MOST_BAD = 30  # codes a minute from one address that WeChat did not give: beyond, nobody is asked for it
_LONGEST_CODE = 256


def routes(ground: Ground) -> list[BaseRoute]:
    """The two routes."""
    desk = _Desk(ground)
    return [
        Route("/in/mini/{account_id}/login", desk.login, methods=["POST"], name="mini_login"),
        Route("/in/mini/{account_id}/phone", desk.phone, methods=["POST"], name="mini_phone"),
    ]


class _Desk:
    """Where log-ins are received."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._at_once = 0
        self._bad: Counter[str] = Counter()
        self._minute = 0

    async def login(self, request: Request) -> Response:
        """Answer one log-in."""

        async def work(number: int, given: dict[str, Any]) -> dict[str, Any]:
            code = _text(given, "code")
            if not code:
                raise Refusal("no_code", 400)
            words = (code, _text(given, "phone_code"), _text(given, "scene")[:40])
            opened = await asyncio.to_thread(flow.log_in, self._ground, number, *words)
            told = {"session": opened.key, "expires_in": int(SESSION_FOR.total_seconds()), "has_phone": opened.has_phone}
            return told | ({"phone_code": opened.phone_code} if opened.phone_code else {})

        return await self._answer(request, work)

    async def phone(self, request: Request) -> Response:
        """Answer somebody who gives a phone number."""
        key = request.headers.get("authorization", "").removeprefix("Bearer ").strip()

        async def work(number: int, given: dict[str, Any]) -> dict[str, Any]:
            code = _text(given, "code")
            if not code:
                raise Refusal("no_code", 400)
            return {"has_phone": await asyncio.to_thread(flow.give_phone, self._ground, number, key, code)}

        return await self._answer(request, work)

    async def _answer(self, request: Request, work: Any) -> Response:
        who = request.client.host if request.client else ""
        try:
            number = _number(request.path_params["account_id"])
            if self._at_once >= _MOST_AT_ONCE or self._is_bad(who):
                raise Refusal("busy", 429)
            self._at_once += 1
            try:
                return JSONResponse({"success": True} | await work(number, await _body(request)))
            finally:
                self._at_once -= 1
        except Refusal as no:
            if no.status == 401:
                self._bad[who] += 1
            return _refused(no)
        except ClientDisconnect:
            return Response(status_code=499)
        except (psycopg.OperationalError, PoolTimeout):
            return _refused(Refusal("database", 503))
        except Exception as err:
            log.error("a log-in failed", extra={"error": type(err).__name__})
            return _refused(Refusal("internal", 500))

    def _is_bad(self, who: str) -> bool:
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._bad = minute, Counter()
        return self._bad[who] >= _MOST_BAD


async def _body(request: Request) -> dict[str, Any]:
    parts: list[bytes] = []
    try:
        async with asyncio.timeout(_BODY_WITHIN):
            async for part in request.stream():
                parts.append(part)
                if sum(map(len, parts)) > _MOST_BYTES:
                    raise Refusal("shape", 413)
    except TimeoutError:
        raise Refusal("shape", 408) from None
    try:
        found = json.loads(b"".join(parts))
    except (ValueError, RecursionError):
        raise Refusal("shape", 400) from None
    if not isinstance(found, dict):
        raise Refusal("shape", 400)
    return found


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name, "")
    value = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(value, str) or len(value) > _LONGEST_CODE:
        raise Refusal("shape", 400)
    return value.strip()


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Refusal("unknown", 404)
    return int(text)


def _refused(no: Refusal) -> Response:
    headers = {"retry-after": "5"} if no.status in (429, 503) else {}
    body = {"success": False, "code": no.code, "message": say(f"sources.mini_{no.code}", "en")}
    return JSONResponse(body, no.status, headers)
