"""Where vendors push to. Read, prove, store, answer; a vendor waits five seconds and comes again, three times in all.

GET  /in/wecom/{account_id}, /in/official/..., /in/mini/...   the vendor tries the address: its echostr comes back
POST /in/wecom/{account_id}, /in/official/..., /in/mini/...   an event or a message: `success` once it is stored
POST /in/sms/{account_id}/{token}                             receipts and replies of text messages
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg
from psycopg_pool import PoolTimeout
from starlette.requests import ClientDisconnect
from starlette.requests import Request as Asked
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from siyu.base.errors import NotFoundError
from siyu.base.ground import Ground
from siyu.base.text import say
from siyu.sources.callbacks import opening
from siyu.sources.callbacks.addresses import path_kinds
from siyu.sources.callbacks.intake import Intake
from siyu.sources.callbacks.words import Letter, Refusal, Request
from siyu.vendors import Account, AccountState, CallbackKeys, VendorKind, account, aliyun_sms, callback_keys, probes, tencent_sms

log = logging.getLogger(__name__)

_STATUS = {
    "unknown": 404, "forged": 403, "malformed": 400, "nothing_asked": 400, "too_large": 413, "slow": 408, "busy": 503, "database": 503,
}  # fmt: skip
_COUNTED = frozenset({"forged", "malformed", "too_large", "slow"})
_TAKEN = {VendorKind.ALIYUN_SMS: aliyun_sms.TAKEN, VendorKind.TENCENT_SMS: tencent_sms.TAKEN}
_MOST_AT_ONCE = 512  # requests whose bodies are held at the same time
_BODY_WITHIN = 4.0  # seconds: the vendors give up after five
_KEYS_FOR = 2.0  # seconds that an account is trusted without asking again
_ASK_AGAIN = 0.25  # what does not fit is tried with the account as it is now, unless it was read this short ago
_QUIET = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


def routes(ground: Ground) -> list[BaseRoute]:
    """The routes; nobody signs in for them, each request proves itself. They share one writer."""
    desk = _Desk(ground)
    made: list[BaseRoute] = []
    for way in ("wecom", "official", "mini"):
        made.append(Route(f"/in/{way}/{{account_id}}", _named(desk.take, way), methods=["GET", "POST"], name=f"callback_{way}"))
    made.append(Route("/in/sms/{account_id}/{token}", _named(desk.take, "sms"), methods=["POST"], name="callback_sms"))
    return made


def _named(take: Callable[[Asked, str], Any], way: str) -> Callable[[Asked], Any]:
    async def endpoint(asked: Asked) -> Response:
        answer: Response = await take(asked, way)
        return answer

    return endpoint


class _Desk:
    """Where callbacks are received."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._intake = Intake(ground)
        self._known: dict[int, tuple[float, Account, tuple[CallbackKeys, ...]]] = {}
        self._at_once = 0

    async def take(self, asked: Asked, way: str) -> Response:
        """Answer one request."""
        number = _number(asked.path_params["account_id"])
        try:
            if self._at_once >= _MOST_AT_ONCE:
                raise Refusal("busy")
            self._at_once += 1
            try:
                return await self._take(asked, way, number)
            finally:
                self._at_once -= 1
        except Refusal as refusal:
            if refusal.code in _COUNTED:
                await self._count(number, refusal.code)
            return _refusal(refusal)
        except ClientDisconnect:
            return Response(status_code=400)
        except (psycopg.OperationalError, PoolTimeout):
            return _refusal(Refusal("database"))

    async def _take(self, asked: Asked, way: str, number: int) -> Response:
        received_at = self._ground.clock.now()
        the, _ = await self._account(number, way)
        query = dict(asked.query_params)
        if asked.method != "POST":
            text = await self._proven(number, way, lambda its, keys: opening.echo(its, keys, query))
            await asyncio.to_thread(self._note_echo, number, received_at)
            return PlainTextResponse(text, headers=_QUIET)
        request = Request(query, await _body(asked, opening.MOST_BYTES[the.kind]), received_at)
        token = asked.path_params.get("token", "")
        master = self._ground.vault.master
        made: Letter = await self._proven(number, way, lambda its, keys: opening.letter(its, keys, request, master, token))
        await self._intake.put(made)
        if the.kind in _TAKEN:
            return Response(_TAKEN[the.kind], media_type="application/json", headers=_QUIET)
        return PlainTextResponse("success", headers=_QUIET)

    async def _proven(self, number: int, way: str, look: Callable[[Account, tuple[CallbackKeys, ...]], Any]) -> Any:
        """What `look` finds with the keys that we know, or with those of this moment when they do not fit: they may have been changed."""
        try:
            return look(*await self._account(number, way))
        except Refusal as refusal:
            known = self._known.get(number)
            if refusal.code != "forged" or (known and time.monotonic() - known[0] < _ASK_AGAIN):
                raise
            self._known.pop(number, None)
        return look(*await self._account(number, way))

    async def _account(self, number: int, way: str) -> tuple[Account, tuple[CallbackKeys, ...]]:
        known = self._known.get(number)
        if known is None or known[0] + _KEYS_FOR < time.monotonic():
            found = await asyncio.to_thread(self._look_up, number)
            if len(self._known) > 10_000:
                self._known.clear()
            known = self._known[number] = (time.monotonic(), *found)
        _, the, keys = known
        if the.kind not in path_kinds(way) or the.state is not AccountState.ON:
            raise Refusal("unknown")
        return the, keys

    def _look_up(self, number: int) -> tuple[Account, tuple[CallbackKeys, ...]]:
        try:
            with self._ground.db.tx() as conn:
                the = account(conn, number)
        except NotFoundError:
            raise Refusal("unknown") from None
        return the, callback_keys(self._ground.vault, the)

    def _note_echo(self, number: int, at: datetime) -> None:
        with self._ground.db.tx() as conn:
            probes.echoed(conn, number, at)

    async def _count(self, number: int, why: str) -> None:
        if self._intake.refuse(number, why, self._ground.clock.now()):
            try:
                await self._intake.put(None)
            except Exception as err:
                log.warning("a refusal is not counted yet", extra={"error": type(err).__name__})


def _number(text: str) -> int:
    """The account's number in an address; 0, which nobody has, for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


async def _body(asked: Asked, most: int) -> bytes:
    """The body as it came, never more than `most` bytes of it. Raises `Refusal`."""
    said = asked.headers.get("content-length", "")
    if said.isdigit() and int(said[:20]) > most:
        raise Refusal("too_large")
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_BODY_WITHIN):
            async for part in asked.stream():
                size += len(part)
                if size > most:
                    raise Refusal("too_large")
                parts.append(part)
    except TimeoutError:
        raise Refusal("slow") from None
    return b"".join(parts)


def _refusal(refusal: Refusal) -> Response:
    """Why not, in a sentence that helps somebody who sets the vendor up, and nobody who forges."""
    status = _STATUS[refusal.code]
    headers = _QUIET | ({"retry-after": "1"} if status == 503 else {})
    return PlainTextResponse(say(f"sources.callback_{refusal.code}", "en"), status, headers=headers)
