"""How a call comes in: the table of interfaces, the token, the permissions, the rates, the faults, and the envelope of the answer.

An interface is a function of a `Call`, entered into the table by `@api(...)`. It gives what stands beside `errcode` in the answer, or
raises `Refusal`. Everything here happens under the company's lock, except waiting.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from siyu.sandbox.corp.company import Company
from siyu.sandbox.corp.handing import catch_up
from siyu.sandbox.corp.rates import Rates
from siyu.sandbox.corp.refusals import Refusal
from siyu.sandbox.corp.state import App

log = logging.getLogger(__name__)

CUSTOMERS, KF, ACQUIRE, ARCHIVE, PLAIN = "customers", "kf", "acquire", "archive", "plain"


@dataclass
class Call:
    """One call of an interface. Reading a field checks it and raises the documented error."""

    company: Company
    app: App
    query: Mapping[str, str]
    body: dict[str, Any]
    now: int
    base_url: str  # of the simulated corp, without a slash at the end
    rates: Rates
    upload: tuple[str, str, bytes] | None = None  # field name, file name, content

    def asked(self, name: str, code: int = 40063) -> str:
        """A parameter of the address that must be there."""
        value = self.query.get(name, "")
        if not value:
            raise Refusal(code, f"{name} missing")
        return value

    def text(self, name: str, *, chars: int | None = None, most_bytes: int | None = None, needed: int = 0, default: str = "") -> str:
        """A text of the body. `needed` is the code for its absence; 40058 when it is too long or no text."""
        value = self.body.get(name)
        if value is None or value == "":
            if needed:
                raise Refusal(needed, f"{name} missing")
            return default
        return short(name, value, chars, most_bytes)

    def number(self, name: str, default: int | None = None, least: int = 0, most: int = 2**32, needed: int = 40058) -> int:
        """A whole number of the body within its bounds; 40058 otherwise."""
        value = self.body.get(name)
        if value is None:
            if default is None:
                raise Refusal(needed, f"{name} missing")
            return default
        if isinstance(value, str) and value.isdigit() and len(value) < 15:
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise Refusal(40058, f"{name} must be a number from {least} to {most}")
        return value

    def flag(self, name: str, default: bool) -> bool:
        """A yes or no of the body."""
        value = self.body.get(name, default)
        if value in (0, 1):
            return bool(value)
        if not isinstance(value, bool):
            raise Refusal(40058, f"{name} must be a boolean")
        return value

    def texts(self, name: str, most: int, *, needed: int = 0, too_many: int = 40058, each_bytes: int = 64) -> list[str]:
        """A list of texts; `too_many` when there are more than `most`."""
        value = self.body.get(name)
        if value is None or value == []:
            if needed:
                raise Refusal(needed, f"{name} missing")
            return []
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise Refusal(40058, f"{name} must be an array of strings")
        if len(value) > most:
            raise Refusal(too_many, f"{name} has more than {most}")
        return [short(name, one, None, each_bytes) for one in value]

    def numbers(self, name: str, most: int = 1000) -> list[int]:
        """A list of whole numbers."""
        value = self.body.get(name) or []
        if not isinstance(value, list) or not all(isinstance(one, int) for one in value) or len(value) > most:
            raise Refusal(40058, f"{name} must be an array of at most {most} numbers")
        return value

    def part(self, name: str) -> dict[str, Any]:
        """An object of the body, empty when absent."""
        value = self.body.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise Refusal(40058, f"{name} must be an object")
        return value

    def limit(self, default: int, most: int) -> int:
        """`limit`; 40058 over its maximum. 0 means the default."""
        return self.number("limit", default, 0, most) or default

    def staff(self, userid: str) -> str:
        """The id of a member with customers whom the app sees."""
        return self.company.staff(self.app, userid).userid


def short(name: str, value: Any, chars: int | None, most_bytes: int | None) -> str:
    """A text within its length, in characters or in bytes of UTF-8; 40058 otherwise."""
    if not isinstance(value, str):
        raise Refusal(40058, f"{name} must be a string")
    if chars is not None and len(value) > chars:
        raise Refusal(40058, f"{name} is longer than {chars} characters")
    if most_bytes is not None and len(value.encode()) > most_bytes:
        raise Refusal(40058, f"{name} is longer than {most_bytes} bytes")
    return value


@dataclass(frozen=True)
class Api:
    """An interface: its path below cgi-bin, its method, what the app must be allowed, and what answers."""

    path: str
    method: str
    needs: str
    answer: Callable[[Call], dict[str, Any] | Response]


APIS: dict[str, Api] = {}
RETIRED = {"externalcontact/get_group_msg_result", "externalcontact/transfer", "externalcontact/get_groupmsg_list"}  # old SDKs call them


def api(method: str, path: str, needs: str = CUSTOMERS) -> Callable[[Callable[[Call], Any]], Callable[[Call], Any]]:
    """Enter an interface into the table."""

    def entered(answer: Callable[[Call], Any]) -> Callable[[Call], Any]:
        APIS[path] = Api(path, method, needs, answer)
        return answer

    return entered


@dataclass
class Wire:
    """The table served for all corps. `running` counts calls under way by corp and interface."""

    corps: dict[str, Company]
    rates: dict[str, Rates] = field(default_factory=dict)
    running: Counter[tuple[str, str]] = field(default_factory=Counter)
    told: Counter[tuple[str, int]] = field(default_factory=Counter)  # (path, errcode) -> answers
    _numbers: int = 0

    async def answer(self, request: Request) -> Response:
        """Answer a call below `cgi-bin/`."""
        path = request.path_params["path"]
        ip = request.headers.get("x-sandbox-ip") or (request.client.host if request.client else "127.0.0.1")
        if path == "gettoken":
            return self._told(path, ip, self._get_token(request, ip))
        found = APIS.get(path)
        if path in RETIRED:
            return self._told(path, ip, Refusal(48005))
        if found is None:
            return PlainTextResponse("not found", 404)
        try:
            company, app = self._who(request)
        except Refusal as no:
            return self._told(path, ip, no)
        key = (company.corpid, path)
        self.running[key] += 1
        try:
            return self._told(path, ip, await self._run(found, company, app, request, ip))
        finally:
            self.running[key] -= 1

    async def _run(self, found: Api, company: Company, app: App, request: Request, ip: str) -> dict[str, Any] | Response | Refusal:
        try:
            if request.method != found.method:
                raise Refusal(43001 if found.method == "GET" else 43002)
            with company.lock:
                self._gates(found, company, app, ip)
                faults, dice = company.faults, company.luck("call", self._next())
            if dice.random() < faults.slow:
                await asyncio.sleep(faults.slow_for)
            for share, code in ((faults.busy, -1), (faults.limited, 45009), (faults.crowded, 45033)):
                if dice.random() < share:
                    raise Refusal(code, "by a fault that was set")
            upload = await _upload(request) if found.path.startswith("media/") else None
            body = await _body(request) if found.method == "POST" and upload is None and not found.path.startswith("media/") else {}
            with company.lock:
                catch_up(company)
                base = str(request.base_url).rstrip("/") + "/wecom"
                return found.answer(Call(company, app, request.query_params, body, company.now(), base, self.rates[company.corpid], upload))
        except Refusal as no:
            return no
        except (TypeError, ValueError, KeyError, AttributeError, IndexError) as err:  # a value of a kind that nobody expected
            log.warning("an interface could not read its call", extra={"path": found.path, "error": type(err).__name__})
            return Refusal(40058, "a value is of the wrong kind")

    def _who(self, request: Request) -> tuple[Company, App]:
        text = request.query_params.get("access_token", "")
        if not text:
            raise Refusal(41001)
        for company in self.corps.values():
            token = company.tokens.get(text)
            if token is not None:
                if token.ends <= company.now():
                    raise Refusal(42001)
                return company, company.apps[token.agentid]
        raise Refusal(40014)

    def _gates(self, found: Api, company: Company, app: App, ip: str) -> None:
        if not app.is_enabled:
            raise Refusal(50003)
        if app.trusted_ips and ip not in app.trusted_ips:
            raise Refusal(60020)
        allowed = {
            CUSTOMERS: app.may_customers,
            KF: app.may_kf,
            ACQUIRE: app.may_customers and app.may_acquire,
            ARCHIVE: app.may_archive,
            PLAIN: True,
        }
        if not allowed[found.needs]:
            raise Refusal(48002)
        rates, tick, limits = self.rates.setdefault(company.corpid, Rates()), company.tick(), company.settings
        if found.path not in ("auth/getuserinfo", "get_jsapi_ticket", "ticket/get") and not (
            rates.passes(found.path, tick, limits.minute_limit, 60)
            and rates.passes(found.path, tick, limits.hour_limit, 3600)
            and rates.passes(f"{ip} {found.path}", tick, limits.ip_minute_limit, 60)
            and rates.passes(f"{ip} {found.path}", tick, limits.ip_hour_limit, 3600)
        ):
            raise Refusal(45009)
        if self.running[company.corpid, found.path] > limits.concurrency:
            raise Refusal(45033)

    def _get_token(self, request: Request, ip: str) -> dict[str, Any] | Refusal:
        if request.method != "GET":
            return Refusal(43001)
        corpid, secret = request.query_params.get("corpid", ""), request.query_params.get("corpsecret", "")
        if not corpid:
            return Refusal(41002)
        if not secret:
            return Refusal(41004)
        company = self.corps.get(corpid)
        if company is None:
            return Refusal(40013)
        with company.lock:
            rates, limits = self.rates.setdefault(corpid, Rates()), company.settings
            tick = company.tick()
            window = rates.windows.get((f"{ip} gettoken errors", 3600))
            if (window and tick < window.shut_until) or not rates.passes("gettoken", tick, limits.minute_limit, 60):
                return Refusal(45009)
            app = company.app_of_secret(secret)
            if app is None:
                rates.passes(f"{ip} gettoken errors", tick, limits.gettoken_errors_per_hour, 3600)
                return Refusal(40001)
            text, left = company.give_token(app)
            return {"access_token": text, "expires_in": left}

    def _told(self, path: str, ip: str, answer: dict[str, Any] | Response | Refusal) -> Response:
        code = answer.code if isinstance(answer, Refusal) else 0
        self.told[path, code] += 1
        if isinstance(answer, Response):
            return answer
        return JSONResponse(answer.answer(ip, self._next()) if isinstance(answer, Refusal) else {"errcode": 0, "errmsg": "ok", **answer})

    def _next(self) -> int:
        self._numbers += 1
        return self._numbers


async def _body(request: Request) -> dict[str, Any]:
    try:
        given = json.loads(await request.body() or b"{}")
    except ValueError as err:
        raise Refusal(40058, "Warning: wrong json format.") from err
    if not isinstance(given, dict):
        raise Refusal(40058, "Warning: wrong json format.")
    return given


async def _upload(request: Request) -> tuple[str, str, bytes] | None:
    if "multipart/form-data" not in request.headers.get("content-type", ""):
        return None
    async with request.form() as form:
        for name, value in form.multi_items():
            if not isinstance(value, str):
                return name, value.filename or "", await value.read()
    return None
