"""The sandbox's own door to its WeChat: open accounts, let people live and act, make things go wrong, read the truth.

GET, POST /sandbox/wechat/accounts                  all accounts; open one {kind, name, appid?, secret?, gh_id?, open_platform?, ...}
POST /sandbox/wechat/accounts/{appid}               change one: {open_platform, is_verified, ips, pages, linked_minis, limits, settings}
POST /sandbox/wechat/accounts/{appid}/callback      {url, token, aes_key?, mode?, shape?, check?}: saved when the URL echoes
POST /sandbox/wechat/accounts/{appid}/templates     {title, content, kind?, template_id?, in_library?}
POST /sandbox/wechat/accounts/{appid}/agents        {agents: [{kf_account, nick?, is_online?, is_bound?}], close?: person_id}
POST /sandbox/wechat/accounts/{appid}/faults        shares by name
POST /sandbox/wechat/accounts/{appid}/storms        {code, for_s, share?, path?}
POST /sandbox/wechat/accounts/{appid}/kill_tokens   every token dies now
GET, POST /sandbox/wechat/accounts/{appid}/life     people who live by themselves: habits a day, {words: [...]}, {none: true}
GET  /sandbox/wechat/accounts/{appid}/truth         followers, tags, windows, grants, quotas as they are
POST /sandbox/wechat/people                         {people: [{person_id, name?, phone?, unionid?, is_risky?}]}
GET  /sandbox/wechat/people                         who lives here
GET  /sandbox/wechat/people/{person_id}/phone       what stands on the phone
POST /sandbox/wechat/do                             {person_id, appid, does, ...} or {acts: [...]}
GET  /sandbox/wechat/callbacks?appid=&after=        what was to be delivered and what became of it
GET  /sandbox/wechat/quiet                          answers when nothing that is due is left to carry
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from siyu.sandbox.courier import rates, told
from siyu.sandbox.wechat import agents as sessions
from siyu.sandbox.wechat import crypto
from siyu.sandbox.wechat.callbacks import verify
from siyu.sandbox.wechat.deeds import CannotDo, do
from siyu.sandbox.wechat.life import WORDS, Habits, Life
from siyu.sandbox.wechat.office import Office
from siyu.sandbox.wechat.words import Account, Agent, Callback, Faults, Storm, Template

_KINDS = ("template", "notice", "once", "subscribe")


def routes(office: Office) -> list[Route]:
    """The routes."""

    def posted(change: Callable[[dict[str, Any], dict[str, str]], dict[str, Any]]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            try:
                given = await request.json()
                if not isinstance(given, dict):
                    raise ValueError("give a JSON object")
                return JSONResponse(await asyncio.to_thread(change, given, dict(request.path_params)))
            except KeyError as err:
                return JSONResponse({"error": f"{err} is missing or unknown"}, 422)
            except (ValueError, TypeError) as err:
                return JSONResponse({"error": str(err)}, 422)

        return answer

    def open_account(given: dict[str, Any], _: dict[str, str]) -> dict[str, Any]:
        with office.lock:
            made = office.add_account(
                str(given.get("kind", "service")),
                str(given.get("name", "")),
                *(str(given.get(n, "")) for n in ("appid", "secret", "gh_id")),
            )
            _change(made, {k: v for k, v in given.items() if k not in ("kind", "name", "appid", "secret", "gh_id")})
            return _account(made)

    def change_account(given: dict[str, Any], path: dict[str, str]) -> dict[str, Any]:
        with office.lock:
            account = office.account(path["appid"])
            _change(account, given)
            return _account(account)

    def callback(given: dict[str, Any], path: dict[str, str]) -> dict[str, Any]:
        wanted = Callback(
            str(given["url"]), str(given["token"]), str(given.get("aes_key", "")), str(given.get("mode", "plain")),
            str(given.get("shape", "xml")),
        )  # fmt: skip
        if wanted.mode not in ("plain", "compat", "safe") or wanted.shape not in ("xml", "json"):
            raise ValueError("mode is plain, compat or safe; shape is xml or json")
        if wanted.mode != "plain":
            crypto.key_of(wanted.aes_key)
        account = office.account(path["appid"])
        if given.get("check", True):
            with office.lock:
                echo = str(5_000_000_000_000_000_000 + office.number() * 7919)
            wrong = verify(account, wanted, str(int(office.now())), echo[-9:], echo)
            if wrong:
                raise ValueError(wrong)
        with office.lock:
            account.callback = wanted
        return {"ok": True}

    def template(given: dict[str, Any], path: dict[str, str]) -> dict[str, Any]:
        with office.lock:
            account = office.account(path["appid"])
            kind = str(given.get("kind", "subscribe" if account.is_mini else "template"))
            if kind not in _KINDS:
                raise ValueError(f"kind is one of {', '.join(_KINDS)}")
            made = Template(str(given.get("template_id") or office.word(43)), str(given["title"]), str(given["content"]), kind)
            if given.get("in_library"):
                made.short_id = str(given.get("short_id") or f"OPENTM{office.number():09d}")
                account.library[made.short_id] = made
            else:
                account.templates[made.template_id] = made
            return asdict(made)

    def agents(given: dict[str, Any], path: dict[str, str]) -> dict[str, Any]:
        with office.lock:
            account = office.account(path["appid"])
            if account.is_mini:
                raise ValueError("only an official account has agents here")
            for one in given.get("agents", []):
                name = str(one["kf_account"])
                known = account.agents.get(name) or Agent(name, name.partition("@")[0], str(1001 + len(account.agents)))
                known.nick = str(one.get("nick", known.nick))
                known.is_online, known.is_bound = bool(one.get("is_online", known.is_online)), bool(one.get("is_bound", known.is_bound))
                account.agents[name] = known
            if "close" in given:
                sessions.close(office, account, account.members[account.openids[str(given["close"])]])
            return {"agents": [asdict(one) for one in account.agents.values()]}

    def faults(given: dict[str, Any], path: dict[str, str]) -> dict[str, Any]:
        with office.lock:
            account = office.account(path["appid"])
            account.faults = rates(Faults, account.faults, given)
            return asdict(account.faults)

    def storm(given: dict[str, Any], path: dict[str, str]) -> dict[str, Any]:
        with office.lock:
            account = office.account(path["appid"])
            until = office.now() + float(given["for_s"])
            account.storms.append(Storm(int(given["code"]), until, float(given.get("share", 1)), str(given.get("path", ""))))
            return {"storms": [asdict(one) for one in account.storms]}

    def kill(_: dict[str, Any], path: dict[str, str]) -> dict[str, Any]:
        with office.lock:
            return {"killed": office.kill_tokens(office.account(path["appid"]))}

    def people(given: dict[str, Any], _: dict[str, str]) -> dict[str, Any]:
        with office.lock:
            for one in given["people"]:
                made = office.add_person(*(str(one.get(n, "")) for n in ("person_id", "name", "phone", "unionid")))
                made.is_risky = bool(one.get("is_risky", made.is_risky))
        return {"people": len(given["people"])}

    def act(given: dict[str, Any], _: dict[str, str]) -> dict[str, Any]:
        acts = given.get("acts")
        if acts is None:
            return _do(office, given)
        done: list[dict[str, Any]] = []
        for one in acts:
            try:
                done.append(_do(office, one))
            except (ValueError, KeyError) as err:
                done.append({"error": str(err)})
        return {"done": done}

    async def accounts(request: Request) -> Response:
        if request.method == "POST":
            answer: Response = await posted(open_account)(request)
            return answer
        with office.lock:
            return JSONResponse({"accounts": [_account(one) for one in office.state.accounts.values()]})

    async def lives(request: Request) -> Response:
        if request.method == "POST":
            answer: Response = await posted(people)(request)
            return answer
        with office.lock:
            return JSONResponse({"people": [_person(office, one) for one in office.state.people]})

    async def truth(request: Request) -> Response:
        with office.lock:
            account = office.state.accounts.get(request.path_params["appid"])
            return JSONResponse({"error": "there is no such account"}, 404) if account is None else JSONResponse(_truth(office, account))

    async def phone(request: Request) -> Response:
        with office.lock:
            person = request.path_params["person_id"]
            if person not in office.state.people:
                return JSONResponse({"error": "nobody is called so"}, 404)
            shown = [asdict(one) for one in office.chat(person, request.query_params.get("appid", ""))]
        return JSONResponse({**_person(office, person), "chat": shown})

    async def callbacks(request: Request) -> Response:
        appid, word = (request.query_params.get(name, "") for name in ("appid", "after"))
        after = int(word) if word.isdecimal() else 0
        found = [one for one in list(office.courier.journal)[after:] if one.key.startswith(appid)]
        return JSONResponse({"callbacks": [told(one) for one in found], "waiting": office.courier.waiting()})

    async def quiet(_: Request) -> Response:
        return JSONResponse({"quiet": await asyncio.to_thread(office.courier.settle)})

    def set_life(given: dict[str, Any], path: dict[str, str]) -> dict[str, Any]:
        account = office.account(path["appid"])
        habits = Habits().changed({k: v for k, v in given.items() if k not in ("none", "words")})
        words = [str(one) for one in given.get("words") or WORDS]
        office.let_live(account.appid, None if given.get("none") else Life(office, account, habits, words))
        return _life(office, account.appid)

    async def life(request: Request) -> Response:
        if request.method == "POST":
            answer: Response = await posted(set_life)(request)
            return answer
        return JSONResponse(await asyncio.to_thread(_life, office, request.path_params["appid"]))

    root = "/sandbox/wechat"
    one = root + "/accounts/{appid}"
    return [
        Route(root + "/accounts", accounts, methods=["GET", "POST"]),
        Route(one, posted(change_account), methods=["POST"]),
        Route(one + "/callback", posted(callback), methods=["POST"]),
        Route(one + "/templates", posted(template), methods=["POST"]),
        Route(one + "/agents", posted(agents), methods=["POST"]),
        Route(one + "/faults", posted(faults), methods=["POST"]),
        Route(one + "/storms", posted(storm), methods=["POST"]),
        Route(one + "/kill_tokens", posted(kill), methods=["POST"]),
        Route(one + "/life", life, methods=["GET", "POST"]),
        Route(one + "/truth", truth),
        Route(root + "/people", lives, methods=["GET", "POST"]),
        Route(root + "/people/{person_id}/phone", phone),
        Route(root + "/do", posted(act), methods=["POST"]),
        Route(root + "/callbacks", callbacks),
        Route(root + "/quiet", quiet),
    ]


def _life(office: Office, appid: str) -> dict[str, Any]:
    lived = office.lives.get(appid)
    if not isinstance(lived, Life):
        return {"habits": None, "did": {}, "due": 0}
    return {"habits": asdict(lived.habits), "did": dict(lived.did), "due": lived.waiting()}


def _do(office: Office, given: dict[str, Any]) -> dict[str, Any]:
    with office.lock:
        account = office.state.accounts.get(str(given.get("appid", "")))
        if account is None:
            raise CannotDo("there is no such account")
        return do(office, account, str(given.get("person_id", "")), str(given.get("does", "")), given)


def _change(account: Account, given: dict[str, Any]) -> None:
    for name, value in given.items():
        if name == "settings":
            account.settings = account.settings.changed(value)
        elif name == "limits":
            account.limits |= {str(path): int(most) for path, most in value.items()}
        elif name in ("ips", "pages", "linked_minis"):
            setattr(account, name, [str(one) for one in value])
        elif name in ("open_platform", "name", "secret"):
            setattr(account, name, str(value))
        elif name == "is_verified":
            account.is_verified = bool(value)
        else:
            raise ValueError(f"an account has no {name} that can be changed")


def _account(account: Account) -> dict[str, Any]:
    return {
        "appid": account.appid, "kind": account.kind, "name": account.name, "gh_id": account.gh_id, "secret": account.secret,
        "is_verified": account.is_verified, "open_platform": account.open_platform, "pages": account.pages, "ips": account.ips,
        "linked_minis": account.linked_minis, "callback": asdict(account.callback) if account.callback else None,
        "settings": asdict(account.settings), "faults": asdict(account.faults), "limits": account.limits,
        "templates": [asdict(one) for one in account.templates.values()],
    }  # fmt: skip


def _person(office: Office, person_id: str) -> dict[str, Any]:
    person = office.state.people[person_id]
    known = {a.appid: a.openids[person_id] for a in office.state.accounts.values() if person_id in a.openids}
    return {**asdict(person), "openids": known}


def _truth(office: Office, account: Account) -> dict[str, Any]:
    members = [
        {**asdict(one), "unionid": office.unionid_of(account, one), "phone": office.state.people[one.person_id].phone}
        for one in account.members.values()
    ]
    return {
        "members": members, "followers": sum(one["is_following"] for one in members), "tags": account.tags, "menu": account.menu,
        "codes": [asdict(one) for one in account.codes.values()], "links": [asdict(one) for one in account.links.values()],
        "calls": account.calls, "tokens": [asdict(one) for one in account.tokens.values()],
    }  # fmt: skip
