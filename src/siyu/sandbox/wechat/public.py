"""The public interface: https://api.weixin.qq.com, and the two pages of open.weixin.qq.com and mp.weixin.qq.com that phones open.

A call is first held against the line's faults, then its method, its token, its quota, its form, and only then answered.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from siyu.sandbox import qr
from siyu.sandbox.luck import draw
from siyu.sandbox.silence import NoAnswer
from siyu.sandbox.wechat import agents, mass, messages, mini, official
from siyu.sandbox.wechat.call import Call, Interface, Raw, Upload
from siyu.sandbox.wechat.deeds import CannotDo, do
from siyu.sandbox.wechat.errors import Refused, envelope
from siyu.sandbox.wechat.office import Office
from siyu.sandbox.wechat.words import Account, Token

INTERFACES = {**official.INTERFACES, **messages.INTERFACES, **mass.INTERFACES, **mini.INTERFACES, **agents.INTERFACES}
_SNS = {**mini.BY_SECRET, **mini.BY_APPID, **mini.BY_USER}
_MOST = 12_000_000


def routes(office: Office) -> list[Route]:
    """The routes, under /wechat."""

    async def asked(request: Request) -> Response:
        path = "/" + request.path_params["path"]
        query = dict(request.query_params)
        body = await request.body()
        if len(body) > _MOST:
            return JSONResponse({"errcode": 45001, "errmsg": "media size out of limit"})
        upload = None
        if "multipart/form-data" in request.headers.get("content-type", ""):
            async with request.form() as form:
                found = form.get("media")
                if isinstance(found, UploadFile):
                    upload = Upload(found.filename or "media", found.content_type or "", await found.read())
        with office.lock:
            answer, slow_for = _answered(office, request, path, query, body, upload)
        if slow_for:
            await asyncio.sleep(slow_for)
        return answer

    async def authorize(request: Request) -> Response:
        """The page that WeChat shows before a web page learns who somebody is; `person` says who holds the phone."""
        given = dict(request.query_params)
        try:
            with office.lock:
                account = office.account(given.get("appid", ""))
                scope = given.get("scope", "")
                if given.get("response_type") != "code" or scope not in ("snsapi_base", "snsapi_userinfo") or not given.get("redirect_uri"):
                    return JSONResponse({"error": "response_type=code, scope=snsapi_base|snsapi_userinfo and redirect_uri are needed"}, 400)
                found = do(office, account, given.get("person", ""), "authorize", {"scope": scope})
        except KeyError:
            return JSONResponse({"errcode": 40013, "errmsg": "invalid appid"}, 400)
        except CannotDo as err:
            return JSONResponse({"error": f"{err}; say who holds the phone with &person="}, 400)
        back = given["redirect_uri"]
        query = urlencode({"code": found["code"], "state": given.get("state", "")})
        return RedirectResponse(back + ("&" if "?" in back else "?") + query, 302)

    async def show_code(request: Request) -> Response:
        ticket = request.query_params.get("ticket", "")
        with office.lock:
            code = next((a.codes[ticket] for a in office.state.accounts.values() if ticket in a.codes), None)
        if code is None:
            return Response(status_code=404)
        return Response(qr.png(code.url, 430), media_type="image/png")

    async def medium(request: Request) -> Response:
        with office.lock:
            account = office.state.accounts.get(request.path_params["appid"])
            found = account.media.get(request.path_params["media_id"]) if account else None
        if found is None or (found.expires_at and found.expires_at <= office.now()):
            return Response(status_code=404)
        is_picture = found.content_type in ("image/png", "image/jpeg", "image/gif")
        return Response(found.body, media_type=found.content_type if is_picture else "application/octet-stream")

    return [
        Route("/wechat/connect/oauth2/authorize", authorize),
        Route("/wechat/cgi-bin/showqrcode", show_code),
        Route("/wechat/media/{appid}/{media_id}", medium),
        Route("/wechat/{path:path}", asked, methods=["GET", "POST"]),
    ]


def _answered(
    office: Office, request: Request, path: str, query: dict[str, str], body: bytes, upload: Upload | None
) -> tuple[Response, float]:
    """The answer to a call, and how many real seconds it takes."""
    try:
        if path in ("/cgi-bin/token", "/cgi-bin/stable_token"):
            account, answer = _token(office, request, path, query, body)
            return JSONResponse(answer), _slow(office, account)
        interface = INTERFACES.get(path) or _SNS.get(path)
        if interface is None:
            raise Refused(40066)
        if request.method != interface.method:
            raise Refused(43001 if interface.method == "GET" else 43002)
        account = _caller(office, path, query)
        account.calls_n += 1
        _weather(office, account, path, query.get("access_token", ""))
        if _hit(office, account, "unheard"):
            return NoAnswer(), 0
        _address(account, request)
        interface.allow(account)
        office.count(account, path)
        base = str(request.base_url).rstrip("/") + "/wechat"
        made = interface.answer(Call(office, account, path, query, _object(interface, body, upload), upload, base))
        if _hit(office, account, "unanswered"):
            return NoAnswer(), 0
        slow = _slow(office, account)
        return (Response(made.body, media_type=made.content_type) if isinstance(made, Raw) else JSONResponse(made)), slow
    except Refused as no:
        return JSONResponse({**envelope(no.code, no.detail, office.rid()), **no.more}), 0


def _caller(office: Office, path: str, query: dict[str, str]) -> Account:
    if path not in _SNS:
        return office.caller(query.get("access_token", ""))
    if path in mini.BY_USER:
        token = query.get("access_token", "")
        found = next((a for a in office.state.accounts.values() if token in a.tickets), None)
        if found is None:
            raise Refused(40001 if token else 41001)
        return found
    return _by_secret(office, query.get("appid", ""), query.get("secret", ""), is_secret_needed=path in mini.BY_SECRET)


def _by_secret(office: Office, appid: Any, secret: Any, *, is_secret_needed: bool = True) -> Account:
    if not appid:
        raise Refused(41002)
    account = office.state.accounts.get(str(appid))
    if account is None:
        raise Refused(40013)
    if is_secret_needed and not secret:
        raise Refused(41004)
    if is_secret_needed and secret != account.secret:
        raise Refused(40125)
    return account


def _token(office: Office, request: Request, path: str, query: dict[str, str], body: bytes) -> tuple[Account, dict[str, Any]]:
    is_stable = path == "/cgi-bin/stable_token"
    if is_stable and request.method != "POST":
        raise Refused(43002)
    given: dict[str, Any] = _json(body) if is_stable else dict(query)
    if given.get("grant_type") != "client_credential":
        raise Refused(40002)
    account = _by_secret(office, given.get("appid"), given.get("secret"))
    account.calls_n += 1
    _weather(office, account, path, "")
    _address(account, request)
    office.count(account, path)
    found = (
        _stable(office, account, is_forced=given.get("force_refresh") is True) if is_stable else office.new_token(account, is_stable=False)
    )
    return account, {"access_token": found.value, "expires_in": int(found.until - office.now())}


def _stable(office: Office, account: Account, *, is_forced: bool) -> Token:
    """The same token until five minutes before its end; a forced one 20 times a day and 30 s apart."""
    now, keep = office.now(), account.settings
    alive = [one for one in account.tokens.values() if one.is_stable and one.until - now > keep.token_overlap]
    if not is_forced:
        return alive[-1] if alive else office.new_token(account, is_stable=True)
    account.forced = [at for at in account.forced if now - at < 86_400]
    if account.forced and now - account.forced[-1] < keep.force_refresh_pause:
        raise Refused(45011)
    if len(account.forced) >= keep.force_refresh_per_day:
        raise Refused(45009)
    account.forced.append(now)
    for one in alive:  # what may have leaked is worth nothing at once
        one.until = now
    return office.new_token(account, is_stable=True)


def _weather(office: Office, account: Account, path: str, token: str) -> None:
    """What is wrong with the platform today."""
    now = office.now()
    account.storms = [one for one in account.storms if one.until > now]
    for storm in account.storms:
        if storm.path in path and draw(office.seed, "storm", storm.code, account.appid, account.calls_n) < storm.share:
            raise Refused(storm.code)
    if token and _hit(office, account, "token_dies"):
        account.tokens[token].until = now
        raise Refused(40001)
    if _hit(office, account, "busy"):
        raise Refused(-1)
    if _hit(office, account, "limited"):
        raise Refused(45009)


def _hit(office: Office, account: Account, fault: str) -> bool:
    share: float = getattr(account.faults, fault)
    return share > 0 and draw(office.seed, fault, account.appid, account.calls_n) < share


def _slow(office: Office, account: Account) -> float:
    return account.faults.slow_for if _hit(office, account, "slow") else 0.0


def _address(account: Account, request: Request) -> None:
    address = request.client.host if request.client else ""
    if account.ips and address not in account.ips:
        raise Refused(40164, address)


def _object(interface: Interface, body: bytes, upload: Upload | None) -> dict[str, Any]:
    if interface.method == "GET" or upload is not None:
        return {}
    if not body:
        raise Refused(44002)
    return _json(body)


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        raise Refused(47001) from None
    if not isinstance(found, dict):
        raise Refused(47001)
    return found
