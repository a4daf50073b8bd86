"""Control of the people: members, customers, and what they do with one another."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.corp import friends
from siyu.sandbox.corp.control import Hand, control
from siyu.sandbox.corp.founding import hire, settle
from siyu.sandbox.corp.friends import Impossible
from siyu.sandbox.corp.state import BOTH, Contact, Department, Follow, Member


def follow_told(one: Follow | None, contact: Contact) -> dict[str, Any]:
    """A relation as the control API tells it."""
    told: dict[str, Any] = {"external_userid": contact.id, "name": contact.name, "unionid": contact.unionid, "mobile": contact.mobile}
    if one is not None:
        told |= {
            "userid": one.userid,
            "stage": one.stage,
            "createtime": one.createtime,
            "state": one.state,
            "add_way": one.add_way,
            "remark": one.remark,
            "description": one.description,
            "tags": sorted(one.tags or ()),
            "mobiles": list(one.mobiles),
        }
    return told


@control("POST", "/departments")
def put_department(hand: Hand) -> dict[str, Any]:
    """`{id, name, parent}`."""
    company, number = hand.company, hand.number("id", max(hand.company.departments) + 1)
    is_new = number not in company.departments
    company.departments[number] = Department(number, str(hand.given.get("name") or f"{number}"), hand.number("parent", 1))
    company.emit(
        "change_contact",
        ("ChangeType", "create_party" if is_new else "update_party"),
        ("Id", number),
        ("Name", company.departments[number].name),
        ("ParentId", 1),
    )
    return {"id": number}


@control("POST", "/members")
def put_members(hand: Hand) -> dict[str, Any]:
    """`{n}` invented ones, or `{members: [{userid, name, departments, status, ...}]}` with the flags that `GET` tells."""
    company = hand.company
    made = hire(company, hand.number("n", 0)) if hand.given.get("n") else []
    for userid in made:
        company.emit(
            "change_contact",
            ("ChangeType", "create_user"),
            ("UserID", userid),
            ("Name", company.members[userid].name),
            ("Department", str(company.members[userid].departments[0])),
        )
    for given in hand.given.get("members") or ():
        userid = str(given["userid"])
        is_new = userid not in company.members
        one = company.members.get(userid) or Member(userid, str(given.get("name") or userid), [1])
        for name in (
            "name",
            "departments",
            "mobile",
            "position",
            "status",
            "is_real_name",
            "has_customers",
            "has_licence",
            "has_console_welcome",
        ):
            if name in given:
                setattr(one, name, given[name])
        if any(d not in company.departments for d in one.departments):
            raise Impossible("there is no such department")
        company.members[userid] = one
        made.append(userid)
        company.emit(
            "change_contact",
            ("ChangeType", "create_user" if is_new else "update_user"),
            ("UserID", userid),
            ("Name", one.name),
            ("Department", ",".join(map(str, one.departments))),
        )
    return {"userids": made}


@control("GET", "/members")
def members(hand: Hand) -> list[dict[str, Any]]:
    """All members, also those who left."""
    return [
        {
            "userid": m.userid,
            "name": m.name,
            "departments": m.departments,
            "mobile": m.mobile,
            "status": m.status,
            "has_customers": m.has_customers,
            "is_real_name": m.is_real_name,
            "has_licence": m.has_licence,
            "has_console_welcome": m.has_console_welcome,
            "left_at": m.left_at,
            "customers": len(hand.company.listed(m.userid)),
        }
        for m in hand.company.members.values()
    ]


@control("POST", "/contacts")
def put_contacts(hand: Hand) -> dict[str, Any]:
    """Customers who are there already, without events.

    `{n, userids, days}` invented ones, or `{contacts: [{external_userid, name, unionid, userid, state, createtime}]}`.
    """
    company = hand.company
    userids = hand.given.get("userids") or [m.userid for m in company.members.values() if m.has_customers and m.status == 1]
    if hand.given.get("n"):
        settle(company, hand.number("n", 0), list(userids), hand.number("days", 365), kind=hand.given.get("kind"))
    made = []
    for given in hand.given.get("contacts") or ():
        contact = friends.person(
            company, {k: v for k, v in given.items() if k not in ("userid", "state", "add_way", "createtime", "remark")}
        )
        made.append(contact.id)
        if given.get("userid"):
            follow = friends.add(
                company,
                str(given["userid"]),
                contact,
                add_way=int(given.get("add_way") or 1),
                state=str(given.get("state") or ""),
                is_quiet=True,
                at=given.get("createtime"),
            )
            if follow and given.get("remark"):
                follow.remark = str(given["remark"])
    return {"contacts": len(company.contacts), "made": made}


@control("POST", "/deeds/add")
def add(hand: Hand) -> dict[str, Any]:
    """A customer and a member become friends: `{userid, customer: id | {name, unionid, ...}, add_way, state, half}`."""
    contact = friends.person(hand.company, hand.given.get("customer"))
    made = friends.add(
        hand.company,
        str(hand.need("userid")),
        contact,
        add_way=hand.number("add_way", 2),
        state=str(hand.given.get("state") or ""),
        is_half=bool(hand.given.get("half")),
        oper=str(hand.given.get("oper_userid") or ""),
    )
    return follow_told(made, contact) | {"is_new": made is not None}


@control("POST", "/deeds/confirm")
def confirm(hand: Hand) -> dict[str, Any]:
    """The member confirms a customer who was half added: `{userid, customer}`."""
    contact = friends.person(hand.company, hand.need("customer"))
    return follow_told(friends.confirm(hand.company, str(hand.need("userid")), contact), contact)


@control("POST", "/deeds/delete")
def delete(hand: Hand) -> dict[str, Any]:
    """`{userid, customer, by: "customer" | "member"}`."""
    contact, userid = friends.person(hand.company, hand.need("customer")), str(hand.need("userid"))
    deed = friends.dropped_by_member if hand.given.get("by") == "member" else friends.dropped_by_customer
    deed(hand.company, userid, contact)
    return {"ok": True}


@control("POST", "/deeds/say")
def say(hand: Hand) -> dict[str, Any]:
    """`{userid, customer, text, by: "customer" | "member"}`."""
    contact = friends.person(hand.company, hand.need("customer"))
    friends.says(hand.company, str(hand.need("userid")), contact, str(hand.need("text")), is_customer=hand.given.get("by") != "member")
    return {"ok": True}


@control("POST", "/deeds/edit")
def edit(hand: Hand) -> dict[str, Any]:
    """The member edits a customer in the client: `{userid, customer, remark, description, mobiles, add_tags, remove_tags, own_tags}`."""
    contact, userid = friends.person(hand.company, hand.need("customer")), str(hand.need("userid"))
    names = ("remark", "description", "remark_company", "mobiles", "add_tags", "remove_tags", "own_tags")
    friends.edits(hand.company, userid, contact, **{name: hand.given.get(name) for name in names})
    return follow_told(hand.company.follows[userid][contact.id], contact)


@control("POST", "/deeds/agree")
def agree(hand: Hand) -> dict[str, Any]:
    """The customer agrees to the chat archive: `{userid, customer}`."""
    friends.agrees_to_archive(hand.company, str(hand.need("userid")), friends.person(hand.company, hand.need("customer")))
    return {"ok": True}


@control("GET", "/truth/contacts")
def truth_contacts(hand: Hand) -> dict[str, Any]:
    """Every relation as it truly is: `after` (place), `limit`, `stage`. Walk on with `next` until it is null."""
    after, limit = hand.number("after", 0), min(hand.number("limit", 5000), 50_000)
    wanted = hand.given.get("stage")
    every = [f for mine in hand.company.follows.values() for f in mine.values() if not wanted or f.stage == wanted]
    part = every[after : after + limit]
    rows = [follow_told(f, f.contact) for f in part]
    return {"follows": rows, "total": len(every), "next": after + limit if after + limit < len(every) else None}


@control("GET", "/truth/sum")
def truth_sum(hand: Hand) -> dict[str, Any]:
    """The truth in numbers: relations by member and stage."""
    company = hand.company
    sums = {u: {"both": 0, "half": 0, "lost": 0} for u in company.members}
    for userid, mine in company.follows.items():
        for one in mine.values():
            sums[userid][one.stage] += 1
    return {"contacts": len(company.contacts), "friends": sum(s[BOTH] for s in sums.values()), "members": sums}
