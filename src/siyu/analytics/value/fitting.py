"""Maximum likelihood for the buying models: log-parameters, analytic gradients, a few starts, a bound on the work, and a word when the
data cannot tell."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
from scipy.optimize import minimize

from siyu.analytics.value import bgnbd, mbgnbd, nbd, paretonbd, spend
from siyu.analytics.value.sums import dot
from siyu.analytics.value.words import Fit, Floats, States

MODELS: dict[str, ModuleType] = {"bg/nbd": bgnbd, "mbg/nbd": mbgnbd, "pareto/nbd": paretonbd, "nbd": nbd}
_LOW, _HIGH = np.log(1e-6), np.log(1e7)  # of log-parameters; what runs into them is reported as degenerate
_MOST_EVALUATIONS = 400
_MANY = 5_000  # states
_EXACTLY, _ROUGHLY = (1e-14, 1e-9), (1e-9, 1e-5)  # when a search ends: by how little the value falls, by how flat it is


def fit(model: str, states: States) -> Fit:
    """Fit one of `MODELS`. Raises ValueError for an unknown model or when there is no customer."""
    if model not in MODELS:
        raise ValueError(f"no buying model {model!r}; there are {', '.join(MODELS)}")
    if not len(states) or states.customers <= 0:
        raise ValueError("there is no customer to fit a model to")
    module = MODELS[model]
    starts, before = _starts(model, states), 0
    if len(states) > _MANY:  # the hills are found by whole weeks, the top on the states as they are
        rough = states.rough()
        near, _, before = _maximise(lambda p: module.log_likelihood(p, rough), starts, rough.customers, _ROUGHLY)
        starts = [near]
    params, value, evaluations = _maximise(lambda p: module.log_likelihood(p, states), starts, states.customers)
    evaluations += before
    return Fit(model, module.NAMES, params, value, states.customers, evaluations, _degenerate(model, params, states, value))


def fit_spend(x: Floats, mean: Floats, weight: Floats) -> Fit:
    """Fit Gamma-Gamma. Give only customers with x > 0 and mean > 0."""
    if len(x) == 0 or bool((mean <= 0).any()) or bool((x <= 0).any()):
        raise ValueError("spend needs customers with a repeat purchase and a positive average")
    unit = float(dot(weight, mean) / weight.sum())  # fitted in units of the mean, so that currencies do not matter
    starts = [np.array([2.0, 3.0, 1.0]), np.array([6.0, 4.0, 0.5]), np.array([1.0, 1.5, 1.0])]
    params, value, evaluations = _maximise(lambda p: spend.log_likelihood(p, x, mean / unit, weight), starts, float(weight.sum()))
    params = params * np.array([1.0, 1.0, unit])
    value -= float(weight.sum()) * np.log(unit)
    word = "" if params[1] > 1 else "infinite mean"
    return Fit("gamma-gamma", spend.NAMES, params, value, float(weight.sum()), evaluations, word)


def _maximise(
    function: Callable[[Floats], tuple[float, Floats]], starts: list[Floats], scale: float, until: tuple[float, float] = _EXACTLY
) -> tuple[Floats, float, int]:
    """The best of several L-BFGS-B runs on log-parameters; the objective is per customer so that tolerances mean the same at any size."""
    best: tuple[Floats, float] | None = None
    evaluations = 0

    def objective(logs: Floats) -> tuple[float, Floats]:
        params = np.exp(logs)
        with np.errstate(all="ignore"):
            value, gradient = function(params)
        if not np.isfinite(value) or not np.isfinite(gradient).all():
            return 1e10, np.zeros_like(logs)
        return -value / scale, -gradient * params / scale

    for start in starts:
        done: Any = minimize(  # type: ignore[no-untyped-call]
            objective, np.log(start), jac=True, method="L-BFGS-B", bounds=[(_LOW, _HIGH)] * len(start),
            options={"maxiter": 300, "maxfun": _MOST_EVALUATIONS, "ftol": until[0], "gtol": until[1]},
        )  # fmt: skip
        evaluations += int(done.nfev)
        if best is None or done.fun < best[1] - 1e-12:
            best = (np.exp(done.x), float(done.fun))
    assert best is not None  # noqa: S101  starts is never empty
    return best[0], -best[1] * scale, evaluations


def _starts(model: str, s: States) -> list[Floats]:
    """Starting points from the data's own scale."""
    rate = max(1e-6, float(dot(s.weight, s.x) / max(dot(s.weight, s.t_obs), 1e-9)))
    r = 0.5
    alpha = max(1e-3, r / rate)
    weeks = max(1.0, float(dot(s.weight, s.t_obs) / s.customers))
    if model == "nbd":
        return [np.array([r, alpha])]
    if model == "pareto/nbd":
        return [np.array([r, alpha, 0.5, weeks / 3]), np.array([r, alpha, 1.5, weeks * 3])]
    return [np.array([r, alpha, 0.8, 2.5]), np.array([r, alpha, 0.1, 5.0])]


def _degenerate(model: str, params: Floats, states: States, value: float) -> str:
    """In words, what ran to the edge: 'no dropout' or 'no variety in rates'; empty for a proper maximum."""
    edge = 1e-3
    if model in ("bg/nbd", "mbg/nbd"):
        a, b = params[2], params[3]
        if a < edge or a / (a + b) < edge:
            return "no dropout"
        if a > 1e4 or b > 1e4:  # everybody leaves with the same chance after each purchase
            return "no variety in dropout"
    if model == "pareto/nbd" and (params[2] < edge or (params[3] > 1e5 and params[2] / params[3] < 1e-4)):
        return "no dropout"
    if params[0] > 1e4 or params[1] > 1e6:
        return "no variety in rates"
    if model != "nbd" and float(dot(states.weight, states.x)) > 0:
        without, _, _ = _maximise(lambda p: nbd.log_likelihood(p, states), _starts("nbd", states), states.customers)
        if value - nbd.log_likelihood(without, states)[0] < 0.5:
            return "no dropout"  # the whole model explains no more than the one in which nobody leaves
    return ""
