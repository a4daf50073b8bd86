"""How many people, how many days, and what a holdout costs: asked before anybody is written to."""

from __future__ import annotations

import math

from siyu.analytics.experiments.curves import z_at, z_of
from siyu.analytics.experiments.power import needed_for_means, price_of_share, smallest_effect
from siyu.analytics.experiments.words import HoldoutChoice, SizePlan, SizeQuestion

SHARES = (0.05, 0.1, 0.2, 0.3, 0.5)


def plan(question: SizeQuestion) -> SizePlan:
    """The answer for the asked holdout, and the same for other shares. Raises ValueError for a share outside (0, 1) or no effect."""
    if not 0 < question.share < 1 or question.lift == 0 or question.mean <= 0:
        raise ValueError("give a holdout between 0 and 1, a base above zero and a lift")
    shares = sorted({*SHARES, question.share})
    rows = tuple(_holdout(question, share) for share in shares)
    return SizePlan(question, next(row for row in rows if row.share == question.share), rows)


def needed(question: SizeQuestion, share: float) -> float:
    """People in both arms together. A rate is tested with the variance of the null pooled, a mean with both arms' deviations."""
    change = question.mean * question.lift
    if question.deviation is not None:
        return needed_for_means(
            question.deviation, question.deviation, change, share_c=share, level=question.level, power=question.power, cut=question.cut
        )
    p_c, p_t = question.mean, min(1.0, question.mean + change)
    if p_t <= 0 or p_t >= 1:
        return math.inf
    middle = share * p_c + (1 - share) * p_t
    under_null = middle * (1 - middle) * (1 / share + 1 / (1 - share))
    apart = p_c * (1 - p_c) / share + p_t * (1 - p_t) / (1 - share)
    z_a, z_b = z_of(question.level), z_at(question.power)
    return (1 - question.cut) * (z_a * math.sqrt(under_null) + z_b * math.sqrt(apart)) ** 2 / (p_t - p_c) ** 2


def _holdout(q: SizeQuestion, share: float) -> HoldoutChoice:
    people = math.ceil(needed(q, share)) if math.isfinite(needed(q, share)) else None
    days = math.ceil(people / q.daily) + q.measure_days if people and q.daily else None
    sigma = q.deviation if q.deviation is not None else math.sqrt(q.mean * (1 - q.mean))
    have = q.people
    visible = None
    if have:
        n_c = round(have * share)
        visible = smallest_effect(sigma, have - n_c, sigma, n_c, level=q.level, power=q.power, cut=q.cut) / q.mean
    held = round((have or people or 0) * share)
    return HoldoutChoice(
        share=share,
        people=people,
        control=None if people is None else math.ceil(people * share),
        days=days,
        visible_lift=visible,
        price=price_of_share(share),
        held=held,
        forgone=held * q.mean * q.lift,
    )
