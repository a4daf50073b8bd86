"""Handing customers and groups on, from members at work and from those who left (facts 2.8)."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.corp.company import DAY
from siyu.sandbox.corp.grouping import hand_on
from siyu.sandbox.corp.handing import begin, refusal_of
from siyu.sandbox.corp.refusals import TITLES, Refusal
from siyu.sandbox.corp.state import BOTH
from siyu.sandbox.corp.wire import Call, api

_GROUPS_A_DAY = 300
_LONG_LIST = 50_000


def _transfer(call: Call, *, is_resigned: bool) -> dict[str, Any]:
    handover, takeover = call.text("handover_userid", needed=40063), call.text("takeover_userid", needed=40063)
    customers = call.texts("external_userid", 100, needed=41035)
    message = "" if is_resigned else call.text("transfer_success_msg", chars=200)
    if handover == takeover:
        raise Refusal(40130)
    left = call.company.members.get(handover)
    if is_resigned and (left is None or left.status != 5):
        raise Refusal(40097 if left else 60111)
    if not is_resigned:
        call.staff(handover)
    taker = call.company.staff(call.app, takeover)
    if taker.status != 1:
        raise Refusal(41054)
    if not taker.is_real_name:
        raise Refusal(40098)
    told = []
    for key in customers:
        code = refusal_of(call.company, handover, takeover, key)
        if code == 0:
            begin(call.company, handover, takeover, key, is_resigned=is_resigned, message=message)
        told.append({"external_userid": key, "errcode": code})
    return {"customer": told}


def _result(call: Call, *, is_resigned: bool) -> dict[str, Any]:
    handover, takeover = call.text("handover_userid", needed=40063), call.text("takeover_userid", needed=40063)
    newest = {
        t.contact_id: t for t in call.company.transfers if (t.handover, t.takeover, t.is_resigned) == (handover, takeover, is_resigned)
    }
    rows = [{"external_userid": t.contact_id, "status": t.status, "takeover_time": t.ended or t.started + DAY} for t in newest.values()]
    part, cursor = call.company.page(f"transfer:{handover}:{takeover}:{is_resigned}", rows, call.text("cursor"), 1000)
    return {"customer": part, "next_cursor": cursor}


@api("POST", "externalcontact/transfer_customer")
def transfer_customer(call: Call) -> dict[str, Any]:
    """From a member at work; each customer at most twice in 90 days."""
    return _transfer(call, is_resigned=False)


@api("POST", "externalcontact/transfer_result")
def transfer_result(call: Call) -> dict[str, Any]:
    """How far it is."""
    return _result(call, is_resigned=False)


@api("POST", "externalcontact/resigned/transfer_customer")
def resigned_transfer_customer(call: Call) -> dict[str, Any]:
    """From a member who left."""
    return _transfer(call, is_resigned=True)


@api("POST", "externalcontact/resigned/transfer_result")
def resigned_transfer_result(call: Call) -> dict[str, Any]:
    """How far it is."""
    return _result(call, is_resigned=True)


@api("POST", "externalcontact/get_unassigned_list")
def get_unassigned_list(call: Call) -> dict[str, Any]:
    """The customers of those who left, who have nobody yet. Beyond 50,000 only the cursor leads on."""
    size, number = call.number("page_size", 1000, 1, 1000), call.number("page_id", 0)
    if size * number >= _LONG_LIST:
        raise Refusal(40058, "use the cursor")
    waiting = {(t.handover, t.contact_id) for t in call.company.transfers if t.is_resigned and t.status in (1, 2)}
    rows = [
        {"handover_userid": m.userid, "external_userid": f.contact.id, "dimission_time": m.left_at}
        for m in call.company.members.values()
        if m.status == 5
        for f in call.company.follows.get(m.userid, {}).values()
        if f.stage == BOTH and (m.userid, f.contact.id) not in waiting
    ]
    cursor = call.text("cursor")
    (start,) = call.company.place("unassigned", cursor) if cursor else (size * number,)
    end = start + size
    is_last = end >= len(rows)
    return {"info": rows[start:end], "is_last": is_last, "next_cursor": "" if is_last else call.company.cursor("unassigned", end)}


def _groups(call: Call, *, is_resigned: bool) -> dict[str, Any]:
    owner = call.company.able(call.app, call.text("new_owner", needed=40063)).userid
    chats = call.texts("chat_id_list", 100, needed=40063)
    today = call.company.shelf.setdefault("group_transfers", {}).setdefault(f"{owner}:{call.company.day(call.now)}", {"n": 0})
    failed = []
    for chat_id in chats:
        group = call.company.groups.get(chat_id)
        code = 0
        if group is None:
            code = 90501
        elif group.owner == owner:
            code = 90504
        elif is_resigned != (call.company.members[group.owner].status == 5):
            code = 90500 if is_resigned else 90502
        elif not is_resigned and sum(at > call.now - 90 * DAY for at in group.handed_on) >= 2:
            code = 40128
        elif today["n"] >= _GROUPS_A_DAY:
            code = 45009
        if code or group is None:
            failed.append({"chat_id": chat_id, "errcode": code, "errmsg": TITLES.get(code, "")})
            continue
        today["n"] += 1
        hand_on(call.company, group, owner, is_resigned=is_resigned)
    return {"failed_chat_list": failed}


@api("POST", "externalcontact/groupchat/transfer")
def group_transfer(call: Call) -> dict[str, Any]:
    """The groups of an owner who left."""
    return _groups(call, is_resigned=True)


@api("POST", "externalcontact/groupchat/onjob_transfer")
def group_onjob_transfer(call: Call) -> dict[str, Any]:
    """The groups of an owner at work; the same group at most twice in 90 days."""
    return _groups(call, is_resigned=False)
