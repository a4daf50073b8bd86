"""Normal forms: the one writing under which an identifier is kept and found, however it was written where it came from.

Phones are E.164, e-mails lower-case with a punycode domain, WeChat ids lower-case; every other kind is NFKC, without hidden
characters, trimmed. A function gives None for what cannot be such an identifier; the source then rejects the row with a reason.
"""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal, InvalidOperation
from functools import lru_cache

import phonenumbers

from siyu.pool.words import Identifier, Kind

_MOBILE_CN = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})", re.ASCII)
_PLAIN_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_SCIENTIFIC = re.compile(r"(\d)(?:\.(\d+))?e\+?(\d{1,2})", re.IGNORECASE | re.ASCII)
_TRAILING_ZEROS = re.compile(r"(\d+)\.0+", re.ASCII)
_LABEL = re.compile(r"^(?:tel|phone|mobile|电话|手机号?码?|联系方式)\s*[:.]?\s*", re.IGNORECASE)
_BETWEEN_DIGITS = re.compile(r"[\s\-‐-―−().·_]+")
_TWO_NUMBERS = re.compile(r"\d{7,}\D*[/,;、|&或和]\D*\d{7,}")
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)
_DOMAIN_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_ANGLE = re.compile(r"<([^<>]+)>\s*$")
_WECHAT = re.compile(r"[a-z][-_a-z0-9]{5,19}", re.ASCII)
_LONGEST = 200

# What programs write when they have no id. Taken at their word they would make one person of thousands.
_NOBODY = frozenset(
    [
        *("null", "none", "nan", "nil", "undefined", "unknown", "n/a", "na", "(null)", "<null>", "-", "--", ".", "/", "false", "true"),
        *("anonymous", "guest", "test", "[object object]", "{}", "[]", "#n/a", "#value!", "#ref!", "idfa"),
        *("无", "空", "未知", "暂无", "没有", "匿名"),
    ]
)


def identifier(kind: Kind, raw: object, scope: str = "", *, region: str = "CN") -> Identifier | None:
    """The identifier in normal form, or None when `raw` cannot be one of this kind.

    `scope` is the shop, app or corp that gave the id. `region` (ISO 3166) is where a phone without a country code is taken to be.
    """
    if kind is Kind.PHONE:
        value = phone(raw, region)
    elif kind is Kind.EMAIL:
        value = email(raw)
    elif kind is Kind.WECHAT_ID:
        value = wechat_id(raw)
    else:
        value = plain_id(raw)
    return None if value is None else Identifier(kind, value, written(scope))


def phone(raw: object, region: str = "CN") -> str | None:
    """E.164 (`+8613800138000`) of a phone in any writing, or None.

    A number that a spreadsheet rounded (`1.38E+10`) has lost its digits and is None; `1.38001380000E+10` has them all.
    """
    if type(raw) is str and len(raw) == 11 and region == "CN" and _PLAIN_MOBILE.fullmatch(raw):
        return "+86" + raw
    text = written(raw)
    if not text or len(text) > 60:
        return None
    return _phone(text, region)


@lru_cache(maxsize=4096)
def _phone(text: str, region: str) -> str | None:
    text = _LABEL.sub("", text)
    whole = _TRAILING_ZEROS.fullmatch(text)
    if whole:
        text = whole[1]
    rounded = _SCIENTIFIC.fullmatch(text)
    if rounded:
        digits, power = rounded[1] + (rounded[2] or ""), int(rounded[3])
        if len(digits.rstrip("0")) > power + 1 or len(digits) < power + 1:
            return None
        text = digits[: power + 1]
    if _TWO_NUMBERS.search(text) or any(ch.isalpha() for ch in text):
        return None
    compact = _BETWEEN_DIGITS.sub("", text)
    if region == "CN" or compact.startswith(("+86", "0086")):
        mobile = _MOBILE_CN.fullmatch(compact)
        if mobile:
            return "+86" + mobile[1]
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def email(raw: object) -> str | None:
    """The address with both parts in lower case and an ASCII domain, or None. `Lin <lin@x.com>` gives the part in the brackets."""
    text = written(raw)
    if not text or "@" not in text:
        return None
    angle = _ANGLE.search(text)
    if angle:
        text = angle[1]
    text = text.removeprefix("mailto:").lstrip(" <\"'").rstrip(" .,;:>\"'").lower()
    local, _, domain = text.rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError:
            return None
    labels = domain.split(".")
    if len(labels) < 2 or len(local) > 64 or len(text) > 254 or not _LOCAL.fullmatch(local):
        return None
    if not all(_DOMAIN_LABEL.fullmatch(label) for label in labels) or len(labels[-1]) < 2 or labels[-1].isdigit():
        return None
    return f"{local}@{domain}"


def wechat_id(raw: object) -> str | None:
    """A WeChat id (6 to 20 letters, digits, `-`, `_`, a letter first) in lower case, or None."""
    text = written(raw).replace(" ", "").lower()
    return text if _WECHAT.fullmatch(text) else None


def plain_id(raw: object) -> str | None:
    """Any other id: trimmed, without hidden characters; `17850.0`, as spreadsheets write whole numbers, is `17850`. None for junk."""
    if type(raw) is str and raw.isascii() and raw.isalnum() and 1 < len(raw) <= _LONGEST:
        text = raw
    else:
        text = " ".join(written(raw).split())
        whole = _TRAILING_ZEROS.fullmatch(text)
        if whole:
            text = whole[1]
    if not text or len(text) > _LONGEST or text.lower() in _NOBODY or not text.strip("0-"):
        return None
    return text


def name(raw: str) -> str:
    """The form under which a person's name is compared: NFKC, single spaces, case folded."""
    return " ".join(written(raw).split()).casefold()


def written(raw: object) -> str:
    """A cell or JSON value as clean text: NFKC, no control or invisible characters, no spreadsheet quoting. Empty for no value."""
    if isinstance(raw, bool) or raw is None:
        return ""
    if isinstance(raw, float | Decimal):
        return _number(raw)
    text = str(raw)
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFKC", text)
        text = "".join(ch for ch in text if unicodedata.category(ch) not in ("Cf", "Cc", "Cs", "Co", "Cn") or ch in "\t\n")
    text = text.strip()
    while text.startswith("'") or (text.startswith('="') and text.endswith('"') and len(text) > 2):
        text = (text[1:] if text[0] == "'" else text[2:-1]).strip()
    return text


def _number(raw: float | Decimal) -> str:
    if not math.isfinite(raw):
        return ""
    try:
        return str(int(raw)) if raw == int(raw) else str(raw)
    except (OverflowError, InvalidOperation):
        return ""
