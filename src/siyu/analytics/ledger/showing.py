"""What pages and programs show of the ledger: JSON, the entries behind a line, proof beside attribution, media cost saved."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from siyu.analytics.ledger import pnl as its_pnl
from siyu.analytics.ledger import posting, store
from siyu.analytics.ledger.book import Book
from siyu.analytics.ledger.store import Q
from siyu.analytics.ledger.words import DIMENSIONS, AttributionRule, Dims, Payback, PersonLedger, Pnl, PnlLine, SeenEntry, Spend
from siyu.analytics.report import report
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.base.money import to_decimal, to_minor

MONEY = ("paid", "refunded", "adjusted", "goods", "margin", "spend", "served", "net")


@dataclass(frozen=True)
class Proof:
    """What a broadcast caused (against its holdout) beside what is attributed to it; minor units of margin and cost."""

    broadcast_id: int
    name: str
    cost: int
    margin: float
    low: float
    high: float
    is_over: bool

    @property
    def roi(self) -> tuple[float, float, float] | None:
        """(margin - cost) / cost with its interval; None where nothing was paid."""
        if not self.cost:
            return None
        return (self.margin / self.cost - 1, self.low / self.cost - 1, self.high / self.cost - 1)


def incremental(ground: Ground, conn: Connection, book: Book, campaign: str | None, margin_share: float) -> Proof | None:
    """What the broadcast behind a campaign key (broadcast/12) caused, at this margin, beside all that the ledger says it cost.

    None where the key is no broadcast that was drawn with a holdout.
    """
    kind, _, number = (campaign or "").partition("/")
    if kind != "broadcast" or not number.isdigit():
        return None
    found = report(ground, conn, int(number))
    if found.started_at is None or not found.funnel.control:
        return None
    total = found.effect.revenue.total
    cost = sum(one.minor for one in book.costs if one.dims.campaign == campaign)
    return Proof(
        found.broadcast_id, found.name, cost, total.value * margin_share, total.low * margin_share, total.high * margin_share, found.is_over
    )


def media_saved(book: Book, on: date) -> dict[str, int]:
    """By campaign: what reaching the people who answered its messages would have cost in paid media, at the price `reach` of the day.

    Empty while no such price is set: Siyu makes none up.
    """
    price = posting.price_on(book.terms, "reach", on)
    if price is None:
        return {}
    return {campaign: to_minor(price * Decimal(people), book.currency) for campaign, people in book.reach().items()}


def entries_behind(
    conn: Connection, book: Book, by: str, key: str | None, rule: AttributionRule, period: its_pnl.Period, limit: int = 100
) -> tuple[list[tuple[int, SeenEntry]], list[Any]]:
    """Why a line is what it is: its newest orders' entries, each with the part of the order's sales that the line has; and its costs."""
    behind = its_pnl.orders_behind(book, by, key, rule, period, limit)
    parts = {book.numbers[place]: part for place, part in behind}
    ask = {"sources": [s for s, _ in parts], "numbers": [n for _, n in parts], "limit": limit * 4}
    rows = [(store.seen(row[:17]), row) for row in conn.execute(Q.see_order_entries, ask)]
    numbers: dict[str, int] = {number: part for (_, number), part in parts.items()}
    place = DIMENSIONS.index(by)
    costs = [cost for cost in book.costs if (cost.dims[place] or None) == key and its_pnl._is_in(cost.on, period)]
    return [(numbers.get(entry.order_no or "", 0), entry) for entry, _ in rows], costs[::-1][:limit]


def spends(conn: Connection, limit: int = 200) -> list[tuple[Spend, datetime]]:
    """The spend that was recorded, newest first."""
    made = []
    for _, minor, currency, said, at in conn.execute(Q.see_spends, {"limit": limit}):
        data = said or {}
        begin, end = posting._days(data, at.date())
        made.append(
            (Spend(minor or 0, begin, end, posting.stated(data), currency, str(data.get("note", "")), str(data.get("ref", ""))), at)
        )
    return made


def statement(line: PnlLine, currency: str) -> dict[str, Any]:
    """One line as JSON can say it: money in minor units and as text."""
    made: dict[str, Any] = {"key": line.key, "orders": line.orders_milli / 1000, "first_buyers": line.first_milli / 1000}
    for name in MONEY:
        made |= {f"{name}_minor": getattr(line, name), name: str(to_decimal(getattr(line, name), currency))}
    return made | {"cac_minor": None if line.cac is None else round(line.cac), "is_few": line.is_few}


def as_json(value: Pnl | Payback | PersonLedger) -> dict[str, Any]:
    """A P&L, a payback or a person's account for a program."""
    if isinstance(value, Pnl):
        return {
            "by": value.by, "rule": value.rule.value, "from_on": value.from_on, "to_on": value.to_on, "currency": value.currency,
            "lines": [statement(line, value.currency) for line in value.lines], "total": statement(value.total, value.currency),
            "goods_by_basis_minor": {one.name: getattr(value.basis, one.name) for one in fields(value.basis)},
            "paid_cac_minor": None if value.paid_cac is None else round(value.paid_cac), "other_currencies": value.other_currencies,
        }  # fmt: skip
    if isinstance(value, Payback):
        names = ("people", "cost_minor", "paid_back", "not_yet", "never", "median_days", "cohort", "cohort_days", "is_few")
        return {
            "by": value.by, "currency": value.currency, "horizon_days": value.horizon_days, "free": value.free,
            "lines": [
                {"key": line.key, **{name: getattr(line, name) for name in names},
                 "by_day": [dict(zip(("day", "share", "low", "high", "at_risk"), point, strict=True)) for point in line.by_day]}
                for line in value.lines
            ],
        }  # fmt: skip
    money = {
        "paid": value.paid,
        "refunded": value.refunded,
        "goods": value.goods,
        "margin": value.margin,
        "won": value.won,
        "net": value.net,
    }
    return {
        "person_id": value.person_id, "currency": value.currency, "orders": value.orders,
        **{f"{name}_minor": minor for name, minor in money.items()},
        **{name: str(to_decimal(minor, value.currency)) for name, minor in money.items()},
        "served_minor": value.served, "won_by": _said(value.won_by), "first_order_at": value.first_order_at,
        "paid_back_at": value.paid_back_at,
        "goods_by_basis_minor": {one.name: getattr(value.basis, one.name) for one in fields(value.basis)},
        "other_currencies": value.other_currencies,
        "entries": [
            {"what": e.what, "debit": e.debit, "credit": e.credit, "amount_minor": e.amount_minor, "currency": e.currency,
             "order_no": e.order_no, "occurred_at": e.occurred_at, "basis": e.basis, "reason": e.reason}
            for e in value.entries
        ],
    }  # fmt: skip


def _said(dims: Dims | None) -> dict[str, str] | None:
    return None if dims is None else {name: word for name, word in dims._asdict().items() if word}
