"""BG/NBD: buys as a Poisson process, may drop out after any purchase.

Fader, Hardie & Lee (2005), "Counting your customers" the easy way, Marketing Science 24:275. Parameters r, alpha (gamma of the
buying rate per
week), a, b (beta of the dropout probability). A customer without a repeat purchase is alive for certain in this model: use MBG/NBD or
Pareto/NBD where most people bought once.
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
    safe = np.where(x > 0, b + x - 1, 1.0)
    rx, n = r + s.x, s.customers
    log_obs, log_x = np.log(alpha + s.t_obs), np.log(alpha + s.t_x)
    odds = np.where(x > 0, np.log(a) - np.log(safe), -np.inf)[back] + rx * (log_obs - log_x)  # log of gone : alive
    p_gone = expit(odds)
    gone, alive = s.weight * p_gone, s.weight * (1 - p_gone)
    own = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    value = dot(w, own) + dot(s.weight, np.logaddexp(0.0, odds) - rx * log_obs)
    ab = dot(w, digamma(a + b) - digamma(a + b + x))
    gradient = np.array([
        dot(w, digamma(r + x) - digamma(r)) + n * np.log(alpha) - dot(alive, log_obs) - dot(gone, log_x),
        n * r / alpha - dot(alive, rx / (alpha + s.t_obs)) - dot(gone, rx / (alpha + s.t_x)),
        ab + gone.sum() / a,
        ab + dot(w, digamma(b + x) - digamma(b)) - dot(gone, (1 / safe)[back]),
    ])  # fmt: skip
    return float(value), gradient


def p_alive(params: Floats, s: States) -> Floats:
    """The probability that each state's customer has not dropped out by the end of observation."""
    r, alpha, a, b = params
    repeated = s.x > 0
    safe = np.where(repeated, b + s.x - 1, 1.0)
    odds = np.where(repeated, a / safe * np.exp((r + s.x) * np.log((alpha + s.t_obs) / (alpha + s.t_x))), 0.0)
    result: Floats = 1 / (1 + odds)
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
    """Expected purchases of each state's customer in the next `weeks` (equation 10 of the paper)."""
    r, alpha, a, b = _off_one(params)
    rx = r + s.x
    z = weeks / (alpha + s.t_obs + weeks)
    shrink = np.exp(rx * np.log((alpha + s.t_obs) / (alpha + s.t_obs + weeks)))
    tail = 1 - shrink * hyp2f1(rx, b + s.x, a + b + s.x - 1, z)
    result: Floats = (a + b + s.x - 1) / (a - 1) * tail * p_alive(np.array([r, alpha, a, b]), s)
    return result


def expected_new(params: Floats, weeks: Floats) -> Floats:
    """Expected repeat purchases of a new customer in the first `weeks` (equation 9)."""
    r, alpha, a, b = _off_one(params)
    weeks = np.asarray(weeks, dtype=float)
    result: Floats = (a + b - 1) / (a - 1) * (1 - (alpha / (alpha + weeks)) ** r * hyp2f1(r, b, a + b - 1, weeks / (alpha + weeks)))
    return result


def _off_one(params: Floats) -> Floats:
    """a = 1 is a removable singularity of the expectations: step aside by a hair."""
    r, alpha, a, b = (float(p) for p in params)
    if abs(a - 1) < 1e-6:
        a = 1 + 1e-6
    return np.array([r, alpha, a, b])
