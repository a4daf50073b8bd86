"""Who is it? OAuth in pages, tickets for the JS-SDK, and the ids of the same person elsewhere (facts 2.13, 2.15)."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.corp.company import DAY
from siyu.sandbox.corp.refusals import Refusal
from siyu.sandbox.corp.state import Contact
from siyu.sandbox.corp.wire import PLAIN, Call, api

PENDING_FOR = 90 * DAY
_TICKET_LIFE = 7200


def _visitor(call: Call) -> tuple[str, str]:
    code = call.asked("code")
    held = call.company.keys.get(code)
    if held is None or held[0] != "oauth" or len(code.encode()) > 512:
        raise Refusal(40029)
    if held[4]:
        raise Refusal(42022)
    if held[1] <= call.now:
        raise Refusal(42003)
    call.company.keys[code] = (*held[:4], True)
    return str(held[2]), str(held[3])


def openid_of(call: Call, contact: Contact) -> str:
    """The openid of a person towards this corp."""
    if not contact.openid:
        contact.openid = call.company.new_id("oC", 28)
    return contact.openid


@api("GET", "auth/getuserinfo", PLAIN)
def getuserinfo(call: Call) -> dict[str, Any]:
    """Who came through the authorize page: a member, or an outsider, known as a customer where a follower is visible."""
    who, scope = _visitor(call)
    if who in call.company.members:
        told: dict[str, Any] = {"userid": who}
        if scope == "snsapi_privateinfo" and call.company.is_visible(call.app, who):
            ticket = call.company.new_id("UT", 64)
            call.company.keys[ticket] = ("user_ticket", call.now + 1800, who)
            told["user_ticket"] = ticket
        return told
    contact = call.company.contacts[who]
    told = {"openid": openid_of(call, contact)}
    if any(call.company.is_listed(f) and call.company.is_visible(call.app, u) for u, f in contact.follows.items()):
        told["external_userid"] = contact.id
    return told


@api("GET", "user/getuserinfo", PLAIN)
def old_getuserinfo(call: Call) -> dict[str, Any]:
    """The same by its old path and with its old names."""
    told = getuserinfo(call)
    return {"UserId": told["userid"], "DeviceId": ""} if "userid" in told else {"OpenId": told["openid"], "DeviceId": ""}


@api("POST", "auth/getuserdetail", PLAIN)
def getuserdetail(call: Call) -> dict[str, Any]:
    """What a member agreed to tell."""
    held = call.company.unexpired(call.text("user_ticket", needed=40063), "user_ticket")
    if held is None:
        raise Refusal(40058, "invalid user_ticket")
    one = call.company.member(held[0])
    return {
        "userid": one.userid,
        "gender": one.gender,
        "mobile": one.mobile,
        "avatar": "",
        "qr_code": "",
        "email": "",
        "biz_mail": "",
        "address": "",
    }


@api("GET", "miniprogram/jscode2session", PLAIN)
def jscode2session(call: Call) -> dict[str, Any]:
    """A member in a mini-program inside WeCom."""
    held = call.company.keys.pop(call.asked("js_code"), None)
    if held is None or held[0] != "js_code" or held[1] <= call.now:
        raise Refusal(40029)
    return {"corpid": call.company.corpid, "userid": held[2], "session_key": call.company.new_id("sk", 24)}


def _ticket(call: Call, kind: str) -> dict[str, Any]:
    tick = call.company.tick()
    if not call.rates.passes(f"ticket app {call.app.agentid}", tick, 100, 3600) or not call.rates.passes("ticket corp", tick, 400, 3600):
        raise Refusal(45009)
    held = call.company.shelf.setdefault("tickets", {}).setdefault(f"{kind}:{call.app.agentid}", {})
    if held.get("ends", 0) <= call.now:
        held |= {"ticket": call.company.new_id("kgt8", 64), "ends": call.now + _TICKET_LIFE}
    return {"ticket": held["ticket"], "expires_in": held["ends"] - call.now}


@api("GET", "get_jsapi_ticket", PLAIN)
def get_jsapi_ticket(call: Call) -> dict[str, Any]:
    """The corp's ticket, for wx.config."""
    return _ticket(call, "config")


@api("GET", "ticket/get", PLAIN)
def ticket_get(call: Call) -> dict[str, Any]:
    """The app's ticket, for agentConfig; never to be exchanged with the corp's."""
    if call.query.get("type") != "agent_config":
        raise Refusal(40058, "type")
    return _ticket(call, "agent_config")


@api("POST", "externalcontact/convert_to_openid")
def convert_to_openid(call: Call) -> dict[str, Any]:
    """The openid of a WeChat customer, for payments."""
    contact = call.company.contacts.get(call.text("external_userid", needed=41035))
    if contact is None:
        raise Refusal(40096)
    if contact.kind != 1:
        raise Refusal(41056)
    return {"openid": openid_of(call, contact)}


def _known(call: Call) -> tuple[Contact | None, str]:
    unionid, openid = call.text("unionid", needed=40063), call.text("openid", needed=40063)
    if not call.rates.passes("convert", call.company.tick(), call.company.settings.convert_per_hour, 3600):
        raise Refusal(45009)
    if not unionid.startswith("o"):
        raise Refusal(610014)
    contact = call.company.by_unionid(unionid)
    pairs = call.company.shelf.setdefault("unionid_openid", {})
    if openid in pairs and pairs[openid]["unionid"] != unionid:
        raise Refusal(610018)
    pairs[openid] = {"unionid": unionid}
    if contact is not None and any(call.company.is_listed(f) and call.company.is_visible(call.app, u) for u, f in contact.follows.items()):
        return contact, unionid
    return None, unionid


@api("POST", "externalcontact/unionid_to_external_userid")
def unionid_to_external_userid(call: Call) -> dict[str, Any]:
    """The customer behind a unionid; 84061 when nobody visible follows them."""
    contact, _ = _known(call)
    if contact is None:
        raise Refusal(84061)
    return {"external_userid": contact.id}


@api("POST", "idconvert/unionid_to_external_userid")
def idconvert(call: Call) -> dict[str, Any]:
    """The customer behind a unionid, or an id that stands for them for 90 days until somebody adds them."""
    call.number("subject_type", 0, 0, 1)
    contact, unionid = _known(call)
    if contact is not None:
        return {"external_userid": contact.id}
    held = call.company.shelf.setdefault("pending", {}).setdefault(unionid, {})
    if held.get("ends", 0) <= call.now:
        held |= {"id": call.company.new_id("pe", 32), "ends": call.now + PENDING_FOR}
    return {"pending_id": held["id"]}


@api("POST", "idconvert/batch/external_userid_to_pending_id")
def external_userid_to_pending_id(call: Call) -> dict[str, Any]:
    """Of customers, the ids that stood for them while they were unknown, as long as those are good."""
    pending, told = call.company.shelf.get("pending", {}), []
    for key in call.texts("external_userid", 100, needed=41035):
        contact = call.company.contacts.get(key)
        held = pending.get(contact.unionid) if contact else None
        if held and held["ends"] > call.now:
            told.append({"external_userid": key, "pending_id": held["id"]})
    return {"result": told}
