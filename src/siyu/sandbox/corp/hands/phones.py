"""Control: what lies on the phones, and signing in as somebody."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.corp import crypto, friends, sending
from siyu.sandbox.corp.control import Hand, control
from siyu.sandbox.corp.friends import Impossible
from siyu.sandbox.corp.hands.people import follow_told
from siyu.sandbox.corp.hands.selling import task_told
from siyu.sandbox.corp.refusals import Refusal
from siyu.sandbox.corp.state import Note


def note_told(one: Note) -> dict[str, Any]:
    """A thing on a phone."""
    return {
        "at": one.at,
        "kind": one.kind,
        "userid": one.userid,
        "text": one.text,
        "attachments": list(one.attachments),
        "is_own": one.is_own,
        "about": one.about,
    }


@control("GET", "/phones/customer/{key}")
def customer_phone(hand: Hand) -> dict[str, Any]:
    """What a customer received and said, oldest first, and who they are friends with."""
    contact = friends.person(hand.company, hand.path["key"])
    return {
        "external_userid": contact.id,
        "name": contact.name,
        "notes": [note_told(n) for n in contact.notes or ()],
        "friends": [{"userid": f.userid, "stage": f.stage, "since": f.createtime} for f in contact.follows.values()],
        "groups": [g.id for g in hand.company.groups.values() if contact.id in g.members],
    }


@control("GET", "/phones/member/{key}")
def member_phone(hand: Hand) -> dict[str, Any]:
    """What waits for a member, what apps told them, and their newest customers."""
    userid = hand.path["key"]
    if userid not in hand.company.members:
        raise Impossible("there is no such member")
    mine = list(hand.company.follows.get(userid, {}).values())
    applied = [key.split(" ")[1] for key in hand.company.shelf.get("applied", {}) if key.split(" ")[0] == userid]
    return {
        "userid": userid,
        "tasks": [task_told(t) for t in sending.waiting(hand.company, userid)],
        "notes": [note_told(n) for n in hand.company.staff_notes.get(userid, ())],
        "applied": applied,
        "customers": [follow_told(f, f.contact) for f in reversed(mine[-100:])],
        "customers_n": len(mine),
    }


@control("GET", "/truth/notes")
def truth_notes(hand: Hand) -> dict[str, Any]:
    """What all customers received, by kind: how many each, and with `kind` each one of them: `after`, `limit`."""
    counts: dict[str, int] = {}
    wanted, after, limit = hand.given.get("kind"), hand.number("after", 0), min(hand.number("limit", 5000), 50_000)
    rows: list[dict[str, Any]] = []
    place = 0
    for contact in hand.company.contacts.values():
        for note in contact.notes or ():
            counts[note.kind] = counts.get(note.kind, 0) + (not note.is_own)
            if note.kind == wanted:
                place += 1
                if after < place <= after + limit:
                    rows.append({"external_userid": contact.id, **note_told(note)})
    return {"counts": counts, "notes": rows, "next": after + limit if place > after + limit else None}


@control("GET", "/truth/welcomes")
def truth_welcomes(hand: Hand) -> list[dict[str, Any]]:
    """Every welcome code that was given out and whether it was used."""
    return [
        {"code": w.code, "userid": w.userid, "external_userid": w.contact_id, "sent_by": w.sent_by or None, "kind": w.kind}
        for w in hand.company.welcomes.values()
    ]


@control("POST", "/login")
def login(hand: Hand) -> dict[str, Any]:
    """A code as the authorize page would give it: `{who: userid | external_userid, scope}`; with `mini_program` for jscode2session."""
    company, who = hand.company, str(hand.need("who"))
    if who not in company.members and who not in company.contacts:
        raise Impossible("there is nobody of this id")
    code = company.new_id("CODE", 43)
    if hand.given.get("mini_program"):
        company.keys[code] = ("js_code", company.now() + company.settings.oauth_code_for, who)
    else:
        scope = str(hand.given.get("scope") or "snsapi_base")
        company.keys[code] = ("oauth", company.now() + company.settings.oauth_code_for, who, scope, False)
    return {"code": code}


@control("POST", "/jssdk")
def jssdk(hand: Hand) -> dict[str, Any]:
    """What the client does with a page's signature: `{kind: config | agent_config, agentid, noncestr, timestamp, signature, url}`.

    A wrong signature is 40093; one made with the other ticket 42012.
    """
    company, kind = hand.company, str(hand.need("kind"))
    agentid = hand.number("agentid", next(iter(company.apps)))
    nonce, timestamp, url = (str(hand.need(name)) for name in ("noncestr", "timestamp", "url"))

    def sign(which: str) -> str:
        held = company.shelf.get("tickets", {}).get(f"{which}:{agentid}", {})
        return crypto.page_signature(str(held.get("ticket", "")), nonce, timestamp, url)

    given = str(hand.need("signature"))
    if given == sign(kind):
        return {"ok": True}
    raise Refusal(42012 if given == sign("agent_config" if kind == "config" else "config") else 40093)
