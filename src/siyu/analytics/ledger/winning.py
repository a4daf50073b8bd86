"""What it cost to win each person, and when they pay it back. Pure, over a book."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from siyu.analytics.ledger.attribution import DAY, NOBODY, Ints
from siyu.analytics.ledger.book import Book
from siyu.analytics.ledger.words import DIMENSIONS, HORIZON_DAYS, AttributionRule, Dims, Payback, PaybackLine
from siyu.analytics.survival import kaplan_meier

SHOWN_DAYS = (0, 30, 60, 90, 180, 365)


def winners(book: Book, rule: AttributionRule = AttributionRule.FIRST) -> tuple[Ints, list[Ints]]:
    """First-time buyers' orders, and for each dimension the keys that won them, by number (`Book.met`; NOBODY: none): the first
    touchpoint of each, or the last."""
    first = np.flatnonzero(book.is_first)
    won = []
    for by in DIMENSIONS:
        got = book.credit(by, AttributionRule.LAST if rule in (AttributionRule.LAST, AttributionRule.STATED) else AttributionRule.FIRST)
        of_order = np.full(len(book.person), NOBODY, dtype=np.int64)
        of_order[got.order] = got.key
        won.append(of_order[first])
    return first, won


def costs_to_win(book: Book, rule: AttributionRule = AttributionRule.FIRST) -> tuple[Ints, int]:
    """What winning each first-time buyer cost, in the order of `winners`, and the spend that has won nobody yet. They sum to the spend.

    Spend for some dimensions is divided among the buyers whom all of these won and whose first order lies in the spend's month (equally,
    in whole minor units, earlier orders first). A month that won nobody is carried to the next month that did.
    """
    first, won = winners(book, rule)
    spends: dict[Dims, dict[int, int]] = {}
    for cost in book.costs:
        if cost.what == "spend":
            months = spends.setdefault(cost.dims, {})
            months[_month(cost.on.toordinal())] = months.get(_month(cost.on.toordinal()), 0) + cost.minor
    costs = np.zeros(len(first), dtype=np.int64)
    idle = 0
    days, place = np.unique(book.on[first], return_inverse=True)
    month_of = np.array([_month(int(day)) for day in days], dtype=np.int64)[place]
    number = [{word: n for n, word in enumerate(book.met(by)[1])} for by in DIMENSIONS]
    for dims, months in spends.items():
        is_won = np.ones(len(first), dtype=bool)
        for n, word in enumerate(dims):
            if word:
                is_won &= won[n] == number[n][word]
        members = np.flatnonzero(is_won)
        its_month = month_of[members]
        carried = 0
        for month in sorted(months.keys() | set(np.unique(its_month).tolist())):
            carried += months.get(month, 0)
            those = members[its_month == month]
            if len(those) and carried:
                whole, rest = divmod(abs(carried), len(those))
                costs[those] += (-1 if carried < 0 else 1) * (whole + (np.arange(len(those)) < rest))
                carried = 0
        idle += carried
    return costs, idle


def _month(ordinal: int) -> int:
    day = date.fromordinal(ordinal)
    return day.year * 12 + day.month


def payback(book: Book, by: str, rule: AttributionRule, now: datetime, horizon_days: int = HORIZON_DAYS) -> Payback:
    """How the first-time buyers of each line pay back what winning them cost, as of `now`.

    A person pays back at the first moment when contribution (margin of the orders less what serving cost) reaches the cost to win. Who is
    younger than the horizon and has not is censored; who was watched all of it has never.
    """
    first, won = winners(book, rule)
    cost, _ = costs_to_win(book, rule)
    paying = np.flatnonzero(cost > 0)
    place = np.full(len(book.people) + 1, NOBODY, dtype=np.int64)
    place[book.person[first]] = np.arange(len(first))
    place[-1] = NOBODY  # NOBODY indexes the last element
    who, day, gain = _gains(book, place, book.at[first])
    age = (int(now.timestamp() * 1_000_000) - book.at[first]) / DAY
    reached = _reached(who, day, gain, cost, len(first))
    in_time = (reached <= horizon_days) & (reached <= age)
    seen = np.where(in_time, reached, np.minimum(age, horizon_days))
    keys, its = [*book.met(by)[1], ""], won[DIMENSIONS.index(by)][paying]
    groups = {keys[n]: paying[its == n] for n in np.unique(its).tolist()}  # NOBODY is -1: the last place
    lines = []
    for key, i in sorted(groups.items(), key=lambda item: (not item[0], -len(item[1]), item[0])):
        curve = kaplan_meier(np.maximum(seen[i], 0).astype(np.float64), in_time[i])
        days = [d for d in SHOWN_DAYS if d <= horizon_days]
        by_day = []
        for d in days:
            before = np.flatnonzero(curve.times <= d)
            low, high = (
                (float(curve.low[before[-1]]), float(curve.high[before[-1]]))
                if len(before)
                else (0.0, 1 - 0.05 ** (1 / max(1, int((seen[i] >= d).sum()))))
            )
            by_day.append((d, curve.by(d), low, high, int((seen[i] >= d).sum())))
        cohort, cohort_days = _cohort(who, day, gain, i, cost, age, horizon_days)
        lines.append(
            PaybackLine(
                key or None, len(i), int(cost[i].sum()), int(in_time[i].sum()),
                int((~in_time[i] & (age[i] < horizon_days)).sum()), int((~in_time[i] & (age[i] >= horizon_days)).sum()),
                curve.median(), tuple(by_day), tuple(zip(curve.times.tolist(), curve.share.tolist(), strict=True)), cohort, cohort_days,
                min(float(age[i].max()), float(horizon_days)),
            )
        )  # fmt: skip
    return Payback(by, book.currency, horizon_days, tuple(lines), int((cost <= 0).sum()))


def _gains(book: Book, place: Ints, begun: Ints) -> tuple[Ints, NDArray[np.float64], Ints]:
    """Every gain of every first-time buyer: whose, on which day since the first order (fraction), how much. In the order of time."""
    margin = book.paid + book.refunded + book.adjusted - book.goods
    who = np.concatenate([place[book.person], place[book.served[0]]])
    at = np.concatenate([book.at, book.served[1]])
    gain = np.concatenate([margin, -book.served[2]])
    known = who != NOBODY
    who, at, gain = who[known], at[known], gain[known]
    day = np.maximum((at - begun[who]) / DAY, 0.0)  # what was served before the first order counts at once
    order = np.lexsort((-gain, day, who))
    return who[order], day[order], gain[order]


def _reached(who: Ints, day: NDArray[np.float64], gain: Ints, cost: Ints, n: int) -> NDArray[np.float64]:
    """The first day on which each one's sum of gains reaches the cost; infinite when it does not."""
    made = np.full(n, np.inf)
    if not len(who):
        return made
    total = np.cumsum(gain)
    starts = np.r_[0, np.flatnonzero(np.diff(who)) + 1]
    base = np.repeat(total[starts] - gain[starts], np.diff(np.r_[starts, len(who)]))
    last_of_moment = np.r_[(np.diff(who) != 0) | (np.diff(day) != 0), True]  # what comes at one moment counts together
    hit = np.flatnonzero((total - base >= cost[who]) & last_of_moment)[::-1]
    made[who[hit]] = day[hit]  # the earliest is written last, and stays
    return made


def _cohort(
    who: Ints, day: NDArray[np.float64], gain: Ints, members: Ints, cost: Ints, age: NDArray[np.float64], horizon: int
) -> tuple[str, float | None]:
    """When people have their cost back together: the first day on which those who were watched so long had, while that is half of them.

    Who was watched no longer than some day counts up to it, with the gains, the cost and then neither.
    """
    mine = np.isin(who, members)
    own, days, gains = who[mine], day[mine], gain[mine]
    seen = days <= age[own]
    own, days, gains = own[seen], days[seen], gains[seen]
    brought = np.zeros(len(cost), dtype=np.int64)
    np.add.at(brought, own, gains)
    at = np.concatenate([days, age[members]])
    change = np.concatenate([gains, cost[members] - brought[members]])  # a member who leaves takes its gains and its cost along
    leaves = np.concatenate([np.zeros(len(days), dtype=np.int64), np.ones(len(members), dtype=np.int64)])
    order = np.lexsort((leaves, at))
    at, leaves = at[order], leaves[order]
    held = np.cumsum(change[order]) - int(cost[members].sum())
    left = len(members) - np.cumsum(leaves)
    is_last = np.r_[(np.diff(at) != 0) | (np.diff(leaves) != 0), True] & (leaves == 0)
    hit = np.flatnonzero(is_last & (held >= 0) & (2 * left >= len(members)) & (at <= horizon))
    if len(hit):
        return "paid", float(at[hit[0]])
    return ("never" if 2 * int((age[members] >= horizon).sum()) >= len(members) else "not_yet"), None
