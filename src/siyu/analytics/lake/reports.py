"""Reports over the views of `lake.open`: columns in, columns out; `as_of` is the last moment that counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from siyu.analytics.lake.engine import Engine
from siyu.base.db import queries

Q = queries(__name__, "reports.duckdb.sql")
Columns = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class CohortCell:
    """Of the buyers whose first valid order was in month `cohort` (2026-11): what they did `age` months later (0 = that month).

    `again` of them placed their second order in it.
    """

    cohort: str
    age: int
    buyers: int
    orders: int
    paid_minor: int
    again: int


def purchases(con: Engine, as_of: datetime) -> tuple[Columns, int]:
    """Every purchase day, sorted: `person_id, day` (since 1970-01-01, the brand's), `minor` (less refunds, never below zero), `orders_n`;
    and how many valid orders are in other currencies."""
    found = _columns(con, Q.purchases, as_of)
    elsewhere = con.execute(Q.count_elsewhere, {"as_of": as_of.isoformat()}).fetchone()
    return found, int(elsewhere[0]) if elsewhere else 0


def cohorts(con: Engine, as_of: datetime) -> list[CohortCell]:
    """Retention and repurchase by the month of the first valid order, in the order of cohort and age; empty cells are left out."""
    con.execute(Q.purchase_days)
    return [CohortCell(*row) for row in con.execute(Q.cohorts, {"as_of": as_of.isoformat()}).fetchall()]


def rfm(con: Engine, as_of: datetime) -> Columns:
    """Per buyer, sorted: `person_id, recency_days` (whole days since the last paid order), `orders, paid_minor, refunded_minor`."""
    return _columns(con, Q.rfm, as_of)


def _columns(con: Engine, query: str, as_of: datetime) -> Columns:
    con.execute(Q.purchase_days)
    found: Columns = con.execute(query, {"as_of": as_of.isoformat()}).fetchnumpy()
    return found
