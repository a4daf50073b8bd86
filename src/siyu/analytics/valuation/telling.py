"""A valuation for a program: numbers with their assumptions, the run they come from, and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from siyu.analytics.assumptions import Assumed, as_dict
from siyu.analytics.valuation.words import Figures, Valuation


def as_json(v: Valuation, f: Figures, a: Assumed) -> dict[str, Any]:
    """Money in minor units; `low` and `high` by the backtest (80 %), `model_low` and `model_high` the model's own interval."""
    return {
        "value": asdict(v.value) | {"months": a.horizon_months},
        "lasting": asdict(v.lasting),
        "scenarios": [asdict(one) for one in v.scenarios],
        "allowable": [asdict(one) for one in v.allowable],
        "rivals": [asdict(one) for one in v.rivals],
        "customers": f.customers,
        "alive": f.alive,
        "new_buyers_a_year": f.new_a_year,
        "new_buyer": {"first_minor": f.first_minor, "later_spend_minor": f.spend_minor},
        "band": {"low": f.low, "middle": f.middle, "high": f.high, "rounds": f.rounds},
        "is_dropout_visible": not f.is_fading,
        "assumptions": as_dict(a),
    }
