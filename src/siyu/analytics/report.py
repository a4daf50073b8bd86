"""A broadcast's report: load, decide, put together. docs/proof.md says why it is read this way."""

from __future__ import annotations

import dataclasses
import math
from datetime import timedelta
from typing import Any

import numpy as np

from siyu import journeys, pool
from siyu.analytics import experiments as ex
from siyu.analytics import store, windows
from siyu.analytics.effect import effect
from siyu.analytics.interim import interim
from siyu.analytics.sentences import headline
from siyu.analytics.words import CLICK_DAYS, Orders, Report
from siyu.base import settings
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.base.money import to_decimal
from siyu.base.text import LANGUAGES

MOST_CURVE_DAYS = 180


def report(ground: Ground, conn: Connection, broadcast_id: int) -> Report:
    """What a broadcast caused, as of now. Raises `NotFoundError`. Before it has begun everything is zero."""
    broadcast = journeys.see(conn, broadcast_id)
    brand, now = pool.brand(conn), ground.clock.now()
    share = float(broadcast.holdout_share)
    who, mixed = store.people(conn, broadcast_id)
    from_at = broadcast.drawn_at
    funnel, cost = store.funnel(conn, broadcast_id, from_at)
    is_over = broadcast.measured_at is not None and broadcast.measured_at <= now
    days = int(settings.get(conn, "analytics.click_days", CLICK_DAYS))
    none = np.array([], dtype=np.int64)
    every, clicks, others = Orders(none, none, none), (none, none), {}
    if from_at and broadcast.measured_at:
        every = store.orders(conn, broadcast_id, brand.currency, from_at, broadcast.measured_at + timedelta(days=days), now)
        clicks = store.clicks(conn, broadcast_id, from_at)
        others = store.other_currencies(conn, broadcast_id, brand.currency, now)
    orders = windows.in_window(who, every, broadcast.measure_for)
    got = windows.outcomes(who, orders, mixed)
    found = effect(got, holdout_share=share, is_over=is_over)
    early = None if is_over else interim(got, measure_for=broadcast.measure_for, look_back_for=broadcast.look_back_for)
    passed = min(now, broadcast.measured_at) - from_at if from_at and broadcast.measured_at else timedelta(0)
    measured_days = min(math.ceil(broadcast.measure_for / timedelta(days=1)), math.ceil(passed / timedelta(days=1)), MOST_CURVE_DAYS)
    return Report(
        broadcast_id=broadcast_id,
        name=broadcast.name,
        state=broadcast.state,
        channel=broadcast.channel,
        currency=brand.currency,
        as_of=now,
        started_at=broadcast.started_at,
        measured_at=broadcast.measured_at,
        measure_for=broadcast.measure_for,
        holdout_share=share,
        is_over=is_over,
        funnel=dataclasses.replace(funnel, bought=int(got.bought[got.is_treated].sum())),
        effect=found,
        shown="fixed_horizon" if is_over else "always_valid",
        interim=early,
        order_value=ex.of_ratios(got.spent_minor, got.orders_n, got.is_treated),
        mixed=got.mixed,
        cost_minor=cost,
        curve=windows.curve(who, orders, measured_days),
        attribution=windows.attributed(clicks, every, days),
        other_currencies=others,
        sentence={
            lang: headline(
                found,
                lang,
                early=early,
                currency=brand.currency,
                holdout_share=share,
                measured_at=broadcast.measured_at,
                time_zone=brand.time_zone,
            )
            for lang in LANGUAGES
        },
    )


def as_json(value: Report) -> dict[str, Any]:
    """The report for a program. What has no bound or no value is null; money is in minor units, and as text where it is a total."""
    made: dict[str, Any] = _plain(dataclasses.asdict(value))
    effects = made.pop("effect")
    for name in ("buyers", "revenue"):
        part, outcome = effects[name], getattr(value.effect, name)
        made[name] = {
            "verdict": part["verdict"],
            "total": part["total"] if name == "buyers" else {k: _money(v, value.currency) for k, v in part["total"].items()},
            "per_head": {k: part["estimate"][k] for k in ("difference", "low", "high", "error", "method", "level", "cut")},
            "treated": part["estimate"]["treated"],
            "control": part["estimate"]["control"],
            "lift": outcome.estimate.lift,
            "smallest_visible": part["smallest_visible"],
            "power": part["power"],
        }
    made["verdict"] = made["buyers"]["verdict"]
    made |= {"split": effects["split"], "readings": effects["readings"], "worth": effects["worth"], "level": effects["level"]}
    made["cost"] = str(to_decimal(value.cost_minor, value.currency))
    return made


def _money(minor: float | None, currency: str) -> str | None:
    return None if minor is None else str(to_decimal(round(minor), currency))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
