"""联系我: codes by which customers add members (facts 2.3)."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.corp.api.attachments import media
from siyu.sandbox.corp.company import DAY
from siyu.sandbox.corp.refusals import Refusal
from siyu.sandbox.corp.state import Way
from siyu.sandbox.corp.wire import Call, api, short

_CAP = 500_000
_MEMBERS = 100


def _conclusions(call: Call) -> dict[str, Any]:
    told = call.part("conclusions")
    short("conclusions.text.content", (told.get("text") or {}).get("content") or "", None, 4000)
    if told.get("image"):
        media(call, told["image"].get("media_id"), "image")
    if told.get("link"):
        short("conclusions.link.title", told["link"].get("title") or "", None, 128)
        short("conclusions.link.desc", told["link"].get("desc") or "", None, 512)
    if told.get("miniprogram"):
        short("conclusions.miniprogram.title", told["miniprogram"].get("title") or "", None, 64)
    return told


def _people(call: Call, kind: int) -> dict[str, Any]:
    users = call.texts("user", _MEMBERS, too_many=41041)
    parties = call.numbers("party", _MEMBERS) if kind == 2 else []
    if kind == 1 and len(users) != 1:
        raise Refusal(40058, "type 1 takes exactly one user")
    if not users and not parties:
        raise Refusal(40063, "user missing")
    if any(p not in call.company.departments for p in parties):
        raise Refusal(60003)
    for userid in users:
        call.company.able(call.app, userid)
    if len(set(users) | call.company.of_departments(parties)) > _MEMBERS:
        raise Refusal(41041)
    return {"user": users, "party": parties}


@api("POST", "externalcontact/add_contact_way")
def add_contact_way(call: Call) -> dict[str, Any]:
    """A new code. Every member must be activated, real-name and allowed customers; one who is not fails the call."""
    kind = call.number("type", None, 0, 2**31, needed=41037)
    scene = call.number("scene", None, 0, 2**31, needed=41038)
    if kind not in (1, 2):
        raise Refusal(41039)
    if scene not in (1, 2):
        raise Refusal(41040)
    style = call.number("style", 1) if scene == 1 else 0
    if scene == 1 and style not in (1, 2, 3):
        raise Refusal(41042)
    is_temp = call.flag("is_temp", False)
    if is_temp and kind != 1:
        raise Refusal(41039, "a temporary chat has one member")
    given: dict[str, Any] = {
        "type": kind,
        "scene": scene,
        "remark": call.text("remark", chars=30),
        "skip_verify": call.flag("skip_verify", True),
        "state": call.text("state", chars=30),
        "is_temp": is_temp,
        "is_exclusive": call.flag("is_exclusive", False),
        "mark_source": call.flag("mark_source", True),
        **_people(call, kind),
    }
    if style:
        given["style"] = style
    if is_temp:
        given |= {
            "expires_in": call.number("expires_in", 7 * DAY, 1, 14 * DAY),
            "chat_expires_in": call.number("chat_expires_in", DAY, 1, 14 * DAY),
            "unionid": call.text("unionid"),
            "conclusions": _conclusions(call),
        }
    if len(call.company.ways) + len(call.company.join_ways) >= _CAP:
        raise Refusal(41045)
    key = call.company.new_id("42b34949e138eb6e", 32).lower()
    made = Way(key, call.app.agentid, call.now, f"{call.base_url}/qr/{key}" if scene == 2 else "", given)
    call.company.ways[made.id] = made
    return {"config_id": made.id} | ({"qr_code": made.url} if made.url else {})


def _way(call: Call) -> Way:
    key = call.text("config_id", needed=41043)
    if key not in call.company.ways:
        raise Refusal(41044)
    return call.company.ways[key]


@api("POST", "externalcontact/get_contact_way")
def get_contact_way(call: Call) -> dict[str, Any]:
    """One code as it was made."""
    way = _way(call)
    return {"contact_way": {"config_id": way.id, **way.given} | ({"qr_code": way.url} if way.url else {})}


@api("POST", "externalcontact/list_contact_way")
def list_contact_way(call: Call) -> dict[str, Any]:
    """The ids of codes made in a span (90 days by default), temporary ones left out."""
    start, end = call.number("start_time", call.now - 90 * DAY), call.number("end_time", call.now)
    limit = call.limit(100, 1000)
    rows = [{"config_id": w.id} for w in call.company.ways.values() if start <= w.created <= end and not w.given["is_temp"]]
    part, cursor = call.company.page(f"ways:{start}:{end}", rows, call.text("cursor"), limit)
    return {"contact_way": part} | ({"next_cursor": cursor} if cursor else {})


@api("POST", "externalcontact/update_contact_way")
def update_contact_way(call: Call) -> dict[str, Any]:
    """Replace what is given; type and scene stay."""
    way = _way(call)
    changed: dict[str, Any] = {}
    for name in ("remark", "state"):
        if name in call.body:
            changed[name] = call.text(name, chars=30)
    for name in ("skip_verify", "is_exclusive"):
        if name in call.body:
            changed[name] = call.flag(name, True)
    if "style" in call.body and way.given["scene"] == 1:
        changed["style"] = call.number("style", None, 1, 3, needed=41042)
    if "mark_source" in call.body:
        if way.agentid != call.app.agentid:
            raise Refusal(40058, "mark_source is for the app that made it")
        changed["mark_source"] = call.flag("mark_source", True)
    if "user" in call.body or "party" in call.body:
        changed |= _people(call, way.given["type"])
    if way.given["is_temp"]:
        for name in ("expires_in", "chat_expires_in"):
            if name in call.body:
                changed[name] = call.number(name, None, 1, 14 * DAY)
        if "conclusions" in call.body:
            changed["conclusions"] = _conclusions(call)
    way.given |= changed
    return {}


@api("POST", "externalcontact/del_contact_way")
def del_contact_way(call: Call) -> dict[str, Any]:
    """Take a code away; whoever scans it then finds nothing."""
    del call.company.ways[_way(call).id]
    return {}


@api("POST", "externalcontact/close_temp_chat")
def close_temp_chat(call: Call) -> dict[str, Any]:
    """End a temporary chat: its closing words reach the customer and the relation ends."""
    userid = call.staff(call.text("userid", needed=40063))
    follow = call.company.follow(userid, call.text("external_userid", needed=41035))
    way = next(
        (w for w in call.company.ways.values() if w.given["is_temp"] and w.given["state"] == follow.state and userid in w.given["user"]),
        None,
    )
    if way is None:
        raise Refusal(84061, "no temporary chat")
    call.company.close_temporary(follow, way.given.get("conclusions") or {})
    return {}
