"""Customer groups, and handing customers and groups over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from siyu.vendors.checks import characters_within, count_within, number_within
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
