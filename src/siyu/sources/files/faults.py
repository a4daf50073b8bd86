"""What makes a whole file unreadable, said in both languages: `sources.file_fault_<code>` and `..._remedy` in texts.toml."""

from __future__ import annotations

from typing import Any

from siyu.base.errors import InputError, Told
from siyu.base.text import say


class FileFault(InputError):
    """The file, or what was asked of it, cannot be used as it is. `code` and `values` let a page say it in the reader's language."""

    def __init__(self, code: str, *, at: str = "", **values: Any) -> None:
        super().__init__(said(code, "en", values), said(f"{code}_remedy", "en", values), field=at)
        self.code = code
        self.values = values

    def told(self, lang: str) -> Told:
        """What is wrong and what to do, in a language."""
        return Told(said(self.code, lang, self.values), said(f"{self.code}_remedy", lang, self.values))


def said(code: str, lang: str, values: dict[str, Any]) -> str:
    """The text of a fault."""
    return say(f"sources.file_fault_{code}", lang, **values)
