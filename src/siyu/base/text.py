"""Texts that people see: one catalogue, Chinese first, English complete.

Each room keeps its texts in its own `texts.toml` (a large room in several, `texts_what.toml`): a table per key with `zh` and `en`. A key
is `room.what`; placeholders are `{name}`.

    [sent_because]
    zh = "因「{name}」发出"
    en = "Sent because of “{name}”"

A house test holds both languages together and finds keys that nobody uses or nobody wrote.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("zh", "en")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """All texts of all rooms: key -> language -> text."""
    found: dict[str, dict[str, str]] = {}
    for room in sorted(resources.files("siyu").iterdir(), key=lambda f: f.name):
        if not room.is_dir():
            continue
        for file in sorted(room.iterdir(), key=lambda f: f.name):
            if file.name.startswith("texts") and file.name.endswith(".toml"):
                for key, texts in tomllib.loads(file.read_text("utf-8")).items():
                    found[f"{room.name}.{key}"] = texts
    return found


def say(key: str, lang: str = "zh", **values: Any) -> str:
    """The text under `key` in a language, filled in. A missing key is shown as itself, so that it is seen and mended."""
    texts = catalogue().get(key)
    if texts is None:
        return key
    text = texts.get(lang) or texts["zh"]
    return text.format_map(_Shown(values)) if values else text


class _Shown(dict[str, Any]):
    """Leaves an unknown placeholder as it is instead of failing a whole page."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
