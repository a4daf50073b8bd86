"""Dividing an order among the touchpoints before it, in whole minor units that add up. Pure, over arrays.

Weights are whole numbers, and every amount is divided by largest remainder (Hamilton's method): each share is rounded down, and what is
left goes one by one to the largest remainders, ties to the earlier touchpoint. So the parts always sum to the whole, to the cent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siyu.analytics.ledger.words import HALF_LIFE_DAYS, AttributionRule

Ints = NDArray[np.int64]
NOBODY = -1
DAY = 86_400_000_000  # microseconds
_FINE = 1 << 16  # how finely time decay is written in whole numbers


@dataclass(frozen=True)
class Met:
    """Touchpoints that name one dimension, in the order of time: whose (NOBODY: of an order of nobody), when (microseconds), which key,
    and the order that says it (NOBODY: no order)."""

    person: Ints
    at: Ints
    key: Ints
    order: Ints


@dataclass(frozen=True)
class Credit:
    """Who gets what share of which order: one element a part, parts of an order together and in the order of time."""

    order: Ints
    key: Ints
    weight: Ints


def credit(person: Ints, at: Ints, met: Met, rule: AttributionRule, days: int) -> Credit:
    """The parts of every order (`person`, `at`: one element an order). An order that met nothing is one part of key NOBODY.

    An order meets what its person met in the `days` before it, up to its own second, and what it says itself, which comes last and counts
    once whatever its lines repeat.
    """
    n = len(person)
    own = _own(met, n)
    first = np.zeros(n, dtype=np.int64)
    count = np.zeros(n, dtype=np.int64)
    before = np.flatnonzero((met.order == NOBODY) & (met.person != NOBODY))
    if rule is not AttributionRule.STATED and len(before):
        before = before[np.lexsort((before, met.at[before] // 1_000_000, met.person[before]))]
        reach = np.int64(1) << 36  # more seconds than any moment has
        places = met.person[before] * reach + met.at[before] // 1_000_000 + (reach >> 1)
        here = person * reach + at // 1_000_000 + (reach >> 1)
        first = np.searchsorted(places, here - days * 86_400, side="left")
        count = np.where(person == NOBODY, 0, np.searchsorted(places, here, side="right") - first)
        count = np.maximum(count, 0)
    has_own = own != NOBODY
    total = count + has_own
    parts = np.maximum(total, 1)
    order = np.repeat(np.arange(n, dtype=np.int64), parts)
    rank = np.arange(len(order), dtype=np.int64) - np.repeat(np.cumsum(parts) - parts, parts)
    key = np.full(len(order), NOBODY, dtype=np.int64)
    age = np.zeros(len(order), dtype=np.int64)
    is_before = rank < count[order]
    if is_before.any():
        which = before[(first[order] + rank)[is_before]]
        key[is_before] = met.key[which]
        age[is_before] = np.maximum(at[order[is_before]] - met.at[which], 0)
    is_own = has_own[order] & (rank == count[order])
    key[is_own] = own[order[is_own]]
    weight = _weights(rule, rank, parts[order], age)
    keep = weight > 0
    return Credit(order[keep], key[keep], weight[keep])


def _own(met: Met, n: int) -> Ints:
    """What each order says itself: its earliest word on the dimension."""
    own = np.full(n, NOBODY, dtype=np.int64)
    said = np.flatnonzero(met.order != NOBODY)[::-1]
    own[met.order[said]] = met.key[said]  # the earliest is written last, and stays
    return own


def _weights(rule: AttributionRule, rank: Ints, parts: Ints, age: Ints) -> Ints:
    is_first, is_last = rank == 0, rank == parts - 1
    if rule is AttributionRule.FIRST:
        begun: Ints = is_first.astype(np.int64)
        return begun
    if rule in (AttributionRule.LAST, AttributionRule.STATED):
        ended: Ints = is_last.astype(np.int64)
        return ended
    if rule is AttributionRule.LINEAR:
        return np.ones_like(rank)
    if rule is AttributionRule.POSITION:
        ends: Ints = np.where(parts <= 2, 1, np.where(is_first | is_last, 2 * (parts - 2), 1)).astype(np.int64)
        return ends
    fading: Ints = np.maximum(1, np.rint(_FINE * 0.5 ** (age / (HALF_LIFE_DAYS * DAY)))).astype(np.int64)
    return fading


def divide(credit: Credit, amounts: Ints) -> Ints:
    """The part of each order's amount that each element of `credit` gets; the parts of an order sum to its amount exactly."""
    if not len(credit.order):
        return np.zeros(0, dtype=np.int64)
    if len(credit.order) == 1 or bool((np.diff(credit.order) != 0).all()):  # nothing is shared: each part is its order
        return amounts[credit.order]
    whole = np.zeros(len(amounts), dtype=np.int64)
    np.add.at(whole, credit.order, credit.weight)
    size = np.abs(amounts)[credit.order]
    total = whole[credit.order]
    quotient, rest = np.divmod(size, total)  # in two steps, so that amount x weight stays within 64 bits
    part = quotient * credit.weight + rest * credit.weight // total
    remainder = rest * credit.weight % total
    given = np.zeros(len(amounts), dtype=np.int64)
    np.add.at(given, credit.order, part)
    left = (np.abs(amounts) - given)[credit.order]
    line_up = np.lexsort((np.arange(len(part)), -remainder, credit.order))
    starts = np.r_[0, np.flatnonzero(np.diff(credit.order)) + 1]
    sizes = np.diff(np.r_[starts, len(part)])
    place = np.empty(len(part), dtype=np.int64)
    place[line_up] = np.arange(len(part)) - np.repeat(starts, sizes)
    part = part + (place < left)
    made: Ints = np.where(amounts[credit.order] < 0, -part, part)
    return made
