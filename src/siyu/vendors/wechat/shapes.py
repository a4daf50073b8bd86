# ruff: noqa: RUF012  (msgspec gives every value its own copy of an empty list or dict)
"""What api.weixin.qq.com answers, in its own names. Moments are Unix seconds. Absent fields are left out, so everything has a default."""

from __future__ import annotations

from msgspec import field

from siyu.vendors.shape import Shape


class Ok(Shape, frozen=True):
    """Nothing but that it was done."""


class MessageId(Shape, frozen=True):
    """The number of a message, which its receipt (`TEMPLATESENDJOBFINISH`) names again."""

    msgid: int = 0


class Fan(Shape, frozen=True):
    """A follower. Names and pictures are not given any more. `unionid` only where the account is bound to an open-platform account."""

    subscribe: int = 0
    openid: str = ""
    unionid: str = ""
    language: str = ""
    subscribe_time: int = 0
    remark: str = ""
    groupid: int = 0
    tagid_list: list[int] = []
    subscribe_scene: str = ""
    qr_scene: int = 0
    qr_scene_str: str = ""


class Fans(Shape, frozen=True):
    """`user/info/batchget`."""

    user_info_list: list[Fan] = []


class _Openids(Shape, frozen=True):
    openid: list[str] = []


class FanIds(Shape, frozen=True):
    """A page of `user/get`: up to 10,000."""

    total: int = 0
    count: int = 0
    data: _Openids = _Openids()
    next_openid: str = ""


class FanTag(Shape, frozen=True):
    """A tag of an official account."""

    id: int = 0
    name: str = ""
    count: int = 0


class FanTags(Shape, frozen=True):
    """`tags/get`."""

    tags: list[FanTag] = []


class Template(Shape, frozen=True):
    """A message template of the account."""

    template_id: str = ""
    title: str = ""
    content: str = ""
    example: str = ""


class Templates(Shape, frozen=True):
    """`template/get_all_private_template`."""

    template_list: list[Template] = []


class Agent(Shape, frozen=True):
    """A customer-service agent who is online, and how many customers they have (`getonlinekflist`)."""

    kf_account: str = ""
    status: int = 0
    accepted_case: int = 0


class Agents(Shape, frozen=True):
    """`getonlinekflist`."""

    kf_online_list: list[Agent] = []


class MiniUser(Shape, frozen=True):
    """`jscode2session`. Its session_key is not read: nothing here opens what the client closes with it."""

    openid: str = ""
    unionid: str = ""


class PhoneInfo(Shape, frozen=True):
    """A phone number that its owner gave us."""

    phone_number: str = field(name="phoneNumber", default="")
    pure_phone_number: str = field(name="purePhoneNumber", default="")
    country_code: str = field(name="countryCode", default="")


class Phone(Shape, frozen=True):
    """`getuserphonenumber`."""

    phone_info: PhoneInfo = PhoneInfo()
