# ruff: noqa: RUF012  (msgspec gives every value its own copy of an empty list or dict)
"""Guides, customers, tags."""

from __future__ import annotations

from typing import Any

from siyu.vendors.shape import Shape


class FollowUsers(Shape, frozen=True):
    """Who may have customers."""

    follow_user: list[str] = []


class ExternalIds(Shape, frozen=True):
    """A guide's customers."""

    external_userid: list[str] = []


class ExternalContact(Shape, frozen=True):
    """A customer. `type` 1 WeChat, 2 WeCom; `gender` 0 unknown, 1 man, 2 woman. `unionid` only where a developer account is bound."""

    external_userid: str = ""
    name: str = ""
    position: str = ""
    avatar: str = ""
    corp_name: str = ""
    corp_full_name: str = ""
    type: int = 0
    gender: int = 0
    unionid: str = ""
    external_profile: dict[str, Any] = {}


class FollowTag(Shape, frozen=True):
    """A tag on a follow relation. `type` 1 corp, 2 personal (no tag_id), 3 rule group."""

    group_name: str = ""
    tag_name: str = ""
    tag_id: str = ""
    type: int = 0


class FollowUser(Shape, frozen=True):
    """The relation of one guide to a customer. `createtime` changes when they lose and find each other again."""

    userid: str = ""
    remark: str = ""
    description: str = ""
    createtime: int = 0
    tags: list[FollowTag] = []
    tag_id: list[str] = []
    remark_corp_name: str = ""
    remark_mobiles: list[str] = []
    oper_userid: str = ""
    add_way: int = 0
    state: str = ""
    wechat_channels: dict[str, Any] = {}


class Customer(Shape, frozen=True):
    """`externalcontact/get`: a customer with those who follow (up to 500 a page)."""

    external_contact: ExternalContact = ExternalContact()
    follow_user: list[FollowUser] = []
    next_cursor: str = ""


class CustomerOf(Shape, frozen=True):
    """One row of `batch/get_by_user`: a customer with the one guide that was asked about; tags are ids of corp and rule tags only."""

    external_contact: ExternalContact = ExternalContact()
    follow_info: FollowUser = FollowUser()


class _FailInfo(Shape, frozen=True):
    unlicensed_userid_list: list[str] = []


class CustomersOf(Shape, frozen=True):
    """A page of `batch/get_by_user`."""

    external_contact_list: list[CustomerOf] = []
    next_cursor: str = ""
    fail_info: _FailInfo = _FailInfo()


class CorpTag(Shape, frozen=True):
    """A tag of the corp."""

    id: str = ""
    name: str = ""
    create_time: int = 0
    order: int = 0
    deleted: bool = False


class TagGroup(Shape, frozen=True):
    """A group of tags."""

    group_id: str = ""
    group_name: str = ""
    create_time: int = 0
    order: int = 0
    deleted: bool = False
    tag: list[CorpTag] = []
    strategy_id: int = 0


class TagGroups(Shape, frozen=True):
    """`get_corp_tag_list`."""

    tag_group: list[TagGroup] = []


class OneTagGroup(Shape, frozen=True):
    """`add_corp_tag`."""

    tag_group: TagGroup = TagGroup()


class ExternalId(Shape, frozen=True):
    """Whom a unionid belongs to: a customer, or a pending id that lives 90 days."""

    external_userid: str = ""
    pending_id: str = ""


class PendingId(Shape, frozen=True):
    """A customer and the id that stood for them before."""

    external_userid: str = ""
    pending_id: str = ""


class PendingIds(Shape, frozen=True):
    """`external_userid_to_pending_id`."""

    result: list[PendingId] = []
