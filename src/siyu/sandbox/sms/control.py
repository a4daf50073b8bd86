"""The sandbox's own door to its SMS vendors: open accounts, approve signatures and templates, let people reply, make things go wrong.

GET, POST /sandbox/sms/accounts                  all; open one {vendor, name, key_id?, secret?, sdk_app_id?, report_url?, ...}
POST /sandbox/sms/accounts/{id}                  change one: {report_url, reply_url, ips, units_left, settings, secret}
POST /sandbox/sms/accounts/{id}/signatures       {name, state?, scene?}
POST /sandbox/sms/accounts/{id}/templates        {code, kind, content, state?}: reviewed unless a state is given
POST /sandbox/sms/accounts/{id}/faults           shares by name
POST /sandbox/sms/accounts/{id}/life             {opts_out, writes, answer_after}: what readers do by themselves
POST /sandbox/sms/accounts/{id}/storms           {code, for_s, share?}
GET  /sandbox/sms/accounts/{id}/truth            texts, replies, who opted out, what was spent
POST /sandbox/sms/phones                         {phones: [...], is: unknown | off | fine}
GET  /sandbox/sms/phones/{phone}                 what lies on a phone
POST /sandbox/sms/replies                        {phone, content, account_id?}
GET  /sandbox/sms/pushes?after=                  what was pushed and what became of it
GET  /sandbox/sms/quiet                          answers when nothing that is due is left to carry
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
from siyu.sandbox.sms import rules
from siyu.sandbox.sms.exchange import Exchange
from siyu.sandbox.sms.words import NOTICE, OTP, PROMO, Faults, Signature, SmsAccount, Template

_STATES = ("approved", "pending", "rejected")


def routes(exchange: Exchange) -> list[Route]:
    """The routes."""

    def posted(change: Callable[[dict[str, Any], str], dict[str, Any]]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            try:
                given = await request.json()
                if not isinstance(given, dict):
                    raise ValueError("give a JSON object")
                with exchange.lock:
                    return JSONResponse(change(given, request.path_params.get("account_id", "")))
            except KeyError as err:
                return JSONResponse({"error": f"{err} is missing or unknown"}, 422)
            except (ValueError, TypeError) as err:
                return JSONResponse({"error": str(err)}, 422)

        return answer

    def open_account(given: dict[str, Any], _: str) -> dict[str, Any]:
        first = ("vendor", "name", "key_id", "secret", "sdk_app_id")
        made = exchange.add_account(*(str(given.get(name, "")) for name in first))
        _change(made, {name: value for name, value in given.items() if name not in first})
        return _account(made)

    def change_account(given: dict[str, Any], account_id: str) -> dict[str, Any]:
        account = exchange.state.accounts[account_id]
        _change(account, given)
        return _account(account)

    def signature(given: dict[str, Any], account_id: str) -> dict[str, Any]:
        made = Signature(str(given["name"]), str(given.get("state", "approved")), str(given.get("scene", "any")))
        if made.state not in _STATES or made.scene not in ("any", OTP) or not 2 <= len(made.name) <= 12:
            raise ValueError(f"a signature has 2 to 12 letters; state is one of {', '.join(_STATES)}; scene is any or {OTP}")
        exchange.state.accounts[account_id].signatures[made.name] = made
        return asdict(made)

    def template(given: dict[str, Any], account_id: str) -> dict[str, Any]:
        account = exchange.state.accounts[account_id]
        kind, content = str(given.get("kind", NOTICE)), str(given["content"])
        if kind not in (OTP, NOTICE, PROMO):
            raise ValueError(f"kind is {OTP}, {NOTICE} or {PROMO}")
        reason = rules.reviewed(account.vendor, kind, content)
        state = str(given.get("state") or ("rejected" if reason else "approved"))
        if state not in _STATES:
            raise ValueError(f"state is one of {', '.join(_STATES)}")
        made = Template(str(given["code"]), kind, content, state, reason if state == "rejected" else "")
        account.templates[made.code] = made
        return asdict(made)

    def faults(given: dict[str, Any], account_id: str) -> dict[str, Any]:
        account = exchange.state.accounts[account_id]
        account.faults = rates(Faults, account.faults, given)
        return asdict(account.faults)

    def life(given: dict[str, Any], account_id: str) -> dict[str, Any]:
        account = exchange.state.accounts[account_id]
        account.habits = account.habits.changed(given)
        return asdict(account.habits)

    def storm(given: dict[str, Any], account_id: str) -> dict[str, Any]:
        account = exchange.state.accounts[account_id]
        account.storms.append((str(given["code"]), exchange.now() + float(given["for_s"]), float(given.get("share", 1))))
        return {"storms": account.storms}

    def phones(given: dict[str, Any], _: str) -> dict[str, Any]:
        state = str(given.get("is", "unknown"))
        if state not in ("unknown", "off", "fine"):
            raise ValueError("is: unknown, off or fine")
        for one in given["phones"]:
            exchange.state.dead.pop(str(one), None)
            if state != "fine":
                exchange.state.dead[str(one)] = state
        return {"phones": len(given["phones"])}

    def reply(given: dict[str, Any], _: str) -> dict[str, Any]:
        return asdict(exchange.reply(str(given["phone"]), str(given["content"]), str(given.get("account_id", ""))))

    async def accounts(request: Request) -> Response:
        if request.method == "POST":
            answer: Response = await posted(open_account)(request)
            return answer
        with exchange.lock:
            return JSONResponse({"accounts": [_account(one) for one in exchange.state.accounts.values()]})

    async def truth(request: Request) -> Response:
        account_id = request.path_params["account_id"]
        with exchange.lock:
            account = exchange.state.accounts.get(account_id)
            if account is None:
                return JSONResponse({"error": "there is no such account"}, 404)
            return JSONResponse({
                "texts": [asdict(one) for one in exchange.state.texts if one.account_id == account_id],
                "replies": [asdict(one) for one in exchange.state.replies if one.account_id == account_id],
                "opted_out": account.opted_out, "spent_micro": account.spent_micro, "units_left": account.units_left,
            })  # fmt: skip

    async def phone(request: Request) -> Response:
        number = request.path_params["phone"]
        with exchange.lock:
            texts = [asdict(one) for one in exchange.of_phone.get(number, []) if one.state == "delivered"]
            replies = [asdict(one) for one in exchange.state.replies if one.phone == number]
        return JSONResponse({"phone": number, "is": exchange.state.dead.get(number, "fine"), "texts": texts, "replies": replies})

    async def pushes(request: Request) -> Response:
        word = request.query_params.get("after", "")
        after = int(word) if word.isdecimal() else 0
        return JSONResponse(
            {"pushes": [told(one) for one in list(exchange.courier.journal)[after:]], "waiting": exchange.courier.waiting()}
        )

    async def quiet(_: Request) -> Response:
        return JSONResponse({"quiet": await asyncio.to_thread(exchange.courier.settle)})

    root = "/sandbox/sms"
    one = root + "/accounts/{account_id}"
    return [
        Route(root + "/accounts", accounts, methods=["GET", "POST"]),
        Route(one, posted(change_account), methods=["POST"]),
        Route(one + "/signatures", posted(signature), methods=["POST"]),
        Route(one + "/templates", posted(template), methods=["POST"]),
        Route(one + "/faults", posted(faults), methods=["POST"]),
        Route(one + "/life", posted(life), methods=["POST"]),
        Route(one + "/storms", posted(storm), methods=["POST"]),
        Route(one + "/truth", truth),
        Route(root + "/phones", posted(phones), methods=["POST"]),
        Route(root + "/phones/{phone}", phone),
        Route(root + "/replies", posted(reply), methods=["POST"]),
        Route(root + "/pushes", pushes),
        Route(root + "/quiet", quiet),
    ]


def _change(account: SmsAccount, given: dict[str, Any]) -> None:
    for name, value in given.items():
        if name == "settings":
            account.settings = account.settings.changed(value)
        elif name == "ips":
            account.ips = [str(one) for one in value]
        elif name == "units_left":
            account.units_left = int(value)
        elif name in ("report_url", "reply_url", "secret", "name"):
            setattr(account, name, str(value))
        else:
            raise ValueError(f"an account has no {name} that can be changed")


def _account(account: SmsAccount) -> dict[str, Any]:
    told = asdict(account)
    return {name: told[name] for name in told if name not in ("nonces", "reports", "opted_out", "storms")}
