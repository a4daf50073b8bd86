"""What a text may be and what it costs: units, variables, and what a vendor's reviewers let pass (help.aliyun.com, cloud.tencent.com)."""

from __future__ import annotations

import re

from siyu.sandbox.sms.words import PROMO, TENCENT

_ONE, _PART = 70, 67
_MARK = {"aliyun": re.compile(r"\$\{(\w+)\}"), "tencent": re.compile(r"\{(\d+)\}")}
_URL = re.compile(r"https?://|www\.|[\w-]+\.(com|cn|net|top|vip)\b", re.IGNORECASE)
_FORBIDDEN = re.compile(r"加微信|加我微信|微信号|加群|进群|公众号|小程序|优惠券|代金券|红包|老客户召回|好久不见")
_SENSITIVE = re.compile(r"赌博|博彩|彩票|贷款秒批|代开发票")
UNSUBSCRIBE = "拒收请回复R"
_MOST = 500
_MAINLAND = re.compile(r"^(?:\+86|0086|86)?(1[3-9]\d{9})$")


def units(content: str) -> int:
    """How many units a text costs: up to 70 letters one, longer ones 67 to a part."""
    return 1 if len(content) <= _ONE else -(-len(content) // _PART)


def mainland(text: str) -> str:
    """The 11 digits of a mainland number; empty when it is none."""
    found = _MAINLAND.match(text.strip())
    return found[1] if found else ""


def marks(vendor: str, content: str) -> list[str]:
    """The variables of a template, in order."""
    return list(dict.fromkeys(_MARK[vendor].findall(content)))


def filled(vendor: str, content: str, values: dict[str, str]) -> str:
    """The template with its variables."""
    return _MARK[vendor].sub(lambda m: values.get(m[1], ""), content)


def has_url(value: str) -> bool:
    """Whether a variable smuggles an address in."""
    return bool(_URL.search(value))


def is_sensitive(content: str) -> bool:
    """Whether carriers would not carry it."""
    return bool(_SENSITIVE.search(content))


def reviewed(vendor: str, kind: str, content: str) -> str:
    """Why the vendor's reviewers reject a template; empty = approved (TC 39023)."""
    if not content or len(content) > _MOST:
        return "InvalidParameterValue.InvalidTemplateFormat"
    if is_sensitive(content):
        return "InvalidParameterValue.TemplateWithDirtyWords"
    if vendor == TENCENT:
        if kind == PROMO and not content.rstrip("。.").endswith(UNSUBSCRIBE):
            return "InvalidParameterValue.MarketingTemplateWithoutUnsubscribe"
        found = _FORBIDDEN.search(content)
        if found:
            return f"InvalidParameterValue.TemplateWithDirtyWords: {found[0]}"
    return ""
