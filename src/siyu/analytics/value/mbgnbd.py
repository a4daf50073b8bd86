"""MBG/NBD: as BG/NBD, but a customer may also drop out right after the first purchase.

Batislam, Denizel & Filiztekin (2007), Empirical validation and comparison of models for customer base analysis, IJRM 24:201.
Parameters r, alpha, a, b.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, expit, gammaln, hyp2f1

from siyu.analytics.value.sums import dot
from siyu.analytics.value.words import Floats, States

NAMES = ("r", "alpha", "a", "b")


def log_likelihood(params: Floats, s: States) -> tuple[float, Floats]:
    """The weighted log-likelihood and its gradient in the parameters."""
    r, alpha, a, b = params
    x, back, w = s.by_x
    rx, n = r + s.x, s.customers
    log_obs, log_x = np.log(alpha + s.t_obs), np.log(alpha + s.t_x)
    odds = (np.log(a) - np.log(b + x))[back] + rx * (log_obs - log_x)  # log of gone : alive
    p_gone = expit(odds)
    gone, alive = s.weight * p_gone, s.weight * (1 - p_gone)
    own = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + gammaln(a + b) + gammaln(b + x + 1) - gammaln(b) - gammaln(a + b + x + 1)
    value = dot(w, own) + dot(s.weight, np.logaddexp(0.0, odds) - rx * log_obs)
    ab = dot(w, digamma(a + b) - digamma(a + b + x + 1))
    gradient = np.array([
        dot(w, digamma(r + x) - digamma(r)) + n * np.log(alpha) - dot(alive, log_obs) - dot(gone, log_x),
        n * r / alpha - dot(alive, rx / (alpha + s.t_obs)) - dot(gone, rx / (alpha + s.t_x)),
        ab + gone.sum() / a,
        ab + dot(w, digamma(b + x + 1) - digamma(b)) - dot(gone, (1 / (b + x))[back]),
    ])  # fmt: skip
    return float(value), gradient


def p_alive(params: Floats, s: States) -> Floats:
    """The probability that each state's customer has not dropped out by the end of observation."""
    r, alpha, a, b = params
    result: Floats = 1 / (1 + a / (b + s.x) * np.exp((r + s.x) * np.log((alpha + s.t_obs) / (alpha + s.t_x))))
    return result


def p_quiet(params: Floats, s: States, weeks: float) -> Floats:
    """The probability that each state's customer buys nothing in the next `weeks`.

    That is: gone already, or alive and quiet (who is alive cannot leave without buying).
    """
    r, alpha, _, _ = params
    silent = np.exp((r + s.x) * np.log((alpha + s.t_obs) / (alpha + s.t_obs + weeks)))
    result: Floats = 1 - p_alive(params, s) * (1 - silent)
    return result


def expected(params: Floats, s: States, weeks: float) -> Floats:
    """Expected purchases of each state's customer in the next `weeks`."""
    r, alpha, a, b = params
    a = 1 + 1e-6 if abs(a - 1) < 1e-6 else a
    rx = r + s.x
    z = weeks / (alpha + s.t_obs + weeks)
    shrink = np.exp(rx * np.log((alpha + s.t_obs) / (alpha + s.t_obs + weeks)))
    tail = 1 - shrink * hyp2f1(rx, b + s.x + 1, a + b + s.x, z)
    result: Floats = (a + b + s.x) / (a - 1) * tail * p_alive(np.array([r, alpha, a, b]), s)
    return result


def expected_new(params: Floats, weeks: Floats) -> Floats:
    """Expected repeat purchases of a new customer in the first `weeks`."""
    r, alpha, a, b = params
    a = 1 + 1e-6 if abs(a - 1) < 1e-6 else a
    weeks = np.asarray(weeks, dtype=float)
    result: Floats = b / (a - 1) * (1 - (alpha / (alpha + weeks)) ** r * hyp2f1(r, b + 1, a + b, weeks / (alpha + weeks)))
    return result
