"""What is wrong with a rule, where, and what to write instead; in both languages."""

from __future__ import annotations

import json
from typing import Any

from siyu.base.errors import InputError, SiyuError, Told
from siyu.base.text import say

_MOST_SHOWN = 60


class RuleError(InputError):
    """A rule cannot be read. `field` is the JSON path of the wrong part, `code` the key of its text.

    Only what the author of the rule wrote stands in it, cut short.
    """

    def __init__(self, code: str, path: str, value: object = None, **more: str) -> None:
        self.code = code
        self.values = {"path": path, "value": show_value(value), **more}
        super().__init__(self._said("en"), self._said("en", "_remedy"), field=path)

    def told(self, lang: str) -> Told:
        """What is wrong and the remedy, in a language."""
        return Told(self._said(lang), self._said(lang, "_remedy"))

    def _said(self, lang: str, part: str = "") -> str:
        return say(f"segments.error_{self.code}{part}", lang, **self.values)


class TooSlowError(SiyuError):
    """A count took longer than it may."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(*self.told("en"))

    def told(self, lang: str) -> Told:
        """The same in a language."""
        return Told(say("segments.too_slow", lang, seconds=f"{self.seconds:g}"), say("segments.too_slow_remedy", lang))


def show_value(value: Any) -> str:
    """A value as JSON, cut short."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
