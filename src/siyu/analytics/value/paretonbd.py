"""Pareto/NBD: buys as a Poisson process, drops out after an exponential life-time that nobody sees.

Schmittlein, Morrison & Colombo (1987), Management Science 33:1; Fader & Hardie's notes on its likelihood. Parameters r, alpha
(gamma of the
buying rate), s, beta (gamma of the dropout rate), per week.

The likelihood needs the integral of (alpha+y)^-(r+x) (beta+y)^-(s+1) over [t_x, T]. The usual closed form subtracts two
hypergeometric functions, which
loses digits for large x and has no cheap gradient. Here the integral is taken by Gauss-Legendre after a change of variable that
absorbs the
exponential decay of the integrand; the gradient is exact under the same nodes. A test holds 32 nodes to 1e-6 of an adaptive quadrature.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln

from siyu.analytics.value.sums import dot
from siyu.analytics.value.words import Floats, States

NAMES = ("r", "alpha", "s", "beta")
_N, _W = np.polynomial.legendre.leggauss(32)
_BLOCK = 2_048  # states
_V = (_N + 1) / 2
_HALVES = 1 - (1 - _V) ** 3, _W / 2 * 3 * (1 - _V) ** 2  # crowded towards the far end, where u(p) has a logarithm


def _integral(params: Floats, st: States) -> tuple[Floats, Floats, Floats, Floats]:
    """log I; then, as means under the integrand, what gradients need: E log(alpha+y), E log(beta+y), and E 1/(alpha+y) over E
    1/(beta+y)."""
    if len(st) > _BLOCK:  # the nodes of a block stay in the processor's cache, and memory stays small
        parts = [
            _integral(params, States(st.x[n : n + _BLOCK], st.t_x[n : n + _BLOCK], st.t_obs[n : n + _BLOCK], st.weight[n : n + _BLOCK]))
            for n in range(0, len(st), _BLOCK)
        ]
        log_i, e_log_a, e_log_b, e_inverse = (np.concatenate(column, axis=-1) for column in zip(*parts, strict=True))
        return log_i, e_log_a, e_log_b, e_inverse
    r, alpha, s, beta = params
    low, high = np.log(alpha + st.t_x), np.log(alpha + st.t_obs)
    span = high - low
    # in z = log(alpha+y) the integrand is exp(-(r+x-1) z - (s+1) log(beta+y)); over the range it falls by exp(-decay)
    log_b_low = np.log(beta + st.t_x)
    decay = (r + st.x - 1) * span + (s + 1) * (np.log(beta + st.t_obs) - log_b_low)
    small = np.abs(decay) < 1e-8
    safe = np.where(small, 1.0, decay)
    whole = np.where(small, 1.0, -np.expm1(-safe))
    p = _HALVES[0][:, None]
    u = np.where(small, p, -np.log1p(-p * whole) / safe)  # in [0, 1], with density proportional to exp(-decay u)
    z = low + span * u
    y_alpha = np.exp(z)  # alpha + y
    y_beta = y_alpha + (beta - alpha)
    log_b = np.log(y_beta)
    rest = decay * u - (r + st.x - 1) * (z - low) - (s + 1) * (log_b - log_b_low)  # what the density did not absorb: small and smooth
    mass = np.exp(rest) * _HALVES[1][:, None]
    total = mass.sum(axis=0)
    log_i = -(r + st.x - 1) * low - (s + 1) * log_b_low + np.log(span * np.where(small, 1.0, whole / safe) + 1e-300) + np.log(total)
    share = mass / total
    return (
        log_i,
        (share * z).sum(axis=0),
        (share * log_b).sum(axis=0),
        np.stack([(share / y_alpha).sum(axis=0), (share / y_beta).sum(axis=0)]),
    )


def log_likelihood(params: Floats, st: States) -> tuple[float, Floats]:
    """The weighted log-likelihood and its gradient in the parameters."""
    r, alpha, s, beta = params
    rx = r + st.x
    log_i, e_log_a, e_log_b, e_inverse = _integral(params, st)
    alive = -rx * np.log(alpha + st.t_obs) - s * np.log(beta + st.t_obs)
    gone = np.log(s) + log_i
    both = np.logaddexp(alive, gone)
    p_alive, p_gone = np.exp(alive - both), np.exp(gone - both)
    value = gammaln(rx) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + both
    w = st.weight
    gradient = np.array([
        dot(w, digamma(rx) - digamma(r) + np.log(alpha) - p_alive * np.log(alpha + st.t_obs) - p_gone * e_log_a),
        dot(w, r / alpha - p_alive * rx / (alpha + st.t_obs) - p_gone * rx * e_inverse[0]),
        dot(w, np.log(beta) - p_alive * np.log(beta + st.t_obs) + p_gone * (1 / s - e_log_b)),
        dot(w, s / beta - p_alive * s / (beta + st.t_obs) - p_gone * (s + 1) * e_inverse[1]),
    ])  # fmt: skip
    return float(dot(w, value)), gradient


def p_alive(params: Floats, st: States) -> Floats:
    """The probability that each state's customer is still alive at the end of observation."""
    r, alpha, s, beta = params
    log_i = _integral(params, st)[0]
    alive = -(r + st.x) * np.log(alpha + st.t_obs) - s * np.log(beta + st.t_obs)
    result: Floats = 1 / (1 + np.exp(np.log(s) + log_i - alive))
    return result


def p_quiet(params: Floats, st: States, weeks: float) -> Floats:
    """The probability that each state's customer buys nothing in the next `weeks`.

    That is: gone already, or gone before the next purchase, or quiet.
    """
    r, alpha, s, beta = params
    later = States(st.x, st.t_x, st.t_obs + weeks, st.weight)

    def likely(at: States) -> Floats:  # of the history, but for what does not depend on how long it was watched
        alive = -(r + at.x) * np.log(alpha + at.t_obs) - s * np.log(beta + at.t_obs)
        result: Floats = np.logaddexp(alive, np.log(s) + _integral(params, at)[0])
        return result

    result: Floats = np.minimum(1.0, np.exp(likely(later) - likely(st)))
    return result


def expected(params: Floats, st: States, weeks: float) -> Floats:
    """Expected purchases of each state's customer in the next `weeks`."""
    r, alpha, s, beta = params
    s = 1 + 1e-6 if abs(s - 1) < 1e-6 else s
    ratio = 1 - ((beta + st.t_obs) / (beta + st.t_obs + weeks)) ** (s - 1)
    result: Floats = (r + st.x) * (beta + st.t_obs) / ((alpha + st.t_obs) * (s - 1)) * ratio * p_alive(params, st)
    return result


def expected_new(params: Floats, weeks: Floats) -> Floats:
    """Expected repeat purchases of a new customer in the first `weeks`."""
    r, alpha, s, beta = params
    s = 1 + 1e-6 if abs(s - 1) < 1e-6 else s
    weeks = np.asarray(weeks, dtype=float)
    result: Floats = r * beta / (alpha * (s - 1)) * (1 - (beta / (beta + weeks)) ** (s - 1))
    return result
