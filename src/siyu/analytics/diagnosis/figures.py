"""What happened, counted: who buys again, when, how much of the business it is, how it is spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from siyu.analytics.diagnosis.words import PAID, REFUNDED, Ints, Trade
from siyu.analytics.value.purchases import Purchases, purchases_of

_MOST_COHORTS = 24


@dataclass(frozen=True)
class Buyers:
    """Per identified buyer, renumbered from 0: orders, money paid and given back, first and last day."""

    orders: Ints
    paid: Ints
    refunded: Ints
    first: Ints
    last: Ints
    purchases: Purchases


def buyers_of(t: Trade) -> Buyers:
    """The people with at least one paid line, from the lines that name a customer."""
    paid = (t.kind == PAID) & (t.customer >= 0)
    codes, who = np.unique(t.customer[paid], return_inverse=True)
    n = len(codes)
    day, minor = t.day[paid], t.minor[paid]
    order = np.where(t.order[paid] >= 0, t.order[paid], -1 - np.flatnonzero(paid))  # a line without a number is an order of its own
    pairs = _pairs(who, order)
    back = (t.kind == REFUNDED) & np.isin(t.customer, codes)
    refunded = np.bincount(np.searchsorted(codes, t.customer[back]), weights=-t.minor[back], minlength=n)
    first, last = np.full(n, np.iinfo(np.int64).max), np.full(n, np.iinfo(np.int64).min)
    np.minimum.at(first, who, day)
    np.maximum.at(last, who, day)
    return Buyers(
        orders=np.bincount(pairs[0], minlength=n).astype(np.int64),
        paid=np.bincount(who, weights=minor, minlength=n).astype(np.int64),
        refunded=refunded.astype(np.int64),
        first=first,
        last=last,
        purchases=purchases_of(who.astype(np.int64), day, minor.astype(float)),
    )


def figures_of(t: Trade, b: Buyers) -> dict[str, Any]:
    """The headline numbers. Rates are None where nobody can say yet."""
    paid, refunded = t.kind == PAID, t.kind == REFUNDED
    sales = int(t.minor[paid].sum())
    known = int(t.minor[paid & (t.customer >= 0)].sum())
    n = len(b.orders)
    p = b.purchases
    starts = np.flatnonzero(np.concatenate([[True], np.diff(p.customer) != 0])) if len(p.customer) else np.zeros(0, dtype=np.int64)
    counts = np.diff(np.append(starts, len(p.customer)))
    second = np.where(counts > 1, p.day[np.minimum(starts + 1, max(len(p.day) - 1, 0))] - b.first, -1) if n else np.zeros(0)
    ripe = b.first <= t.as_of_day - 90
    first_money = float(p.minor[starts].sum()) if n else 0.0
    gaps = _gaps(p)
    share = np.sort(b.paid)[::-1].cumsum() / max(known, 1)
    discount = _discounts(t, paid)
    return {
        "lines": t.lines,
        "rejected": t.rejected,
        "future": t.future,
        "customers": n,
        "orders": int(b.orders.sum()),
        "sales_minor": sales,
        "known_sales_minor": known,
        "anonymous_share": 1 - known / sales if sales else None,
        "refunds_minor": int(-t.minor[refunded].sum()),
        "refund_share": float(-t.minor[refunded].sum() / sales) if sales else None,
        "average_order_minor": int(known / b.orders.sum()) if n else None,
        "orders_each": float(b.orders.mean()) if n else None,
        "repeat_rate": float((b.orders >= 2).mean()) if n else None,
        "repurchase_90d": float(((second >= 0) & (second <= 90))[ripe].mean()) if ripe.any() else None,
        "ripe_customers": int(ripe.sum()),
        "repeat_sales_share": 1 - first_money / known if known else None,
        "days_to_second": float(np.median(second[second >= 0])) if (second >= 0).any() else None,
        "gap_quartiles": [float(q) for q in np.quantile(gaps, [0.25, 0.5, 0.75])] if len(gaps) else None,
        "new_90d_share": float((b.first > t.as_of_day - 90).mean()) if n else None,
        "champions": _champions(b, t.as_of_day, known),
        "top_share": {str(k): float(share[max(1, round(n * k / 100)) - 1]) for k in (1, 10, 20)} if n else None,
        "active_90d": float((b.last > t.as_of_day - 90).mean()) if n else None,
        "discount": discount,
    }


def months_of(t: Trade) -> list[dict[str, Any]]:
    """Sales, orders and new and returning buyers by calendar month."""
    paid = (t.kind == PAID) & (t.customer >= 0)
    if not paid.any():
        return []
    month = _month(t.day[paid])
    who, minor = t.customer[paid], t.minor[paid]
    _, seat = np.unique(who, return_inverse=True)
    first = np.full(int(seat.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, seat, month)
    found = []
    for number in range(int(month.min()), int(month.max()) + 1):
        inside = month == number
        people = np.unique(seat[inside])
        new = int((first[people] == number).sum())
        fresh = first[seat[inside]] == number
        found.append({
            "month": _name(number), "sales_minor": int(minor[inside].sum()), "returning_minor": int(minor[inside][~fresh].sum()),
            "buyers": len(people), "new": new, "returning": len(people) - new,
        })  # fmt: skip
    return found


def cohorts_of(b: Buyers) -> list[dict[str, Any]]:
    """Buyers by the month of their first purchase, and how many of them bought in each month since."""
    p = b.purchases
    if not len(p.day):
        return []
    month, first = _month(p.day), _month(b.first)
    last = int(month.max())
    who, bought = _pairs(p.customer, month)
    start = first[who]
    found = []
    for cohort in range(max(int(first.min()), last - _MOST_COHORTS + 1), last + 1):
        mine = start == cohort
        active = np.bincount(bought[mine] - cohort, minlength=last - cohort + 1)
        if active[0]:
            found.append({"month": _name(cohort), "size": int(active[0]), "active": active.tolist()})
    return found


def grid_of(b: Buyers, as_of_day: int) -> list[list[dict[str, float]]]:
    """Recency x frequency quintiles (5 = most recent, most often): people and money. Ties are broken by number, so scores repeat."""
    n = len(b.orders)
    if n < 25:
        return []
    recency = _quintile(-(as_of_day - b.last))
    frequency = _quintile(b.orders)
    return [
        [
            {"people": int(cell.sum()), "minor": int(b.paid[cell].sum())}
            for f in range(1, 6)
            for cell in [(recency == r) & (frequency == f)]
        ]
        for r in range(5, 0, -1)
    ]  # fmt: skip


def _champions(b: Buyers, as_of_day: int, known: int) -> dict[str, Any] | None:
    """Those in the best fifth by recency, by orders and by money at once (555 of RFM); None below 25 buyers."""
    if len(b.orders) < 25:
        return None
    best = (_quintile(-(as_of_day - b.last)) == 5) & (_quintile(b.orders) == 5) & (_quintile(b.paid) == 5)
    money = int(b.paid[best].sum())
    return {"customers": int(best.sum()), "minor": money, "share": money / known if known else 0.0}


def _quintile(values: Ints) -> Ints:
    """NTILE(5): 1 for the lowest fifth, 5 for the highest; equal values in the order of their numbers."""
    n = len(values)
    rank = np.empty(n, dtype=np.int64)
    rank[np.lexsort((np.arange(n), values))] = np.arange(n)
    big, rest = divmod(n, 5)
    edges = np.cumsum([big + (k < rest) for k in range(5)])
    return np.searchsorted(edges, rank, side="right") + 1


def _gaps(p: Purchases) -> Ints:
    same = np.diff(p.customer) == 0
    gaps: Ints = np.diff(p.day)[same]
    return gaps


def _discounts(t: Trade, paid: Ints) -> dict[str, Any] | None:
    """Who buys only with a discount; None when the file has no discounts."""
    if t.discount_minor is None or not (t.discount_minor[paid] > 0).any():
        return None
    known = paid & (t.customer >= 0)
    codes, who = np.unique(t.customer[known], return_inverse=True)
    off = t.discount_minor[known] > 0
    lines = np.bincount(who, minlength=len(codes))
    with_off = np.bincount(who, weights=off, minlength=len(codes))
    often = lines >= 2
    full = t.minor[paid].sum() + t.discount_minor[paid].sum()
    return {
        "depth": float(t.discount_minor[paid].sum() / full) if full else 0.0,
        "lines_share": float((t.discount_minor[paid] > 0).mean()),
        "only_on_discount": float((with_off[often] == lines[often]).mean()) if often.any() else None,
    }


def _pairs(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """The different pairs, sorted: both numbers in one, so that one fast sort does it."""
    if not len(left):
        return left, right
    low = int(right.min())
    wide = int(right.max()) - low + 1
    both = np.unique(left.astype(np.int64) * wide + (right - low))
    return both // wide, both % wide + low


def _month(day: Ints) -> Ints:
    return day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _name(month: int) -> str:
    return str(np.datetime64(month, "M"))
