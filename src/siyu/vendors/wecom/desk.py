"""微信客服 (`kf/...`): a desk that any WeChat user can write to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from siyu.vendors.checks import bytes_within, count_within, number_within
from siyu.vendors.wecom import shapes as s
from siyu.vendors.wecom.edge import Edge, given


class Desk(Edge):
    """Desk accounts, who answers, conversations."""

    def desks(self) -> list[s.DeskAccount]:
        """The desk accounts that this app may use (kf/account/list)."""
        return self._post("kf/account/list", s.DeskAccounts, {"offset": 0, "limit": 100}).account_list

    def add_desk(self, name: str, media_id: str) -> str:
        """Make a desk account with a picture; its open_kfid (kf/account/add)."""
        return self._post("kf/account/add", s.DeskId, {"name": name, "media_id": media_id}, is_safe=False).open_kfid

    def update_desk(self, open_kfid: str, *, name: str | None = None, media_id: str | None = None) -> None:
        """Rename a desk or give it another picture (kf/account/update)."""
        self._post("kf/account/update", s.Ok, {"open_kfid": open_kfid, **given(name=name, media_id=media_id)})

    def delete_desk(self, open_kfid: str) -> None:
        """Delete a desk account (kf/account/del)."""
        self._post("kf/account/del", s.Ok, {"open_kfid": open_kfid})

    def desk_url(self, open_kfid: str, scene: str = "") -> str:
        """A link to the desk; `scene` (32 of 0-9A-Za-z_-) comes back when somebody enters by it (kf/add_contact_way)."""
        bytes_within(scene, 32, "scene")
        return self._post("kf/add_contact_way", s.Url, {"open_kfid": open_kfid, **given(scene=scene or None)}).url

    def servicers(self, open_kfid: str) -> list[s.Servicer]:
        """Who answers at a desk (kf/servicer/list)."""
        return self._get("kf/servicer/list", s.Servicers, open_kfid=open_kfid).servicer_list

    def add_servicers(self, open_kfid: str, userids: Sequence[str]) -> list[s.Servicer]:
        """Let staff answer, 100 at a time; one row each with its own errcode (kf/servicer/add)."""
        count_within(userids, 100, "userid_list", least=1)
        return self._post("kf/servicer/add", s.ServicerResults, {"open_kfid": open_kfid, "userid_list": list(userids)}).result_list

    def remove_servicers(self, open_kfid: str, userids: Sequence[str]) -> list[s.Servicer]:
        """The other way (kf/servicer/del)."""
        count_within(userids, 100, "userid_list", least=1)
        return self._post("kf/servicer/del", s.ServicerResults, {"open_kfid": open_kfid, "userid_list": list(userids)}).result_list

    def service_state(self, open_kfid: str, external_userid: str) -> s.ServiceState:
        """Who has a conversation: nobody yet, the bot, the pool, a person, or it has ended (kf/service_state/get)."""
        return self._post("kf/service_state/get", s.ServiceState, {"open_kfid": open_kfid, "external_userid": external_userid})

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

    def say_on_event(self, code: str, msgtype: str, content: Mapping[str, Any], *, msgid: str = "") -> str:
        """Answer an event by its code: the welcome within 20 seconds (kf/send_msg_on_event)."""
        bytes_within(msgid, 32, "msgid")
        body = {"code": code, "msgtype": msgtype, msgtype: dict(content), **given(msgid=msgid or None)}
        return self._post("kf/send_msg_on_event", s.MessageId, body, is_safe=False).msgid

    def desk_customers(self, external_userids: Sequence[str]) -> s.DeskCustomers:
        """Names and unionids of those who wrote, 100 at a time (kf/customer/batchget)."""
        count_within(external_userids, 100, "external_userid_list", least=1)
        body = {"external_userid_list": list(external_userids), "need_enter_session_context": 1}
        return self._post("kf/customer/batchget", s.DeskCustomers, body)
