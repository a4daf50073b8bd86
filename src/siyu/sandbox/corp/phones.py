"""Two phones side by side, for people: a customer's and a member's.

GET  /phones/picture/ID  a file that hangs on a message
GET  /phones             ?customer=&member=&chat=&tab= ; without a customer the first one, without a member the one they follow
POST /phones/do          scan, follow a link, add, say, delete, confirm a task, ignore it, accept, confirm back, refuse, resign
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from siyu.base.text import LANGUAGES, catalogue, say
from siyu.sandbox.corp import friends, grouping, handing, scanning, sending, talking
from siyu.sandbox.corp.api.media import file_answer
from siyu.sandbox.corp.company import Company
from siyu.sandbox.corp.founding import Corps
from siyu.sandbox.corp.friends import Impossible
from siyu.sandbox.corp.state import HALF, Contact, Note

_PAGES = Environment(
    loader=PackageLoader("siyu.sandbox.corp", "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'self'; base-uri 'none'"
_CHINA = timedelta(hours=8)
_MOST_FOUND, _MOST_LINES, _MOST_CUSTOMERS = 30, 200, 50
TABS = ("todo", "customers", "notices")


@dataclass
class Talk:
    """One conversation on the customer's phone. `kind` member, group, moments or kf."""

    key: str
    kind: str
    name: str
    stage: str = ""
    lines: list[Note] = field(default_factory=list)


def routes(corps: Corps) -> list[Route]:
    """The page and what its buttons do."""

    def page(request: Request) -> Response:
        company = corps.company()
        with company.lock:
            handing.catch_up(company)
            return _shown(company, request)

    async def do(request: Request) -> Response:
        company = corps.company()
        async with request.form() as form:
            given = {k: str(v) for k, v in form.items()}
        back = {k: given.get(k, "") for k in ("customer", "member", "chat", "tab")}
        with company.lock:
            try:
                back |= _DOES[given.get("does", "")](company, given) or {}
            except Impossible as no:
                back["wrong"] = str(no)
            except KeyError:
                back["wrong"] = "nothing was chosen"
        if given.get("does") == "scan":
            back["code"] = given.get("code", "")
        return RedirectResponse("/phones?" + urlencode({k: v for k, v in back.items() if v}), 303)

    def picture(request: Request) -> Response:
        found = corps.company().media.get(request.path_params["key"])
        return file_answer(found) if found is not None else PlainTextResponse("gone", 404)

    return [Route("/phones", page), Route("/phones/picture/{key}", picture), Route("/phones/do", do, methods=["POST"])]


def _shown(company: Company, request: Request) -> Response:
    asked = request.query_params
    lang = asked.get("lang") or request.cookies.get("lang") or ""
    if lang not in LANGUAGES:
        lang = "en" if request.headers.get("accept-language", "zh").lower().startswith("en") else "zh"
    search = asked.get("q", "").strip()
    customer = company.contacts.get(asked.get("customer", "")) or next(reversed(company.contacts.values()), None)
    if search:
        customer = next((c for c in _found(company, search)), customer)
    talks = _talks(company, customer) if customer else []
    chosen = next((t for t in talks if t.key == asked.get("chat")), talks[0] if talks else None)
    userid = asked.get("member", "") or (chosen.key if chosen and chosen.kind == "member" else "")
    member = company.members.get(userid) or next((m for m in company.members.values() if m.status == 1), None)
    tab = asked.get("tab", TABS[0])

    def t(key: str, **values: Any) -> str:
        return say(f"sandbox.corp_{key}", lang, **values)

    other = "en" if lang == "zh" else "zh"
    html = _PAGES.get_template("phones.html").render(
        t=t,
        lang=lang,
        other_url=str(request.url.include_query_params(lang=other).replace(scheme="", netloc="")),
        now=_when(company.now()),
        when=_when,
        company=company,
        customer=customer,
        member=member,
        talks=talks,
        chosen=chosen,
        tab=tab if tab in TABS else TABS[0],
        tabs=TABS,
        search=search,
        code=asked.get("code", ""),
        found=_found(company, search) if search else [],
        wrong=_reason(asked.get("wrong", ""), lang),
        waiting=sending.waiting(company, member.userid) if member else [],
        applied=_applied(company, member.userid) if member else [],
        halves=[f for f in company.follows.get(member.userid, {}).values() if f.stage == HALF] if member else [],
        mine=list(reversed(company.follows.get(member.userid, {}).values()))[:_MOST_CUSTOMERS] if member else [],
        notices=list(reversed(company.staff_notes.get(member.userid, [])))[:_MOST_LINES] if member else [],
        is_transferring=bool(customer and any(x.status == handing.WAITING for x in company.transfers_of.get(customer.id, ()))),
    )
    response = HTMLResponse(html, headers={"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"})
    if asked.get("lang") in LANGUAGES:
        response.set_cookie("lang", lang, max_age=31_536_000, samesite="lax")
    return response


def _when(at: int) -> str:
    return (datetime.fromtimestamp(at, UTC) + _CHINA).strftime("%Y-%m-%d %H:%M")


def _found(company: Company, search: str) -> list[Contact]:
    found = []
    for one in reversed(company.contacts.values()):
        if search in one.name or search in (one.id, one.mobile):
            found.append(one)
            if len(found) == _MOST_FOUND:
                break
    return found


def _applied(company: Company, userid: str) -> list[Contact]:
    keys = [key.split(" ") for key in company.shelf.get("applied", {})]
    return [company.contacts[c] for u, c in keys if u == userid]


def _talks(company: Company, customer: Contact) -> list[Talk]:
    """The conversations of a customer: those with the newest words first, moments last."""
    notes = customer.notes or []
    made: dict[str, Talk] = {}
    for follow in customer.follows.values():
        member = company.members.get(follow.userid)
        made[follow.userid] = Talk(follow.userid, "member", member.name if member else follow.userid, follow.stage)
    for group in company.groups.values():
        if customer.id in group.members:
            made[group.id] = Talk(group.id, "group", group.name or group.id[:8])
    for account in company.kf.values():
        if customer.id in account.sessions:
            made[account.id] = Talk(account.id, "kf", account.name)
    for note in notes[-2000:]:
        key = "moments" if note.kind == "moment" else note.about if note.kind in ("group", "group_mass", "kf") else note.userid
        if key not in made:
            kind = (
                "moments"
                if key == "moments"
                else "group"
                if note.kind in ("group", "group_mass")
                else "kf"
                if note.kind == "kf"
                else "member"
            )
            names = {"moments": "", "member": company.members[key].name if key in company.members else key}
            made[key] = Talk(key, kind, names.get(kind, key[:8]), "gone" if kind != "moments" else "")
        made[key].lines.append(note)
    for talk in made.values():
        talk.lines = talk.lines[-_MOST_LINES:]
    return sorted(made.values(), key=lambda talk: (talk.kind == "moments", -(talk.lines[-1].at if talk.lines else 0)))


def reason_key(text: str) -> str:
    """The key of the text, in both languages, for why something could not be done."""
    return "corp_no_" + "_".join(re.findall(r"[a-z0-9]+", text.lower())[:9])


def _reason(text: str, lang: str) -> str:
    key = f"sandbox.{reason_key(text)}"
    return "" if not text else say(key, lang) if key in catalogue() else text[:200]


# --- what the buttons do; each gives what of the address it changes ---


def _customer(company: Company, given: dict[str, str]) -> Contact:
    return friends.person(company, given["customer"] or {})


def _new(company: Company, given: dict[str, str]) -> dict[str, str]:
    made = friends.make_contact(company, name=given.get("text", "").strip()[:32])
    return {"customer": made.id, "chat": ""}


def _scan(company: Company, given: dict[str, str]) -> dict[str, str]:
    code, contact = given["code"], _customer(company, given)
    if code in company.join_ways:
        return {"customer": contact.id, "chat": str(grouping.scan_join(company, code, contact)["chat_id"])}
    if code in company.links:
        done = scanning.follow_link(company, company.links[code].url, contact)
    else:
        done = scanning.scan(company, code, contact)
    return {"customer": contact.id, "chat": str(done["userid"]), "member": str(done["userid"])}


def _say(company: Company, given: dict[str, str]) -> dict[str, str] | None:
    contact, chat, text = _customer(company, given), given["chat"], given["text"].strip()
    if not text:
        raise Impossible("nothing was written")
    if chat in company.groups:
        grouping.says(company, company.groups[chat], contact.id, text)
    elif chat in company.kf:
        talking.says(company, company.kf[chat], contact, text)
    else:
        friends.says(company, chat, contact, text, is_customer=True)
    return None


def _member_say(company: Company, given: dict[str, str]) -> dict[str, str]:
    text = given["text"].strip()
    if not text:
        raise Impossible("nothing was written")
    friends.says(company, given["member"], _customer(company, given), text, is_customer=False)
    return {"chat": given["member"]}


def _leave(company: Company, given: dict[str, str]) -> dict[str, str] | None:
    contact, chat = _customer(company, given), given["chat"]
    if chat in company.groups:
        grouping.leave(company, company.groups[chat], contact.id)
        return {"chat": ""}
    friends.dropped_by_customer(company, chat, contact)
    return None


def _add(company: Company, given: dict[str, str]) -> dict[str, str]:
    contact = _customer(company, given)
    if friends.add(company, given["member"], contact, add_way=2) is None:
        raise Impossible("they are friends already")
    return {"chat": given["member"], "customer": contact.id}


def _confirm(company: Company, given: dict[str, str]) -> None:
    sending.confirm(company, company.tasks[given["task"]], given["member"])


def _ignore(company: Company, given: dict[str, str]) -> None:
    sending.ignore(company, company.tasks[given["task"]], given["member"])


def _accept(company: Company, given: dict[str, str]) -> dict[str, str]:
    contact = friends.person(company, given["who"])
    scanning.accept(company, given["member"], contact)
    return {"customer": contact.id, "chat": given["member"]}


def _confirm_back(company: Company, given: dict[str, str]) -> dict[str, str]:
    contact = friends.person(company, given["who"])
    friends.confirm(company, given["member"], contact)
    return {"customer": contact.id, "chat": given["member"]}


def _drop(company: Company, given: dict[str, str]) -> None:
    friends.dropped_by_member(company, given["member"], _customer(company, given))


def _own(company: Company, given: dict[str, str]) -> None:
    text = given["text"].strip()
    if not text:
        raise Impossible("nothing was written")
    sending.own(company, given["member"], given.get("kind") or "moment", text)


def _refuse(company: Company, given: dict[str, str]) -> None:
    handing.refuse(company, given["customer"])


def _resign(company: Company, given: dict[str, str]) -> dict[str, str]:
    handing.resign(company, given["member"])
    return {"member": ""}


_DOES: dict[str, Callable[[Company, dict[str, str]], dict[str, str] | None]] = {
    "new": _new, "scan": _scan, "say": _say, "member_say": _member_say, "leave": _leave, "add": _add, "confirm": _confirm,
    "ignore": _ignore, "accept": _accept, "confirm_back": _confirm_back, "drop": _drop, "own": _own, "refuse": _refuse, "resign": _resign,
}  # fmt: skip
