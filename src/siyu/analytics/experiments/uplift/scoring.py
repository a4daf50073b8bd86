"""How good a ranking is, measured on people whose arm the lot decided.

Bootstraps draw cells, not people: for a Poisson bootstrap a cell's (people, sum) is near normal with covariance ((n, s), (s, ss)), so that
a million people cost what a hundred cells cost.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siyu.analytics.experiments.curves import z_of
from siyu.analytics.experiments.difference import of_means
from siyu.analytics.experiments.uplift.words import Apart, Policy, Qini
from siyu.analytics.experiments.words import Sample, Values

BINS = 50
DRAWS = 1000

Cells = NDArray[np.float64]


def qini(scores: Values, is_treated: NDArray[np.bool_], y: Values, *, seed: int, level: float = 0.95, bins: int = BINS) -> Qini:
    """The Qini curve (Radcliffe 2007) per head of everybody, its area over chance, and a bootstrap interval of that area.

    Ties among scores are broken by the order of people, so the same people give the same curve.
    """
    rank = np.empty(len(scores), dtype=np.int64)
    rank[np.lexsort((np.arange(len(scores)), -scores))] = np.arange(len(scores))
    cells = _cells(rank * bins // len(scores), bins, is_treated, y)
    shares, gains = _curve(cells[None])
    area = _areas(shares, gains)[0]
    again = _areas(*_curve(_drawn(cells, seed)))
    low, high = np.quantile(again, [(1 - level) / 2, (1 + level) / 2])
    return Qini((0.0, *map(float, shares[0])), (0.0, *map(float, gains[0])), float(area), float(low), float(high))


def at_top(scores: Values, is_treated: NDArray[np.bool_], y: Values, share: float, *, level: float = 0.95) -> Apart:
    """The effect among the `share` with the highest scores (uplift@k), among the rest, and the difference with its interval."""
    rank = np.lexsort((np.arange(len(scores)), -scores))
    top = np.zeros(len(scores), dtype=bool)
    top[rank[: round(share * len(scores))]] = True
    return apart(top, is_treated, y, level=level)


def apart(inside: NDArray[np.bool_], is_treated: NDArray[np.bool_], y: Values, *, level: float = 0.95) -> Apart:
    """The effect inside a group and outside of it."""
    found = [
        of_means(Sample.of(y[part & is_treated]), Sample.of(y[part & ~is_treated]), level=level, guarded=True) for part in (inside, ~inside)
    ]
    difference = found[0].difference - found[1].difference
    half = z_of(level) * math.hypot(found[0].error, found[1].error)
    return Apart(found[0], found[1], difference, difference - half, difference + half)


def policies(
    groups: Mapping[str, NDArray[np.bool_]], is_treated: NDArray[np.bool_], y: Values, *, seed: int, cost: float = 0.0, level: float = 0.95
) -> list[Policy]:
    """What treating each group (and everybody) is worth against nobody, per head; `cost` is one treated person's, in the outcome's unit."""
    names: Sequence[str] = list(groups)
    code = np.zeros(len(y), dtype=np.int64)
    for bit, name in enumerate(names):
        code += groups[name].astype(np.int64) << bit
    count = 1 << len(names)
    cells = _cells(code, count, is_treated, y)
    drawn = np.concatenate([cells[None, ..., :2], _drawn(cells, seed)])
    everybody = np.ones(count, dtype=bool)
    all_of_them = _gain(drawn, everybody, cost)
    found = [_policy("all", 1.0, all_of_them, all_of_them, level), _policy("none", 0.0, np.zeros(len(drawn)), all_of_them, level)]
    for bit, name in enumerate(names):
        inside = (np.arange(count) >> bit & 1).astype(bool)
        found.append(_policy(name, float(groups[name].mean()), _gain(drawn, inside, cost), all_of_them, level))
    return found


def _policy(name: str, share: float, gains: Values, of_all: Values, level: float) -> Policy:
    edges = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.quantile(gains[1:], edges)
    over = gains - of_all
    over_low, over_high = np.quantile(over[1:], edges)
    return Policy(name, share, float(gains[0]), float(low), float(high), float(over[0]), float(over_low), float(over_high))


def _cells(cell: NDArray[np.int64], count: int, is_treated: NDArray[np.bool_], y: Values) -> Cells:
    """(cell, arm, [n, sum, sum of squares]); arm 0 is treated."""
    made = np.zeros((count, 2, 3))
    for arm, side in enumerate((is_treated, ~is_treated)):
        for k, weights in enumerate((np.ones(int(side.sum())), y[side], y[side] ** 2)):
            made[:, arm, k] = np.bincount(cell[side], weights=weights, minlength=count)
    return made


def _drawn(cells: Cells, seed: int) -> Cells:
    """(draw, cell, arm, [n, sum]) of a Poisson bootstrap."""
    dice = np.random.default_rng(seed)
    n, s, ss = (cells[..., k] for k in range(3))
    a, b = dice.standard_normal((2, DRAWS, *n.shape))
    people = np.maximum(n + np.sqrt(n) * a, 1e-9)
    mean = np.divide(s, n, out=np.zeros_like(s), where=n > 0)
    left = np.sqrt(np.maximum(ss - mean * s, 0.0))  # what of the sum's spread its people do not explain
    return np.stack([people, s + mean * np.sqrt(n) * a + left * b], axis=-1)


def _curve(cells: Cells) -> tuple[Values, Values]:
    """Cumulated shares of people, and gain per head of everybody, for each draw."""
    n, s = np.cumsum(cells[..., 0], axis=1), np.cumsum(cells[..., 1], axis=1)
    mean = np.divide(s, n, out=np.zeros_like(s), where=n > 0)
    people = n.sum(axis=2)
    shares = people / people[:, -1:]
    return shares, shares * (mean[..., 0] - mean[..., 1])


def _areas(shares: Values, gains: Values) -> Values:
    zero = np.zeros((len(shares), 1))
    x, g = np.hstack([zero, shares]), np.hstack([zero, gains])
    over = g - x * g[:, -1:]
    found: Values = ((over[:, 1:] + over[:, :-1]) / 2 * np.diff(x, axis=1)).sum(axis=1)
    return found


def _gain(cells: Any, inside: NDArray[np.bool_], cost: float) -> Values:
    part = cells[:, inside].sum(axis=1)
    n = np.maximum(part[..., 0], 1e-9)
    mean = part[..., 1] / n
    share = part[..., 0].sum(axis=1) / cells[..., 0].sum(axis=(1, 2))
    found: Values = share * (mean[:, 0] - mean[:, 1] - cost)
    return found
