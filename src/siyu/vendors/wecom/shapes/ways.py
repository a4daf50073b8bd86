# ruff: noqa: RUF012  (msgspec gives every value its own copy of an empty list or dict)
"""Contact ways, join ways, acquisition links."""

from __future__ import annotations

from typing import Any

from siyu.vendors.shape import Shape


class ContactWay(Shape, frozen=True):
    """A 联系我 way. `qr_code` is a picture's address; WeCom shows ways nowhere, so config_id and qr_code must be kept."""

    config_id: str = ""
    type: int = 0
    scene: int = 0
    style: int = 0
    remark: str = ""
    skip_verify: bool = True
    state: str = ""
    qr_code: str = ""
    user: list[str] = []
    party: list[int] = []
    is_temp: bool = False
    expires_in: int = 0
    chat_expires_in: int = 0
    unionid: str = ""
    is_exclusive: bool = False
    mark_source: bool = True
    conclusions: dict[str, Any] = {}


class NewWay(Shape, frozen=True):
    """A way that was made; the picture only where its scene has one."""

    config_id: str = ""
    qr_code: str = ""


class OneWay(Shape, frozen=True):
    """`get_contact_way`."""

    contact_way: ContactWay = ContactWay()


class WayId(Shape, frozen=True):
    """One row of `list_contact_way`."""

    config_id: str = ""


class WayIds(Shape, frozen=True):
    """A page of `list_contact_way`."""

    contact_way: list[WayId] = []
    next_cursor: str = ""


class JoinWay(Shape, frozen=True):
    """A way into groups: at most 5, refilled with new ones where `auto_create_room` is 1."""

    config_id: str = ""
    scene: int = 0
    remark: str = ""
    auto_create_room: int = 1
    room_base_name: str = ""
    room_base_id: int = 0
    chat_id_list: list[str] = []
    qr_code: str = ""
    state: str = ""
    mark_source: bool = True


class OneJoinWay(Shape, frozen=True):
    """`groupchat/get_join_way`."""

    join_way: JoinWay = JoinWay()


class AcquisitionLink(Shape, frozen=True):
    """An acquisition link (获客链接)."""

    link_id: str = ""
    link_name: str = ""
    url: str = ""
    create_time: int = 0
    skip_verify: bool = True
    mark_source: bool = True


class OneLink(Shape, frozen=True):
    """`customer_acquisition/get` and `create_link`."""

    link: AcquisitionLink = AcquisitionLink()
    range: dict[str, Any] = {}
    priority_option: dict[str, Any] = {}


class QuotaLot(Shape, frozen=True):
    """Quota that expires together."""

    expire_date: int = 0
    balance: int = 0


class Quota(Shape, frozen=True):
    """`customer_acquisition_quota`: how many customers may still be won by links."""

    total: int = 0
    balance: int = 0
    quota_list: list[QuotaLot] = []
