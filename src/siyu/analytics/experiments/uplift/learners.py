"""Uplift from two small models: the T-learner (one a arm) and the X-learner (effects imputed across arms).

Künzel, Sekhon, Bickel & Yu, PNAS 2019. The base learners are ridge and logistic regression of our own: holdouts are small, and what is
moved a little by much noise is better found by few parameters.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from siyu.analytics.experiments.words import Values

Predict = Callable[[Values], Values]
Learner = Callable[[Values, Values, Values], Predict]
_RIDGE = 1.0  # in units of one standardised observation
_STEPS = 30


def t_learner(x: Values, treated: Values, y: Values) -> Predict:
    """One model of the outcome an arm; the uplift is their difference. `treated` holds 0 and 1; a yes/no outcome is read by logit."""
    fit = logistic if _is_binary(y) else ridge
    with_it, without = fit(x[treated == 1], y[treated == 1]), fit(x[treated == 0], y[treated == 0])
    return lambda new: with_it(new) - without(new)


def x_learner(x: Values, treated: Values, y: Values) -> Predict:
    """Imputes each person's effect from the other arm's model, and learns that: better where one arm is small, as a holdout is."""
    fit = logistic if _is_binary(y) else ridge
    is_t = treated == 1
    with_it, without = fit(x[is_t], y[is_t]), fit(x[~is_t], y[~is_t])
    on_treated = ridge(x[is_t], y[is_t] - without(x[is_t]))
    on_control = ridge(x[~is_t], with_it(x[~is_t]) - y[~is_t])
    share = float(is_t.mean())
    return lambda new: share * on_control(new) + (1 - share) * on_treated(new)


LEARNERS: dict[str, Learner] = {"t": t_learner, "x": x_learner}


def unseen(learner: Learner, x: Values, is_treated: NDArray[np.bool_], y: Values, *, seed: int) -> tuple[Values, NDArray[np.bool_]]:
    """Learn on one half of the people; the scores of the other half, and who is in it.

    Cross-fitting would score everybody, but its folds depend on each other: where nobody differs, its intervals left the truth out in one
    world of five instead of one of twenty (tests/analytics). Half the people is the price of an interval that means what it says.
    """
    ready = standardised(x)
    is_new = ~first_half(is_treated, seed)
    known = ~is_new
    treated = np.asarray(is_treated, dtype=np.float64)
    return learner(ready[known], treated[known], np.asarray(y, dtype=np.float64)[known])(ready[is_new]), is_new


def first_half(is_treated: NDArray[np.bool_], seed: int) -> NDArray[np.bool_]:
    """Half of each arm, drawn by the seed."""
    first = np.zeros(len(is_treated), dtype=bool)
    dice = np.random.default_rng(seed)
    for side in (is_treated, ~is_treated):
        mine = np.flatnonzero(side)
        first[dice.permutation(mine)[: len(mine) // 2]] = True
    return first


def standardised(x: Values) -> Values:
    """Columns with mean 0 and deviation 1, their squares where a column is not yes/no, and a column of ones; constant columns go."""
    given = np.asarray(x, dtype=np.float64)
    columns = [np.ones(len(given))]
    for column in given.T:
        spread = column.std()
        if spread <= 0:
            continue
        even = (column - column.mean()) / spread
        columns.append(even)
        if len(np.unique(column[:1000])) > 2:
            square = even * even
            columns.append((square - square.mean()) / (square.std() or 1.0))
    return np.column_stack(columns)


def ridge(x: Values, y: Values) -> Predict:
    """Least squares with a small penalty on everything but the constant."""
    weights = np.linalg.solve(x.T @ x + _penalty(x), x.T @ y)
    return lambda new: np.asarray(new @ weights)


def logistic(x: Values, y: Values) -> Predict:
    """Logistic regression by Newton's steps with the same penalty; where all outcomes are alike, their share."""
    if y.min() == y.max():
        alike = float(y[0])
        return lambda new: np.full(len(new), alike)
    weights = np.zeros(x.shape[1])
    weights[0] = np.log(y.mean() / (1 - y.mean()))
    penalty = _penalty(x)
    for _ in range(_STEPS):
        p = expit(x @ weights)
        slope = x.T @ (y - p) - penalty @ weights
        step = np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + penalty, slope)
        weights += step
        if np.abs(step).max() < 1e-8:
            break
    return lambda new: np.asarray(expit(new @ weights))


def _penalty(x: Values) -> Values:
    penalty = np.eye(x.shape[1]) * _RIDGE
    penalty[0, 0] = 0.0
    return penalty


def _is_binary(y: Values) -> bool:
    return bool(np.isin(y, (0.0, 1.0)).all())
