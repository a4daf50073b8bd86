"""The ledger as columns: what stands of every order, every touchpoint, every cost, with the people of today."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siyu import pool
from siyu.analytics.ledger import terms as its_terms
from siyu.analytics.ledger.attribution import NOBODY, Credit, Ints, Met, credit
from siyu.analytics.ledger.store import Q
from siyu.analytics.ledger.words import DIMENSIONS, AttributionRule, Dims, Terms
from siyu.base.db import Connection


@dataclass(frozen=True)
class Cost:
    """Money spent or served on one day for what the dimensions say."""

    what: str
    on: date
    dims: Dims
    minor: int
    facts_n: int


@dataclass
class Book:
    """Everything a P&L is made of, in one currency. Orders are in the order of time; persons are numbered by their place in `people`."""

    currency: str
    terms: Terms
    numbers: list[tuple[int, str]]  # (source, order number) of each order
    people: Ints  # ids, ascending
    person: Ints  # of each order: place in people, or NOBODY
    at: Ints  # microseconds
    on: NDArray[np.int64]  # day number (proleptic ordinal)
    paid: Ints
    refunded: Ints
    adjusted: Ints
    goods: Ints
    bases: tuple[Ints, Ints, Ints]  # cost of goods by product, margin, default_margin
    is_first: NDArray[np.bool_]  # the first order that its person paid something for
    touch_person: Ints
    touch_at: Ints
    touch_order: Ints
    touch_type: list[str]
    touch_dims: list[Dims]
    costs: list[Cost]
    served: tuple[Ints, Ints, Ints]  # person, at, minor
    served_what: list[str]
    others: dict[str, int]  # other currencies -> net
    _met: dict[str, tuple[Met, list[str]]] = field(default_factory=dict)
    _credit: dict[tuple[str, AttributionRule], Credit] = field(default_factory=dict)
    _reach: dict[str, int] | None = None

    def met(self, by: str) -> tuple[Met, list[str]]:
        """The touchpoints that name a dimension, and its keys by number."""
        if by not in self._met:
            place = DIMENSIONS.index(by)
            words = [dims[place] for dims in self.touch_dims]
            keys = sorted({word for word in words if word} | {cost.dims[place] for cost in self.costs if cost.dims[place]})
            number = {word: n for n, word in enumerate(keys)}
            has = np.array([bool(word) for word in words], dtype=bool)
            at = np.flatnonzero(has)
            key = np.array([number[word] for word in words if word], dtype=np.int64)
            self._met[by] = (Met(self.touch_person[at], self.touch_at[at], key, self.touch_order[at]), keys)
        return self._met[by]

    def reach(self) -> dict[str, int]:
        """By campaign: how many people answered its messages."""
        if self._reach is None:
            answered = {
                (dims.campaign, person)
                for person, type_, dims in zip(self.touch_person.tolist(), self.touch_type, self.touch_dims, strict=True)
                if type_.startswith("message.") and dims.campaign and person != NOBODY
            }
            self._reach = dict(Counter(campaign for campaign, _ in answered))
        return self._reach

    def credit(self, by: str, rule: AttributionRule) -> Credit:
        """Who gets what share of which order."""
        if (by, rule) not in self._credit:
            self._credit[by, rule] = credit(self.person, self.at, self.met(by)[0], rule, self.terms.touch_days)
        return self._credit[by, rule]


def load(conn: Connection) -> Book:
    """Read the ledger."""
    brand = pool.brand(conn)
    words = {"tz": brand.time_zone, "currency": brand.currency}
    conn.execute(Q.give_memory)
    rows = conn.cursor(binary=True).execute(Q.see_orders, words).fetchall()
    mine = [row for row in rows if row[2] == brand.currency]
    others: dict[str, int] = {}
    for row in rows:
        if row[2] != brand.currency:
            others[row[2]] = others.get(row[2], 0) + row[6] + row[7] + row[8] - row[9]
    touches = conn.cursor(binary=True).execute(Q.see_touches, words).fetchall()
    costs = [Cost(r[0], r[2], Dims(*r[3:8]), r[8], r[9]) for r in _costs(conn, words, others, brand.currency)]
    served = conn.cursor(binary=True).execute(Q.see_served, words).fetchall()
    owners = _ints([row[3] for row in mine])
    people = np.unique(np.concatenate([owners[owners >= 0], _ints([r[0] for r in touches if r[0]]), _ints([r[0] for r in served])]))
    person = _places(people, owners)
    paid, at = _ints([row[6] for row in mine]), _ints([row[4] for row in mine])
    numbers = [(row[0], row[1]) for row in mine]
    order_of = {number: n for n, number in enumerate(numbers)}
    kept = [row for row in touches if row[2] is None or (row[1], row[2]) in order_of]
    return Book(
        currency=brand.currency, terms=its_terms.terms(conn), numbers=numbers, people=people, person=person, at=at,
        on=_ints([row[5].toordinal() for row in mine]), paid=paid, refunded=_ints([row[7] for row in mine]),
        adjusted=_ints([row[8] for row in mine]), goods=_ints([row[9] for row in mine]),
        bases=(_ints([row[10] for row in mine]), _ints([row[11] for row in mine]), _ints([row[12] for row in mine])),
        is_first=_firsts(person, paid),
        touch_person=_places(people, _ints([row[0] for row in kept])), touch_at=_ints([row[3] for row in kept]),
        touch_order=_ints([NOBODY if row[2] is None else order_of[row[1], row[2]] for row in kept]),
        touch_type=[row[4] for row in kept], touch_dims=_dims([row[5:10] for row in kept]), costs=costs,
        served=(_places(people, _ints([r[0] for r in served])), _ints([r[2] for r in served]), _ints([r[3] for r in served])),
        served_what=[r[1] for r in served], others=others,
    )  # fmt: skip


def _costs(conn: Connection, words: dict[str, Any], others: dict[str, int], currency: str) -> list[Any]:
    rows = conn.cursor(binary=True).execute(Q.see_costs, words).fetchall()
    for row in rows:
        if row[1] != currency:
            others[row[1]] = others.get(row[1], 0) - row[8]
    return [row for row in rows if row[1] == currency]


def _dims(words: list[tuple[str, ...]]) -> list[Dims]:
    """One object for all touchpoints that say the same: there are few of them."""
    known = {each: Dims(*each) for each in set(words)}
    return [known[each] for each in words]


def _ints(values: list[Any]) -> Ints:
    return np.array([NOBODY if value is None else value for value in values], dtype=np.int64)


def _places(people: Ints, owners: Ints) -> Ints:
    if not len(people):
        return np.full(len(owners), NOBODY, dtype=np.int64)
    return np.where(owners < 0, NOBODY, np.searchsorted(people, np.maximum(owners, people[0]))).astype(np.int64)


def _firsts(person: Ints, paid: Ints) -> NDArray[np.bool_]:
    """Orders stand in the order of time: the first of each person that something was paid for."""
    made = np.zeros(len(person), dtype=bool)
    valid = np.flatnonzero((person != NOBODY) & (paid > 0))
    _, first = np.unique(person[valid], return_index=True)
    made[valid[first]] = True
    return made
