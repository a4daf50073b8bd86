"""The curves that tests are read from; `scipy.special` because `scipy.stats` takes a second to import."""

from __future__ import annotations

from scipy.special import chdtrc, ndtr, ndtri, stdtrit


def z_of(level: float) -> float:
    """The two-sided z of a level: 1.96 at 0.95."""
    return float(ndtri((1 + level) / 2))


def z_at(p: float) -> float:
    """The standard normal's quantile."""
    return float(ndtri(p))


def below(z: float) -> float:
    """The part of the standard normal below `z`."""
    return float(ndtr(z))


def t_of(level: float, freedom: float) -> float:
    """The two-sided quantile of Student's t; the degrees of freedom need not be whole."""
    return float(stdtrit(freedom, (1 + level) / 2))


def chi2_above(value: float, freedom: int) -> float:
    """The chance of a chi-squared above `value`."""
    return float(chdtrc(freedom, value))
