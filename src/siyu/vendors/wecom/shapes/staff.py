# ruff: noqa: RUF012  (msgspec gives every value its own copy of an empty list or dict)
"""Staff, files, products, archiving."""

from __future__ import annotations

from typing import Any

from siyu.vendors.shape import Shape


class Ok(Shape, frozen=True):
    """Nothing but that it was done."""


class Department(Shape, frozen=True):
    """A department; newer apps get no name."""

    id: int = 0
    name: str = ""
    parentid: int = 0


class Departments(Shape, frozen=True):
    """`department/list`."""

    department: list[Department] = []


class Colleague(Shape, frozen=True):
    """A member of the corp. `status` 1 active, 2 forbidden, 4 not activated, 5 left."""

    userid: str = ""
    name: str = ""
    position: str = ""
    department: list[int] = []
    main_department: int = 0
    status: int = 0


class Colleagues(Shape, frozen=True):
    """`user/list`."""

    userlist: list[Colleague] = []


class BehaviorDay(Shape, frozen=True):
    """One day of a guide. `avg_reply_time` in minutes; `negative_feedback_cnt` = customers who deleted or blocked the guide."""

    stat_time: int = 0
    chat_cnt: int = 0
    message_cnt: int = 0
    reply_percentage: float = 0
    avg_reply_time: float = 0
    negative_feedback_cnt: int = 0
    new_apply_cnt: int = 0
    new_contact_cnt: int = 0


class BehaviorDays(Shape, frozen=True):
    """`get_user_behavior_data`."""

    behavior_data: list[BehaviorDay] = []


class Media(Shape, frozen=True):
    """A file in WeCom's store, for three days. `created_at` is a text of seconds."""

    type: str = ""
    media_id: str = ""
    created_at: str | int = ""


class ImageUrl(Shape, frozen=True):
    """`media/uploadimg`: an address for ever, inside WeCom's messages only."""

    url: str = ""


class StaffNotice(Shape, frozen=True):
    """`message/send`: lists of who did not get it, joined by |."""

    invaliduser: str = ""
    invalidparty: str = ""
    invalidtag: str = ""
    unlicenseduser: str = ""
    msgid: str = ""
    response_code: str = ""


class Visitor(Shape, frozen=True):
    """`auth/getuserinfo`: staff has a userid, anybody else an openid (and external_userid when a customer)."""

    userid: str = ""
    user_ticket: str = ""
    openid: str = ""
    external_userid: str = ""


class StaffDetail(Shape, frozen=True):
    """`auth/getuserdetail`, by consent of the member."""

    userid: str = ""
    gender: str | int = ""
    avatar: str = ""
    qr_code: str = ""
    mobile: str = ""
    email: str = ""
    biz_mail: str = ""
    address: str = ""


class MiniLogin(Shape, frozen=True):
    """`miniprogram/jscode2session` of WeCom. `session_key` stays on the server."""

    corpid: str = ""
    userid: str = ""
    session_key: str = ""


class IpList(Shape, frozen=True):
    """The vendor's own addresses."""

    ip_list: list[str] = []


class ProductId(Shape, frozen=True):
    """`add_product_album`."""

    product_id: str = ""


class Product(Shape, frozen=True):
    """A product of the album. `price` in fen."""

    product_id: str = ""
    product_sn: str = ""
    description: str = ""
    price: int = 0
    create_time: int = 0
    attachments: list[dict[str, Any]] = []


class OneProduct(Shape, frozen=True):
    """`get_product_album`."""

    product: Product = Product()


class Products(Shape, frozen=True):
    """A page of `get_product_album_list`."""

    product_list: list[Product] = []
    next_cursor: str = ""


class RuleId(Shape, frozen=True):
    """`add_intercept_rule`."""

    rule_id: str = ""


class InterceptRules(Shape, frozen=True):
    """`get_intercept_rule_list`."""

    rule_list: list[dict[str, Any]] = []


class InterceptRule(Shape, frozen=True):
    """`get_intercept_rule`."""

    rule: dict[str, Any] = {}


class PermitUsers(Shape, frozen=True):
    """`msgaudit/get_permit_user_list`: whose conversations are archived."""

    ids: list[str] = []


class Agreement(Shape, frozen=True):
    """Whether a customer agreed to archiving. The misspelling is the interface's."""

    status_change_time: int = 0
    userid: str = ""
    exteranalopenid: str = ""
    agree_status: str = ""


class Agreements(Shape, frozen=True):
    """`msgaudit/check_single_agree`."""

    agreeinfo: list[Agreement] = []
