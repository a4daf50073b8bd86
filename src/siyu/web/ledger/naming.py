"""What lines of the ledger are called: guides, codes and broadcasts by their names instead of the keys that facts carry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from siyu import channels, growth, journeys
from siyu.base.db import Connection
from siyu.pool import relations
from siyu.web import moments
from siyu.web.page import lang_of, say_to


@dataclass(frozen=True)
class Named:
    """A line's name; `beside` is its key, where another has the same name. As a string it is both."""

    name: str
    beside: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.beside})" if self.beside else self.name


class Names:
    """The names of one dimension's keys. An unknown key is called as it is; no key at all is `nothing`."""

    def __init__(self, known: Mapping[str, str], nothing: str) -> None:
        counts = Counter(known.values())
        self._nothing = nothing
        self._known = {key: Named(name, key if counts[name] > 1 else "") for key, name in known.items() if name}

    def of(self, key: str | None) -> Named:
        """What a line is called."""
        return Named(self._nothing) if key is None else self._known.get(key, Named(key))


def names(request: Request, conn: Connection, by: str) -> Names:
    """The names of a dimension: a broadcast by its campaign key (broadcast/12), a guide by the userid, a code by what WeCom gives back, a
    channel of ours by its own.
    """
    known: dict[str, str] = {}
    if by == "campaign":
        known = {f"broadcast/{one.broadcast_id}": one.name for one in journeys.newest(conn, limit=500)}
    elif by == "guide":
        known = guide_names(conn)
    elif by == "code":
        known = {one.state: one.draft.name for one in growth.codes(conn, with_closed=True)}
    elif by == "channel":
        known = {name: moments.channel(name, lang_of(request)) for name in channels.channels()}
    return Names(known, say_to(request, "analytics.ledger_nothing"))


def guide_names(conn: Connection) -> dict[str, str]:
    """Guides by userid, those who left too. Facts do not say which corp: where two corps use a userid, both names are given."""
    found: dict[str, list[str]] = {}
    for one in relations.guides(conn, only_active=False):
        its = found.setdefault(one.guide, [])
        if one.name and one.name not in its:
            its.append(one.name)
    return {guide: " / ".join(its) for guide, its in found.items()}
