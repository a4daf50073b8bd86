"""What members did, by day (facts 2.9). Several members asked for at once come summed."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.corp.company import DAY
from siyu.sandbox.corp.refusals import Refusal
from siyu.sandbox.corp.wire import Call, api


@api("POST", "externalcontact/get_user_behavior_data")
def get_user_behavior_data(call: Call) -> dict[str, Any]:
    """Chats, messages, answers, losses, requests and new friends per day, over at most 30 days of the last 180."""
    userids, parties = call.texts("userid", 100), call.numbers("partyid", 100)
    if not userids and not parties:
        raise Refusal(40063, "userid and partyid are empty")
    for userid in userids:
        call.staff(userid)
    start, end = call.company.day(call.number("start_time", needed=40063)), call.company.day(call.number("end_time", needed=40063))
    if start < call.company.day(call.now) - 180 * DAY or not start <= end <= start + 30 * DAY:
        raise Refusal(40058, "the span is over 30 days, or older than 180")
    everybody = {*userids, *call.company.of_departments(parties)}
    rows = []
    for day in range(start, end + DAY, DAY):
        mine = [call.company.behaviour[u, day] for u in everybody if (u, day) in call.company.behaviour]
        chats, messages, answers, lost, applied, added, waited = (sum(column) for column in zip(*mine, strict=True)) if mine else (0,) * 7
        row: dict[str, Any] = {
            "stat_time": day,
            "chat_cnt": chats,
            "message_cnt": messages,
            "negative_feedback_cnt": lost,
            "new_apply_cnt": applied,
            "new_contact_cnt": added,
        }
        if chats:
            row |= {"reply_percentage": round(100 * min(answers, chats) / chats, 2), "avg_reply_time": round(waited / max(answers, 1) / 60)}
        rows.append(row)
    return {"behavior_data": rows}
