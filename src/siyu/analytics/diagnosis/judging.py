"""From numbers to a judgement: does a private pool pay here, which stage comes first, and the sentences that say why."""

from __future__ import annotations

from typing import Any

from siyu.analytics.diagnosis.words import Assumptions, Finding

LEAST_SHARE_KNOWN = 0.70  # of sales that name a customer, before the first job is to know them
GOOD_REPURCHASE = 0.25  # within 90 days
GOOD_REPEAT = 0.40
_LEAST_FOR_TOP = 20  # below this a tenth of the customers is one or two people


def economics_of(figures: dict[str, Any], value: dict[str, Any], a: Assumptions) -> dict[str, Any]:
    """What one may pay, how many people a guide must hold, and the balance of a year. Empty where no model could be fitted."""
    if "model" not in value:
        return {}
    customers = figures["customers"]
    each_month = value["margin_next_year_minor"] / 12 / customers  # margin that a buyer of today brings a month on their own
    gain_month = a.guide_lift * each_month
    guides = max(1, -(-customers // a.guide_capacity))
    cost_year = 12 * (guides * a.guide_month_minor + a.platform_month_minor)
    gain_year = a.guide_lift * value["margin_next_year_minor"]
    band = value["band"] if value["band"]["rounds"] else {"low": 0.5, "high": 1.5}
    low, high = gain_year * min(1.0, band["low"]), gain_year * max(1.0, band["high"])
    return {
        "allowable_cac_minor": value["new"]["mean"],
        "allowable_cac_low_minor": value["new"]["low"],
        "first_order_covers_minor": value["new"]["first_minor"],
        "margin_each_month_minor": each_month,
        "gain_each_month_minor": gain_month,
        "break_even_customers_per_guide": a.guide_month_minor / gain_month if gain_month > 0 else None,
        "guides": guides,
        "cost_year_minor": cost_year,
        "gain_year_minor": gain_year,
        "gain_year_low_minor": low,
        "gain_year_high_minor": high,
        "net_year_minor": gain_year - cost_year,
        "break_even_lift": cost_year / value["margin_next_year_minor"] if value["margin_next_year_minor"] > 0 else None,
    }


def verdict_of(figures: dict[str, Any], economics: dict[str, Any]) -> str:
    """'pays', 'does_not_pay', 'borderline' (the cost lies inside the band) or 'too_few' (nobody can say)."""
    if not economics:
        return "too_few"
    if economics["gain_year_low_minor"] > economics["cost_year_minor"]:
        return "pays"
    if economics["gain_year_high_minor"] < economics["cost_year_minor"]:
        return "does_not_pay"
    return "borderline"


def stage_of(figures: dict[str, Any]) -> str:
    """The first stage to do: 'accumulate' people one can name, 'deepen' the relation until they come back, 'widen' the circle."""
    anonymous = figures["anonymous_share"] or 0.0
    if figures["customers"] < 1000 or anonymous > 1 - LEAST_SHARE_KNOWN:
        return "accumulate"
    again = figures["repurchase_90d"]
    if (figures["repeat_rate"] or 0) < GOOD_REPEAT or (again is not None and again < GOOD_REPURCHASE):
        return "deepen"
    return "widen"


def scores_of(figures: dict[str, Any], value: dict[str, Any], months: int) -> dict[str, dict[str, Any]]:
    """Four questions of self-diagnosis (scenes, replication, interaction, system), 0 to 100, each with the number behind it.

    Scenes: how many occasions a year there are to meet a buyer. Replication: whether the business rests on many or on a few.
    Interaction: whether people come back soon enough for a conversation to live. System: whether the data can carry it.
    """
    yearly = (figures["orders_each"] or 0.0) / max(months, 1) * 12
    top = (figures["top_share"] or {}).get("10", 1.0)
    again = figures["repurchase_90d"] or 0.0
    known = 1 - (figures["anonymous_share"] if figures["anonymous_share"] is not None else 1.0)
    return {
        "scenes": _score(yearly, 0.5, 6),
        "replication": _score(1 - top, 0.2, 0.7) | {"number": top, "zero": 0.8, "full": 0.3},
        "interaction": _score(again, 0.05, 0.45),
        "system": _score(known * (1.0 if months >= 12 else months / 12), 0.3, 1.0) | {"number": known, "months": months},
    }


def findings_of(figures: dict[str, Any], value: dict[str, Any], economics: dict[str, Any], a: Assumptions) -> list[Finding]:
    """The sentences of the report, in the order in which an owner asks."""
    f = figures
    found = [Finding("repeat", {"rate": f["repeat_rate"], "share": f["repeat_sales_share"]}, _mood(f["repeat_rate"], GOOD_REPEAT, 0.2))]
    if f["repurchase_90d"] is not None:
        found.append(
            Finding("again", {"rate": f["repurchase_90d"], "ripe": f["ripe_customers"]}, _mood(f["repurchase_90d"], GOOD_REPURCHASE, 0.1))
        )
    else:
        found.append(Finding("again_unknown", {}))
    if f["days_to_second"] is not None:
        low, _, high = f["gap_quartiles"]
        found.append(Finding("when", {"days": f["days_to_second"], "low": low, "high": high}))
    top = (f["top_share"] or {}).get("10")
    if top is not None and f["customers"] >= _LEAST_FOR_TOP:
        found.append(Finding("top", {"share": top}, "bad" if top > 0.6 else ""))
    if f["champions"] and f["champions"]["customers"]:
        found.append(Finding("champions", {"people": f["champions"]["customers"], "share": f["champions"]["share"]}))
    if (f["anonymous_share"] or 0) > 0.02:
        found.append(Finding("anonymous", {"share": f["anonymous_share"]}, "bad" if f["anonymous_share"] > 1 - LEAST_SHARE_KNOWN else ""))
    if (f["refund_share"] or 0) > 0.005:
        found.append(Finding("refunds", {"share": f["refund_share"]}, "bad" if f["refund_share"] > 0.1 else ""))
    if f["discount"] is None:
        found.append(Finding("discount_unknown", {}))
    elif f["discount"]["only_on_discount"] is not None:
        found.append(Finding("discount", {"share": f["discount"]["only_on_discount"], "depth": f["discount"]["depth"]},
                             "bad" if f["discount"]["only_on_discount"] > 0.4 else ""))  # fmt: skip
    if f["rejected"] or f["future"]:
        found.append(Finding("left_out", {"rejected": f["rejected"], "future": f["future"]}, "bad"))
    if "model" not in value:
        found.append(Finding("no_model", {"customers": f["customers"]}))
        return found
    if value["model"] != "nbd":
        found.append(Finding("churn", {"rate": value["alive_share"], "share": value["active_next_quarter"]}))
    if value["model"] == "nbd":
        found.append(Finding("no_dropout", {"keep": a.yearly_keep}, "bad"))
    elif value["degenerate"]:
        found.append(Finding("no_variety", {}, "bad"))
    if not value["band"]["rounds"]:
        found.append(Finding("no_backtest", {}, "bad"))
    found.append(
        Finding(
            "pool",
            {"minor": value["pool"]["value"], "low": value["pool"]["low"], "high": value["pool"]["high"], "months": a.horizon_months},
        )
    )
    found.append(
        Finding(
            "cac", {"minor": economics["allowable_cac_minor"], "first": economics["first_order_covers_minor"], "months": a.horizon_months}
        )
    )
    if economics["break_even_customers_per_guide"] is not None:
        people = economics["break_even_customers_per_guide"]
        found.append(Finding("guide", {"people": people, "capacity": a.guide_capacity}, "good" if people <= a.guide_capacity else "bad"))
    return found


def _mood(rate: float | None, good: float, bad: float) -> str:
    if rate is None:
        return ""
    return "good" if rate >= good else "bad" if rate < bad else ""


def _score(value: float, low: float, high: float) -> dict[str, Any]:
    """The score, the number behind it, and the numbers that would score 0 and 100."""
    return {"score": _scale(value, low, high), "number": value, "zero": low, "full": high}


def _scale(value: float, low: float, high: float) -> int:
    return round(100 * min(1.0, max(0.0, (value - low) / (high - low))))
