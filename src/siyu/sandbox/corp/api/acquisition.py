"""获客助手: links by which customers add members, paid by credits (facts 2.11). An app sees only the links it made."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.corp.company import DAY
from siyu.sandbox.corp.refusals import Refusal
from siyu.sandbox.corp.state import Way
from siyu.sandbox.corp.wire import ACQUIRE, Call, api

_MEMBERS, _LINKS = 500, 1000


def _link(call: Call) -> Way:
    found = call.company.links.get(call.text("link_id", needed=40063))
    if found is None or found.agentid != call.app.agentid:
        raise Refusal(40058, "invalid link_id")
    return found


def _range(call: Call) -> dict[str, Any]:
    part = call.part("range")
    users, parties = part.get("user_list") or [], part.get("department_list") or []
    if not isinstance(users, list) or not isinstance(parties, list) or not (users or parties):
        raise Refusal(40063, "range is empty")
    if any(p not in call.company.departments for p in parties):
        raise Refusal(60003)
    for userid in users:
        call.company.able(call.app, userid)
    if len(set(users) | call.company.of_departments(parties)) > _MEMBERS:
        raise Refusal(40058, f"range has more than {_MEMBERS} people")
    return {"user_list": users, "department_list": parties}


def _told(link: Way) -> dict[str, Any]:
    return {
        "link_id": link.id,
        "link_name": link.given["link_name"],
        "url": link.url,
        "create_time": link.created,
        "skip_verify": link.given["skip_verify"],
    }


@api("POST", "externalcontact/customer_acquisition/list_link", ACQUIRE)
def list_link(call: Call) -> dict[str, Any]:
    """The ids of this app's links."""
    rows = [link.id for link in call.company.links.values() if link.agentid == call.app.agentid]
    part, cursor = call.company.page("links", rows, call.text("cursor"), call.limit(100, 100))
    return {"link_id_list": part, "next_cursor": cursor}


@api("POST", "externalcontact/customer_acquisition/get", ACQUIRE)
def get_link(call: Call) -> dict[str, Any]:
    """One link."""
    link = _link(call)
    told = {"link": _told(link), "range": link.given["range"]}
    return told | ({"priority_option": link.given["priority_option"]} if link.given["priority_option"] else {})


@api("POST", "externalcontact/customer_acquisition/create_link", ACQUIRE)
def create_link(call: Call) -> dict[str, Any]:
    """A new link."""
    given = {
        "link_name": call.text("link_name", chars=30, needed=40063),
        "range": _range(call),
        "skip_verify": call.flag("skip_verify", True),
        "priority_option": call.part("priority_option"),
    }
    if len(call.company.links) >= _LINKS:
        raise Refusal(41095)
    key = call.company.new_id("cawcde", 20)
    made = Way(key, call.app.agentid, call.now, f"{call.base_url}/ca/{key}", given)
    call.company.links[made.id] = made
    return {"link": _told(made)}


@api("POST", "externalcontact/customer_acquisition/update_link", ACQUIRE)
def update_link(call: Call) -> dict[str, Any]:
    """Another name or range; the range is replaced."""
    link = _link(call)
    changed: dict[str, Any] = {}
    if "link_name" in call.body:
        changed["link_name"] = call.text("link_name", chars=30, needed=40063)
    if "range" in call.body:
        changed["range"] = _range(call)
    if "skip_verify" in call.body:
        changed["skip_verify"] = call.flag("skip_verify", True)
    if "priority_option" in call.body:
        changed["priority_option"] = call.part("priority_option")
    link.given |= changed
    return {}


@api("POST", "externalcontact/customer_acquisition/delete_link", ACQUIRE)
def delete_link(call: Call) -> dict[str, Any]:
    """Take a link away."""
    del call.company.links[_link(call).id]
    return {}


@api("POST", "externalcontact/customer_acquisition/customer", ACQUIRE)
def link_customers(call: Call) -> dict[str, Any]:
    """Who came by a link."""
    link = _link(call)
    rows = [
        {"external_userid": f.contact.id, "userid": f.userid, "chat_status": int(f.chatted_at > 0)}
        | ({"state": f.state} if f.state else {})
        for mine in call.company.follows.values()
        for f in mine.values()
        if f.link_id == link.id
    ]
    part, cursor = call.company.page(f"link:{link.id}", rows, call.text("cursor"), call.limit(1000, 1000))
    return {"customer_list": part, "next_cursor": cursor}


@api("POST", "externalcontact/customer_acquisition/statistic", ACQUIRE)
def link_statistic(call: Call) -> dict[str, Any]:
    """How many clicked and how many came, over at most 30 days."""
    link = _link(call)
    start, end = call.number("start_time", needed=40063), call.number("end_time", needed=40063)
    if not call.now - 180 * DAY <= start <= end <= start + 30 * DAY:
        raise Refusal(40058, "the span is over 30 days, or older than 180")
    clicks = call.company.shelf.get("clicks", {}).get(link.id, {})
    came = [f for mine in call.company.follows.values() for f in mine.values() if f.link_id == link.id and start <= f.createtime <= end]
    clicked = {who for at, who in clicks.items() if start <= int(at.split(":")[0]) <= end}
    return {"click_link_customer_cnt": len(clicked), "new_customer_cnt": len({f.contact.id for f in came})}


@api("GET", "externalcontact/customer_acquisition_quota", ACQUIRE)
def quota(call: Call) -> dict[str, Any]:
    """The credits, by the day they end."""
    lots = [q for q in sorted(call.company.quotas, key=lambda q: q.expires) if q.expires > call.now]
    return {
        "total": sum(q.total for q in call.company.quotas),
        "balance": sum(q.balance for q in lots),
        "quota_list": [{"expire_date": q.expires, "balance": q.balance} for q in lots],
    }


@api("POST", "externalcontact/customer_acquisition/get_chat_info", ACQUIRE)
def get_chat_info(call: Call) -> dict[str, Any]:
    """What the key of `customer_start_chat` stands for, for 30 minutes."""
    held = call.company.unexpired(call.text("chat_key", needed=40063), "chat_key")
    if held is None:
        raise Refusal(40058, "invalid chat_key")
    userid, contact_id, link_id, state = held
    notes = call.company.contacts[contact_id].notes or ()
    said = sum(n.is_own and n.userid == userid for n in notes)
    return {"userid": userid, "external_userid": contact_id, "chat_info": {"recv_msg_cnt": said, "link_id": link_id, "state": state}}
