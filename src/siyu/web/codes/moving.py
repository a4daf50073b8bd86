"""Codes of a corp that is connected no more: what of them is there in the connected one, and making them anew there."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from siyu import growth
from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.growth import Anew, LiveCode
from siyu.vendors import Account, AccountState, VendorKind, accounts
from siyu.web.codes.listing import names_of
from siyu.web.guard import note
from siyu.web.page import form_of, go, ground_of, lang_of, say_to, staff_of


@dataclass(frozen=True)
class Way:
    """How a code would be made anew with an account."""

    account: Account
    anew: Anew
    left: list[str]  # what is not there, in words
    is_same: bool  # the code's own corp, by another account: the code goes on


def ways(request: Request, conn: Connection, code: LiveCode) -> list[Way]:
    """One for each account that is on."""
    on = [one for one in accounts(conn, VendorKind.WECOM) if one.state is AccountState.ON]
    found = ((one, growth.anew(conn, code, one.account_id)) for one in on)
    made = [Way(one, its, _left(request, conn, code, its), one.app_id == code.corp) for one, its in found]
    return [one for one in made if one.is_same] or made


def anew(request: Request) -> Response:
    """Make it anew and close the old one."""
    ground, code_id = ground_of(request), int(request.path_params["code_id"])
    given = str(form_of(request).get("account", ""))
    if not given.isdigit():
        raise InputError(say_to(request, "web.code_no_corp"), say_to(request, "web.code_no_corp_about"), field="account")
    with ground.db.tx() as conn:
        before = growth.code(conn, code_id)
        code, made = growth.renew(ground, conn, code_id, int(given), by=staff_of(request).login)
        left = _left(request, conn, before, made)
        note(request, conn, "code.renewed", ref=f"code:{code.code_id}", before=code_id)
    words = {"left": _comma(request).join(left)} if left else {}
    return go(request, f"/codes/{code.code_id}", said="web.code_anew_without" if left else "web.code_anew_done", **words)


def _left(request: Request, conn: Connection, code: LiveCode, made: Anew) -> list[str]:
    names = names_of(conn, code.corp)
    kinds = (("guides", [names.get(one, one) for one in made.guides]), ("tags", made.tags), ("chats", made.chats))
    return [say_to(request, f"web.code_left_{kind}", names=_comma(request).join(its)) for kind, its in kinds if its]


def _comma(request: Request) -> str:
    return "、" if lang_of(request) == "zh" else ", "
