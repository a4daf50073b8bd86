# ruff: noqa: RUF012  (msgspec gives every value its own copy of an empty list or dict)
"""微信客服."""

from __future__ import annotations

from typing import Any

from siyu.vendors.shape import Shape


class DeskAccount(Shape, frozen=True):
    """An account of 微信客服."""

    open_kfid: str = ""
    name: str = ""
    avatar: str = ""
    manage_privilege: bool = True


class DeskAccounts(Shape, frozen=True):
    """`kf/account/list`."""

    account_list: list[DeskAccount] = []


class ServiceState(Shape, frozen=True):
    """`service_state` 0 new, 1 bot, 2 pool, 3 human, 4 ended. `trans` gives a `msg_code` for the message that goes with it."""

    service_state: int = 0
    servicer_userid: str = ""
    msg_code: str = ""


class DeskMessages(Shape, frozen=True):
    """A page of `kf/sync_msg`. Each message as it came: its fields depend on `msgtype`. Keep `next_cursor` per open_kfid."""

    next_cursor: str = ""
    has_more: int = 0
    msg_list: list[dict[str, Any]] = []


class MessageId(Shape, frozen=True):
    """`kf/send_msg`, `kf/send_msg_on_event`."""

    msgid: str = ""


class DeskCustomer(Shape, frozen=True):
    """Somebody who wrote to 微信客服. No `unionid` where the corp is bound to no developer account (微信开发者 ID)."""

    external_userid: str = ""
    nickname: str = ""
    unionid: str = ""


class DeskCustomers(Shape, frozen=True):
    """`kf/customer/batchget`."""

    customer_list: list[DeskCustomer] = []
