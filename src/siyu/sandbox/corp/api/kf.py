"""微信客服 (facts 2.16): accounts, servicers, sessions, and answers within 48 hours."""

from __future__ import annotations

import re
from typing import Any

from siyu.sandbox.corp.api.attachments import media
from siyu.sandbox.corp.api.contacts import contact_told
from siyu.sandbox.corp.refusals import Refusal
from siyu.sandbox.corp.state import Contact, KfAccount, KfSession, Note
from siyu.sandbox.corp.talking import ENDED, HUMAN, NEW, POOL, ROBOT, WINDOW, move
from siyu.sandbox.corp.wire import KF, Call, api, short

_SCENE = re.compile(r"[0-9A-Za-z_-]{0,32}")
_MOST_SENT = 5
_TYPES = ("text", "image", "voice", "video", "file", "link", "miniprogram", "msgmenu", "location")
_MAY_MOVE = {
    NEW: {ROBOT, POOL, HUMAN, ENDED},
    ROBOT: {POOL, HUMAN, ENDED},
    POOL: {HUMAN, ENDED},
    HUMAN: {HUMAN, ENDED, POOL},
    ENDED: set[int](),
}
_CHANGE = {POOL: 2, HUMAN: 1, ENDED: 3, ROBOT: 1}


def _account(call: Call) -> KfAccount:
    key = call.text("open_kfid", needed=95000)
    if key not in call.company.kf:
        raise Refusal(95004)
    return call.company.kf[key]


@api("POST", "kf/account/add", KF)
def account_add(call: Call) -> dict[str, Any]:
    """A new account."""
    made = KfAccount(call.company.new_id("wk"), call.text("name", chars=16, needed=40063), call.text("media_id"))
    call.company.kf[made.id] = made
    return {"open_kfid": made.id}


@api("POST", "kf/account/update", KF)
def account_update(call: Call) -> dict[str, Any]:
    """Another name or picture."""
    account = _account(call)
    account.name = call.text("name", chars=16) or account.name
    account.media_id = call.text("media_id") or account.media_id
    return {}


@api("POST", "kf/account/del", KF)
def account_del(call: Call) -> dict[str, Any]:
    """Take an account away."""
    del call.company.kf[_account(call).id]
    return {}


@api("POST", "kf/account/list", KF)
def account_list(call: Call) -> dict[str, Any]:
    """Accounts from `offset`, at most 100."""
    offset, limit = call.number("offset", 0), call.limit(100, 100)
    rows = [{"open_kfid": a.id, "name": a.name, "avatar": "", "manage_privilege": True} for a in call.company.kf.values()]
    return {"account_list": rows[offset : offset + limit]}


@api("POST", "kf/add_contact_way", KF)
def add_contact_way(call: Call) -> dict[str, Any]:
    """An address that opens the account; `scene` comes back with the event."""
    account, scene = _account(call), call.text("scene")
    if not _SCENE.fullmatch(scene):
        raise Refusal(40058, "scene has at most 32 of 0-9A-Za-z_-")
    key = call.company.new_id("kfc", 24)
    account.scenes[key] = scene
    return {"url": f"{call.base_url}/kfid/{account.id}?enc_scene={key}"}


def _servicers(call: Call) -> list[str]:
    return call.texts("userid_list", 100, needed=40063)


@api("POST", "kf/servicer/add", KF)
def servicer_add(call: Call) -> dict[str, Any]:
    """Up to 100 members at a time, 500 in an account."""
    account, told = _account(call), []
    for userid in _servicers(call):
        code = 0 if userid in call.company.members else 60111
        if code == 0 and len(account.servicers) >= 500:
            code = 40058
        if code == 0:
            account.servicers.setdefault(userid, 0)
        told.append({"userid": userid, "errcode": code, "errmsg": "success" if code == 0 else "fail"})
    return {"result_list": told}


@api("POST", "kf/servicer/del", KF)
def servicer_del(call: Call) -> dict[str, Any]:
    """Take servicers off."""
    account, told = _account(call), []
    for userid in _servicers(call):
        code = 0 if account.servicers.pop(userid, None) is not None else 95014
        told.append({"userid": userid, "errcode": code, "errmsg": "success" if code == 0 else "fail"})
    return {"result_list": told}


@api("GET", "kf/servicer/list", KF)
def servicer_list(call: Call) -> dict[str, Any]:
    """The servicers of an account; status 0 working, 1 resting."""
    key = call.asked("open_kfid", 95000)
    if key not in call.company.kf:
        raise Refusal(95004)
    return {"servicer_list": [{"userid": u, "status": s} for u, s in call.company.kf[key].servicers.items()]}


def _session(call: Call, account: KfAccount, name: str = "external_userid") -> tuple[Contact, KfSession]:
    key = call.text(name, needed=41035)
    if key not in call.company.contacts:
        raise Refusal(40096)
    return call.company.contacts[key], account.sessions.setdefault(key, KfSession())


@api("POST", "kf/service_state/get", KF)
def state_get(call: Call) -> dict[str, Any]:
    """Where a session stands."""
    _, session = _session(call, _account(call))
    return {"service_state": session.state} | ({"servicer_userid": session.servicer} if session.servicer else {})


@api("POST", "kf/service_state/trans", KF)
def state_trans(call: Call) -> dict[str, Any]:
    """Move a session: to the robot, into the queue, to a person, to its end."""
    account = _account(call)
    contact, session = _session(call, account)
    wanted = call.number("service_state", None, 0, 4)
    if session.spoke <= call.now - WINDOW:
        raise Refusal(95031)
    if session.state == ENDED:
        raise Refusal(95013)
    if wanted not in _MAY_MOVE[session.state]:
        raise Refusal(95016)
    servicer = call.text("servicer_userid", needed=40063) if wanted == HUMAN else ""
    if servicer and servicer not in account.servicers:
        raise Refusal(95014)
    if servicer and account.servicers[servicer] == 1:
        raise Refusal(95019)
    code = move(call.company, account, contact.id, wanted, servicer, change=_CHANGE[wanted])
    return {"msg_code": code} if code else {}


@api("POST", "kf/sync_msg", KF)
def sync_msg(call: Call) -> dict[str, Any]:
    """Messages and events after a cursor, which is good for ever. Without the token of a callback it may be asked seldom."""
    account, limit = _account(call), call.limit(1000, 1000)
    token = call.text("token", most_bytes=128)
    if token:
        if call.company.unexpired(token, "kf_token") != (account.id,):
            raise Refusal(95007)
    elif not call.rates.passes(f"sync_msg {account.id}", call.company.tick(), 60, 60):
        raise Refusal(45009)
    what = f"kf:{account.id[-8:]}"  # short, because a cursor of this interface has at most 64 bytes
    (start,) = call.company.place(what, call.text("cursor", most_bytes=64))
    part = account.messages[start : start + limit]
    more = start + limit < len(account.messages)
    return {"next_cursor": call.company.cursor(what, start + len(part)), "has_more": int(more), "msg_list": part}


def _message(call: Call) -> tuple[str, dict[str, Any], str]:
    kind = call.text("msgtype", needed=40063)
    if kind not in _TYPES:
        raise Refusal(40058, "msgtype")
    part = call.part(kind)
    if kind == "text":
        if not part.get("content"):
            raise Refusal(40063, "text.content missing")
        short("text.content", part["content"], None, 2048)
    elif kind in ("image", "voice", "video", "file"):
        media(call, part.get("media_id"), kind)
    elif not part:
        raise Refusal(40063, f"{kind} missing")
    msgid = call.text("msgid", chars=32) or call.company.new_id("kfs", 32)
    shown = str(part.get("content") or part.get("head_content") or part.get("title") or f"[{kind}]")
    return msgid, {"msgtype": kind, kind: part}, shown


@api("POST", "kf/send_msg", KF)
def send_msg(call: Call) -> dict[str, Any]:
    """Answer a customer: within 48 hours of their last words, five times at most, while no person has the session."""
    account = _account(call)
    contact, session = _session(call, account, "touser")
    msgid, part, shown = _message(call)
    if session.spoke <= call.now - WINDOW:
        raise Refusal(95002)
    if session.state not in (NEW, ROBOT):
        raise Refusal(95018)
    if session.sent_n >= _MOST_SENT:
        raise Refusal(95001)
    sent = call.company.shelf.setdefault("kf_msgids", {}).setdefault(account.id, {})
    if msgid in sent:
        raise Refusal(40058, "this msgid was used")
    sent[msgid] = contact.id
    session.sent_n += 1
    call.company.note(contact, Note(call.now, "kf", "", shown, (part,), about=account.id))
    return {"msgid": msgid}


@api("POST", "kf/send_msg_on_event", KF)
def send_msg_on_event(call: Call) -> dict[str, Any]:
    """A welcome (20 seconds, once), words in the queue or at the end."""
    held = call.company.welcomes.get(call.text("code", needed=40063))
    if call.text("msgtype", needed=40063) not in ("text", "msgmenu"):
        raise Refusal(40058, "msgtype")
    msgid, part, shown = _message(call)
    if held is None or held.kind != "kf" or call.company.tick() >= held.ends:
        raise Refusal(40058, "invalid or expired code")
    if held.sent_by:
        raise Refusal(95001, "the code was used")
    held.sent_by = call.app.agentid
    account = call.company.kf[held.open_kfid]
    account.sessions[held.contact_id].welcomed = call.now
    call.company.note(call.company.contacts[held.contact_id], Note(call.now, "kf", "", shown, (part,), about=account.id))
    return {"msgid": msgid}


@api("POST", "kf/customer/batchget", KF)
def customer_batchget(call: Call) -> dict[str, Any]:
    """Up to 100 customers of 微信客服."""
    rows, missing = [], []
    for key in call.texts("external_userid_list", 100, needed=41035):
        contact = call.company.contacts.get(key)
        if contact is None:
            missing.append(key)
            continue
        told = contact_told(call, contact)
        rows.append({k: v for k, v in told.items() if k not in ("name", "type")} | {"nickname": contact.name})
    return {"customer_list": rows, "invalid_external_userid": missing}
