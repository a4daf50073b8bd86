"""The Segment protocol's addresses (peers.md 3; docs/http-api.md): read, judge, commit, answer."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg_pool import PoolTimeout
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from siyu.base.ground import Ground
from siyu.base.text import say
from siyu.sources.http import facts, flow, wire
from siyu.sources.http.intake import Intake
from siyu.sources.http.words import TYPES, HttpSource, Limits, Load, Refusal, Reject, Stored, Taken

log = logging.getLogger(__name__)

_SHORT = {name[0]: name for name in TYPES}  # analytics.js calls /v1/t, /v1/i, ...
_BATCHES = ("batch", "import", "b")
_STATUS = {
    "key": 401, "no_key": 401, "method": 405, "slow": 408, "busy": 429, "database": 503, "internal": 500,
}  # fmt: skip
_RETRY_AFTER = {"busy": "1", "database": "5"}
_MOST_AT_ONCE = 256  # requests whose bodies are held at the same time
_BODY_WITHIN = 30.0  # seconds that a client may take to send its body
_KEY_FOR = 2.0  # seconds that a key is trusted without asking again: so long does a closed source go on
_METHODS = ["POST", "OPTIONS", "GET", "HEAD", "PUT", "PATCH", "DELETE"]
_CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "POST, GET, OPTIONS",
    "access-control-allow-headers": "Authorization, Content-Type, Content-Encoding, X-Write-Key, X-Strict-Mode, X-Retry-Count",
    "access-control-max-age": "86400",
}


def routes(ground: Ground) -> list[BaseRoute]:
    """The routes of the Segment protocol, to be mounted at the root of an application. They share one writer."""
    desk = _Desk(ground)
    made: list[BaseRoute] = []
    for call in (*TYPES, *_SHORT, *_BATCHES):
        kind = _SHORT.get(call, call)
        endpoint = partial(desk.take, "" if call in _BATCHES else kind)
        made += [Route(f"/v1/{call}{end}", _named(endpoint, f"segment_{call}"), methods=_METHODS) for end in ("", "/")]
    made.append(Route("/v1/projects/{key}/settings", desk.settings, methods=["GET", "OPTIONS"]))
    made.append(Route("/v1/m", desk.beacon, methods=["POST", "OPTIONS"]))
    return made


def _named(endpoint: Callable[[Request], Any], name: str) -> Callable[[Request], Any]:
    async def call(request: Request) -> Response:
        answer: Response = await endpoint(request)
        return answer

    call.__name__ = name
    return call


class _Desk:
    """Where requests are received."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._intake = Intake(ground)
        self._keys: dict[str, tuple[float, HttpSource, Limits]] = {}
        self._at_once = 0

    async def take(self, kind: str, request: Request) -> Response:
        """Answer one POST; `kind` is the call in the URL, empty for a batch."""
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=_CORS)
        try:
            if request.method != "POST":
                raise Refusal("method")
            if self._at_once >= _MOST_AT_ONCE:
                raise Refusal("busy")
            self._at_once += 1
            try:
                return await self._take(kind, request)
            finally:
                self._at_once -= 1
        except Refusal as refusal:
            return _refusal(refusal)
        except ClientDisconnect:
            return Response(status_code=499)
        except (psycopg.OperationalError, PoolTimeout):
            return _refusal(Refusal("database"))
        except Exception as err:
            log.error("a request failed", extra={"error": type(err).__name__, "call": kind or "batch"})
            return _refusal(Refusal("internal"))

    async def _take(self, kind: str, request: Request) -> Response:
        received_at = self._ground.clock.now()
        head = request.headers
        key = wire.key_of_headers(head.get("authorization", ""), head.get("x-write-key", ""))
        known = await self._source(key) if key else None
        limits = known[1] if known else Limits()
        body = await _body(request, limits.batch_bytes)
        body = wire.unpack(body, head.get("content-encoding", ""), limits.batch_bytes)
        envelope = wire.cut(body, is_batch=not kind, limits=limits)
        if known is None:
            if not envelope.write_key:
                raise Refusal("no_key")
            known = await self._source(envelope.write_key)
        source, limits = known
        sent_at = envelope.sent_at
        read = partial(_read_all, envelope, kind, source, limits, received_at, sent_at, self._ground)
        may_ask = kind == "alias" or (not kind and b"alias" in body)
        taken, rejects = await (asyncio.to_thread(read) if may_ask else _now(read))
        is_strict = head.get("x-strict-mode", "").strip().lower() in ("1", "true")
        if rejects and is_strict:
            return _strict_refusal(rejects)
        kept = await self._intake.put(Load(source, received_at, taken, rejects, is_strict)) if taken or rejects else Stored(0, [])
        if kept.rejects and is_strict:
            return _strict_refusal(kept.rejects)
        if kept.rejects and not kept.accepted and all(one.why.code != "order_known" for one in kept.rejects):
            return _refusal(kept.rejects[0].why, rejected=len(kept.rejects))
        answer: dict[str, Any] = {"success": True}
        if kept.rejects:
            answer |= {"rejected": len(kept.rejects), "errors": [_shown(one) for one in kept.rejects[:20]]}
        return JSONResponse(answer, headers=_CORS)

    async def _source(self, key: str) -> tuple[HttpSource, Limits]:
        known = self._keys.get(key)
        if known is None or known[0] < time.monotonic():
            found = await asyncio.to_thread(flow.source_of, self._ground, key)
            if found is None:
                self._keys.pop(key, None)
                raise Refusal("key")
            if len(self._keys) > 10_000:
                self._keys.clear()
            known = self._keys[key] = (time.monotonic() + _KEY_FOR, *found)
        return known[1], known[2]

    async def settings(self, request: Request) -> Response:
        """What analytics.js asks for before it starts."""
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=_CORS)
        key = request.path_params["key"]
        try:
            await self._source(key)
        except Refusal as refusal:
            return _refusal(refusal)
        except (psycopg.OperationalError, PoolTimeout):
            return _refusal(Refusal("database"))
        base = urlsplit(self._ground.config.base_url)
        segment = {
            "apiKey": key, "apiHost": f"{base.netloc}{base.path}/v1", "protocol": base.scheme, "addBundledMetadata": True,
            "unbundledIntegrations": [],
            "maybeBundledConfigIds": {}, "versionSettings": {"version": "4.4.7", "componentTypes": ["browser"]},
        }  # fmt: skip
        enabled = {"__default": {"enabled": True, "integrations": {}}}
        plan = {"track": enabled, "identify": {"__default": {"enabled": True}}, "group": {"__default": {"enabled": True}}}
        return JSONResponse({"integrations": {"Segment.io": segment}, "plan": plan, "enabledMiddleware": {}}, headers=_CORS)

    async def beacon(self, request: Request) -> Response:
        """The SDK's measurements of itself: answered, not kept."""
        return Response(status_code=204, headers=_CORS) if request.method == "OPTIONS" else JSONResponse({"success": True}, headers=_CORS)


async def _now(read: Callable[[], tuple[list[Taken], list[Reject]]]) -> tuple[list[Taken], list[Reject]]:
    return read()


def _read_all(
    envelope: wire.Envelope, kind: str, source: HttpSource, limits: Limits, received_at: datetime, sent_at: Any, ground: Ground
) -> tuple[list[Taken], list[Reject]]:
    taken: list[Taken] = []
    rejects: list[Reject] = []
    is_anonymous = partial(flow.is_anonymous, ground, source.source_id)
    for place, raw in enumerate(envelope.items):
        try:
            if len(raw) > limits.event_bytes:
                raise Refusal("event_size", most=limits.event_bytes)
            one = facts.read(
                raw, source, received_at, forced_type=kind, context=envelope.context, sent_at=sent_at, is_anonymous=is_anonymous
            )
            taken.append(one._replace(place=place, raw=raw))
        except Refusal as refusal:
            rejects.append(Reject(place, refusal, kind, raw))
    return taken, rejects


async def _body(request: Request, most: int) -> bytes:
    """The body as it came, never more than `most` bytes of it. Raises `Refusal`."""
    said = request.headers.get("content-length", "")
    if said.isdigit() and int(said) > most:
        raise Refusal("batch_size", most=most)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_BODY_WITHIN):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise Refusal("batch_size", most=most)
                parts.append(part)
    except TimeoutError:
        raise Refusal("slow") from None
    return b"".join(parts)


def _sentence(refusal: Refusal) -> str:
    return say(f"sources.http_{refusal.code}", "en", field=refusal.field, **refusal.values)


def _refusal(refusal: Refusal, **more: Any) -> Response:
    status = _STATUS.get(refusal.code, 400)
    headers = dict(_CORS)
    if refusal.code in _RETRY_AFTER:
        headers |= {"retry-after": _RETRY_AFTER[refusal.code], "x-ratelimit-reset": _RETRY_AFTER[refusal.code]}
    if status == 405:
        headers["allow"] = "POST, OPTIONS"
    body: dict[str, Any] = {"success": False, "code": refusal.code, "message": _sentence(refusal)}
    if refusal.field:
        body["field"] = refusal.field
    return JSONResponse(body | more, status, headers)


def _shown(reject: Reject) -> dict[str, Any]:
    return {"index": reject.place, "code": reject.why.code, "field": reject.why.field, "message": _sentence(reject.why)}


def _strict_refusal(rejects: list[Reject]) -> Response:
    body = {
        "success": False, "code": "strict", "message": say("sources.http_strict", "en"), "errors": [_shown(one) for one in rejects[:100]],
    }  # fmt: skip
    return JSONResponse(body, 400, _CORS)
