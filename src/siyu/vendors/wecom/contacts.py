"""Guides, customers, remarks, tags (`externalcontact/...`)."""

from __future__ import annotations

from collections.abc import Sequence

from siyu.vendors.checks import bytes_within, characters_within, count_within, number_within, some
from siyu.vendors.wecom import shapes as s
from siyu.vendors.wecom.edge import Edge, Page, given


class Contacts(Edge):
    """Who is there, and what is noted about them."""

    def follow_users(self) -> list[str]:
        """The guides who may have customers, within the app's visible range (get_follow_user_list)."""
        return self._get("externalcontact/get_follow_user_list", s.FollowUsers).follow_user

    def customer_ids(self, userid: str) -> list[str]:
        """All customers of one guide. A guide with none is `VendorError` 84061 (list)."""
        return self._get("externalcontact/list", s.ExternalIds, userid=userid).external_userid

    def customer(self, external_userid: str, cursor: str = "") -> s.Customer:
        """A customer and who follows; more than 500 followers come in pages (get)."""
        return self._get("externalcontact/get", s.Customer, external_userid=external_userid, cursor=cursor)

    def customers_of(self, userids: Sequence[str], cursor: str = "", *, limit: int = 100) -> Page[s.CustomerOf]:
        """One page of the customers of up to 100 guides; `skipped` are guides without a licence (batch/get_by_user)."""
        count_within(userids, 100, "userid_list", least=1)
        for userid in userids:
            bytes_within(userid, 64, "userid", least=1)
        number_within(limit, 1, 100, "limit")
        body = {"userid_list": list(userids), "cursor": cursor, "limit": limit}
        got = self._post("externalcontact/batch/get_by_user", s.CustomersOf, body)
        return Page(got.external_contact_list, got.next_cursor, got.fail_info.unlicensed_userid_list)

    def remark(
        self,
        userid: str,
        external_userid: str,
        *,
        remark: str | None = None,
        mobiles: Sequence[str] | None = None,
    ) -> None:
        """Write a guide's notes on a customer. None leaves a field alone; `mobiles` replaces all, an empty list clears them (remark)."""
        characters_within(remark or "", 20, "remark")
        fields = given(remark=remark, remark_mobiles=None if mobiles is None else list(mobiles) or [""])
        some("remark", fields)
        self._post("externalcontact/remark", s.Ok, {"userid": userid, "external_userid": external_userid, **fields})

    def tags(self, tag_ids: Sequence[str] = (), group_ids: Sequence[str] = ()) -> list[s.TagGroup]:
        """The corp's tags by group; without ids all of them (get_corp_tag_list)."""
        body = {"tag_id": list(tag_ids), "group_id": list(group_ids)}
        return self._post("externalcontact/get_corp_tag_list", s.TagGroups, body).tag_group

    def add_tags(
        self, names: Sequence[str], *, group_id: str | None = None, group_name: str | None = None, order: int | None = None
    ) -> s.TagGroup:
        """Make tags in a group that is there, or in a new one. Same names are merged by WeCom, so it may be repeated (add_corp_tag)."""
        count_within(names, 1000, "tag", least=1)
        for name in names:
            characters_within(name, 30, "tag.name", least=1)
        if group_name is not None:
            characters_within(group_name, 30, "group_name", least=1)
        some("group", group_id, group_name)
        body = {**given(group_id=group_id, group_name=group_name, order=order), "tag": [{"name": name} for name in names]}
        return self._post("externalcontact/add_corp_tag", s.OneTagGroup, body).tag_group

    def edit_tag(self, tag_or_group_id: str, *, name: str | None = None, order: int | None = None) -> None:
        """Rename or reorder a tag or group that this app made (edit_corp_tag)."""
        characters_within(name or "", 30, "name")
        self._post("externalcontact/edit_corp_tag", s.Ok, {"id": tag_or_group_id, **given(name=name, order=order)})

    def delete_tags(self, tag_ids: Sequence[str] = (), group_ids: Sequence[str] = ()) -> None:
        """Delete tags or groups that this app made; a group goes with its last tag (del_corp_tag)."""
        some("tag_id", tag_ids, group_ids)
        self._post("externalcontact/del_corp_tag", s.Ok, {"tag_id": list(tag_ids), "group_id": list(group_ids)})

    def mark_tag(self, userid: str, external_userid: str, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        """Put tags on the relation of one guide with a customer, and take others off (mark_tag)."""
        some("add_tag", add, remove)
        body = {"userid": userid, "external_userid": external_userid, "add_tag": list(add), "remove_tag": list(remove)}
        self._post("externalcontact/mark_tag", s.Ok, body)

    def external_userid_of(self, unionid: str, openid: str, *, subject: int = 0) -> s.ExternalId:
        """Whom a unionid is here: a customer, or a pending id for 90 days (idconvert/unionid_to_external_userid). `subject` 0 corp,
        1 provider.
        """
        body = {"unionid": unionid, "openid": openid, "subject_type": subject}
        return self._post("idconvert/unionid_to_external_userid", s.ExternalId, body)

    def pending_ids_of(self, external_userids: Sequence[str]) -> dict[str, str]:
        """The pending ids that stood for up to 100 customers before they were added, as long as those are good; who had none is left out
        (idconvert/batch/external_userid_to_pending_id).
        """
        count_within(external_userids, 100, "external_userid", least=1)
        body = {"external_userid": list(external_userids)}
        got = self._post("idconvert/batch/external_userid_to_pending_id", s.PendingIds, body)
        return {row.external_userid: row.pending_id for row in got.result if row.pending_id}
