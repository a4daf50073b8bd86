"""Which identifiers a channel can deliver to. None: the channel needs no address of the person."""

from __future__ import annotations

from siyu.pool import Kind

KINDS: dict[str, tuple[str, ...] | None] = {
    "email": (Kind.EMAIL.value,),
    "sms": (Kind.PHONE.value,),
    "wecom": (Kind.EXTERNAL_USERID.value,),
    "wechat": (Kind.OPENID.value,),
    "official": (Kind.OPENID.value,),
    "official_chat": (Kind.OPENID.value,),
    "official_notice": (Kind.OPENID.value,),
    "mini": (Kind.OPENID.value,),
    "kf": (Kind.EXTERNAL_USERID.value,),
    "webhook": None,
}
