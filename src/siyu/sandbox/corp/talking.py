"""微信客服 as customers and servicers live it: sessions, messages, and the window in which one may be answered (facts 2.16)."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.corp.company import Company
from siyu.sandbox.corp.friends import Impossible
from siyu.sandbox.corp.state import Contact, KfAccount, KfSession, Note, Welcome

NEW, ROBOT, POOL, HUMAN, ENDED = 0, 1, 2, 3, 4
WINDOW = 48 * 3600
_TOKEN_LIFE = 600


def account_of(company: Company, open_kfid: str) -> KfAccount:
    """An account by its id."""
    if open_kfid not in company.kf:
        raise Impossible("there is no such account")
    return company.kf[open_kfid]


def put(
    company: Company,
    account: KfAccount,
    contact_id: str,
    origin: int,
    msgtype: str,
    part: dict[str, Any],
    msgid: str = "",
    servicer: str = "",
) -> str:
    """Lay a message into the inbox of an account and tell the apps that there is something to fetch."""
    key = msgid or company.new_id("kfm", 32)
    row: dict[str, Any] = {
        "msgid": key,
        "open_kfid": account.id,
        "external_userid": contact_id,
        "send_time": company.now(),
        "origin": origin,
        "msgtype": msgtype,
        msgtype: part,
    }
    if servicer:
        row["servicer_userid"] = servicer
    if msgtype == "event":
        del row["external_userid"]
    account.messages.append(row)
    token = company.new_id("ENC", 40)
    company.keys[token] = ("kf_token", company.now() + _TOKEN_LIFE, account.id)
    company.emit("kf_msg_or_event", ("Token", token), ("OpenKfId", account.id))
    return key


def enter(company: Company, account: KfAccount, contact: Contact, scene: str = "", scene_param: str = "") -> str:
    """A customer opens the account: a code for a welcome, unless one was sent within 48 hours or the customer wrote already."""
    now = company.now()
    session = account.sessions.setdefault(contact.id, KfSession())
    if session.state == ENDED:
        session.state, session.servicer = NEW, ""
    code = ""
    if session.welcomed <= now - WINDOW and session.spoke <= now - WINDOW:
        code = company.new_id("KW", 40)
        company.welcomes[code] = Welcome(
            code, "", contact.id, company.tick() + company.settings.welcome_for, open_kfid=account.id, kind="kf"
        )
    event: dict[str, Any] = {
        "event_type": "enter_session",
        "open_kfid": account.id,
        "external_userid": contact.id,
        "scene": scene,
        "scene_param": scene_param,
    }
    put(company, account, contact.id, 4, "event", event | ({"welcome_code": code} if code else {}))
    return code


def says(company: Company, account: KfAccount, contact: Contact, text: str, menu_id: str = "") -> str:
    """A customer writes; the window of 48 hours and five messages begins anew."""
    session = account.sessions.setdefault(contact.id, KfSession())
    if session.state == ENDED:
        session.state, session.servicer = NEW, ""
    session.spoke, session.sent_n = company.now(), 0
    company.note(contact, Note(company.now(), "kf", "", text, is_own=True, about=account.id))
    return put(company, account, contact.id, 3, "text", {"content": text, "menu_id": menu_id})


def servicer_says(company: Company, account: KfAccount, userid: str, contact: Contact, text: str) -> str:
    """A servicer answers in the client."""
    session = account.sessions.get(contact.id)
    if session is None or session.state != HUMAN or session.servicer != userid:
        raise Impossible("this customer is not with this servicer")
    company.note(contact, Note(company.now(), "kf", userid, text, about=account.id))
    return put(company, account, contact.id, 5, "text", {"content": text}, servicer=userid)


def move(company: Company, account: KfAccount, contact_id: str, state: int, servicer: str, *, change: int) -> str:
    """Move a session to another state and tell it; a code for words at the end or in the queue, where there is one."""
    session = account.sessions[contact_id]
    old = session.servicer
    session.state, session.servicer = state, servicer
    event: dict[str, Any] = {
        "event_type": "session_status_change",
        "open_kfid": account.id,
        "external_userid": contact_id,
        "change_type": change,
        "old_servicer_userid": old,
        "new_servicer_userid": servicer,
    }
    code = ""
    if state in (POOL, ENDED):
        code = company.new_id("KM", 40)
        life = company.settings.welcome_for if state == ENDED else WINDOW
        company.welcomes[code] = Welcome(code, "", contact_id, company.tick() + life, open_kfid=account.id, kind="kf")
        event["msg_code"] = code
    put(company, account, contact_id, 4, "event", event)
    return code
