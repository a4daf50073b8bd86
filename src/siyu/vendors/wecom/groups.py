"""Customer groups, their welcome templates, and handing customers and groups over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from siyu.base.errors import InputError
from siyu.vendors.checks import bytes_within, characters_within, count_within, number_within
from siyu.vendors.wecom import shapes as s
from siyu.vendors.wecom.edge import Edge, Page, given


class Groups(Edge):
    """Groups and inheritance."""

    def groups(self, cursor: str = "", *, owners: Sequence[str] = (), status: int = 0, limit: int = 1000) -> Page[s.GroupRow]:
        """One page of groups. Without `owners` 81017 where more than 1,000 members are visible (groupchat/list)."""
        count_within(owners, 100, "owner_filter")
        number_within(limit, 1, 1000, "limit")
        body: dict[str, Any] = {"status_filter": status, "cursor": cursor, "limit": limit}
        if owners:
            body["owner_filter"] = {"userid_list": list(owners)}
        got = self._post("externalcontact/groupchat/list", s.GroupRows, body)
        return Page(got.group_chat_list, got.next_cursor)

    def group(self, chat_id: str, *, with_names: bool = True) -> s.Group:
        """A group with its members (groupchat/get)."""
        body = {"chat_id": chat_id, "need_name": int(with_names)}
        return self._post("externalcontact/groupchat/get", s.OneGroup, body).group_chat

    def group_statistics(
        self, day_begin_time: int, day_end_time: int, *, owners: Sequence[str] = (), offset: int = 0, limit: int = 500
    ) -> s.GroupStatistics:
        """Counts by owner between two Unix seconds of days, at most 30 days of the last 180 (groupchat/statistic)."""
        count_within(owners, 100, "owner_filter")
        body: dict[str, Any] = {"day_begin_time": day_begin_time, "day_end_time": day_end_time, "offset": offset, "limit": limit}
        if owners:
            body["owner_filter"] = {"userid_list": list(owners)}
        return self._post("externalcontact/groupchat/statistic", s.GroupStatistics, body)

    def group_days(self, day_begin_time: int, day_end_time: int, *, owners: Sequence[str] = ()) -> list[s.GroupCounts]:
        """The same by day (groupchat/statistic_group_by_day)."""
        count_within(owners, 100, "owner_filter")
        body: dict[str, Any] = {"day_begin_time": day_begin_time, "day_end_time": day_end_time}
        if owners:
            body["owner_filter"] = {"userid_list": list(owners)}
        return self._post("externalcontact/groupchat/statistic_group_by_day", s.GroupStatistics, body).items

    def chat_id_of(self, opengid: str) -> str:
        """The group that a mini-program was shared into (opengid_to_chatid)."""
        return self._post("externalcontact/opengid_to_chatid", s.ChatId, {"opengid": opengid}).chat_id

    def add_group_welcome(
        self, text: str = "", attachment: Mapping[str, Any] | None = None, *, agent_id: int | None = None, is_announced: bool = True
    ) -> str:
        """Make a welcome that guides may choose for their groups; %NICKNAME% is filled in. The template_id
        (group_welcome_template/add).
        """
        body = {**_welcome(text, attachment), "notify": int(is_announced), **given(agentid=agent_id)}
        return self._post("externalcontact/group_welcome_template/add", s.WelcomeTemplate, body, is_safe=False).template_id

    def edit_group_welcome(
        self, template_id: str, text: str = "", attachment: Mapping[str, Any] | None = None, *, agent_id: int | None = None
    ) -> None:
        """Overwrite a welcome that this app made (group_welcome_template/edit)."""
        body = {"template_id": template_id, **_welcome(text, attachment), **given(agentid=agent_id)}
        self._post("externalcontact/group_welcome_template/edit", s.Ok, body)

    def group_welcome(self, template_id: str) -> s.WelcomeTemplate:
        """A welcome as it stands (group_welcome_template/get)."""
        return self._post("externalcontact/group_welcome_template/get", s.WelcomeTemplate, {"template_id": template_id})

    def delete_group_welcome(self, template_id: str, *, agent_id: int | None = None) -> None:
        """Delete a welcome that this app made (group_welcome_template/del)."""
        self._post("externalcontact/group_welcome_template/del", s.Ok, {"template_id": template_id, **given(agentid=agent_id)})

    def transfer(
        self, handover_userid: str, takeover_userid: str, external_userids: Sequence[str], *, message: str = ""
    ) -> list[s.Handover]:
        """Give customers of one working guide to another; done after 24 hours unless the customer refuses (transfer_customer).

        Each row has its own errcode: 0 has begun, 40100 is in another transfer, 40128 twice in 90 days already.
        """
        count_within(external_userids, 100, "external_userid", least=1)
        characters_within(message, 200, "transfer_success_msg")
        body = {
            "handover_userid": handover_userid, "takeover_userid": takeover_userid, "external_userid": list(external_userids),
            **given(transfer_success_msg=message or None),
        }  # fmt: skip
        return self._post("externalcontact/transfer_customer", s.Handovers, body, is_safe=False).customer

    def transfer_results(self, handover_userid: str, takeover_userid: str, cursor: str = "") -> Page[s.HandoverResult]:
        """One page of how transfers between two guides stand (transfer_result)."""
        body = {"handover_userid": handover_userid, "takeover_userid": takeover_userid, "cursor": cursor}
        got = self._post("externalcontact/transfer_result", s.HandoverResults, body)
        return Page(got.customer, got.next_cursor)

    def inherit(self, handover_userid: str, takeover_userid: str, external_userids: Sequence[str]) -> list[s.Handover]:
        """Give customers of a guide who has resigned to another (resigned/transfer_customer)."""
        count_within(external_userids, 100, "external_userid", least=1)
        body = {
            "handover_userid": handover_userid, "takeover_userid": takeover_userid, "external_userid": list(external_userids),
        }  # fmt: skip
        return self._post("externalcontact/resigned/transfer_customer", s.Handovers, body, is_safe=False).customer

    def inherit_results(self, handover_userid: str, takeover_userid: str, cursor: str = "") -> Page[s.HandoverResult]:
        """One page of how inheritances stand (resigned/transfer_result)."""
        body = {"handover_userid": handover_userid, "takeover_userid": takeover_userid, "cursor": cursor}
        got = self._post("externalcontact/resigned/transfer_result", s.HandoverResults, body)
        return Page(got.customer, got.next_cursor)

    def unassigned(self, cursor: str = "", *, size: int = 1000) -> Page[s.Unassigned]:
        """One page of customers whose guide has resigned and who wait for another (get_unassigned_list)."""
        number_within(size, 1, 1000, "page_size")
        got = self._post("externalcontact/get_unassigned_list", s.UnassignedRows, {"page_size": size, "cursor": cursor})
        return Page(got.info, "" if got.is_last else got.next_cursor)

    def transfer_groups(self, chat_ids: Sequence[str], new_owner: str, *, is_owner_resigned: bool) -> list[s.FailedGroup]:
        """Give groups a new owner (300 a day). What comes back did not go over (groupchat/transfer, groupchat/onjob_transfer)."""
        count_within(chat_ids, 100, "chat_id_list", least=1)
        name = "transfer" if is_owner_resigned else "onjob_transfer"
        body = {"chat_id_list": list(chat_ids), "new_owner": new_owner}
        return self._post(f"externalcontact/groupchat/{name}", s.FailedGroups, body, is_safe=False).failed_chat_list


def _welcome(text: str, attachment: Mapping[str, Any] | None) -> dict[str, Any]:
    if not text and not attachment:
        raise InputError("The welcome is empty.", "Give a text or one attachment.", field="text")
    bytes_within(text, 3000, "text.content")
    body: dict[str, Any] = {"text": {"content": text}} if text else {}
    if attachment:
        body[attachment["msgtype"]] = attachment[attachment["msgtype"]]
    return body
