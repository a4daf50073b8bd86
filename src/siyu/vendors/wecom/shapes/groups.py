# ruff: noqa: RUF012  (msgspec gives every value its own copy of an empty list or dict)
"""Groups, handing over."""

from __future__ import annotations

from siyu.vendors.shape import Shape


class GroupRow(Shape, frozen=True):
    """One row of `groupchat/list`: `status` 0 in order, 1 owner resigned, 2 being inherited, 3 inherited."""

    chat_id: str = ""
    status: int = 0


class GroupRows(Shape, frozen=True):
    """A page of `groupchat/list`."""

    group_chat_list: list[GroupRow] = []
    next_cursor: str = ""


class _UserId(Shape, frozen=True):
    userid: str = ""


class GroupMember(Shape, frozen=True):
    """Somebody in a group: `type` 1 staff, 2 outside; `join_scene` 1 invited, 2 by link, 3 by QR code; `state` of the join way."""

    userid: str = ""
    type: int = 0
    unionid: str = ""
    join_time: int = 0
    join_scene: int = 0
    invitor: _UserId = _UserId()
    state: str = ""
    group_nickname: str = ""
    name: str = ""


class Group(Shape, frozen=True):
    """A customer group. An empty name is a group without one."""

    chat_id: str = ""
    name: str = ""
    owner: str = ""
    create_time: int = 0
    notice: str = ""
    member_list: list[GroupMember] = []
    admin_list: list[_UserId] = []
    member_version: str = ""


class OneGroup(Shape, frozen=True):
    """`groupchat/get`."""

    group_chat: Group = Group()


class Handover(Shape, frozen=True):
    """One customer of a transfer: `errcode` 0 = it has begun, everything else why not."""

    external_userid: str = ""
    errcode: int = 0


class Handovers(Shape, frozen=True):
    """`transfer_customer`."""

    customer: list[Handover] = []


class HandoverResult(Shape, frozen=True):
    """`status` 1 done, 2 waiting, 3 refused, 4 the new guide is full, 5 no such transfer."""

    external_userid: str = ""
    status: int = 0
    takeover_time: int = 0


class HandoverResults(Shape, frozen=True):
    """A page of `transfer_result`."""

    customer: list[HandoverResult] = []
    next_cursor: str = ""


class Unassigned(Shape, frozen=True):
    """A customer whose guide has resigned."""

    handover_userid: str = ""
    external_userid: str = ""
    dimission_time: int = 0


class UnassignedRows(Shape, frozen=True):
    """A page of `get_unassigned_list`."""

    info: list[Unassigned] = []
    is_last: bool = True
    next_cursor: str = ""


class FailedGroup(Shape, frozen=True):
    """A group that could not be handed over, and why."""

    chat_id: str = ""
    errcode: int = 0
    errmsg: str = ""


class FailedGroups(Shape, frozen=True):
    """`groupchat/transfer` and `onjob_transfer`: those that failed; the others went over."""

    failed_chat_list: list[FailedGroup] = []
