"""Which identifiers a channel can deliver to. None: the channel needs no address of the person."""

from __future__ import annotations

from siyu.pool import Kind

KINDS: dict[str, tuple[str, ...] | None] = {
    "email": (Kind.EMAIL.value,),
    "sms": (Kind.PHONE.value,),
    "wecom": (Kind.EXTERNAL_USERID.value,),
    "wechat": (Kind.OPENID.value,),
    "webhook": None,
}
