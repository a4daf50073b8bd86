"""What a mail server's answer means (RFC 5321 codes, RFC 3463 enhanced codes, and the habits of servers that use neither well)."""

from __future__ import annotations

import re

from siyu.base.log import scrub
from siyu.channels.email.words import Kind
from siyu.channels.words import Answer, Result

_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_LONGEST_WHY = 300

_HARD = frozenset({"1.0", "1.1", "1.2", "1.3", "1.6", "1.9", "1.10", "2.1", "4.4", "4.7"})
_SOFT = frozenset({"2.2", "2.0", "2.4", "3.1", "3.2", "4.1", "4.2", "4.3", "4.5", "4.6"})
_DEAD_WORDS = re.compile(
    r"user unknown|unknown user|no such (?:user|mailbox|recipient|address)|does not exist|doesn't exist|not found|no mailbox"
    r"|invalid (?:recipient|mailbox|address)|mailbox (?:unavailable|not found)|account (?:is )?(?:disabled|closed|inactive)"
    r"|用户不存在|收件人.{0,6}不存在|邮箱不存在|recipient (?:address )?rejected: (?:user|undeliverable)|unrouteable|null mx",
    re.IGNORECASE,
)
_POLICY_WORDS = re.compile(
    r"spam|black ?list|blocked|block list|policy|reputation|dmarc|dkim|\bspf\b|unsolicited|content rejected|rate limit|垃圾邮件|not allowed"
    r"|denied",
    re.IGNORECASE,
)
_FULL_WORDS = re.compile(
    r"over ?quota|quota exceeded|mailbox (?:is )?full|full mailbox|insufficient (?:system )?storage|邮箱已满|exceeded storage",
    re.IGNORECASE,
)


def status_of(code: int, text: str) -> str:
    """The enhanced status code in an answer, or an empty text."""
    match = _ENHANCED.search(text)
    return match.group() if match and match[1] == str(code)[:1] else ""


def kind_of(code: int, status: str, text: str, *, is_about_address: bool) -> Kind:
    """What a refusal is about. `is_about_address`: it came to RCPT TO, where there is nothing else to refuse."""
    permanent = (status[:1] or str(code)[:1]) == "5"
    detail = status.partition(".")[2]
    if detail:
        # 4.7.1 of a greylist and 5.7.1 of a policy; 5.1.8 and 5.1.7 are about our own address
        if detail in ("1.7", "1.8"):
            return Kind.SENDER
        if detail.startswith("7."):
            return Kind.POLICY if permanent else Kind.SOFT
        if detail in _SOFT or _FULL_WORDS.search(text):
            return Kind.SOFT
        if permanent and detail in _HARD:
            return Kind.HARD
        if detail.startswith(("3.", "5.", "6.")):
            return Kind.POLICY if permanent else Kind.SOFT
    if not permanent or _FULL_WORDS.search(text):
        return Kind.SOFT
    if _DEAD_WORDS.search(text):
        return Kind.HARD
    if _POLICY_WORDS.search(text):
        return Kind.POLICY
    return Kind.HARD if is_about_address and code in (550, 551, 553, 556) else Kind.POLICY


def refusal(code: int, text: str, *, is_about_address: bool) -> Result:
    """A no of the server to one letter, as a result."""
    status = status_of(code, text)
    kind = kind_of(code, status, text, is_about_address=is_about_address)
    label, why = f"{kind}_{status or code}", f"{code} {words(text)}"
    if kind is Kind.SENDER:
        return Result(Answer.DOWN, label, why)
    if 400 <= code < 500:
        return Result(Answer.LATER, label, why)
    if kind is Kind.SOFT:  # 552 mailbox full: permanent by its number, not by its nature
        return Result(Answer.LATER, label, why)
    return Result(Answer.REFUSED, label, why, is_hard=kind is Kind.HARD)


def words(text: str) -> str:
    """A server's words on one line, without addresses and phone numbers."""
    return scrub(" ".join(text.split()))[:_LONGEST_WHY]
