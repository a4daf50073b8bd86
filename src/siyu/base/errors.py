"""Errors that a person can act on."""

from __future__ import annotations


class SiyuError(Exception):
    """Something is wrong and we know what to do about it.

    `what` says what is true, `remedy` what to do next. Neither may hold personal data or a secret: both reach logs and pages.
    """

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(f"{what} {remedy}".strip())
        self.what = what
        self.remedy = remedy


class ConfigError(SiyuError):
    """A setting, a file or a server is not as it must be."""


class InputError(SiyuError):
    """What somebody gave us cannot be used as it is. `field` names the part that is wrong."""

    def __init__(self, what: str, remedy: str = "", *, field: str = "") -> None:
        super().__init__(what, remedy)
        self.field = field


class NotFoundError(SiyuError):
    """What was asked for does not exist (or the asker may not know that it does)."""
