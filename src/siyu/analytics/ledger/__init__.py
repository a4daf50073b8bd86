"""THE LEDGER. Comes in: the log of facts (`post` reads it), spend, product costs, terms. Goes out: a person's account, P&L, payback.

Owns the tables ledger_entries, ledger_touches, ledger_imports, ledger_costs, and the view ledger_postings. docs/ledger.md defines
everything.
"""

from __future__ import annotations

from datetime import datetime

from siyu.analytics.ledger import person as its_person
from siyu.analytics.ledger import pnl as its_pnl
from siyu.analytics.ledger import winning
from siyu.analytics.ledger.book import Book, load
from siyu.analytics.ledger.flow import READER, post, record_spend, set_costs
from siyu.analytics.ledger.guides import can_serve, guide_rates
from siyu.analytics.ledger.sheets import Fault, read_costs, read_spends
from siyu.analytics.ledger.showing import (
    as_json,
    entries_behind,
    incremental,
    media_saved,
    spends,
    statement,
)
from siyu.analytics.ledger.store import all_costs, stamp
from siyu.analytics.ledger.terms import SETTING as TERMS_SETTING
from siyu.analytics.ledger.terms import dump as dump_terms
from siyu.analytics.ledger.terms import set_terms, terms
from siyu.analytics.ledger.words import (
    COSTS,
    DEFAULT_MARGIN,
    DIMENSIONS,
    HORIZON_DAYS,
    TOO_FEW,
    AttributionRule,
    Capacity,
    Dims,
    Payback,
    PaybackLine,
    PersonLedger,
    Pnl,
    PnlLine,
    ProductCost,
    SeenEntry,
    Spend,
    Terms,
)
from siyu.base.db import Connection


def person(conn: Connection, person_id: int, *, book: Book | None = None) -> PersonLedger:
    """One person's account to date; an old number means the person of today. `book` saves reading the ledger again."""
    return its_person.person(conn, book or load(conn), person_id)


def pnl(
    conn: Connection, *, by: str = "channel", rule: str = "last", period: its_pnl.Period = (None, None), book: Book | None = None
) -> Pnl:
    """The P&L by a dimension under an attribution rule; `period` is two days, both included, None = open. Raises `InputError`."""
    chosen = its_pnl.check(by, rule)
    return its_pnl.pnl(book or load(conn), by, chosen, period)


def payback(
    conn: Connection, now: datetime, *, by: str = "channel", rule: str = "first", horizon_days: int = HORIZON_DAYS, book: Book | None = None
) -> Payback:
    """How first-time buyers pay back what winning them cost, by a dimension, as of `now`. Raises `InputError`."""
    chosen = its_pnl.check(by, rule)
    return winning.payback(book or load(conn), by, chosen, now, horizon_days)


__all__ = [
    "COSTS",
    "DEFAULT_MARGIN",
    "DIMENSIONS",
    "HORIZON_DAYS",
    "READER",
    "TERMS_SETTING",
    "TOO_FEW",
    "AttributionRule",
    "Book",
    "Capacity",
    "Dims",
    "Fault",
    "Payback",
    "PaybackLine",
    "PersonLedger",
    "Pnl",
    "PnlLine",
    "ProductCost",
    "SeenEntry",
    "Spend",
    "Terms",
    "all_costs",
    "as_json",
    "can_serve",
    "dump_terms",
    "entries_behind",
    "guide_rates",
    "incremental",
    "load",
    "media_saved",
    "payback",
    "person",
    "pnl",
    "post",
    "read_costs",
    "read_spends",
    "record_spend",
    "set_costs",
    "set_terms",
    "spends",
    "stamp",
    "statement",
    "terms",
]
