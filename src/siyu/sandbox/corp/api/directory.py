"""Members, departments and addresses of the platform."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.corp.refusals import Refusal
from siyu.sandbox.corp.state import Member
from siyu.sandbox.corp.wire import PLAIN, Call, api


def _told(one: Member, full: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"userid": one.userid, "name": one.name, "department": one.departments, "open_userid": f"wo{one.userid}"}
    if full:
        told |= {
            "position": one.position,
            "status": one.status,
            "enable": int(one.status != 2),
            "isleader": 0,
            "order": [0] * len(one.departments),
            "main_department": one.departments[0] if one.departments else 1,
            "extattr": {"attrs": []},
            "alias": "",
            "telephone": "",
        }
    return told


def _departments(call: Call, start: int) -> set[int]:
    if start not in call.company.departments:
        raise Refusal(60003)
    return call.company.below(start)


def _number(call: Call, name: str, default: int | None = None) -> int:
    text = call.query.get(name, "")
    if not text and default is not None:
        return default
    if not text.isdigit():
        raise Refusal(40058, f"{name} must be a number")
    return int(text)


@api("GET", "user/get", PLAIN)
def user_get(call: Call) -> dict[str, Any]:
    """One member. Since 2022 no mobile and no gender come by this way."""
    one = call.company.member(call.asked("userid"))
    if not call.company.is_visible(call.app, one.userid):
        raise Refusal(60011)
    return _told(one, True)


@api("GET", "user/simplelist", PLAIN)
def user_simplelist(call: Call) -> dict[str, Any]:
    """The members of a department, short."""
    return {"userlist": [_told(one, False) for one in _of_department(call)]}


@api("GET", "user/list", PLAIN)
def user_list(call: Call) -> dict[str, Any]:
    """The members of a department in full."""
    return {"userlist": [_told(one, True) for one in _of_department(call)]}


def _of_department(call: Call) -> list[Member]:
    start = _number(call, "department_id")
    wanted = _departments(call, start) if call.query.get("fetch_child") == "1" else {start}
    _departments(call, start)
    staff = call.company.members.values()
    return [m for m in staff if m.status != 5 and wanted & set(m.departments) and call.company.is_visible(call.app, m.userid)]


@api("POST", "user/list_id", PLAIN)
def user_list_id(call: Call) -> dict[str, Any]:
    """The ids of all members with one of their departments each, page by page."""
    rows = [
        {"userid": m.userid, "department": d}
        for m in call.company.members.values()
        if m.status != 5 and call.company.is_visible(call.app, m.userid)
        for d in m.departments
    ]
    part, cursor = call.company.page("user/list_id", rows, call.text("cursor"), call.limit(1000, 10_000))
    return {"next_cursor": cursor, "dept_user": part}


@api("POST", "user/getuserid", PLAIN)
def user_getuserid(call: Call) -> dict[str, Any]:
    """The member behind a mobile number."""
    mobile = call.text("mobile", needed=40063)
    found = next((m for m in call.company.members.values() if m.mobile == mobile and m.status != 5), None)
    if found is None:
        raise Refusal(60111)
    return {"userid": found.userid}


@api("GET", "department/list", PLAIN)
def department_list(call: Call) -> dict[str, Any]:
    """Departments, from one downwards."""
    wanted = _departments(call, _number(call, "id", 1))
    every = call.company.departments.values()
    return {"department": [{"id": d.id, "name": d.name, "parentid": d.parent, "order": d.order} for d in every if d.id in wanted]}


@api("GET", "department/simplelist", PLAIN)
def department_simplelist(call: Call) -> dict[str, Any]:
    """The ids of departments, from one downwards."""
    wanted = _departments(call, _number(call, "id", 1))
    every = call.company.departments.values()
    return {"department_id": [{"id": d.id, "parentid": d.parent, "order": d.order} for d in every if d.id in wanted]}


@api("GET", "agent/get", PLAIN)
def agent_get(call: Call) -> dict[str, Any]:
    """The app itself and its visible range."""
    if str(call.app.agentid) != call.asked("agentid"):
        raise Refusal(301002)
    return {
        "agentid": call.app.agentid,
        "name": call.app.name,
        "square_logo_url": "",
        "description": "",
        "close": int(not call.app.is_enabled),
        "allow_userinfos": {"user": [{"userid": u} for u in sorted(call.app.users)]},
        "allow_partys": {"partyid": sorted(call.app.departments)},
        "redirect_domain": next(iter(sorted(call.app.trusted_domains)), ""),
    }


@api("GET", "get_api_domain_ip", PLAIN)
def get_api_domain_ip(call: Call) -> dict[str, Any]:
    """The addresses that the interface answers on."""
    return {"ip_list": ["127.0.0.1"]}


@api("GET", "getcallbackip", PLAIN)
def getcallbackip(call: Call) -> dict[str, Any]:
    """The addresses that callbacks come from."""
    return {"ip_list": ["127.0.0.1"]}
