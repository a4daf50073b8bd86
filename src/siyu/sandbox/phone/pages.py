"""The customers' phones, for people.

GET  /mobile                  whose phone?
GET  /mobile/{owner}          one phone; ?chat= chooses a conversation. The owner is a person's id, or a bare phone number.
POST /mobile/{owner}/do       write, press a menu button, follow, unfollow, refuse, answer a text
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from siyu.base.text import LANGUAGES, say
from siyu.sandbox.sms import Exchange
from siyu.sandbox.sms.exchange import BEIJING
from siyu.sandbox.wechat import Account, Bubble, Office
from siyu.sandbox.wechat.deeds import CannotDo, do

_PAGES = Environment(
    loader=PackageLoader("siyu.sandbox.phone", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'self'; base-uri 'none'"
_MOST_OWNERS, _MOST_BUBBLES = 200, 300


@dataclass
class Line:
    """Something in a conversation as it is shown. `way`: in (the owner wrote), out, or note."""

    at: float
    way: str
    kind: str
    text: str
    title: str = ""
    link: str = ""
    picture: str = ""


@dataclass
class Talk:
    """A conversation: with an official account, a mini-program, or a sender of texts."""

    key: str
    kind: str  # official, mini, sms
    name: str
    lines: list[Line] = field(default_factory=list)
    is_following: bool = False
    is_refusing: bool = False
    is_handed_over: bool = False
    buttons: list[str] = field(default_factory=list)

    @property
    def last_at(self) -> float:
        """When something came last."""
        return self.lines[-1].at if self.lines else 0.0


@dataclass
class Owner:
    """Somebody whose phone can be looked at."""

    key: str
    name: str
    phone: str
    n: int
    last_at: float


def routes(office: Office, exchange: Exchange) -> list[Route]:
    """The routes of the phones."""

    def page(request: Request, name: str, status: int = 200, **values: Any) -> Response:
        lang = _language(request)
        html = _PAGES.get_template(name).render(
            t=lambda key, **v: say(f"sandbox.mobile_{key}", lang, **v), lang=lang,
            other_url=str(request.url.include_query_params(lang="en" if lang == "zh" else "zh").replace(scheme="", netloc="")),
            now=_shown(office.now()), when=_shown, path=quote, **values,
        )  # fmt: skip
        response = HTMLResponse(html, status, headers={"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"})
        if request.query_params.get("lang") in LANGUAGES:
            response.set_cookie("lang", lang, max_age=31_536_000, samesite="lax")
        return response

    async def owners(request: Request) -> Response:
        search = request.query_params.get("q", "").strip()
        with office.lock, exchange.lock:
            found = _owners(office, exchange, search)
            people_n = len(office.state.people)
        return page(request, "owners.html", owners=found[:_MOST_OWNERS], search=search, people_n=people_n)

    async def phone(request: Request) -> Response:
        key = request.path_params["owner"]
        with office.lock, exchange.lock:
            owner, talks = _opened(office, exchange, key)
        chosen = next((one for one in talks if one.key == request.query_params.get("chat", "")), None)
        is_chosen = chosen is not None
        chosen = chosen or (talks[0] if talks else None)
        is_wrong = "wrong" in request.query_params
        return page(request, "phone.html", owner=owner, talks=talks, chosen=chosen, is_chosen=is_chosen, wrong=is_wrong)

    async def act(request: Request) -> Response:
        key = request.path_params["owner"]
        async with request.form() as form:
            given = {name: str(value) for name, value in form.items()}
        chat, wrong = given.get("chat", ""), ""
        try:
            if chat.startswith("sms:"):
                with exchange.lock:
                    exchange.reply(_phone_of(office, key), given.get("text", ""), chat.removeprefix("sms:"))
            else:
                with office.lock:
                    account = office.state.accounts.get(chat)
                    if account is None:
                        raise CannotDo("there is no such account")
                    do(office, account, key, given.get("does", ""), {"text": given.get("text", ""), "button": given.get("button", ""),
                                                                    "on": given.get("on") != "no"})  # fmt: skip
        except ValueError:  # a page that stood open too long: the button is gone, nobody follows any more
            wrong = "&wrong=1"
        return RedirectResponse(f"/mobile/{quote(key)}?chat={quote(chat)}{wrong}", 303)

    return [
        Route("/mobile", owners),
        Route("/mobile/{owner}", phone),
        Route("/mobile/{owner}/do", act, methods=["POST"]),
    ]


def _phone_of(office: Office, key: str) -> str:
    person = office.state.people.get(key)
    return (person.phone if person else key).removeprefix("+86")


def _owners(office: Office, exchange: Exchange, search: str) -> list[Owner]:
    """People and numbers, those where something came last first."""
    found = []
    phones = set()
    for one in office.state.people.values():
        chat, phone = office.chat(one.person_id), one.phone.removeprefix("+86")
        texts = [text for text in exchange.of_phone.get(phone, []) if text.state == "delivered"] if phone else []
        phones.add(phone)
        if search in one.name or search in phone or search in one.person_id:
            last = max([chat[-1].at if chat else 0.0, texts[-1].done_at if texts else 0.0])
            found.append(Owner(one.person_id, one.name, phone, len(chat) + len(texts), last))
    for phone, texts in exchange.of_phone.items():
        came = [text for text in texts if text.state == "delivered"]
        if came and phone not in phones and search in phone:
            found.append(Owner(phone, phone, phone, len(came), came[-1].done_at))
    return sorted(found, key=lambda one: -one.last_at)


def _opened(office: Office, exchange: Exchange, key: str) -> tuple[Owner, list[Talk]]:
    """A phone with its conversations, the newest first. Raises 404."""
    person, phone = office.state.people.get(key), _phone_of(office, key)
    talks: list[Talk] = []
    if person is None and phone not in exchange.of_phone:
        raise HTTPException(404)
    for account in office.state.accounts.values() if person else []:
        member = account.members.get(account.openids.get(key, ""))
        bubbles = office.chat(key, account.appid)
        if account.is_mini and not bubbles:
            continue
        talk = Talk(account.appid, "mini" if account.is_mini else "official", account.name)
        talk.lines = [_line(account, one) for one in bubbles[-_MOST_BUBBLES:]]
        if member:
            talk.is_following, talk.is_refusing, talk.is_handed_over = member.is_following, member.is_refusing, member.is_handed_over
        for one in account.menu.get("button", []) if talk.is_following else []:
            talk.buttons += [str(two.get("name", "")) for two in one.get("sub_button") or [one]]
        talks.append(talk)
    talks += _text_talks(exchange, phone)
    talks.sort(key=lambda one: -one.last_at)
    name = person.name if person else phone
    return Owner(key, name, phone, sum(len(one.lines) for one in talks), talks[0].last_at if talks else 0.0), talks


def _text_talks(exchange: Exchange, phone: str) -> list[Talk]:
    found: dict[str, Talk] = {}
    for text in exchange.of_phone.get(phone, []):
        if text.state == "delivered":
            talk = found.setdefault(text.account_id, Talk(f"sms:{text.account_id}", "sms", text.signature))
            talk.lines.append(Line(text.done_at, "out", "sms", text.content))
    for reply in exchange.state.replies if found else []:
        if reply.phone == phone and reply.account_id in found:
            found[reply.account_id].lines.append(Line(reply.at, "in", "sms", reply.content))
    for talk in found.values():
        talk.lines.sort(key=lambda one: one.at)
        del talk.lines[:-_MOST_BUBBLES]
    return list(found.values())


def _line(account: Account, one: Bubble) -> Line:
    """A bubble as it is shown."""
    body = one.body
    line = Line(one.at, one.way, one.kind, str(body.get("text", "")), str(body.get("title", "")))
    if one.way == "note":
        line.text = str(body.get("name") or body.get("scene") or body.get("answer") or "")
    elif body.get("articles"):
        article = body["articles"][0]
        line.title, line.text, line.link = article.get("title", ""), article.get("description", ""), article.get("url", "")
    elif body.get("page"):
        line.link = str(body["page"])
    elif body.get("url"):
        line.link = str(body["url"])
    medium = account.media.get(str(body.get("media_id", "")))
    if medium and medium.kind == "image":
        line.picture = f"/wechat/media/{account.appid}/{medium.media_id}"
    return line


def _shown(at: float) -> str:
    return datetime.fromtimestamp(at, BEIJING).strftime("%Y-%m-%d %H:%M") if at else ""


def _language(request: Request) -> str:
    asked = request.query_params.get("lang") or request.cookies.get("lang")
    if asked in LANGUAGES:
        return asked
    return "en" if request.headers.get("accept-language", "zh").lower().startswith("en") else "zh"
