"""Errors that a person can act on."""

from __future__ import annotations

from typing import NamedTuple

from siyu.base.sentences import retold


class Told(NamedTuple):
    """An error in one language; as a text, both sentences in a row."""

    what: str
    remedy: str

    def __str__(self) -> str:
        gap = "" if self.what.endswith(("。", "！", "？")) else " "
        return f"{self.what}{gap}{self.remedy}".strip()


class SiyuError(Exception):
    """Something is wrong and we know what to do about it.

    `what` says what is true, `remedy` what to do next. Neither may hold personal data or a secret: both reach logs and pages.
    Write them as English sentences, their Chinese into the room's `errors.toml`, and show people `told(lang)`.
    """

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(f"{what} {remedy}".strip())
        self.what = what
        self.remedy = remedy

    def told(self, lang: str) -> Told:
        """What is wrong and what to do, in a language. Texts that were raised in the reader's language stay as they are."""
        return Told(retold(self.what, lang), retold(self.remedy, lang))


class ConfigError(SiyuError):
    """A setting, a file or a server is not as it must be."""


class InputError(SiyuError):
    """What somebody gave us cannot be used as it is. `field` names the part that is wrong."""

    def __init__(self, what: str, remedy: str = "", *, field: str = "") -> None:
        super().__init__(what, remedy)
        self.field = field


class NotFoundError(SiyuError):
    """What was asked for does not exist (or the asker may not know that it does)."""
