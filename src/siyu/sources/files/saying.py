"""Notes, reject codes and fields in the reader's language."""

from __future__ import annotations

import json
from typing import Any

from siyu.base.text import catalogue, say
from siyu.sources.files.words import Note


def note_in_words(note: Note, lang: str) -> str:
    """A note as a sentence."""
    values: dict[str, Any] = dict(note.values)
    if "group" in values:
        values["fields"] = " / ".join(field_name(f, lang) for f in list(values["group"])[:6])
    if "field" in values:
        values["field"] = field_name(str(values["field"]), lang)
    return say(f"sources.file_note_{note.code}", lang, **values)


def reject_in_words(code: str, lang: str) -> tuple[str, str]:
    """What is wrong with a row, and the remedy."""
    return say(f"sources.file_reject_{code}", lang), say(f"sources.file_reject_{code}_remedy", lang)


def fault_in_words(why: str, lang: str) -> tuple[str, str]:
    """What a failed import's `why` says, and the remedy; blanks when there is nothing."""
    if not why:
        return "", ""
    told = json.loads(why)
    key, values = f"sources.file_fault_{told['code']}", told["values"]
    return say(key, lang, **values), say(f"{key}_remedy", lang, **values)


def field_name(field: str, lang: str) -> str:
    """What a field is called: its own text, or that of its family with the name."""
    family, dot, name = field.partition(".")
    key = f"sources.file_field_{field.replace('.', '_')}"
    if key in catalogue():
        return say(key, lang)
    if dot:
        return say(f"sources.file_field_family_{family}", lang, name=name)
    return field
