"""Which model, and how far to trust it: by letting each predict a past that has already happened.

At several origins in the past the models are fitted on what was known then and asked for the weeks that followed. The model with the
smallest error over all origins is chosen; the spread of happened / predicted is the band that a pool's value is shown with. The
parametric interval of a pool shrinks with its size while the model's bias does not, so it is never shown alone (docs/value.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from siyu.analytics.value.fitting import MODELS, fit, fit_spend
from siyu.analytics.value.purchases import Histories, Purchases, bought_between, histories_at
from siyu.analytics.value.spend import expected_spend
from siyu.analytics.value.words import Fit, Floats, States, collapse

CANDIDATES = ("pareto/nbd", "mbg/nbd", "bg/nbd", "nbd")
_LEAST_WEEKS = 26  # of history before the first origin
_LEAST_CUSTOMERS = 50
_SHOWN_SHARE = 0.8  # the band holds the next ratio with this chance, if the future behaves as the past did


@dataclass(frozen=True)
class Round:
    """One model at one origin: purchases and money it predicted for the customers it knew, and what happened."""

    model: str
    origin_day: int
    horizon_weeks: float
    customers: int
    predicted: float
    happened: float
    predicted_minor: float
    happened_minor: float
    mean_error: float  # mean absolute error a customer, in purchases
    degenerate: str


@dataclass(frozen=True)
class Band:
    """happened / predicted over the origins: its middle and where the next one is expected. `rounds` 0 = no backtest was possible."""

    low: float
    middle: float
    high: float
    rounds: int


def origins_of(first_day: int, last_day: int, most: int = 4) -> tuple[list[int], float]:
    """Origins (days) and the horizon in weeks: horizons do not overlap and never reach past the data. Empty when the data are too short."""
    weeks = (last_day - first_day) / 7.0
    horizon = float(min(26, max(4, int(weeks // 6))))
    origins = []
    for k in range(1, most + 1):
        origin = last_day - round(k * horizon * 7)
        if (origin - first_day) / 7.0 < _LEAST_WEEKS:
            break
        origins.append(origin)
    return origins[::-1], horizon


def spend_fit(h: Histories) -> Fit | None:
    """Gamma-Gamma on those who can tell; None when fewer than 30 can."""
    usable = (h.x > 0) & (h.mean_minor > 0)
    if usable.sum() < 30:
        return None
    stacked, counts = np.unique(np.column_stack([h.x[usable], h.mean_minor[usable]]), axis=0, return_counts=True)
    return fit_spend(stacked[:, 0], stacked[:, 1], counts.astype(float))


def spend_of(found: Fit | None, h: Histories, fallback_minor: float) -> Floats:
    """Expected spend a purchase, per customer; the population's average where no model can say."""
    if found is None or found.degenerate:
        result: Floats = np.where(h.mean_minor > 0, h.mean_minor, fallback_minor)
        return result
    return expected_spend(found.params, h.x, np.maximum(h.mean_minor, 0.0))


@dataclass(frozen=True)
class Look:
    """One round customer by customer, in the order of `histories`: what was predicted and what happened, in purchases and money."""

    model: str
    origin_day: int
    histories: Histories
    predicted: Floats
    happened: Floats
    predicted_minor: Floats
    happened_minor: Floats


def rounds_of(
    p: Purchases, last_day: int, models: Sequence[str] = CANDIDATES, most: int = 4, look: Callable[[Look], None] | None = None
) -> list[Round]:
    """Every model at every origin. Empty when there are too few weeks or people for an honest test.

    `look` sees each round customer by customer (for tables by decile and cohort).
    """
    if not len(p.day):
        return []
    origins, horizon = origins_of(int(p.day.min()), last_day, most)
    found = []
    for origin in origins:
        h = histories_at(p, origin)
        if len(h.who) < _LEAST_CUSTOMERS:
            continue
        states, back = collapse(h.x, h.t_x, h.t_obs)
        times, money = bought_between(p, origin, origin + round(horizon * 7))
        times, money = times[h.who], money[h.who]
        average = float(p.minor[p.day <= origin].mean())
        amounts = spend_of(spend_fit(h), h, average)
        for model in models:
            one = fit(model, states)
            predicted = MODELS[model].expected(one.params, states, horizon)[back]
            if not np.isfinite(predicted).all():
                continue  # a fit at the edge may forecast nothing at all: it takes no part
            if look is not None:
                look(Look(model, origin, h, predicted, times, predicted * amounts, money))
            found.append(
                Round(
                    model=model, origin_day=origin, horizon_weeks=horizon, customers=len(h.who),
                    predicted=float(predicted.sum()), happened=float(times.sum()),
                    predicted_minor=float((predicted * amounts).sum()), happened_minor=float(money.sum()),
                    mean_error=float(np.abs(predicted - times).mean()), degenerate=one.degenerate,
                )
            )  # fmt: skip
    return found


def choose(rounds: Sequence[Round], states: States) -> tuple[str, str]:
    """The model to use and, by code, why: 'backtest', or 'default' when none was possible, or 'no dropout' when none can be seen.

    The error that counts is how far the total was off, on a log scale, plus the error a customer relative to the best model's: a
    pool's value needs the first, a churn list the second.
    """
    if not rounds:
        fallback = fit("mbg/nbd", states)
        return ("nbd", "no dropout") if fallback.degenerate else ("mbg/nbd", "default")
    last = max(r.origin_day for r in rounds)
    if all(r.degenerate == "no dropout" for r in rounds if r.origin_day == last and r.model != "nbd"):
        return "nbd", "no dropout"
    return ranked(rounds)[0], "backtest"


def ranked(rounds: Sequence[Round]) -> list[str]:
    """The models that were tested, the one with the smallest error first (`choose` says which error)."""
    most = max(sum(r.model == m for r in rounds) for m in {r.model for r in rounds})
    rounds = [r for r in rounds if sum(one.model == r.model for one in rounds) == most]  # who missed a round cannot be compared
    names = sorted({r.model for r in rounds}, key=CANDIDATES.index)
    best_mean = {o: min(r.mean_error for r in rounds if r.origin_day == o) or 1e-9 for o in {r.origin_day for r in rounds}}

    def error(name: str) -> float:
        mine = [r for r in rounds if r.model == name]
        off = [abs(np.log((r.happened + 1) / (r.predicted + 1))) for r in mine]
        relative = [r.mean_error / best_mean[r.origin_day] - 1 for r in mine]
        return float(np.mean(off) + np.mean(relative))

    return sorted(names, key=error)


def band_of(rounds: Sequence[Round], model: str, *, money: bool = True) -> Band:
    """The band of happened / predicted for one model: a t prediction interval on the log ratio."""
    mine = [r for r in rounds if r.model == model]
    ratios = [(r.happened_minor, r.predicted_minor) if money else (r.happened, r.predicted) for r in mine]
    logs = np.array([np.log(a / b) for a, b in ratios if a > 0 and b > 0])
    if not len(logs):
        return Band(0.0, 1.0, float("inf"), 0)
    middle = float(logs.mean())
    if len(logs) == 1:
        reach = abs(middle) + np.log(1.5)  # one look at the past: never claim better than half again
    else:
        spread = max(float(logs.std(ddof=1)), 0.02)
        reach = float(stdtrit(len(logs) - 1, 0.5 + _SHOWN_SHARE / 2)) * spread * np.sqrt(1 + 1 / len(logs))
    return Band(float(np.exp(middle - reach)), float(np.exp(middle)), float(np.exp(middle + reach)), len(logs))
