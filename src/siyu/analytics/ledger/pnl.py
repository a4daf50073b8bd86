"""The profit and loss by one dimension: every order's money divided by the rule, every cost where it says it belongs. Pure, over a book."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from siyu.analytics.ledger.attribution import NOBODY, Credit, divide
from siyu.analytics.ledger.book import Book
from siyu.analytics.ledger.words import DIMENSIONS, AttributionRule, Basis, Pnl, PnlLine
from siyu.base.errors import InputError

Period = tuple[date | None, date | None]


def check(by: str, rule: str) -> AttributionRule:
    """The rule by its name. Raises `InputError` for a dimension or rule that is none."""
    if by not in DIMENSIONS:
        raise InputError(f"There is no P&L by {by[:40]}.", f"Choose one of: {', '.join(DIMENSIONS)}.", field="by")
    if rule not in list(AttributionRule):
        raise InputError(f"There is no rule {rule[:40]}.", f"Choose one of: {', '.join(AttributionRule)}.", field="rule")
    return AttributionRule(rule)


def pnl(book: Book, by: str, rule: AttributionRule, period: Period = (None, None)) -> Pnl:
    """Lines and total. An order counts in the period of its first payment, with its refunds, whenever they came; a cost on its own days."""
    inside = _inside(book, period)
    whole = book.credit(by, rule)
    some = inside[whole.order]
    credit = Credit(whole.order[some], whole.key[some], whole.weight[some])
    keys: list[str | None] = [*book.met(by)[1], None]
    columns: dict[str, NDArray[np.int64]] = {
        "orders_milli": np.where(book.paid > 0, 1000, 0).astype(np.int64),
        "first_milli": np.where(book.is_first, 1000, 0).astype(np.int64),
        "paid": book.paid, "refunded": book.refunded, "adjusted": book.adjusted, "goods": book.goods,
    }  # fmt: skip
    sums = {name: _sum(credit.key, divide(credit, np.where(inside, values, 0)), len(keys)) for name, values in columns.items()}
    place, number = DIMENSIONS.index(by), {word: n for n, word in enumerate(keys)}
    spend, served = [0] * len(keys), [0] * len(keys)
    for cost in book.costs:
        if _is_in(cost.on, period):
            (spend if cost.what == "spend" else served)[number[cost.dims[place] or None]] += cost.minor
    lines = [
        PnlLine(key, **{name: int(values[n]) for name, values in sums.items()}, spend=spend[n], served=served[n])
        for n, key in enumerate(keys)
    ]
    shown = [line for line in lines if line.key is None or line != PnlLine(line.key)]
    shown.sort(key=lambda line: (line.key is None, -line.net, line.key or ""))
    paying = [line for line in lines if line.spend > 0 and line.key is not None]
    won = sum(line.first_milli for line in paying)
    return Pnl(
        by=by, rule=rule, from_on=period[0], to_on=period[1], currency=book.currency, lines=tuple(shown), total=total(book, period),
        basis=Basis(*(int(one[inside].sum()) for one in book.bases)),
        paid_cac=sum(line.spend for line in paying) * 1000 / won if won > 0 else None, other_currencies=book.others,
    )  # fmt: skip


def total(book: Book, period: Period = (None, None)) -> PnlLine:
    """The pool's own P&L, counted without any attribution: what the lines of every P&L must add up to."""
    inside = _inside(book, period)
    costs = [cost for cost in book.costs if _is_in(cost.on, period)]
    return PnlLine(
        None,
        orders_milli=1000 * int((inside & (book.paid > 0)).sum()), first_milli=1000 * int((inside & book.is_first).sum()),
        paid=int(book.paid[inside].sum()), refunded=int(book.refunded[inside].sum()), adjusted=int(book.adjusted[inside].sum()),
        goods=int(book.goods[inside].sum()), spend=sum(c.minor for c in costs if c.what == "spend"),
        served=sum(c.minor for c in costs if c.what != "spend"),
    )  # fmt: skip


def orders_behind(book: Book, by: str, key: str | None, rule: AttributionRule, period: Period, limit: int = 200) -> list[tuple[int, int]]:
    """The newest orders that a line has a part of: (place in the book, paid part in minor units)."""
    whole = book.credit(by, rule)
    number = {word: n for n, word in enumerate(book.met(by)[1])}
    mine = np.flatnonzero((whole.key == (NOBODY if key is None else number.get(key, -2))) & _inside(book, period)[whole.order])
    parts = divide(whole, book.paid + book.refunded)
    sums: dict[int, int] = {}
    for at in mine[::-1]:
        order = int(whole.order[at])
        if order not in sums and len(sums) == limit:
            break
        sums[order] = sums.get(order, 0) + int(parts[at])
    return list(sums.items())


def _sum(keys: NDArray[np.int64], parts: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    made = np.zeros(n, dtype=np.int64)
    np.add.at(made, keys, parts)  # NOBODY is -1: the last place
    return made


def _inside(book: Book, period: Period) -> NDArray[np.bool_]:
    low = period[0].toordinal() if period[0] else 0
    high = period[1].toordinal() if period[1] else 10**7
    made: NDArray[np.bool_] = (book.on >= low) & (book.on <= high)
    return made


def _is_in(on: date, period: Period) -> bool:
    return (period[0] is None or on >= period[0]) and (period[1] is None or on <= period[1])
