"""A code in words: what happened to a message, or why a channel rests."""

from __future__ import annotations

from siyu import vendors
from siyu.base.sentences import retold
from siyu.base.text import catalogue, say
from siyu.vendors import VendorKind


def reason(code: str, lang: str, why: str = "") -> str:
    """The code as a sentence with its remedy; an empty text for a plain success. `why` fills in what the sentence leaves open."""
    if not code or code == "250" or (code.isdigit() and code.startswith("2")):
        return ""
    kind, _, its = code.partition(":")
    if its and kind in set(VendorKind):
        told = vendors.explain(kind, its, lang)
        what = told.what.rstrip("。.")
        what = what if its in what else f"{what} ({its})"
        return f"{what}{'。' if lang == 'zh' else '. '}{told.remedy}" if told.remedy else what
    parts = code.split("_")
    for n in range(len(parts), 0, -1):
        key = "channels.why_" + "_".join(parts[:n])
        if key in catalogue():
            return say(key, lang, why=retold(why, lang), code=code)
    return say("channels.why_http", lang, code=code)


def state(name: str, lang: str) -> str:
    """A send's state in words."""
    return say(f"channels.state_{name}", lang)
