"""The words of content: what we say, in which version, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from siyu.base.text import say

MARKETING = "marketing"
ALIKE = ("wecom",)  # channels on which everybody gets the same words
CARRYING = (*ALIKE, "welcome")  # channels whose messages carry attachments
PURPOSES = (MARKETING, "service", "transactional")

AD_PREFIXES = ("", "广告", "AD")
DEFAULT_AD_PREFIX = (
    ""  # setting `content.ad_prefix`: what subjects of marketing e-mail begin with; China's e-mail rules ask for one of the two
)
LONGEST_SUBJECT = 200  # characters
LONGEST_BODY = 50_000
MOST_TEXT_BYTES = 4_000  # of a text in WeCom, in UTF-8


@dataclass(frozen=True)
class Content:
    """A piece of content as lists show it; its text is a `Version`."""

    content_id: int
    name: str
    channel: str
    purpose: str
    version: int
    created_at: datetime
    changed_at: datetime
    changed_by: str
    archived_at: datetime | None


@dataclass(frozen=True)
class Version:
    """One version of a content, kept for ever. `links` maps each address that the body leads to to the number of its tracked link.

    `attachments` are those of `content.attachments`, for WeCom.
    `purpose` decides the fixed lines at the end; a message takes it from its intent (`dataclasses.replace`), a preview from the content.
    """

    content_id: int
    version: int
    name: str
    channel: str
    purpose: str
    subject: str
    body: str
    links: Mapping[str, int] = field(default_factory=dict, hash=False, compare=False)
    attachments: Sequence[Mapping[str, Any]] = field(default=(), hash=False, compare=False)


@dataclass(frozen=True)
class Problem:
    """Something wrong in a text, with its place (line and column count from 1) so that a page can point at it.

    A fatal problem forbids saving; the others are advice.
    """

    code: str
    where: str  # name, subject or body
    line: int = 1
    column: int = 1
    is_fatal: bool = True
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def text(self, lang: str) -> str:
        """The problem and its remedy in words."""
        return say(f"content.problem_{self.code}", lang, **self.values)


@dataclass(frozen=True)
class Rendered:
    """A text made for one person. While `missing` is not empty it must not be sent: a name in it had no value and no fallback."""

    subject: str
    html: str
    text: str
    missing: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()  # of a form (`content.forms`): what was put in, by name, in order


@dataclass(frozen=True)
class Look:
    """What a message takes from the brand: its name, its currency (ISO 4217), its time zone (IANA) and the language of fixed lines."""

    brand: str = ""
    currency: str = "CNY"
    time_zone: str = "Asia/Shanghai"
    lang: str = "zh"
    ad_prefix: str = DEFAULT_AD_PREFIX


class Linker(Protocol):
    """Makes the addresses that stand in one message."""

    def click(self, target: str) -> str:
        """The address to put where the text leads to `target`."""
        ...

    def opened(self) -> str:
        """The address of the invisible picture that tells us of the opening; empty = none."""
        ...

    def unsubscribe(self) -> str:
        """The address of the page where the reader says no."""
        ...


@dataclass(frozen=True)
class PlainLinks:
    """The linker of previews: links lead straight to their targets, nothing is tracked, and the unsubscribe link goes nowhere."""

    unsubscribe_at: str = "#"

    def click(self, target: str) -> str:
        return target

    def opened(self) -> str:
        return ""

    def unsubscribe(self) -> str:
        return self.unsubscribe_at
