"""Corp tags (facts 2.2). A tag belongs to a relation of member and customer, never to the customer alone."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.corp.refusals import Refusal
from siyu.sandbox.corp.state import Tag, TagGroup
from siyu.sandbox.corp.wire import Call, api, short

_PER_RELATION = 3000


def _tag_told(tag: Tag) -> dict[str, Any]:
    return {"id": tag.id, "name": tag.name, "create_time": tag.created, "order": tag.order, "deleted": False}


def _group_told(group: TagGroup, tags: list[Tag]) -> dict[str, Any]:
    return {
        "group_id": group.id,
        "group_name": group.name,
        "create_time": group.created,
        "order": group.order,
        "deleted": False,
        "tag": [_tag_told(tag) for tag in sorted(tags, key=lambda t: (-t.order, t.created))],
    }


@api("POST", "externalcontact/get_corp_tag_list")
def get_corp_tag_list(call: Call) -> dict[str, Any]:
    """All tags, or those of groups, or some; groups win."""
    ids, groups = set(call.texts("tag_id", 10_000)), set(call.texts("group_id", 10_000))
    told = []
    for group in call.company.tag_groups.values():
        if groups and group.id not in groups:
            continue
        tags = [tag for tag in group.tags.values() if groups or not ids or tag.id in ids]
        if tags:
            told.append(_group_told(group, tags))
    return {"tag_group": told}


@api("POST", "externalcontact/add_corp_tag")
def add_corp_tag(call: Call) -> dict[str, Any]:
    """New tags in a new group or in one that is there (by id or by the same name). Names that are there already are merged."""
    given = call.body.get("tag")
    if not isinstance(given, list) or not given or not all(isinstance(one, dict) for one in given):
        raise Refusal(40063, "tag missing")
    wanted: dict[str, int] = {}
    for one in given:
        name = short("tag.name", one.get("name") or "", 30, None)
        if not name:
            raise Refusal(40063, "tag.name missing")
        wanted.setdefault(name, int(one.get("order") or 0))
    group = _group(call)
    held = {tag.name: tag for tag in group.tags.values()}
    fresh = [name for name in wanted if name not in held]
    if len(call.company.tags) + len(fresh) > call.company.settings.tag_cap:
        raise Refusal(40126)
    call.company.tag_groups[group.id] = group
    made = []
    for name, order in wanted.items():
        tag = held.get(name)
        if tag is None:
            tag = Tag(call.company.new_id("et"), name, order, call.now, group, call.app.agentid)
            group.tags[tag.id] = call.company.tags[tag.id] = tag
        made.append(tag)
    return {"tag_group": _group_told(group, made)}


def _group(call: Call) -> TagGroup:
    by_id, name = call.text("group_id"), call.text("group_name", chars=30)
    if by_id:
        if by_id not in call.company.tag_groups:
            raise Refusal(40068, "invalid group_id")
        return call.company.tag_groups[by_id]
    if not name:
        raise Refusal(40063, "group_name missing")
    found = next((g for g in call.company.tag_groups.values() if g.name == name), None)
    return found or TagGroup(call.company.new_id("et"), name, call.number("order", 0), call.now, call.app.agentid)


def _mine(call: Call, found: Tag | TagGroup | None) -> Tag | TagGroup:
    if found is None or found.agentid != call.app.agentid:
        raise Refusal(40068, "no such tag, or made by another app")
    return found


@api("POST", "externalcontact/edit_corp_tag")
def edit_corp_tag(call: Call) -> dict[str, Any]:
    """Another name or place for a tag or a group that this app made."""
    key = call.text("id", needed=40063)
    one = _mine(call, call.company.tags.get(key) or call.company.tag_groups.get(key))
    name = call.text("name", chars=30)
    beside = one.group.tags.values() if isinstance(one, Tag) else call.company.tag_groups.values()
    if name and any(other.name == name and other.id != one.id for other in beside):
        raise Refusal(40071)
    one.name = name or one.name
    one.order = call.number("order", one.order)
    return {}


@api("POST", "externalcontact/del_corp_tag")
def del_corp_tag(call: Call) -> dict[str, Any]:
    """Tags and whole groups that this app made; a group goes with its last tag."""
    ids, groups = call.texts("tag_id", 10_000), call.texts("group_id", 10_000)
    if not ids and not groups:
        raise Refusal(40063, "tag_id and group_id are empty")
    for key in ids:
        _mine(call, call.company.tags.get(key))
    for key in groups:
        _mine(call, call.company.tag_groups.get(key))
    call.company.forget_tags({*ids, *(t for g in groups for t in call.company.tag_groups[g].tags)})
    return {}


@api("POST", "externalcontact/mark_tag")
def mark_tag(call: Call) -> dict[str, Any]:
    """Put tags on a relation and take them off."""
    userid = call.staff(call.text("userid", needed=40063))
    follow = call.company.follow(userid, call.text("external_userid", needed=41035))
    added, removed = call.texts("add_tag", _PER_RELATION), call.texts("remove_tag", _PER_RELATION)
    if not added and not removed:
        raise Refusal(40063, "add_tag and remove_tag are empty")
    if any(tag not in call.company.tags for tag in (*added, *removed)):
        raise Refusal(40068)
    tags = (set(follow.tags or ()) | set(added)) - set(removed)
    if len(tags) > _PER_RELATION:
        raise Refusal(40058, f"more than {_PER_RELATION} tags on one customer")
    follow.tags = tags
    if call.company.settings.api_raises_events:
        call.company.emit_contact("edit_external_contact", userid, follow.contact.id)
    return {}


@api("POST", "externalcontact/get_strategy_tag_list")
def get_strategy_tag_list(call: Call) -> dict[str, Any]:
    """Tags of rule groups: this corp has none."""
    return {"tag_group": []}


@api("POST", "externalcontact/customer_strategy/list")
def strategy_list(call: Call) -> dict[str, Any]:
    """Rule groups: this corp has none."""
    return {"strategy": [], "next_cursor": ""}
