"""What anybody may open without a token: pictures of codes, faces, uploaded pictures, links, and the authorize page of OAuth."""

from __future__ import annotations

import hashlib
from html import escape
from urllib.parse import quote, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from siyu.base.text import say
from siyu.sandbox import qr
from siyu.sandbox.corp.api.media import file_answer
from siyu.sandbox.corp.founding import Corps

_SIGN_INS = 20


def routes(corps: Corps) -> list[Route]:
    """The open addresses."""

    def code(request: Request) -> Response:
        key = request.path_params["key"].removeprefix("group/")
        known = any(key in c.ways or key in c.join_ways for c in corps.companies.values())
        return Response(qr.png(str(request.url), 400), media_type="image/png") if known else PlainTextResponse("gone", 404)

    def face(request: Request) -> Response:
        key = request.path_params["key"]
        hue = int(hashlib.blake2b(key.encode(), digest_size=2).hexdigest(), 16) % 360
        face = f'<rect width="64" height="64" rx="8" fill="hsl({hue},45%,72%)"/>'
        body = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">{face}</svg>'
        return Response(body, media_type="image/svg+xml")

    def picture(request: Request) -> Response:
        found = next((c.media[request.path_params["key"]] for c in corps.companies.values() if request.path_params["key"] in c.media), None)
        return file_answer(found) if found is not None and found.ends == 0 else PlainTextResponse("gone", 404)

    def link(request: Request) -> Response:
        url = str(request.url).split("?")[0]
        found = any(w.url == url for c in corps.companies.values() for w in c.links.values())
        return PlainTextResponse("follow it on the phones page" if found else "gone", 200 if found else 404)

    def authorize(request: Request) -> Response:
        return _authorize(corps, request)

    return [
        Route("/wecom/qr/{key:path}", code),
        Route("/wecom/avatar/{key}.svg", face),
        Route("/wecom/pic/{key}", picture),
        Route("/wecom/ca/{key}", link),
        Route("/wecom/connect/oauth2/authorize", authorize),
    ]


def _authorize(corps: Corps, request: Request) -> Response:
    """The page that asks a visitor who they are. `as` (a userid or external_userid) answers it without a click."""
    query = request.query_params
    company = corps.companies.get(query.get("appid", ""))
    target, scope = query.get("redirect_uri", ""), query.get("scope", "")
    if company is None or query.get("response_type") != "code" or scope not in ("snsapi_base", "snsapi_privateinfo"):
        return PlainTextResponse("40013 or a wrong response_type or scope", 400)
    asked = query.get("agentid", "")
    app = company.apps.get(int(asked)) if asked.isdigit() else next(iter(company.apps.values()))
    host = urlsplit(target).hostname or ""
    if app is None or not host or (app.trusted_domains and host not in app.trusted_domains):
        return PlainTextResponse("50001 redirect_uri is not a trusted domain of the app", 400)
    if len(query.get("state", "")) > 128:
        return PlainTextResponse("40058 state is longer than 128", 400)
    who = query.get("as", "")
    with company.lock:
        if who in company.members or who in company.contacts:
            code = company.new_id("CODE", 43)
            company.keys[code] = ("oauth", company.now() + company.settings.oauth_code_for, who, scope, False)
            more = urlencode({"code": code, "state": query.get("state", "")})
            return RedirectResponse(target + ("&" if "?" in target else "?") + more, 302)
        people = [(m.userid, m.name) for m in list(company.members.values())[:_SIGN_INS]]
        people += [(c.id, c.name) for c in list(company.contacts.values())[:_SIGN_INS]]
    rows = "".join(
        f'<li><a href="?{escape(str(request.url.query))}&amp;as={quote(key)}">{escape(name)}</a> {escape(key)}</li>' for key, name in people
    )
    return HTMLResponse(
        f"<!doctype html><meta charset=utf-8><title>OAuth</title><h1>{escape(say('sandbox.corp_sign_in'))}</h1><ul>{rows}</ul>"
    )
