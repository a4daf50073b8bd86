"""Who takes part in the message archive (facts 2.17). The messages themselves come by a native library and are not simulated."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.corp.refusals import Refusal
from siyu.sandbox.corp.wire import ARCHIVE, Call, api


def _told(call: Call, userid: str, contact_id: str) -> dict[str, Any]:
    """`exteranalopenid` is spelt so in the interface."""
    if contact_id not in call.company.contacts:
        raise Refusal(40096)
    at = call.company.shelf.get("agreed", {}).get(f"{userid} {contact_id}", {}).get("at", 0)
    return {
        "status_change_time": at, "userid": userid, "exteranalopenid": contact_id, "agree_status": "Agree" if at else "Disagree",
    }  # fmt: skip


@api("POST", "msgaudit/get_permit_user_list", ARCHIVE)
def get_permit_user_list(call: Call) -> dict[str, Any]:
    """The members whose chats are kept: here all who may have customers."""
    call.number("type", 1, 1, 3)
    return {"ids": [m.userid for m in call.company.visible_staff(call.app)]}


@api("POST", "msgaudit/check_single_agree", ARCHIVE)
def check_single_agree(call: Call) -> dict[str, Any]:
    """Which customers agreed, up to 100 pairs at a time."""
    pairs = call.body.get("info")
    if not isinstance(pairs, list) or not 0 < len(pairs) <= 100:
        raise Refusal(40058, "info has 1 to 100 pairs")
    return {"agreeinfo": [_told(call, str(one.get("userid")), str(one.get("exteranalopenid"))) for one in pairs]}


@api("POST", "msgaudit/check_room_agree", ARCHIVE)
def check_room_agree(call: Call) -> dict[str, Any]:
    """Which customers in a group agreed with its owner's chats being kept."""
    group = call.company.groups.get(call.text("roomid", needed=40063))
    if group is None:
        raise Refusal(90501)
    rows = [_told(call, group.owner, m.id) for m in group.members.values() if m.kind == 2]
    return {"agreeinfo": [{k: v for k, v in row.items() if k != "userid"} for row in rows]}
