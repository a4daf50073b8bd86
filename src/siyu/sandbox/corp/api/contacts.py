"""Customers and who follows them (facts 2.1)."""

from __future__ import annotations

import hashlib
from typing import Any

from siyu.sandbox.corp.refusals import Refusal
from siyu.sandbox.corp.state import HALF, Contact, Follow
from siyu.sandbox.corp.wire import Call, api

_FOLLOWERS = 500


def contact_told(call: Call, one: Contact) -> dict[str, Any]:
    """The `external_contact` of an answer. A unionid only for WeChat users, and only when the corp bound a developer account."""
    told: dict[str, Any] = {
        "external_userid": one.id,
        "name": one.name,
        "type": one.kind,
        "gender": one.gender,
        "avatar": f"{call.base_url}/avatar/{one.id}.svg",
    }
    if one.kind == 1 and one.unionid and call.company.settings.unionid_is_told:
        told["unionid"] = one.unionid
    if one.kind == 2:
        told |= {"corp_name": one.corp_name, "corp_full_name": one.corp_name, "position": ""}
    return told


def follow_told(call: Call, one: Follow, *, batch: bool = False) -> dict[str, Any]:
    """One `follow_user`, or the `follow_info` of the batch with tag ids only."""
    told: dict[str, Any] = {
        "userid": one.userid,
        "remark": one.remark or one.contact.name,
        "description": one.description,
        "createtime": one.createtime,
        "add_way": one.add_way,
        "oper_userid": one.oper_userid or (one.contact.id if one.add_way in (1, 3, 16) else one.userid),
        "remark_mobiles": list(one.mobiles),
    }
    tags = [call.company.tags[t] for t in sorted(one.tags or ()) if t in call.company.tags]
    if batch:
        told["tag_id"] = [tag.id for tag in tags]
    else:
        told["tags"] = [{"group_name": tag.group.name, "tag_name": tag.name, "tag_id": tag.id, "type": 1} for tag in tags]
        told["tags"] += [{"group_name": "", "tag_name": name, "type": 2} for name in one.own_tags]
    if one.remark_company:
        told["remark_corp_name"] = one.remark_company
    if one.state:
        told["state"] = one.state
    return told


@api("GET", "externalcontact/get_follow_user_list")
def get_follow_user_list(call: Call) -> dict[str, Any]:
    """The members with customers whom the app sees."""
    return {"follow_user": [m.userid for m in call.company.visible_staff(call.app)]}


@api("GET", "externalcontact/list")
def contact_ids(call: Call) -> dict[str, Any]:
    """All customers of a member at once; 84061 for none."""
    mine = call.company.listed(call.staff(call.asked("userid")))
    if not mine:
        raise Refusal(84061)
    return {"external_userid": [f.contact.id for f in mine]}


@api("GET", "externalcontact/get")
def contact_get(call: Call) -> dict[str, Any]:
    """One customer with everybody who follows them, 500 to a page."""
    company = call.company
    one = company.contacts.get(call.asked("external_userid", 41035))
    if one is None:
        raise Refusal(40096)
    listed = [
        f
        for f in one.follows.values()
        if company.is_listed(f) and company.is_visible(call.app, f.userid) and company.members[f.userid].status != 5
    ]
    if not listed:
        raise Refusal(84061, "only half added" if any(f.stage == HALF for f in one.follows.values()) else "")
    part, cursor = company.page(f"get:{one.id}", listed, call.query.get("cursor", ""), _FOLLOWERS)
    told = {"external_contact": contact_told(call, one), "follow_user": [follow_told(call, f) for f in part]}
    return told | ({"next_cursor": cursor} if cursor else {})


@api("POST", "externalcontact/batch/get_by_user")
def batch_get_by_user(call: Call) -> dict[str, Any]:
    """The customers of up to 100 members, up to 100 to a page. The last page is the one with an empty cursor."""
    if "userid_list" not in call.body and "userid" in call.body:
        call.body["userid_list"] = [call.body["userid"]]
    userids = call.texts("userid_list", 100, needed=40063)
    limit = call.limit(50, 100)
    for userid in userids:
        call.staff(userid)
    licensed = [u for u in userids if call.company.members[u].has_licence]
    if not licensed:
        raise Refusal(701008)
    what = "batch:" + hashlib.blake2b(",".join(licensed).encode(), digest_size=8).hexdigest()
    part, cursor = call.company.follow_page(what, licensed, call.text("cursor"), limit)
    return {
        "external_contact_list": [
            {"external_contact": contact_told(call, f.contact), "follow_info": follow_told(call, f, batch=True)} for f in part
        ],
        "next_cursor": cursor,
        "fail_info": {"unlicensed_userid_list": [u for u in userids if u not in licensed]},
    }


@api("POST", "externalcontact/remark")
def remark(call: Call) -> dict[str, Any]:
    """What a member calls a customer. `remark_mobiles` replaces; [""] empties."""
    userid = call.staff(call.text("userid", needed=40063))
    follow = call.company.follow(userid, call.text("external_userid", needed=41035))
    named = ("remark", "description", "remark_company", "remark_mobiles", "remark_pic_mediaid")
    if not any(call.body.get(name) for name in named):
        raise Refusal(40063, "all fields are empty")
    new, told = call.text("remark", chars=20), call.text("description", chars=150)
    company, mobiles = call.text("remark_company", chars=20), call.texts("remark_mobiles", 20)
    if company and follow.contact.kind != 1:
        raise Refusal(40058, "remark_company is for WeChat users only")
    if call.body.get("remark_pic_mediaid") and call.body["remark_pic_mediaid"] not in call.company.media:
        raise Refusal(40007)
    follow.remark = new or follow.remark
    follow.description = told or follow.description
    follow.remark_company = company or follow.remark_company
    if mobiles:
        follow.mobiles = tuple(m for m in mobiles if m)
    if call.company.settings.api_raises_events:
        call.company.emit_contact("edit_external_contact", userid, follow.contact.id)
    return {}


@api("POST", "externalcontact/contact_list")
def contact_list(call: Call) -> dict[str, Any]:
    """Everybody the corp is in touch with, customers or not, with temporary ids; OFF 99434."""
    company, limit = call.company, call.limit(1000, 1000)
    userids = [m.userid for m in company.visible_staff(call.app)]
    part, cursor = company.follow_page("contact_list", userids, call.text("cursor"), limit)
    ends = call.now + company.settings.temp_openid_for
    rows = []
    for follow in part:
        temporary = company.new_id("tmp")
        company.keys[temporary] = ("tmp_openid", ends, follow.contact.id)
        rows.append(
            {
                "is_customer": True,
                "tmp_openid": temporary,
                "external_userid": follow.contact.id,
                "name": follow.contact.name[:1] + "*" * (len(follow.contact.name) - 1),
                "follow_userid": follow.userid,
                "add_time": follow.createtime,
            }
        )
    if not cursor:  # strangers in groups come last, on the last page
        for group in company.groups.values():
            for one in group.members.values():
                if one.kind == 2 and not company.contacts[one.id].follows:
                    temporary = company.new_id("tmp")
                    company.keys[temporary] = ("tmp_openid", ends, one.id)
                    rows.append(
                        {
                            "is_customer": False,
                            "tmp_openid": temporary,
                            "chat_id": group.id,
                            "chat_name": group.name,
                            "add_time": one.joined,
                        }
                    )
    return {"next_cursor": cursor, "info_list": rows}
