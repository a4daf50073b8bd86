"""WHAT A VENDOR MEANT. Comes in: callbacks, opened and read. Goes out: facts, wishes to fetch, and why nothing came of the rest.

Pure: no table, no clock, no network. A fact's id is the vendor's own key of the thing, so that a callback, its duplicate and the
nightly sync meet in the same fact. Types that nobody has written down are no error: vendors make new ones.
"""

from siyu.sources.connected.desk import desk_facts
from siyu.sources.connected.reading import about_of, digest_of, kind_of, plain, said_at, understand
from siyu.sources.connected.refusing import is_opt_out
from siyu.sources.connected.source import source_name
from siyu.sources.connected.wecom import HINTS
from siyu.sources.connected.words import Event, Understood, Unreadable

__all__ = [
    "HINTS",
    "Event",
    "Understood",
    "Unreadable",
    "about_of",
    "desk_facts",
    "digest_of",
    "is_opt_out",
    "kind_of",
    "plain",
    "said_at",
    "source_name",
    "understand",
]
