"""What the pool is worth and what that allows, from the models and the assumptions."""

from __future__ import annotations

from typing import Any

import numpy as np

from siyu.analytics.diagnosis.figures import Buyers
from siyu.analytics.diagnosis.words import Assumptions
from siyu.analytics.value.backtest import Band, Round, band_of, choose, rounds_of, spend_fit, spend_of
from siyu.analytics.value.fitting import MODELS, fit
from siyu.analytics.value.purchases import histories_at
from siyu.analytics.value.words import Fit, Floats, States, collapse
from siyu.analytics.value.worth import delta_of, discounted_purchases

LEAST_CUSTOMERS = 100  # below this no model is fitted: too few to say
_WEEKS_A_MONTH = 52 / 12


def value_of(b: Buyers, as_of_day: int, a: Assumptions) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The fitted model, the value of today's buyers and of the next one, each with the backtest's band; and the backtest's rows.

    Gives ({"why": "too few"}, []) when there are too few buyers for any model.
    """
    if len(b.orders) < LEAST_CUSTOMERS:
        return {"why": "too few", "customers": len(b.orders)}, []
    p = b.purchases
    h = histories_at(p, as_of_day)
    states, back = collapse(h.x, h.t_x, h.t_obs)
    if float(np.dot(states.weight, states.x)) < 30:
        return {"why": "too few repeats", "customers": len(b.orders)}, []
    rounds = rounds_of(p, as_of_day)
    name, why = choose(rounds, states)
    found = fit(name, states)
    audited = fit("bg/nbd", states)
    amounts = spend_fit(h)
    average = float(p.minor.mean())
    spend = spend_of(amounts, h, average)
    module = MODELS[name]
    horizon = a.horizon_months * _WEEKS_A_MONTH
    within = discounted_purchases(found, states, a.yearly_discount, horizon, a.yearly_keep)[back]
    fades = [_stay(found, a, year) for year in (1, 2, 3)]
    year = module.expected(found.params, states, 52.0)[back] * fades[0]
    quarter = module.expected(found.params, states, 13.0)[back]
    alive = module.p_alive(found.params, states)[back]
    band = band_of(rounds, name)
    mine = a.margin * within * spend
    total = float(mine.sum())
    low, high = reach(total, band)
    new = _next_customer(found, a, horizon, average if amounts is None or amounts.degenerate else float(
        amounts["p"] * amounts["gamma"] / (amounts["q"] - 1)), average)  # fmt: skip
    new_low, new_high = reach(new["later_minor"], band)
    first_share = new["first_minor"]
    return {
        "why": why,
        "model": name,
        "parameters": found.as_dict(),
        "log_likelihood": found.log_likelihood,
        "degenerate": audited.degenerate,
        "spend_model": None if amounts is None else amounts.as_dict(),
        "customers": len(h.who),
        "band": {"low": band.low, "middle": band.middle, "high": band.high, "rounds": band.rounds},
        "alive_share": float(alive.mean()),
        "active_next_quarter": float((1 - np.exp(-quarter)).mean()),
        "purchases_next_year": float(year.sum()),
        "margin_next_year_minor": float((a.margin * year * spend).sum()),
        "sales_next_year_minor": float((year * spend).sum()),
        "pool": {"value": total, "low": low, "high": high, "horizon_months": a.horizon_months, "margin": a.margin},
        "each": {"mean": total / len(h.who), "low": low / len(h.who), "high": high / len(h.who)},
        "share_of_top_tenth": float(np.sort(mine)[::-1][: max(1, len(mine) // 10)].sum() / total) if total > 0 else 0.0,
        "new": {**new, "low": first_share + new_low, "high": first_share + new_high},
        "yearly": _yearly(found, states, back, spend, a),
        "cohorts": _cohorts(b, h.who, mine, a, band),
    }, [row_of(one) for one in rounds]


def _cohorts(b: Buyers, who: Any, ahead: Floats, a: Assumptions, band: Band) -> list[dict[str, Any]]:
    """Lifetime value a head by the quarter of the first purchase: margin so far, and margin ahead with the backtest's band."""
    quarter = b.first[who].astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) // 3
    so_far = a.margin * (b.paid - b.refunded)[who]
    found = []
    for one in np.unique(quarter):
        mine = quarter == one
        n, coming = int(mine.sum()), float(ahead[mine].mean())
        low, high = reach(coming, band)
        year, number = divmod(int(one), 4)
        found.append({
            "cohort": f"{1970 + year}-Q{number + 1}", "size": n, "so_far_minor": float(so_far[mine].mean()), "ahead_minor": coming,
            "low_minor": low, "high_minor": high,
        })  # fmt: skip
    return found


def reach(amount: float, band: Band) -> tuple[float, float]:
    """The band around an amount; it always holds the amount itself. Without a backtest: half and one and a half, and the report says so."""
    if not band.rounds:
        return amount * 0.5, amount * 1.5
    return amount * min(band.low, 1.0), amount * max(band.high, 1.0)


def _next_customer(found: Fit, a: Assumptions, weeks: float, mean_spend: float, first_spend: float) -> dict[str, float]:
    """Margin of a new customer's first purchase and of the later ones within the horizon, discounted."""
    delta = delta_of(a.yearly_discount)
    edges = np.append(np.arange(0.0, weeks, 4.0), weeks)
    made = MODELS[found.model].expected_new(found.params, edges)
    middle = (edges[:-1] + edges[1:]) / 2
    keep = np.log(a.yearly_keep) / 52 if found.model == "nbd" else 0.0
    later = float((np.diff(made) * np.exp((keep - delta) * middle)).sum())
    return {
        "first_minor": a.margin * first_spend,
        "later_minor": a.margin * later * mean_spend,
        "mean": a.margin * (first_spend + later * mean_spend),
        "later_purchases": later,
    }


def _yearly(found: Fit, states: States, back: Any, spend: Floats, a: Assumptions) -> list[dict[str, float]]:
    """Margin of today's buyers in each of the next three years, undiscounted: what comes if nothing more is spent on winning people."""
    made = [np.zeros(len(states)), *(MODELS[found.model].expected(found.params, states, 52.0 * k) for k in (1, 2, 3))]
    return [
        {"year": k, "margin_minor": float((a.margin * (made[k] - made[k - 1])[back] * spend).sum()) * _stay(found, a, k),
         "purchases": float((made[k] - made[k - 1])[back].sum()) * _stay(found, a, k)}
        for k in (1, 2, 3)
    ]  # fmt: skip


def _stay(found: Fit, a: Assumptions, year: int) -> float:
    """The average share still there in a year from now on; 1 where the model itself knows who leaves."""
    if found.model != "nbd" or a.yearly_keep >= 1:
        return 1.0
    rate = -np.log(a.yearly_keep)
    return float(a.yearly_keep ** (year - 1) * -np.expm1(-rate) / rate)


def row_of(r: Round) -> dict[str, Any]:
    """A line of the backtest as JSON values."""
    return {
        "model": r.model, "origin": str(np.datetime64(r.origin_day, "D")), "weeks": r.horizon_weeks, "customers": r.customers,
        "predicted": r.predicted, "happened": r.happened, "ratio": r.happened / r.predicted if r.predicted else None,
        "ratio_money": r.happened_minor / r.predicted_minor if r.predicted_minor else None, "mean_error": r.mean_error,
        "degenerate": r.degenerate,
    }  # fmt: skip
