"""Customer-service agents (客服) of an official account and their sessions (developers.weixin.qq.com, Session control).

While an agent has a session, what the customer writes goes to the agent and is not pushed; half an hour later pushing goes on, also
where nobody closed the session.
"""

from __future__ import annotations

from typing import Any

from siyu.sandbox.wechat.call import OK, Call, Interface
from siyu.sandbox.wechat.callbacks import push
from siyu.sandbox.wechat.errors import Refused
from siyu.sandbox.wechat.office import Office
from siyu.sandbox.wechat.words import OFFICIAL, Account, Agent, Member


def serving(office: Office, account: Account, member: Member) -> Agent | None:
    """The agent who has a session with the person now."""
    agent = account.agents.get(member.agent)
    if agent is None or office.now() >= member.agent_since + account.settings.session_for:
        return None
    return agent


def close(office: Office, account: Account, member: Member) -> None:
    """End the person's session; nothing happens where there is none."""
    agent, member.agent, member.is_handed_over = member.agent, "", False
    if agent:
        push(office, account, member, {"MsgType": "event", "Event": "kf_close_session", "KfAccount": agent})


def _agent(call: Call) -> Agent:
    if not call.account.agents:
        raise Refused(65400)
    found = call.account.agents.get(call.text("kf_account"))
    if found is None:
        raise Refused(65401)
    return found


def _busy(call: Call, agent: Agent) -> int:
    return sum(serving(call.office, call.account, one) is agent for one in call.account.members.values())


def listed(call: Call) -> dict[str, Any]:
    """GET /cgi-bin/customservice/getkflist."""
    if not call.account.agents:
        raise Refused(65400)
    rows = [
        {"kf_account": one.kf_account, "kf_nick": one.nick, "kf_id": one.kf_id, "kf_headimgurl": ""} for one in call.account.agents.values()
    ]
    return {"kf_list": rows}


def online(call: Call) -> dict[str, Any]:
    """GET /cgi-bin/customservice/getonlinekflist : status 1 = at a computer; how many customers each has."""
    if not call.account.agents:
        raise Refused(65400)
    rows = [
        {"kf_account": one.kf_account, "status": 1, "kf_id": one.kf_id, "accepted_case": _busy(call, one)}
        for one in call.account.agents.values()
        if one.is_online and one.is_bound
    ]
    return {"kf_online_list": rows}


def create(call: Call) -> dict[str, Any]:
    """POST /customservice/kfsession/create {kf_account, openid} : asked again for the same agent it is 0 again."""
    agent, member = _agent(call), call.member("openid")
    if not agent.is_bound:
        raise Refused(65402)
    if not agent.is_online:
        raise Refused(65415)
    now = serving(call.office, call.account, member)
    if now is agent:
        return OK
    if now is not None:
        raise Refused(65414)
    member.agent, member.agent_since, member.is_handed_over = agent.kf_account, call.office.now(), True
    call.office.bubble(call.account, member, "note", "transfer_customer_service", "custom", {"account": agent.kf_account})
    push(call.office, call.account, member, {"MsgType": "event", "Event": "kf_create_session", "KfAccount": agent.kf_account})
    return OK


def end(call: Call) -> dict[str, Any]:
    """POST /customservice/kfsession/close {kf_account, openid}."""
    agent, member = _agent(call), call.member("openid")
    now = serving(call.office, call.account, member)
    if now is None:
        raise Refused(65413)
    if now is not agent:
        raise Refused(65414)
    close(call.office, call.account, member)
    return OK


def seen(call: Call) -> dict[str, Any]:
    """GET /customservice/kfsession/getsession?openid= : no kf_account = nobody serves."""
    if not call.account.agents:
        raise Refused(65400)
    member = call.office.known(call.account, call.query.get("openid"))
    agent = serving(call.office, call.account, member)
    return {**OK, "kf_account": agent.kf_account if agent else "", "createtime": int(member.agent_since) if agent else 0}


INTERFACES: dict[str, Interface] = {
    "/cgi-bin/customservice/getkflist": Interface("GET", listed, OFFICIAL, True),
    "/cgi-bin/customservice/getonlinekflist": Interface("GET", online, OFFICIAL, True),
    "/customservice/kfsession/create": Interface("POST", create, OFFICIAL, True),
    "/customservice/kfsession/close": Interface("POST", end, OFFICIAL, True),
    "/customservice/kfsession/getsession": Interface("GET", seen, OFFICIAL, True),
}
