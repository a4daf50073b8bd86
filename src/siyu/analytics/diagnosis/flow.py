"""The diagnosis: an order file as columns in, a judged set of figures out. No database, no account."""

from __future__ import annotations

from typing import Any

import numpy as np

from siyu.analytics.diagnosis.figures import buyers_of, cohorts_of, figures_of, grid_of, months_of
from siyu.analytics.diagnosis.judging import economics_of, findings_of, scores_of, stage_of, verdict_of
from siyu.analytics.diagnosis.stages import plan_of
from siyu.analytics.diagnosis.value import value_of
from siyu.analytics.diagnosis.words import PAID, Assumptions, Diagnosis, Trade
from siyu.base.errors import InputError
from siyu.base.text import say


def diagnose(t: Trade, a: Assumptions, lang: str = "zh") -> Diagnosis:
    """Judge an order file. Raises InputError, in the reader's language, when nothing in it can be judged."""
    if not t.lines:
        raise InputError(say("analytics.diagnosis_empty", lang), say("analytics.diagnosis_empty_remedy", lang))
    paid = t.kind == PAID
    if not paid.any():
        raise InputError(say("analytics.diagnosis_no_sales", lang), say("analytics.diagnosis_no_sales_remedy", lang))
    if not (paid & (t.customer >= 0)).any():
        raise InputError(say("analytics.diagnosis_nobody", lang), say("analytics.diagnosis_nobody_remedy", lang))
    buyers = buyers_of(t)
    figures = figures_of(t, buyers)
    months = months_of(t)
    value, rows = value_of(buyers, t.as_of_day, a)
    economics = economics_of(figures, value, a)
    return Diagnosis(
        currency=t.currency,
        as_of_day=t.as_of_day,
        first_day=int(t.day[paid].min()),
        last_day=int(t.day[paid].max()),
        figures=figures,
        cohorts=cohorts_of(buyers),
        months=months,
        grid=grid_of(buyers, t.as_of_day),
        value=value,
        backtest=rows,
        economics=economics,
        scores=scores_of(figures, value, len(months)),
        plan=plan_of(figures),
        findings=findings_of(figures, value, economics, a),
        verdict=verdict_of(figures, economics),
        stage=stage_of(figures),
        assumptions=a,
        is_currency_assumed=t.is_currency_assumed,
    )


def as_json(d: Diagnosis) -> dict[str, Any]:
    """The diagnosis for a program; money in minor units of `currency`, dates as text."""
    f, v, e = d.figures, d.value, d.economics
    has_model = "model" in v
    return {
        "currency": d.currency,
        "currency_assumed": d.is_currency_assumed,
        "as_of": str(np.datetime64(d.as_of_day, "D")),
        "first_on": str(np.datetime64(d.first_day, "D")),
        "last_on": str(np.datetime64(d.last_day, "D")),
        **f,
        "model": {
            "name": v["model"], "parameters": v["parameters"], "log_likelihood": v["log_likelihood"],
            "degenerate": bool(v["degenerate"]), "degenerate_why": v["degenerate"], "chosen_by": v["why"], "backtest": d.backtest,
        } if has_model else {"name": None, "why": v["why"], "degenerate": None},
        "clv": {"mean": v["each"]["mean"], "band": [v["each"]["low"], v["each"]["high"]],
                "new_customer": v["new"]["mean"]} if has_model else None,
        "pool_value": {"value": v["pool"]["value"], "low": v["pool"]["low"], "high": v["pool"]["high"],
                       "horizon": v["pool"]["horizon_months"], "margin": v["pool"]["margin"]} if has_model else None,
        "next_three_years": v.get("yearly"),
        "alive_share": v.get("alive_share"),
        "allowable_cac": e.get("allowable_cac_minor"),
        "break_even_customers_per_guide": e.get("break_even_customers_per_guide"),
        "economics": e or None,
        "clv_by_cohort": v.get("cohorts"),
        "scores": d.scores,
        "plan": d.plan,
        "cohorts": d.cohorts,
        "rfm": d.grid,
        "verdict": d.verdict,
        "stage": d.stage,
    }  # fmt: skip
