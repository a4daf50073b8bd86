"""What guides turn into buyers, with small numbers pulled towards everybody's; and how many customers a guide can look after. Pure."""

from __future__ import annotations

import numpy as np

from siyu.analytics import capacity
from siyu.analytics.ledger.attribution import NOBODY
from siyu.analytics.ledger.book import Book
from siyu.analytics.ledger.words import Capacity, GuideRate
from siyu.base.errors import InputError


def guide_rates(book: Book) -> list[GuideRate]:
    """Of the people whom each guide met first (`contact.added`), how many bought afterwards; most people met first.

    `shrunk` is the empirical-Bayes rate: each guide's own rate and everybody's, weighted by how much guides differ beyond chance (moments,
    as DerSimonian and Laird 1986).
    """
    added = np.flatnonzero((book.touch_person != NOBODY) & np.array([one == "contact.added" for one in book.touch_type], dtype=bool))
    met = [n for n in added.tolist() if book.touch_dims[n].guide]  # touchpoints stand in the order of time
    person, first = np.unique(book.touch_person[met], return_index=True)
    valid = (book.paid > 0) & (book.person != NOBODY)
    last = np.full(len(book.people), np.iinfo(np.int64).min, dtype=np.int64)
    np.maximum.at(last, book.person[valid], book.at[valid])
    has_bought = last[person] >= book.touch_at[met][first]
    counts: dict[str, list[int]] = {}
    for place, bought in zip(first.tolist(), has_bought.tolist(), strict=True):
        one = counts.setdefault(book.touch_dims[met[place]].guide, [0, 0])
        one[0] += 1
        one[1] += bought
    names = sorted(counts, key=lambda name: (-counts[name][0], name))
    rates = shrink([counts[name][0] for name in names], [counts[name][1] for name in names])
    return [GuideRate(name, counts[name][0], counts[name][1], rate) for name, rate in zip(names, rates, strict=True)]


def shrink(n: list[int], hits: list[int]) -> list[float]:
    """Rates of groups, pulled towards the common rate as far as their differences are chance."""
    size, hit = np.array(n, dtype=float), np.array(hits, dtype=float)
    whole = size.sum()
    if not len(n) or whole <= 0:
        return [0.0] * len(n)
    mean = hit.sum() / whole
    own = np.divide(hit, size, out=np.full_like(size, mean), where=size > 0)
    within = mean * (1 - mean)
    room = whole - (size**2).sum() / whole
    between = max(0.0, ((size * (own - mean) ** 2).sum() - (len(n) - 1) * within) / room) if room > 0 else 0.0
    noise = np.divide(within, size, out=np.full_like(size, np.inf), where=size > 0)
    trust = np.divide(between, between + noise, out=np.zeros_like(size), where=(between + noise) > 0)
    return [float(one) for one in trust * own + (1 - trust) * mean]


def can_serve(
    *, guides: int = 1, talks_a_month: float = 0.5, minutes_each: float = 6, hours_a_day: float = 8, days_a_month: float = 22,
    share: float = 0.9, within_minutes: float = 3,
) -> Capacity:  # fmt: skip
    """How many customers so many guides (who stand in for each other) can look after at this speed (Erlang C). Raises `InputError`."""
    bounds = {
        "guides": (guides, 1, 500), "talks_a_month": (talks_a_month, 0.01, 1000), "minutes_each": (minutes_each, 0.1, 600),
        "hours_a_day": (hours_a_day, 0.5, 24), "days_a_month": (days_a_month, 1, 31), "share": (share, 0.01, 0.999),
        "within_minutes": (within_minutes, 0, 1440),
    }  # fmt: skip
    for name, (value, least, most) in bounds.items():
        if not least <= value <= most:
            raise InputError(f"{name} lies outside {least:g} to {most:g}.", "Give a number between them.", field=name)
    hours, month = minutes_each / 60, hours_a_day * days_a_month

    def arrivals(customers: int) -> float:
        return customers * talks_a_month / month

    low, high = 0, int(guides * month / hours / talks_a_month) + 1  # above it the queue grows for ever
    while high - low > 1:
        middle = (low + high) // 2
        if capacity.answered_within(arrivals(middle), hours, guides, within_minutes / 60) >= share:
            low = middle
        else:
            high = middle
    wait = capacity.mean_wait(arrivals(low), hours, guides) * 60
    return Capacity(
        guides, talks_a_month, minutes_each, hours_a_day, days_a_month, share, within_minutes, low, arrivals(low) * hours / guides, wait
    )
