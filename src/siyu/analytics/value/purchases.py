"""Purchase histories as columns: one row a customer and day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siyu.analytics.value.words import Floats

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Purchases:
    """One row per customer and purchase day, sorted by customer and day.

    `customer` numbers from 0, `day` days since 1970-01-01, `minor` what was paid that day less what was given back, in minor units.
    Several orders of one day are one purchase, as in the published work.
    """

    customer: Ints
    day: Ints
    minor: Floats

    @property
    def customers(self) -> int:
        """How many customers there are."""
        return int(self.customer[-1]) + 1 if len(self.customer) else 0


@dataclass(frozen=True)
class Histories:
    """What is known of each customer at a cut, one entry per customer who had bought by then.

    `who` the customer's number; `x, t_x, t_obs` as in States (weeks); `mean_minor` the average of the repeat purchases (0 without one).
    """

    who: Ints
    x: Floats
    t_x: Floats
    t_obs: Floats
    mean_minor: Floats


def purchases_of(customer: Ints, day: Ints, minor: Floats) -> Purchases:
    """Add up the days: any order of rows, customers numbered from 0."""
    if not len(customer):
        return Purchases(customer, day, minor)
    low = int(day.min())
    order = np.argsort(customer * (int(day.max()) - low + 1) + (day - low), kind="stable")  # both in one number: one sort
    customer, day, minor = customer[order], day[order], minor[order]
    new = np.concatenate([[True], (np.diff(customer) != 0) | (np.diff(day) != 0)])
    return Purchases(customer[new], day[new], np.add.reduceat(minor, np.flatnonzero(new)))


def histories_at(p: Purchases, cut_day: int) -> Histories:
    """Everybody's history as it stood at the end of `cut_day`."""
    seen = p.day <= cut_day
    customer, day, minor = p.customer[seen], p.day[seen], p.minor[seen]
    if not len(customer):
        nothing = np.zeros(0)
        return Histories(np.zeros(0, dtype=np.int64), nothing, nothing, nothing, nothing)
    starts = np.flatnonzero(np.concatenate([[True], np.diff(customer) != 0]))
    counts = np.diff(np.append(starts, len(customer)))
    first, last = day[starts], day[starts + counts - 1]
    spent = np.add.reduceat(minor, starts) - minor[starts]  # of the repeat purchases
    x = (counts - 1).astype(float)
    mean = np.divide(spent, x, out=np.zeros(len(x)), where=x > 0)
    return Histories(customer[starts], x, (last - first) / 7.0, (cut_day - first) / 7.0, mean)


def bought_between(p: Purchases, after_day: int, until_day: int) -> tuple[Floats, Floats]:
    """Per customer number: purchase days and money in (after_day, until_day]."""
    inside = (p.day > after_day) & (p.day <= until_day)
    times = np.bincount(p.customer[inside], minlength=p.customers).astype(float)
    money = np.bincount(p.customer[inside], weights=p.minor[inside], minlength=p.customers).astype(float)
    return times, money
