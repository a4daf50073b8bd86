"""NBD: buys as a Poisson process and never drops out. The fallback where no dropout can be seen (Ehrenberg 1959). Parameters r, alpha."""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln

from siyu.analytics.value.sums import dot
from siyu.analytics.value.words import Floats, States

NAMES = ("r", "alpha")


def log_likelihood(params: Floats, s: States) -> tuple[float, Floats]:
    """The weighted log-likelihood and its gradient. Comparable with the dropout models: it is their limit without dropout."""
    r, alpha = params
    x, _, w = s.by_x
    log_obs = np.log(alpha + s.t_obs)
    value = dot(w, gammaln(r + x) - gammaln(r) + r * np.log(alpha)) - dot(s.weight, (r + s.x) * log_obs)
    gradient = np.array([
        dot(w, digamma(r + x) - digamma(r) + np.log(alpha)) - dot(s.weight, log_obs),
        dot(s.weight, r / alpha - (r + s.x) / (alpha + s.t_obs)),
    ])  # fmt: skip
    return float(value), gradient


def p_alive(params: Floats, s: States) -> Floats:
    """One: nobody leaves in this model."""
    return np.ones(len(s))


def p_quiet(params: Floats, s: States, weeks: float) -> Floats:
    """The probability that each state's customer buys nothing in the next `weeks`.

    That is: gone already, which cannot be here, or quiet.
    """
    r, alpha = params
    result: Floats = np.exp((r + s.x) * np.log((alpha + s.t_obs) / (alpha + s.t_obs + weeks)))
    return result


def expected(params: Floats, s: States, weeks: float) -> Floats:
    """Expected purchases of each state's customer in the next `weeks`."""
    r, alpha = params
    result: Floats = (r + s.x) / (alpha + s.t_obs) * weeks
    return result


def expected_new(params: Floats, weeks: Floats) -> Floats:
    """Expected repeat purchases of a new customer in the first `weeks`."""
    r, alpha = params
    result: Floats = r / alpha * np.asarray(weeks, dtype=float)
    return result
