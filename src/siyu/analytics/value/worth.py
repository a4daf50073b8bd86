"""What purchases still to come are worth today.

`delta` is the continuously compounded discount rate a week: ln(1 + yearly rate) / 52 (Fader, Hardie & Lee 2005, JMR 42:415: .0027 for
15 % a year).
"""

from __future__ import annotations

import itertools

import numpy as np
from scipy.special import hyperu

from siyu.analytics.value import paretonbd
from siyu.analytics.value.fitting import MODELS
from siyu.analytics.value.words import Fit, Floats, States

WEEKS_A_YEAR = 52
_STEP = 4.0  # weeks; the discount within a step is taken at its middle
_FAR = 40 * 52.0  # weeks; at 15 % a year what lies beyond 40 years is worth 0.4 % of a purchase a year


def delta_of(yearly_rate: float) -> float:
    """The weekly rate of a yearly one (0.15 = 15 %)."""
    return float(np.log1p(yearly_rate) / WEEKS_A_YEAR)


def discounted_purchases(fit: Fit, states: States, yearly_rate: float, weeks: float | None = None, yearly_keep: float = 1.0) -> Floats:
    """Discounted expected residual purchases of each state's customer, over `weeks` or (None) for as long as they live.

    `yearly_keep` is for the model in which nobody leaves (NBD): the share that is assumed to stay each year, where data show no dropout.

    Pareto/NBD without a horizon is the closed form with Tricomi's function; the others, and every horizon, add up the expected
    purchases of four-week steps, each discounted from its middle.
    """
    delta = delta_of(yearly_rate)
    if fit.model == "pareto/nbd" and weeks is None:
        r, alpha, s, beta = fit.params
        z = delta * (beta + states.t_obs)
        lived = (beta + states.t_obs) ** s * delta ** (s - 1) * hyperu(s, s, z)
        result: Floats = (r + states.x) / (alpha + states.t_obs) * lived * paretonbd.p_alive(fit.params, states)
        return result
    if fit.model == "nbd":
        fade = delta - np.log(yearly_keep) / WEEKS_A_YEAR
        lasting = 1 / fade if weeks is None else -np.expm1(-fade * weeks) / fade
        rate: Floats = MODELS["nbd"].expected(fit.params, states, 1.0) * lasting
        return rate
    end = _FAR if weeks is None else weeks
    edges = np.append(np.arange(0.0, end, _STEP), end)
    total = np.zeros(len(states))
    before = np.zeros(len(states))
    for left, right in itertools.pairwise(edges):
        until = MODELS[fit.model].expected(fit.params, states, float(right))
        total += (until - before) * np.exp(-delta * (left + right) / 2)
        before = until
    return total
