"""Messages of an app to members (facts 2.15, 1.3)."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.corp.company import DAY
from siyu.sandbox.corp.refusals import Refusal
from siyu.sandbox.corp.state import Note
from siyu.sandbox.corp.wire import PLAIN, Call, api, short

_TYPES = (
    "text",
    "image",
    "voice",
    "video",
    "file",
    "textcard",
    "news",
    "mpnews",
    "markdown",
    "miniprogram_notice",
    "template_card",
)


@api("POST", "message/send", PLAIN)
def message_send(call: Call) -> dict[str, Any]:
    """Tell members something. Partly wrong receivers are named; when all are wrong nothing is sent (81013).

    A member gets at most 30 a minute and 1000 an hour from one app; what is over is dropped without a word.
    """
    if call.number("agentid", needed=40056) != call.app.agentid:
        raise Refusal(301002 if call.body["agentid"] in call.company.apps else 40056)
    kind = call.text("msgtype", needed=40063)
    if kind not in _TYPES:
        raise Refusal(40058, "msgtype")
    part = call.part(kind)
    if kind in ("text", "markdown"):
        if not part.get("content"):
            raise Refusal(40063, "content missing")
        short("content", part["content"], None, 2048)
    users = [u for u in call.text("touser").split("|") if u]
    parties = [p for p in call.text("toparty").split("|") if p]
    if len(users) > 1000 or len(parties) > 100:
        raise Refusal(40058, "too many receivers")
    if not users and not parties and not call.text("totag"):
        raise Refusal(40063, "no receiver")
    company = call.company
    able = {m.userid for m in company.members.values() if m.status == 1 and company.is_visible(call.app, m.userid)}
    good = able if users == ["@all"] else {u for u in users if u in able}
    bad_parties = [p for p in parties if not p.isdigit() or int(p) not in company.departments]
    good = good | (company.of_departments(int(p) for p in parties if p not in bad_parties) & able)
    if not good:
        raise Refusal(81013)
    tick = company.tick()
    if not call.rates.passes(f"messages {call.app.agentid}", tick, max(1, len(company.members)) * 200, DAY):
        raise Refusal(45009)
    msgid = company.new_id("msg", 48)
    shown = str(part.get("content") or part.get("title") or f"[{kind}]")
    for userid in sorted(good):
        key = f"to {call.app.agentid} {userid}"
        if call.rates.passes(key, tick, 30, 60, 0) and call.rates.passes(key, tick, 1000, 3600, 0):
            company.staff_notes.setdefault(userid, []).append(
                Note(call.now, "app", userid, shown, ({"msgtype": kind, kind: part},), about=msgid)
            )
    told = {
        "msgid": msgid,
        "invaliduser": "|".join(u for u in users if u not in able and u != "@all"),
        "invalidparty": "|".join(bad_parties),
        "invalidtag": "",
        "unlicenseduser": "",
    }
    return told | ({"response_code": company.new_id("rc", 32)} if kind == "template_card" else {})
