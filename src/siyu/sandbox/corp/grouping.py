"""Customer groups as people live in them: made, joined, left, renamed, handed on, dismissed, talked in."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlsplit

from siyu.sandbox.corp.company import Company
from siyu.sandbox.corp.friends import Impossible
from siyu.sandbox.corp.state import Contact, Group, GroupMember, Note

INVITED, BY_LINK, BY_CODE = 1, 2, 3


def version_of(group: Group) -> str:
    """`member_version` as the interface tells it."""
    return hashlib.blake2b(f"{group.id}:{group.version}".encode(), digest_size=16).hexdigest()


def group_of(company: Company, chat_id: str) -> Group:
    """A group by its id."""
    if chat_id not in company.groups:
        raise Impossible("there is no such group")
    return company.groups[chat_id]


def make(company: Company, owner: str, name: str = "", customers: list[Contact] | None = None, *, is_quiet: bool = False) -> Group:
    """A member makes a group, with customers in it if wished."""
    if owner not in company.members or company.members[owner].status != 1:
        raise Impossible("there is no such member")
    now = company.now()
    made = Group(company.new_id("wr"), name, owner, now, opengid=company.new_id("tG", 28))
    made.members[owner] = GroupMember(owner, 1, now)
    for one in customers or ():
        made.members[one.id] = GroupMember(one.id, 2, now, INVITED, owner)
    company.groups[made.id] = made
    if not is_quiet:
        company.emit("change_external_chat", ("ChangeType", "create"), ("ChatId", made.id))
    return made


def join(company: Company, group: Group, contact: Contact, *, scene: int = INVITED, invitor: str = "", state: str = "") -> None:
    """A customer comes in: invited by a member, by a link, or by a code."""
    if contact.id in group.members:
        raise Impossible("already in the group")
    if len(group.members) >= company.settings.group_cap:
        raise Impossible("the group is full")
    now = company.now()
    group.members[contact.id] = GroupMember(contact.id, 2, now, scene, invitor or (group.owner if scene == INVITED else ""), state)
    greeting = company.shelf.get("group_greeting", {}).get(group.id)
    if greeting:
        company.note(contact, Note(now, "group", group.owner, str(greeting.get("text", "")), about=group.id))
    _changed(company, group, "add_member", [contact.id], ("JoinScene", 3 if scene == BY_CODE else 0))


def leave(company: Company, group: Group, who: str, *, is_removed: bool = False) -> None:
    """Somebody leaves by themselves, or is removed by the owner or an admin."""
    if who not in group.members:
        raise Impossible("not in the group")
    del group.members[who]
    group.admins.discard(who)
    _changed(company, group, "del_member", [who], ("QuitScene", int(is_removed)))


def _changed(company: Company, group: Group, detail: str, who: list[str] | None = None, *more: tuple[str, Any]) -> None:
    last = version_of(group)
    if who is not None:
        group.version += 1
    fields: list[tuple[str, Any]] = [("ChangeType", "update"), ("ChatId", group.id), ("UpdateDetail", detail), *more]
    if who is not None:
        fields += [("MemChangeCnt", len(who)), ("MemChangeList", who), ("LastMemVer", last), ("CurMemVer", version_of(group))]
    company.emit("change_external_chat", *fields)


def change(company: Company, group: Group, **given: Any) -> None:
    """Another name, notice or owner."""
    if given.get("name") is not None:
        group.name = str(given["name"])
        _changed(company, group, "change_name")
    if given.get("notice") is not None:
        group.notice = str(given["notice"])
        _changed(company, group, "change_notice")
    if given.get("owner"):
        if group.members.get(given["owner"]) is None or group.members[given["owner"]].kind != 1:
            raise Impossible("the new owner is not in the group")
        group.owner = str(given["owner"])
        _changed(company, group, "change_owner")
    if given.get("add_member"):
        userid = company.member(str(given["add_member"])).userid
        group.members[userid] = GroupMember(userid, 1, company.now(), INVITED, group.owner)
        _changed(company, group, "add_member", [userid], ("JoinScene", 0))


def hand_on(company: Company, group: Group, owner: str, *, is_resigned: bool) -> None:
    """Another owner by the interface; a group whose owner left then counts as inherited, and the one who left is in it no more."""
    if is_resigned:
        group.members.pop(group.owner, None)
        group.status = 3
    else:
        group.handed_on.append(company.now())
    group.owner = owner
    group.members.setdefault(owner, GroupMember(owner, 1, company.now()))
    group.version += 1
    if company.settings.group_transfer_raises_change:
        _changed(company, group, "change_owner")


def dismiss(company: Company, group: Group) -> None:
    """The owner ends the group."""
    del company.groups[group.id]
    company.emit("change_external_chat", ("ChangeType", "dismiss"), ("ChatId", group.id))


def says(company: Company, group: Group, who: str, text: str) -> None:
    """Somebody says something to all. No interface tells of it, but the statistics count it."""
    if who not in group.members:
        raise Impossible("not in the group")
    now = company.now()
    said = group.said.setdefault(company.day(now), {})
    said[who] = said.get(who, 0) + 1
    for one in group.members.values():
        if one.kind == 2:
            company.note(company.contacts[one.id], Note(now, "group", who, text, is_own=one.id == who, about=group.id))


def scan_join(company: Company, code: str, contact: Contact) -> dict[str, Any]:
    """A customer scans a group's code: the first group with room, or a new one where the code makes them."""
    key = urlsplit(code).path.rsplit("/", 1)[-1] if "/" in code else code
    way = company.join_ways.get(key)
    if way is None:
        raise Impossible("this code leads nowhere: it was taken away or never made")
    way.scans += 1
    for chat_id in way.given["chat_id_list"]:
        group = company.groups.get(chat_id)
        if group is not None and contact.id in group.members:
            return {"chat_id": group.id, "is_new": False}
    for chat_id in way.given["chat_id_list"]:
        group = company.groups.get(chat_id)
        if group is not None and len(group.members) < company.settings.group_scan_cap:
            join(company, group, contact, scene=BY_CODE, state=way.given["state"])
            way.adds += 1
            return {"chat_id": group.id, "is_new": True}
    last = next((company.groups[c] for c in reversed(way.given["chat_id_list"]) if c in company.groups), None)
    if not way.given["auto_create_room"] or last is None:
        raise Impossible("all groups of this code are full")
    number = way.given["room_base_id"]
    way.given["room_base_id"] = number + 1
    made = make(company, last.owner, f"{way.given['room_base_name']}{number}")
    way.given["chat_id_list"] = [*way.given["chat_id_list"], made.id][-5:]
    join(company, made, contact, scene=BY_CODE, state=way.given["state"])
    way.adds += 1
    return {"chat_id": made.id, "is_new": True}
