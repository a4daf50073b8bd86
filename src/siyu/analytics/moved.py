"""Whom did a broadcast move? Load, learn, judge; docs/proof.md says how and when it refuses.

Buyers are what is learned: spend is too noisy for a holdout of usual size. The people are halved by lot; the model learns on one half,
and every number shown is measured on the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from siyu import journeys, pool
from siyu.analytics import experiments as ex
from siyu.analytics import store, windows
from siyu.analytics.experiments import uplift
from siyu.analytics.words import Moved
from siyu.base.db import Connection, queries
from siyu.base.ground import Ground

Q = queries(__name__, "moved.sql")

TOP = 0.3
"""The share at the top of the ranking that is looked at; chosen before any look."""
_LEARNER = "x"  # holdouts are small, which is what the X-learner is for
Ints = NDArray[np.int64]

DAYS = ((0, 30), (31, 90), (91, 180), (181, None))
ORDERS = ((1, 1), (2, 3), (4, None))


def moved(ground: Ground, conn: Connection, broadcast_id: int) -> Moved:
    """Whom the broadcast moved, or why nobody can say. Raises `NotFoundError`."""
    broadcast = journeys.see(conn, broadcast_id)
    brand, now = pool.brand(conn), ground.clock.now()
    share = float(broadcast.holdout_share)
    is_over = broadcast.measured_at is not None and broadcast.measured_at <= now
    if broadcast.drawn_at is None or broadcast.measured_at is None:
        return Moved(uplift.NotLearned.TOO_EARLY if share else uplift.NotLearned.NO_HOLDOUT)
    who, mixed = store.people(conn, broadcast_id)
    every = store.orders(conn, broadcast_id, brand.currency, broadcast.drawn_at, broadcast.measured_at, now)
    got = windows.outcomes(who, windows.in_window(who, every, broadcast.measure_for), mixed)
    treated = got.is_treated
    counts = int(treated.sum()), int((~treated).sum())
    events = int(got.bought[treated].sum()), int(got.bought[~treated].sum())
    refusal = uplift.may_learn(ex.check_split(counts, [1 - share, share]), holdout_share=share, events=events, is_over=is_over)
    if refusal is not None:
        return Moved(refusal, counts=counts, events=events)
    stages = [str(stage) for stage in pool.Stage]
    words = {"broadcast_id": broadcast_id, "currency": brand.currency, "from_at": broadcast.drawn_at, "stages": stages}
    past = store.copied(conn, Q.copy_past, words, 6)
    return learned(past[1:], stages, treated, got.bought.astype(np.float64), seed=broadcast_id, counts=counts, events=events)


def learned(
    past: list[Ints], stages: list[str], treated: NDArray[np.bool_], bought: NDArray[np.float64], *, seed: int, counts: tuple[int, int],
    events: tuple[int, int],
) -> Moved:  # fmt: skip
    """From what was known before (orders, spent minor, days since last, days since first, stage) and what came of it; pure."""
    orders, spent, last, first, stage = past
    x = np.column_stack(
        [np.log1p(orders), np.log1p(np.maximum(spent, 0)), np.where(last < 0, 999, last), np.where(first < 0, 0, first), last < 0]
        + [stage == n + 1 for n in range(len(stages))]
    ).astype(np.float64)
    scores, new = uplift.unseen(uplift.LEARNERS[_LEARNER], x, treated, bought, seed=seed)
    arms, y = treated[new], bought[new]
    top, dear = _best(scores), _best(spent[new].astype(np.float64))
    return Moved(
        None,
        counts=counts,
        events=events,
        curve=uplift.qini(scores, arms, y, seed=seed),
        apart=uplift.at_top(scores, arms, y, TOP),
        policies=tuple(uplift.policies({"uplift": top, "value": dear}, arms, y, seed=seed)),
        rule=uplift.best_rule(terms_of(past, stages), treated, bought, seed=seed),
    )


def terms_of(past: list[Ints], stages: list[str]) -> list[uplift.Term]:
    """Conditions that a person reads and a segment can say: days since the last order, number of orders, stage."""
    orders, _, last, _, stage = past
    made = [_ranged("days_since_last", low, high, last) for low, high in DAYS]
    made += [_ranged("count", low, high, orders) for low, high in ORDERS]
    made += [
        uplift.Term(f"stage:{name}", stage == n + 1, {"if": "profile", "field": "stage", "op": "eq", "value": name}, "stage")
        for n, name in enumerate(stages)
    ]
    return made


def rule_of(found: uplift.FoundRule) -> dict[str, Any]:
    """The found rule as a segment's rule: who is like those people *today*."""
    return {"siyu_rule": 1, "where": {"all": [term.node for term in found.terms]}}


def _ranged(measure: str, low: int, high: int | None, values: Ints) -> uplift.Term:
    holds = (values >= low) & (values <= high) if high is not None else values >= low
    test: dict[str, Any] = {"op": "gte", "value": low} if high is None else {"op": "between", "value": [low, high]}
    return uplift.Term(f"{measure}:{low}", holds, {"if": "orders", "measure": measure} | test, measure)


def _best(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    inside = np.zeros(len(values), dtype=bool)
    inside[np.lexsort((np.arange(len(values)), -values))[: round(TOP * len(values))]] = True
    return inside
