"""Messages that fill a template of the vendor's: text messages (短信), template messages and subscription messages.

The subject is the template's number at the vendor. The body of a text message is the whole text with its values, so that its length is
known before anything is sent; the body of the others is one line a field, `thing1: {{ name }}`. Neither is read as markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from siyu.content.template import Choice, Template
from siyu.content.words import MARKETING, Problem, Version

SMS = "sms"
LINED = ("official", "official_notice", "mini")
FORMS = (SMS, *LINED)
CHATS = ("official_chat", "kf")
MOST_SMS = 500  # characters of a template (cloud.tencent.com/document/product/382/39023)
MOST_CHAT_BYTES = 2048
SMS_PRICE_MICRO = 45_000  # of one unit, in millionths of the currency's main unit; what both vendors ask for small packages in 2026
ONE_UNIT, LONG_UNIT = 70, 67  # characters (help.aliyun.com/document_detail/414224.html)
PLACES = ("url", "page", "mini_appid")  # lines that are no fields of the template: where a tap leads

_BARE = re.compile(r"https?://[^\s<>*\"'，。；：！？、）】」』》\)\]\ue000-\ue001]+")
_FIELD = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]{0,63})\s*[:：]\s*(.*?)\s*")
_OPT_OUT = re.compile(r"(?:拒收|退订|回复?|回覆)[^，。；]{0,6}?(?:T|TD|R|N|退订)|退订回|拒收请回复|REPLY\s+(?:T|STOP|R)\b", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")


def units(text: str, signature: str = "") -> int:
    """How many messages the carriers count for a text: up to 70 characters one, then one for each 67 begun. 【signature】 counts too."""
    length = len((f"【{signature}】" if signature else "").encode("utf-16-le")) // 2 + len(text.encode("utf-16-le")) // 2
    return 1 if length <= ONE_UNIT else -(-length // LONG_UNIT)


def cost_minor(units: int, unit_price_micro: int) -> int:
    """What a text of so many units costs, in minor units (fen), rounded up: the budget is never overdrawn by rounding."""
    return -(-units * unit_price_micro // 10_000)


def has_opt_out(text: str) -> bool:
    """Whether a text says how to refuse further ones, as marketing must."""
    return _OPT_OUT.search(text) is not None


def template_of(version: Version) -> str:
    """The vendor's number of the template that a version fills; empty for what fills none."""
    return version.subject.strip() if version.channel in FORMS else ""


def fields(text: str) -> dict[str, str]:
    """The lines of a filled form as {field: value}, in order. Lines that are none are left out: `check` told of them."""
    found = {}
    for line in text.splitlines():
        match = _FIELD.fullmatch(line)
        if match:
            found[match[1]] = match[2]
    return found


def linked(source: str, channel: str, click: Callable[[str], str]) -> str:
    """The body with its addresses made countable; that of a text message stays as it is: the vendor has approved each letter."""
    return source if channel == SMS else _BARE.sub(lambda match: click(match[0]), source)


def check_form(subject: str, body: str, channel: str, purpose: str, parsed: Template) -> list[Problem]:
    """What is wrong with a form, beside what may be wrong with any text."""
    found: list[Problem] = []
    if not subject.strip():
        found.append(Problem("form_template", "subject"))
    elif not _CODE.fullmatch(subject.strip()):
        found.append(Problem("form_template_odd", "subject"))
    if any(isinstance(node, Choice) for node in parsed.nodes):
        found.append(Problem("form_choice", "body"))
    if channel == SMS:
        if len(body) > MOST_SMS:
            found.append(Problem("too_long", "body", values={"most": MOST_SMS}))
        if purpose == MARKETING and not has_opt_out(body):
            found.append(Problem("form_opt_out", "body", body.count("\n") + 1))
        return found
    names: set[str] = set()
    for number, line in enumerate(body.splitlines(), 1):
        match = _FIELD.fullmatch(line)
        if not line.strip():
            continue
        if match is None or not match[2]:
            found.append(Problem("form_line", "body", number))
        elif match[1] in names:
            found.append(Problem("form_twice", "body", number, values={"name": match[1]}))
        names.add(match[1] if match else "")
    if names and not names - set(PLACES):
        found.append(Problem("form_empty", "body"))
    if purpose == MARKETING:
        found.append(Problem("form_marketing", "body", is_fatal=False))
    return found


def check_chat(body: str) -> list[Problem]:
    """What is wrong with a chat message: at most 2,048 bytes are taken."""
    return [Problem("bytes_chat", "body", values={"most": MOST_CHAT_BYTES})] if len(body.encode()) > MOST_CHAT_BYTES else []
