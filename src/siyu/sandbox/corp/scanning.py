"""Customers who scan codes and follow links."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from siyu.sandbox.corp.company import Company
from siyu.sandbox.corp.friends import Impossible, add
from siyu.sandbox.corp.state import BOTH, Contact, Follow, Way

_CHANNEL = 64


def way_of(company: Company, code: str) -> Way:
    """The contact way behind a config_id or the address in its picture."""
    key = urlsplit(code).path.rsplit("/", 1)[-1] if "/" in code else code
    if key not in company.ways:
        raise Impossible("this code leads nowhere: it was taken away or never made")
    return company.ways[key]


def able_members(company: Company, users: list[str], parties: list[int]) -> list[str]:
    """Of the members of a code, those who can be added now."""
    every = dict.fromkeys([*users, *sorted(company.of_departments(parties))])
    return [u for u in every if (m := company.members.get(u)) and m.status == 1 and m.has_customers]


def scan(company: Company, code: str, contact: Contact, *, userid: str = "", is_half: bool = False) -> dict[str, Any]:
    """A customer scans a code: with whom they end up, and whether as friends at once."""
    way = way_of(company, code)
    way.scans += 1
    given = way.given
    if given["is_temp"] and company.now() > way.created + given["expires_in"]:
        raise Impossible("this temporary code has expired")
    able = able_members(company, given["user"], given["party"])
    if not able:
        raise Impossible("nobody of this code can be added")
    known = [u for u in able if (f := contact.follows.get(u)) and f.stage == BOTH]
    if userid and userid not in able:
        raise Impossible("this member is not behind the code")
    drawn = userid or company.luck("scan", way.id, way.scans).choice(able)
    chosen = known[0] if given["is_exclusive"] and known else drawn
    if not given["skip_verify"]:
        if chosen in known:
            return {"userid": chosen, "external_userid": contact.id, "stage": BOTH, "is_new": False}
        company.shelf.setdefault("applied", {})[f"{chosen} {contact.id}"] = {"state": given["state"], "way": way.id}
        company.count(chosen, company.now(), 4)
        return {"userid": chosen, "external_userid": contact.id, "stage": "applied", "is_new": True}
    made = add(company, chosen, contact, add_way=1, state=given["state"], is_half=is_half)
    way.adds += made is not None
    return {"userid": chosen, "external_userid": contact.id, "stage": made.stage if made else BOTH, "is_new": made is not None}


def accept(company: Company, userid: str, contact: Contact) -> Follow:
    """The member accepts a customer who had to ask (skip_verify false)."""
    held = company.shelf.get("applied", {}).pop(f"{userid} {contact.id}", None)
    if held is None:
        raise Impossible("nobody asked")
    made = add(company, userid, contact, add_way=1, state=held["state"])
    if made is None:
        raise Impossible("they are friends already")
    if held["way"] in company.ways:
        company.ways[held["way"]].adds += 1
    return made


def follow_link(company: Company, url: str, contact: Contact, *, userid: str = "", is_click_only: bool = False) -> dict[str, Any]:
    """A customer follows an acquisition link: costs one credit of the nearest lot when a friend is won."""
    parts = urlsplit(url)
    key = parts.path.rsplit("/", 1)[-1]
    link = next((w for w in company.links.values() if w.url.rsplit("/", 1)[-1] == key), None)
    if link is None:
        raise Impossible("this link leads nowhere")
    channel = (parse_qs(parts.query).get("customer_channel") or [""])[0]
    if len(channel.encode()) > _CHANNEL:
        raise Impossible("customer_channel is longer than 64 bytes")
    link.scans += 1
    company.shelf.setdefault("clicks", {}).setdefault(link.id, {})[f"{company.now()}:{link.scans}"] = contact.id
    if is_click_only:
        return {"stage": "clicked", "external_userid": contact.id}
    now = company.now()
    lots = sorted((q for q in company.quotas if q.expires > now and q.balance > 0), key=lambda q: q.expires)
    if not lots:
        raise Impossible("the corp has no credits left, so the link cannot be used")
    able = able_members(company, link.given["range"]["user_list"], link.given["range"]["department_list"])
    if not able:
        company.emit("customer_acquisition", ("ChangeType", "link_unavailable"), ("LinkId", link.id))
        raise Impossible("nobody of this link can be added")
    chosen = userid or company.luck("link", link.id, link.scans).choice(able)
    if not link.given["skip_verify"]:
        company.emit(
            "customer_acquisition", ("ChangeType", "friend_request"), ("LinkId", link.id), ("UserID", chosen), ("State", channel or None)
        )
    made = add(company, chosen, contact, add_way=16, state=channel, link_id=link.id)
    if made is not None:
        link.adds += 1
        lots[0].balance -= 1
        left = sum(q.balance for q in lots)
        if left in (0, company.settings.acquisition_low):
            company.emit("customer_acquisition", ("ChangeType", "balance_exhausted" if left == 0 else "balance_low"))
    return {"userid": chosen, "external_userid": contact.id, "stage": BOTH, "is_new": made is not None}
