"""The sentences of errors, as readers of Chinese get them.

Code raises errors in plain English, so that a raise can be read where it stands; the English sentence is the key under which a room's
`errors.toml` has the Chinese (as in gettext). The values of an f-string are holes, numbered in their order, and keep what they hold:

    "There is no import {0}." = "没有编号为 {0} 的导入。"

    [words]  # values of this room's sentences that are words of its own, not of a person
    draft = "草稿"

A house test finds sentences without Chinese, and entries that nobody says any more.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from siyu.base.text import catalogue

_HOLE = re.compile(r"\{(\d+)\}")


@dataclass(frozen=True)
class Sentences:
    """What one room says in its errors: English -> Chinese, and the Chinese of words that stand in holes."""

    said: Mapping[str, str]
    words: Mapping[str, str]


@cache
def sentences() -> dict[str, Sentences]:
    """All sentences, by room."""
    found = {}
    for room in sorted(resources.files("siyu").iterdir(), key=lambda f: f.name):
        file = room.joinpath("errors.toml")
        if room.is_dir() and file.is_file():
            said = tomllib.loads(file.read_text("utf-8"))
            found[room.name] = Sentences(said, said.pop("words", {}))
    return found


@dataclass(frozen=True)
class _Template:
    shape: re.Pattern[str]
    chinese: str
    words: Mapping[str, str]


def retold(text: str, lang: str) -> str:
    """An error's English text in a language; as it is where nobody wrote another, or where it is in the reader's language already.

    A value that is itself such a sentence is told with it, and so is one that follows a place: `rules[1].window: ...`.
    """
    if lang == "en" or not text:
        return text
    known = _exact().get(text)
    if known is not None:
        return known
    place, colon, rest = text.partition(": ")
    if colon and " " not in place and (said := retold(rest, lang)) != rest:
        return f"{place}: {said}"
    for one in _templates():
        match = one.shape.fullmatch(text)
        if match:
            return _filled(one, match.groupdict(), lang)
    return text


def _filled(one: _Template, values: Mapping[str, str], lang: str) -> str:
    return _HOLE.sub(lambda hole: _value(one, values[f"v{hole[1]}"], lang), one.chinese)


def _value(one: _Template, value: str, lang: str) -> str:
    listed = value.split(", ")
    if all(item in one.words for item in listed):
        return "、".join(one.words[item] for item in listed)
    return retold(value, lang) if " " in value else value


@cache
def _exact() -> dict[str, str]:
    """Sentences without values: those of errors, and those of the catalogue (why a vendor said no is kept in English)."""
    found = {text["en"]: text["zh"] for text in catalogue().values() if text["en"].endswith(".") and "{" not in text["en"]}
    for room in sentences().values():
        found |= {english: chinese for english, chinese in room.said.items() if not _HOLE.search(english)}
    return found


@cache
def _templates() -> list[_Template]:
    """Sentences with values, those that begin with words of their own first, then those that say most: a vague one comes last."""
    holed = [
        (english, chinese, room.words) for room in sentences().values() for english, chinese in room.said.items() if _HOLE.search(english)
    ]
    holed.sort(key=lambda one: (one[0].startswith("{"), -len(_HOLE.sub("", one[0]))))
    return [_Template(_shape(english), chinese, words) for english, chinese, words in holed]


def _shape(english: str) -> re.Pattern[str]:
    parts = _HOLE.split(english)
    return re.compile("".join(f"(?P<v{part}>.*?)" if n % 2 else re.escape(part) for n, part in enumerate(parts)), re.DOTALL)
