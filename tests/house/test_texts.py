"""One catalogue: both languages complete, no key without a text, no text without a use, the same placeholders in both."""

from __future__ import annotations

import re
from pathlib import Path

from siyu.base.text import LANGUAGES, catalogue

SRC = Path(__file__).parents[2] / "src" / "siyu"
_HOLE = re.compile(r"\{(\w+)[^}]*\}")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _sources() -> dict[Path, str]:
    files = [f for end in ("*.py", "*.html", "*.txt", "*.js") for f in SRC.rglob(end)]
    return {f: f.read_text("utf-8") for f in files}


def test_every_text_stands_in_both_languages_with_the_same_holes() -> None:
    wrong = []
    for key, texts in catalogue().items():
        if set(texts) != set(LANGUAGES):
            wrong.append(f"{key}: has {sorted(texts)}")
            continue
        if set(_HOLE.findall(texts["zh"])) != set(_HOLE.findall(texts["en"])):
            wrong.append(f"{key}: the holes differ")
        if _CHINESE.search(texts["en"]):
            wrong.append(f"{key}: Chinese in the English text")
    assert not wrong, "\n".join(wrong)


def test_every_key_that_is_named_has_a_text() -> None:
    rooms = {f.parent.name for f in SRC.glob("*/texts*.toml")}
    named = re.compile(r"""(?:say|t)\(\s*["']((?:{})\.[\w.]+)["']""".format("|".join(sorted(rooms))))
    known = catalogue()
    wrong = [
        f"{file.relative_to(SRC)}: {key}"
        for file, text in _sources().items()
        for key in named.findall(text)
        if key not in known and not key.endswith(("_", "."))
    ]
    assert not wrong, "\n".join(wrong)


def test_no_text_is_left_that_nobody_uses() -> None:
    """A key counts as used when it stands in the sources, or when its first word does as a part of a name: keys are also built from
    a code, as in `f"{family}_{code}"`.
    """
    everything = "\n".join(_sources().values())
    words = set(re.findall(r"[a-z0-9_.]+", everything))
    parts = {part for word in words for part in re.split(r"[._]", word)} | words
    unused = []
    for key in catalogue():
        _room, _, rest = key.partition(".")
        if key in words or rest in words or rest.split("_")[0] in parts:
            continue
        unused.append(key)
    assert not unused, "\n".join(unused)


def test_pages_hold_no_text_of_their_own() -> None:
    """Templates and Python outside texts.toml carry no Chinese for people; headers of files that we read are data."""
    wrong = [
        f"{file.relative_to(SRC)}:{number}"
        for file in (SRC / "web").rglob("*.html")
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if _CHINESE.search(re.sub(r"\{#.*?#\}", "", line)) and "中" not in line
    ]
    assert not wrong, wrong
