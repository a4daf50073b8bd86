"""The mailboxes as pages for people and as JSON for programs.

GET  /mail                      mailboxes and the newest letters        GET  /api/mails?after=&limit=&mailbox=   letters, opened
GET  /mail/box?address=         one mailbox                            GET  /api/mails/{id}
GET  /mail/{id}                 one letter                             GET  /api/mailboxes?q=
GET  /mail/{id}/html            its HTML, for the frame                POST /api/clear
GET  /mail/{id}/raw             as it came over the wire               GET, POST /api/faults    POST /api/dead   POST /api/bounces
"""

from __future__ import annotations

import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from siyu.base.text import LANGUAGES, say
from siyu.sandbox.mail.box import Letter, Mail
from siyu.sandbox.mail.faults import Faults
from siyu.sandbox.mail.office import PostOffice

_PAGES = Environment(
    loader=PackageLoader("siyu.sandbox.mail", "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-src 'self'; form-action 'self'; base-uri 'none'"
_LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:; form-action 'none'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
_HEAD = re.compile(r"(<head[^>]*>)", re.IGNORECASE)
_MOST = 500


def routes(post: PostOffice) -> list[Route]:
    """The routes of the post office."""
    return [*_pages(post), *_api(post)]


def _pages(post: PostOffice) -> list[Route]:
    def page(request: Request, name: str, **values: Any) -> Response:
        lang = _language(request)
        other = "en" if lang == "zh" else "zh"
        html = _PAGES.get_template(name).render(
            t=lambda key, **v: say(f"sandbox.{key}", lang, **v),
            lang=lang,
            other=other,
            other_url=str(request.url.include_query_params(lang=other).replace(scheme="", netloc="")),
            now=post.now(),
            **values,
        )
        response = HTMLResponse(html, headers={"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"})
        if request.query_params.get("lang") in LANGUAGES:
            response.set_cookie("lang", lang, max_age=31_536_000, samesite="lax")
        return response

    def boxes(request: Request) -> Response:
        search = request.query_params.get("q", "").strip()
        return page(
            request, "boxes.html", boxes=post.box.mailboxes(search), newest=post.box.newest(30) if not search else [], search=search,
            boxes_n=post.box.mailboxes_n(), mails_n=post.box.count(),
        )  # fmt: skip

    def box(request: Request) -> Response:
        address = request.query_params.get("address", "")
        mails = post.box.of_mailbox(address)
        return page(request, "box.html", address=address, mails=mails)

    def letter(request: Request) -> Response:
        mail, opened = _opened(post, request)
        post.box.mark_read(mail.mail_id)
        return page(request, "letter.html", mail=mail, letter=opened)

    def frame(request: Request) -> Response:
        _, opened = _opened(post, request)
        base = '<base target="_blank">'
        html, done = _HEAD.subn(lambda m: m[1] + base, opened.html, count=1)
        return HTMLResponse(html if done else base + html, headers={"Content-Security-Policy": _LETTER_POLICY})

    def raw(request: Request) -> Response:
        found = post.box.raw(int(request.path_params["mail_id"]))
        if found is None:
            raise HTTPException(404)
        return PlainTextResponse(found.decode("utf-8", "replace"))

    def clear(request: Request) -> Response:
        post.box.clear()
        return RedirectResponse("/mail", 303)

    return [
        Route("/mail", boxes),
        Route("/mail/box", box),
        Route("/mail/clear", clear, methods=["POST"]),
        Route("/mail/{mail_id:int}", letter),
        Route("/mail/{mail_id:int}/html", frame),
        Route("/mail/{mail_id:int}/raw", raw),
    ]


def _api(post: PostOffice) -> list[Route]:
    def mails(request: Request) -> Response:
        after, limit = _number(request, "after", 0), min(_number(request, "limit", 100), _MOST)
        mailbox, message_id = request.query_params.get("mailbox"), request.query_params.get("message_id")
        if message_id:
            found = post.box.of_message(message_id)
        elif mailbox:
            found = post.box.of_mailbox(mailbox, limit)
        else:
            found = post.box.after(after, limit)
        return JSONResponse([_told(post, mail) for mail in found])

    def one(request: Request) -> Response:
        mail, _ = _opened(post, request)
        return JSONResponse(_told(post, mail))

    def mailboxes(request: Request) -> Response:
        found = post.box.mailboxes(request.query_params.get("q", ""), _MOST)
        return JSONResponse(
            [{"address": b.address, "mails": b.mails_n, "unread": b.unread_n, "last_at": b.last_at.isoformat()} for b in found]
        )

    async def faults(request: Request) -> Response:
        if request.method == "POST":
            try:
                given = await request.json()
                post.faults = Faults.checked({str(name): float(rate) for name, rate in given.items()})
            except (ValueError, TypeError, AttributeError) as err:
                return JSONResponse({"error": str(err)}, 422)
        return JSONResponse({name: getattr(post.faults, name) for name in Faults.names()})

    async def dead(request: Request) -> Response:
        try:
            addresses = [str(a) for a in (await request.json())["addresses"]]
        except (ValueError, TypeError, KeyError):
            return JSONResponse({"error": "Give {addresses: [...]}."}, 422)
        post.mark_dead(addresses)
        return JSONResponse({"dead": len(addresses)})

    async def bounces(request: Request) -> Response:
        try:
            given = await request.json()
            post.bounces_to(str(given["url"]), str(given.get("key", "")))
        except (ValueError, TypeError, KeyError, AttributeError):
            return JSONResponse({"error": "Give {url, key}."}, 422)
        return JSONResponse({"ok": True})

    def clear(_: Request) -> Response:
        post.box.clear()
        return JSONResponse({"ok": True})

    return [
        Route("/api/mails", mails),
        Route("/api/mails/{mail_id:int}", one),
        Route("/api/mailboxes", mailboxes),
        Route("/api/faults", faults, methods=["GET", "POST"]),
        Route("/api/dead", dead, methods=["POST"]),
        Route("/api/bounces", bounces, methods=["POST"]),
        Route("/api/clear", clear, methods=["POST"]),
    ]


def _language(request: Request) -> str:
    asked = request.query_params.get("lang") or request.cookies.get("lang")
    if asked in LANGUAGES:
        return asked
    return "en" if request.headers.get("accept-language", "zh").lower().startswith("en") else "zh"


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isdigit() and len(text) < 16 else default


def _opened(post: PostOffice, request: Request) -> tuple[Mail, Letter]:
    mail = post.box.see(int(request.path_params["mail_id"]))
    opened = post.letter(mail) if mail else None
    if mail is None or opened is None:
        raise HTTPException(404)
    return mail, opened


def _told(post: PostOffice, mail: Mail) -> dict[str, Any]:
    opened = post.letter(mail)
    told: dict[str, Any] = {
        "mail_id": mail.mail_id, "mailbox": mail.mailbox, "sender": mail.sender, "from": mail.shown_from, "subject": mail.subject,
        "message_id": mail.message_id, "received_at": mail.received_at.isoformat(),
    }  # fmt: skip
    if opened:
        told |= {
            "text": opened.text, "html": opened.html, "links": list(opened.links), "picture": opened.picture,
            "unsubscribe": opened.unsubscribe, "is_one_click": opened.is_one_click,
        }  # fmt: skip
    return told
