"""What customers and members do with one another in their own clients: add, confirm, delete, talk. Each raises the events it would.

These are the people's side. The interfaces (`api/`) are the platform's side, and by themselves raise none.
"""

from __future__ import annotations

import random
from typing import Any

from siyu.sandbox.corp.company import Company
from siyu.sandbox.corp.names import mobile, shown_name
from siyu.sandbox.corp.state import BOTH, HALF, LOST, Contact, Follow, Note, Welcome


class Impossible(ValueError):
    """A person tried what cannot be done; the text says why."""


def make_contact(company: Company, dice: random.Random | None = None, **given: Any) -> Contact:
    """A new person in the wider world, with an id in this corp. What is not given is drawn from the seed (or from `dice`)."""
    number = len(company.contacts)
    dice = dice or company.luck("contact", number)
    kind = int(given.get("kind") or 1)
    made = Contact(
        id=given.get("external_userid") or company.new_id("wo" if kind == 2 else "wm"),
        name=given.get("name") or shown_name(dice),
        kind=kind,
        gender=int(given["gender"]) if given.get("gender") is not None else dice.choice((0, 1, 2, 2)),
        unionid=given.get("unionid") or (company.new_id("o6_", 28) if kind == 1 else ""),
        openid=given.get("openid") or "",
        mobile=given.get("mobile") or mobile(number + company.seed * 1_000_000),
        corp_name=given.get("corp_name") or "",
    )
    if made.id in company.contacts:
        raise Impossible("there is such an external_userid already")
    company.put_contact(made)
    return made


def person(company: Company, given: Any) -> Contact:
    """The contact meant by an external_userid, by a unionid that is known, or a new one made of what is given."""
    if isinstance(given, str) and given:
        if given not in company.contacts:
            raise Impossible("there is no such external_userid")
        return company.contacts[given]
    about = given if isinstance(given, dict) else {}
    if about.get("external_userid") in company.contacts:
        return company.contacts[about["external_userid"]]
    if about.get("unionid"):
        found = company.by_unionid(str(about["unionid"]))
        if found:
            return found
    return make_contact(company, **about)


def add(
    company: Company,
    userid: str,
    contact: Contact,
    *,
    add_way: int = 1,
    state: str = "",
    is_half: bool = False,
    link_id: str = "",
    oper: str = "",
    is_quiet: bool = False,
    at: int | None = None,
) -> Follow | None:
    """Customer and member become friends; None when they are already. `is_half`: the member has not confirmed back yet."""
    now = company.now() if at is None else at
    member = company.members.get(userid)
    if member is None or member.status == 5:
        raise Impossible("there is no such member")
    if not member.has_customers:
        raise Impossible("the member has no permission for external contacts")
    old = company.follows.get(userid, {}).get(contact.id)
    if old is not None and old.stage in (BOTH, HALF) and not (old.stage == HALF and not is_half):
        return None
    if not is_quiet:
        company.count(userid, now, 4)
    if (
        len(company.follows.get(userid, ())) >= company.settings.member_customer_cap
        or len(company.contacts) > company.settings.corp_customer_cap
    ):
        raise Impossible("the limit of customers is reached")
    was_half = old is not None and old.stage == HALF
    made = company.put_follow(
        userid,
        contact,
        now,
        add_way=add_way,
        state=state or (old.state if was_half and old else ""),
        link_id=link_id,
        oper_userid=oper,
        stage=HALF if is_half else BOTH,
    )
    if is_quiet:
        return made
    company.count(userid, now, 5)
    code = None
    if not member.has_console_welcome and contact.kind == 1 and not (was_half and old and old.chatted_at):
        code = company.new_id("WC", 40)
        company.welcomes[code] = Welcome(code, userid, contact.id, company.tick() + company.settings.welcome_for)
    change = "add_half_external_contact" if is_half else "add_external_contact"
    company.emit_contact(change, userid, contact.id, ("State", made.state or None), ("WelcomeCode", code))
    company.note(contact, Note(now, "system", userid, "added"))
    return made


def confirm(company: Company, userid: str, contact: Contact) -> Follow:
    """The member confirms a customer who added them without verification."""
    old = company.follows.get(userid, {}).get(contact.id)
    if old is None or old.stage != HALF:
        raise Impossible("nothing waits to be confirmed")
    made = add(company, userid, contact, add_way=old.add_way, state=old.state, link_id=old.link_id)
    return made or company.follows[userid][contact.id]


def dropped_by_customer(company: Company, userid: str, contact: Contact) -> None:
    """The customer deletes or blocks the member. The member still sees them."""
    follow = company.follows.get(userid, {}).get(contact.id)
    if follow is None or follow.stage == LOST:
        raise Impossible("they are not friends")
    follow.stage = LOST
    company.count(userid, company.now(), 3)
    company.emit_contact("del_follow_user", userid, contact.id)


def dropped_by_member(company: Company, userid: str, contact: Contact, source: str = "") -> None:
    """The member deletes the customer."""
    follow = company.follows.get(userid, {}).get(contact.id)
    if follow is None:
        raise Impossible("they are not friends")
    company.drop_follow(follow)
    company.emit_contact("del_external_contact", userid, contact.id, ("Source", source or None))


def says(company: Company, userid: str, contact: Contact, text: str, *, is_customer: bool) -> None:
    """One of the two says something to the other. No interface tells of it; it only ends the chance of a welcome."""
    follow = company.follows.get(userid, {}).get(contact.id)
    if follow is None or (follow.stage == LOST and not is_customer):
        raise Impossible("they are not friends")
    now = company.now()
    is_first = not follow.chatted_at
    last = next((n for n in reversed(contact.notes or ()) if n.userid == userid and n.kind == "chat"), None)
    company.note(contact, Note(now, "chat", userid, text, is_own=is_customer))
    if not is_customer:
        if last is not None and last.is_own:
            company.count(userid, now, 2)
            company.count(userid, now, 6, now - last.at)
        company.count(userid, now, 1)
        if company.day(follow.chatted_at) != company.day(now):
            company.count(userid, now, 0)
    follow.chatted_at = now
    if is_customer and is_first and follow.link_id:
        key = company.new_id("CK", 32)
        company.keys[key] = ("chat_key", now + 1800, userid, contact.id, follow.link_id, follow.state)
        company.emit(
            "customer_acquisition",
            ("ChangeType", "customer_start_chat"),
            ("UserID", userid),
            ("ExternalUserID", contact.id),
            ("State", follow.state or None),
            ("LinkId", follow.link_id),
            ("ChatKey", key),
        )


def edits(company: Company, userid: str, contact: Contact, **given: Any) -> None:
    """The member changes the remark, description or tags of a customer in the client; a change of the phone alone raises nothing."""
    follow = company.follows.get(userid, {}).get(contact.id)
    if follow is None:
        raise Impossible("they are not friends")
    is_told = False
    for name in ("remark", "description", "remark_company"):
        if given.get(name) is not None:
            setattr(follow, name, str(given[name]))
            is_told = True
    if given.get("mobiles") is not None:
        follow.mobiles = tuple(given["mobiles"])
    wanted = [*(given.get("add_tags") or ()), *(given.get("remove_tags") or ())]
    if any(tag not in company.tags for tag in wanted):
        raise Impossible("there is no such tag")
    if wanted:
        follow.tags = (set(follow.tags or ()) | set(given.get("add_tags") or ())) - set(given.get("remove_tags") or ())
        is_told = True
    if given.get("own_tags") is not None:
        follow.own_tags = tuple(given["own_tags"])
    if is_told:
        company.emit_contact("edit_external_contact", userid, contact.id)


def agrees_to_archive(company: Company, userid: str, contact: Contact) -> None:
    """The customer agrees to the chat archive."""
    if contact.id not in company.follows.get(userid, {}):
        raise Impossible("they are not friends")
    company.shelf.setdefault("agreed", {})[f"{userid} {contact.id}"] = {"at": company.now()}
    code = company.new_id("WC", 40)
    company.welcomes[code] = Welcome(code, userid, contact.id, company.tick() + company.settings.welcome_for)
    company.emit_contact("msg_audit_approved", userid, contact.id, ("WelcomeCode", code))
