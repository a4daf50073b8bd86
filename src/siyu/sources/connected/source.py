"""Under which source the facts of an account stand in the pool's catalogue."""

from __future__ import annotations

from siyu.vendors import VendorKind

_NAMES = {
    VendorKind.WECOM: ("wecom:{}", "wecom"),
    VendorKind.OFFICIAL: ("official:{}", "wechat"),
    VendorKind.MINI: ("mini:{}", "wechat"),
    VendorKind.ALIYUN_SMS: ("sms:aliyun", "sms"),
    VendorKind.TENCENT_SMS: ("sms:tencent", "sms"),
}


def source_name(vendor: VendorKind, app_id: str) -> tuple[str, str]:
    """The source's name and kind. All apps of one corp are one source: what two of them are told is told once."""
    name, kind = _NAMES[vendor]
    return name.format(app_id), kind
