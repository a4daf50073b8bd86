"""Names that machines gave, as people read them: sources of facts, ids of WeChat, what a consent was given by."""

from __future__ import annotations

from collections.abc import Mapping

from siyu import vendors
from siyu.base.db import Connection
from siyu.base.text import catalogue, say
from siyu.sources.connected import source_name
from siyu.web import moments

_LONG_ID = 18  # signs; no phone and no order number is longer, every id of WeChat is
_NOBODY: Mapping[str, str] = {}


def account_names(conn: Connection) -> dict[str, str]:
    """The name that each connected account was given, by the name of the source its facts stand under."""
    made: dict[str, str] = {}
    for one in vendors.accounts(conn):
        made.setdefault(source_name(one.kind, one.app_id)[0], one.name)
    return made


def source(name: str, lang: str, accounts: Mapping[str, str] = _NOBODY) -> str:
    """A source by the name people know: an account's own, a channel's, one of ours; a source that people named stays as it is."""
    if name in accounts:
        return accounts[name]
    head, _, rest = name.partition(":")
    if head == "channel" and rest:
        return say("web.source_of_channel", lang, channel=moments.channel(rest, lang))
    if head in ("wecom", "official", "mini") and rest:
        return f"{say(f'web.connect_kind_{head}', lang)} {rest}"
    key = f"web.source_named_{name.replace(' ', '_').replace(':', '_')}"
    return say(key, lang) if key in catalogue() else name


def source_purpose(kind: str, said: str, lang: str) -> str:
    """What a source is for: ours of a kind that we make ourselves, else what was written down."""
    key = f"web.source_purpose_{kind}"
    return say(key, lang) if key in catalogue() else said


def short(mask: str) -> str:
    """A long id with its middle left out: nobody reads 28 signs, and the ends tell two apart."""
    return mask if len(mask) <= _LONG_ID or "@" in mask else f"{mask[:6]}…{mask[-4:]}"
