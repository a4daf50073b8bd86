"""微信客服 (`kf/...`): a desk that any WeChat user can write to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from siyu.vendors.checks import bytes_within, count_within, number_within
from siyu.vendors.wecom import shapes as s
from siyu.vendors.wecom.edge import Edge, given


class Desk(Edge):
    """Desk accounts and their conversations."""

    def desks(self) -> list[s.DeskAccount]:
        """The desk accounts that this app may use (kf/account/list)."""
        return self._post("kf/account/list", s.DeskAccounts, {"offset": 0, "limit": 100}).account_list

    def move_service(self, open_kfid: str, external_userid: str, state: int, *, servicer: str = "") -> str:
        """Hand a conversation on; the `msg_code` for the message that goes with it. 95016 where it may not (kf/service_state/trans)."""
        number_within(state, 0, 4, "service_state")
        body = {
            "open_kfid": open_kfid, "external_userid": external_userid, "service_state": state, **given(servicer_userid=servicer or None),
        }  # fmt: skip
        return self._post("kf/service_state/trans", s.ServiceState, body, is_safe=False).msg_code

    def desk_messages(self, open_kfid: str, cursor: str = "", *, token: str = "", limit: int = 1000) -> s.DeskMessages:
        """What was written since `cursor`, until `has_more` is 0. `token` of the callback (10 minutes) lifts the strict limit
        (kf/sync_msg).
        """
        bytes_within(cursor, 64, "cursor")
        number_within(limit, 1, 1000, "limit")
        body = {"open_kfid": open_kfid, "limit": limit, **given(cursor=cursor or None, token=token or None)}
        return self._post("kf/sync_msg", s.DeskMessages, body)

    def say(self, open_kfid: str, external_userid: str, msgtype: str, content: Mapping[str, Any], *, msgid: str = "") -> str:
        """Write to somebody within 48 hours of their last message, 5 times (kf/send_msg). With our own `msgid` (32 characters) it is
        one message however often it is asked.
        """
        bytes_within(msgid, 32, "msgid")
        if msgtype == "text":
            bytes_within(str(content.get("content", "")), 2048, "text.content", least=1)
        body = {
            "touser": external_userid, "open_kfid": open_kfid, "msgtype": msgtype, msgtype: dict(content), **given(msgid=msgid or None),
        }  # fmt: skip
        return self._post("kf/send_msg", s.MessageId, body, is_safe=False).msgid

    def desk_customers(self, external_userids: Sequence[str]) -> list[s.DeskCustomer]:
        """Names and unionids of those who wrote, 100 at a time; whom the corp does not know is left out (kf/customer/batchget)."""
        count_within(external_userids, 100, "external_userid_list", least=1)
        body = {"external_userid_list": list(external_userids)}
        return self._post("kf/customer/batchget", s.DeskCustomers, body).customer_list

    def say_on_event(self, code: str, msgtype: str, content: Mapping[str, Any], *, msgid: str = "") -> str:
        """Answer an event by its code: the welcome within 20 seconds (kf/send_msg_on_event)."""
        bytes_within(msgid, 32, "msgid")
        if msgtype == "text":
            bytes_within(str(content.get("content", "")), 2048, "text.content", least=1)
        body = {"code": code, "msgtype": msgtype, msgtype: dict(content), **given(msgid=msgid or None)}
        return self._post("kf/send_msg_on_event", s.MessageId, body, is_safe=False).msgid
