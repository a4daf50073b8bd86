"""Customer groups, their codes and their statistics (facts 2.7)."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.corp.company import DAY
from siyu.sandbox.corp.grouping import version_of
from siyu.sandbox.corp.refusals import Refusal
from siyu.sandbox.corp.state import Group, GroupMember, Way
from siyu.sandbox.corp.wire import Call, api

_MANY = 1000
_ORDERS = {1: "new_chat_cnt", 2: "chat_total", 3: "new_member_cnt", 4: "member_total"}


def _owners(call: Call, *, needed: bool = False) -> set[str]:
    part = call.part("owner_filter")
    given = part.get("userid_list") or []
    if not isinstance(given, list) or len(given) > 100:
        raise Refusal(40058, "owner_filter.userid_list has at most 100")
    if needed and not given and not part.get("partyid_list"):
        raise Refusal(40063, "owner_filter missing")
    for userid in given:
        found = call.company.members.get(userid)
        if found is None:
            raise Refusal(60111)
        if found.status == 5:
            raise Refusal(40003, "who left is no owner to ask for; ask without owner_filter")
    return set(given)


def _seen(call: Call, group: Group) -> bool:
    return call.company.is_visible(call.app, group.owner)


def _group(call: Call) -> Group:
    found = call.company.groups.get(call.text("chat_id", needed=40063))
    if found is None or not _seen(call, found):
        raise Refusal(90501 if found is None else 60021)
    return found


@api("POST", "externalcontact/groupchat/list")
def group_list(call: Call) -> dict[str, Any]:
    """The ids of groups. `limit` must be given."""
    status, owners = call.number("status_filter", 0, 0, 3), _owners(call)
    limit = call.number("limit", None, 1, 1000)
    if not owners and sum(1 for _ in call.company.visible_staff(call.app)) > _MANY:
        raise Refusal(81017)
    rows = [
        {"chat_id": g.id, "status": g.status}
        for g in call.company.groups.values()
        if (not owners or g.owner in owners) and status in {0, g.status} and _seen(call, g)
    ]
    part, cursor = call.company.page(f"groups:{status}:{len(owners)}", rows, call.text("cursor"), limit)
    return {"group_chat_list": part} | ({"next_cursor": cursor} if cursor else {})


@api("POST", "externalcontact/groupchat/get")
def group_get(call: Call) -> dict[str, Any]:
    """One group with everybody in it."""
    group, is_named = _group(call), call.number("need_name", 0, 0, 1) == 1
    return {
        "group_chat": {
            "chat_id": group.id,
            "name": group.name,
            "owner": group.owner,
            "create_time": group.created,
            "notice": group.notice,
            "member_list": [_member_told(call, one, is_named) for one in group.members.values()],
            "admin_list": [{"userid": u} for u in sorted(group.admins)],
            "member_version": version_of(group),
        }
    }


def _member_told(call: Call, one: GroupMember, is_named: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "userid": one.id,
        "type": one.kind,
        "join_time": one.joined,
        "join_scene": one.scene,
        "group_nickname": one.nickname,
    }
    if one.kind == 2 and call.company.contacts[one.id].unionid and call.company.settings.unionid_is_told:
        told["unionid"] = call.company.contacts[one.id].unionid
    if one.invitor:
        told["invitor"] = {"userid": one.invitor}
    if one.state:
        told["state"] = one.state
    if is_named:
        told["name"] = call.company.contacts[one.id].name if one.kind == 2 else call.company.members[one.id].name
    return told


@api("POST", "externalcontact/opengid_to_chatid")
def opengid_to_chatid(call: Call) -> dict[str, Any]:
    """The group behind the id that a mini-program was shared into."""
    opengid = call.text("opengid", needed=40063)
    found = next((g for g in call.company.groups.values() if g.opengid == opengid), None)
    if found is None:
        raise Refusal(90511)
    return {"chat_id": found.id}


def _data(call: Call, groups: list[Group], start: int, end: int) -> dict[str, int]:
    made = [g for g in groups if g.created < end]
    spoke = {g.id: [said for day, said in g.said.items() if start <= day < end] for g in made}
    return {
        "new_chat_cnt": sum(start <= g.created for g in made),
        "chat_total": len(made),
        "chat_has_msg": sum(bool(days) for days in spoke.values()),
        "new_member_cnt": sum(start <= m.joined < end for g in made for m in g.members.values()),
        "member_total": sum(m.joined < end for g in made for m in g.members.values()),
        "member_has_msg": sum(len({who for said in days for who in said}) for days in spoke.values()),
        "msg_total": sum(n for days in spoke.values() for said in days for n in said.values()),
        "migrate_trainee_chat_cnt": 0,
    }


def _span(call: Call) -> tuple[int, int]:
    start = call.company.day(call.number("day_begin_time", needed=40063))
    end = call.company.day(call.number("day_end_time", start)) + DAY
    if start < call.company.day(call.now) - 180 * DAY or not start < end <= start + 31 * DAY:
        raise Refusal(40058, "the span is over 30 days, or older than 180")
    return start, end


@api("POST", "externalcontact/groupchat/statistic")
def statistic(call: Call) -> dict[str, Any]:
    """Numbers per owner over a span of at most 30 days."""
    start, end = _span(call)
    owners, offset, limit = _owners(call, needed=True), call.number("offset", 0), call.limit(500, 1000)
    rows: list[dict[str, Any]] = []
    for owner in sorted(owners):
        mine = [g for g in call.company.groups.values() if g.owner == owner]
        rows.append({"owner": owner, "data": _data(call, mine, start, end)})
    key = _ORDERS.get(call.number("order_by", 1, 1, 4), "new_chat_cnt")
    rows.sort(key=lambda row: row["data"][key], reverse=call.number("order_asc", 0, 0, 1) == 0)
    return {"total": len(rows), "next_offset": min(offset + limit, len(rows)), "items": rows[offset : offset + limit]}


@api("POST", "externalcontact/groupchat/statistic_group_by_day")
def statistic_by_day(call: Call) -> dict[str, Any]:
    """Numbers per day over all owners that are asked for."""
    start, end = _span(call)
    owners = _owners(call, needed=True)
    mine = [g for g in call.company.groups.values() if g.owner in owners]
    return {"items": [{"stat_time": day, "data": _data(call, mine, day, day + DAY)} for day in range(start, end, DAY)]}


@api("POST", "externalcontact/groupchat/add_join_way")
def add_join_way(call: Call) -> dict[str, Any]:
    """A code for up to five groups, which may make the next one when they are full."""
    given = _join_given(call)
    if len(call.company.ways) + len(call.company.join_ways) >= 500_000:
        raise Refusal(41045)
    key = call.company.new_id("9ad7fa5cdaa6511298498f979c472aaa", 12) + call.company.new_id("", 20).lower().replace("_", "0").replace(
        "-", "1"
    )
    way = Way(key, call.app.agentid, call.now, f"{call.base_url}/qr/group/{key}", given)
    call.company.join_ways[way.id] = way
    return {"config_id": way.id}


def _join_given(call: Call) -> dict[str, Any]:
    scene = call.number("scene", None, 0, 2**31, needed=41038)
    if scene not in (1, 2):
        raise Refusal(41040)
    chats = call.texts("chat_id_list", 5, needed=40063, too_many=41091)
    if any(c not in call.company.groups for c in chats):
        raise Refusal(90501)
    return {
        "scene": scene,
        "remark": call.text("remark", chars=30),
        "auto_create_room": call.number("auto_create_room", 1, 0, 1),
        "room_base_name": call.text("room_base_name", chars=40),
        "room_base_id": call.number("room_base_id", 1),
        "chat_id_list": chats,
        "state": call.text("state", chars=30),
        "mark_source": call.flag("mark_source", True),
    }


def _join_way(call: Call) -> Way:
    key = call.text("config_id", needed=41043)
    if key not in call.company.join_ways:
        raise Refusal(41044)
    return call.company.join_ways[key]


@api("POST", "externalcontact/groupchat/get_join_way")
def get_join_way(call: Call) -> dict[str, Any]:
    """A code with its picture and the groups it leads to now."""
    way = _join_way(call)
    return {"join_way": {"config_id": way.id, **way.given, "qr_code": way.url}}


@api("POST", "externalcontact/groupchat/update_join_way")
def update_join_way(call: Call) -> dict[str, Any]:
    """Replace everything."""
    way = _join_way(call)
    way.given = _join_given(call)
    return {}


@api("POST", "externalcontact/groupchat/del_join_way")
def del_join_way(call: Call) -> dict[str, Any]:
    """Take a code away."""
    del call.company.join_ways[_join_way(call).id]
    return {}
