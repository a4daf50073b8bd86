"""Words of customer value: what a purchase history is reduced to, and what a fit says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class States:
    """Purchase histories, equal ones counted once.

    The buying models depend on a customer only through three numbers, so customers who agree in them are one state with a weight:
    `x` repeat purchases (purchase days - 1), `t_x` weeks from the first to the last purchase, `t_obs` weeks from the first purchase to
    the end of observation, `weight` how many customers share them. All of one length. Exact, not an approximation.
    """

    x: Floats
    t_x: Floats
    t_obs: Floats
    weight: Floats

    def __len__(self) -> int:
        return len(self.x)

    @property
    def customers(self) -> float:
        """How many customers the states stand for."""
        return float(self.weight.sum())

    @cached_property
    def by_x(self) -> tuple[Floats, NDArray[np.intp], Floats]:
        """The different x, which of them each state has, and the weight of each: what depends on x alone is computed but a few times."""
        values, back = np.unique(self.x, return_inverse=True)
        weights: Floats = np.bincount(back, weights=self.weight, minlength=len(values)).astype(np.float64)
        return values, back, weights

    def rough(self) -> States:
        """The same customers by whole weeks: far fewer states, to begin a search with."""
        t_obs, t_x = np.round(self.t_obs), np.round(self.t_x)
        (x, t_x, t_obs), back = different(self.x, np.minimum(t_x, t_obs), t_obs)
        weight: Floats = np.bincount(back, weights=self.weight, minlength=len(x)).astype(np.float64)
        return States(x, t_x, t_obs, weight)


@dataclass(frozen=True)
class Fit:
    """A fitted model. `degenerate` names what the data could not tell apart (empty = a proper interior maximum)."""

    model: str
    names: tuple[str, ...]
    params: Floats
    log_likelihood: float
    customers: float
    evaluations: int
    degenerate: str = ""

    def __getitem__(self, name: str) -> float:
        return float(self.params[self.names.index(name)])

    def as_dict(self) -> dict[str, float]:
        """Parameter name -> value."""
        return {name: float(value) for name, value in zip(self.names, self.params, strict=True)}


def collapse(x: Floats, t_x: Floats, t_obs: Floats) -> tuple[States, NDArray[np.intp]]:
    """States of single customers, and for each customer the number of its state (to join predictions back)."""
    (one, two, three), back = different(*(column.astype(np.float64) for column in (x, t_x, t_obs)))
    weight: Floats = np.bincount(back, minlength=len(one)).astype(np.float64)
    return States(one, two, three, weight), back


def different(*columns: Floats) -> tuple[list[Floats], NDArray[np.intp]]:
    """The different rows of some columns, sorted, and which of them each row is.

    What `numpy.unique(axis=0)` says, several times as fast: it compares rows as bytes, one by one.
    """
    order = np.lexsort(columns[::-1])
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = np.logical_or.reduce([np.diff(column[order]) != 0 for column in columns])
    back = np.empty(len(order), dtype=np.intp)
    back[order] = np.cumsum(is_new) - 1
    return [column[order][is_new] for column in columns], back
