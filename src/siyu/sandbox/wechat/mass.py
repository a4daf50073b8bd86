"""Mass messages of official accounts: to all, to a tag, to a list; once per clientmsgid, within what a follower may get."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.luck import letters
from siyu.sandbox.wechat.call import OK, Call, Interface
from siyu.sandbox.wechat.callbacks import push
from siyu.sandbox.wechat.errors import Refused
from siyu.sandbox.wechat.messages import SHOWN
from siyu.sandbox.wechat.words import DAY, OFFICIAL, MassSend, Member

_KINDS = ("text", "image", "voice")
_AGAIN_AFTER = 60


def send_all(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/message/mass/sendall {filter: {is_to_all, tag_id}, msgtype, ..., clientmsgid?}."""
    whom = call.body.get("filter")
    if not isinstance(whom, dict):
        raise Refused(40097, "filter")
    members = [one for one in call.account.members.values() if one.is_following]
    if not whom.get("is_to_all"):
        tag = whom.get("tag_id")
        if not isinstance(tag, int) or tag not in call.account.tags:
            raise Refused(45159)
        members = [one for one in members if tag in one.tags]
    return _send(call, members)


def send_listed(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/message/mass/send {touser: 2 to 10,000 openids, msgtype, ...}."""
    listed = call.listed("touser")
    if not 2 <= len(listed) <= 10_000:
        raise Refused(40032)
    known = [call.account.members.get(one) for one in listed if isinstance(one, str)]
    return _send(call, [one for one in known if one is not None and one.is_following])


def preview(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/message/mass/preview {touser, msgtype, ...} : to one follower, beside all quotas."""
    member = call.member()
    kind, shown = _shown(call)
    if not member.is_following:
        raise Refused(43004)
    number = call.office.message_id()
    call.office.bubble(call.account, member, "out", kind, "mass", shown, message_id=number)
    return {**OK, "msg_id": number}


def status(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/message/mass/get {msg_id}."""
    sent = _known(call)
    return {"msg_id": sent.number, "msg_status": "DELETE" if sent.is_deleted else "SEND_SUCCESS"}


def delete(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/message/mass/delete {msg_id} : what stands on phones stays there, as for all that is no article."""
    _known(call).is_deleted = True
    return OK


def _known(call: Call) -> MassSend:
    number = call.body.get("msg_id")
    found = next((one for one in call.account.mass if str(one.number) == str(number)), None)
    if found is None:
        raise Refused(40059)
    return found


def _shown(call: Call) -> tuple[str, dict[str, Any]]:
    kind = call.text("msgtype")
    if kind == "mpnews":  # articles are drafts, which are not simulated
        raise Refused(40007)
    if kind not in _KINDS:
        raise Refused(40008)
    return kind, SHOWN[kind](call)


def _send(call: Call, members: list[Member]) -> dict[str, Any]:
    account, now, key = call.account, call.office.now(), call.text("clientmsgid")
    if len(key.encode()) > 64:
        raise Refused(40097, "clientmsgid")
    kind, shown = _shown(call)
    same = next((one for one in account.mass if key and one.key == key and one.at > now - DAY), None)
    if same:
        code = 45066 if now - same.tried_at < _AGAIN_AFTER else 45065
        same.tried_at = now
        raise Refused(code, more={"msg_id": same.number})
    if account.kind == "subscription" and sum(one.day == call.office.day() for one in account.mass) >= account.settings.mass_per_day:
        raise Refused(45028)
    sent = MassSend(call.office.message_id(), key, now, now, call.office.day())
    account.mass.append(sent)
    month = sent.day[:6]
    taken = 0
    for one in members:
        got = one.mass.get(month, 0)
        if one.is_refusing or (account.kind == "service" and got >= account.settings.mass_per_month):
            continue
        one.mass = {month: got + 1}
        call.office.bubble(account, one, "out", kind, "mass", shown, message_id=sent.number)
        taken += 1
    counts = {"TotalCount": len(members), "FilterCount": taken, "SentCount": taken, "ErrorCount": 0}
    helper = Member("o" + letters("abcdefghijklmnopqrstuvwxyz", 27, call.office.seed, "helper", account.appid), "")
    office = call.office

    def tell() -> None:
        with office.lock:
            push(
                office,
                account,
                helper,
                {"MsgType": "event", "Event": "MASSSENDJOBFINISH", "MsgID": sent.number, "Status": "send success", **counts},
            )

    office.courier.later(now + account.settings.job_takes, f"{account.appid}:mass", tell)
    return {**OK, "msg_id": sent.number, "msg_data_id": sent.number % 2**31}


INTERFACES: dict[str, Interface] = {
    "/cgi-bin/message/mass/sendall": Interface("POST", send_all, OFFICIAL, True),
    "/cgi-bin/message/mass/send": Interface("POST", send_listed, OFFICIAL, True),
    "/cgi-bin/message/mass/preview": Interface("POST", preview, OFFICIAL, True),
    "/cgi-bin/message/mass/get": Interface("POST", status, OFFICIAL, True),
    "/cgi-bin/message/mass/delete": Interface("POST", delete, OFFICIAL, True),
}
