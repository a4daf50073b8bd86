"""The diagnosis as one self-contained HTML file: light enough for a chat, readable on a phone, prints to A4.

Its only script is our own, inline: sliders that recompute what rests on assumptions. It contacts nobody and holds no customer's data.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import numpy as np
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from siyu.analytics.diagnosis.words import Diagnosis, Finding
from siyu.base.money import digits, show
from siyu.base.text import say

_SHARES = {"rate", "share", "depth", "keep"}
_MONEY = {"minor", "low", "high", "first"}
_MOST_COLUMNS = 12  # of the cohort table; more would not be read on a phone


def report(d: Diagnosis, name: str, lang: str = "zh") -> str:
    """The file's text. `name` is the order file's own name, shown in the head."""
    t = _Words(d.currency, lang)
    env = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = env.from_string(resources.files("siyu.analytics.diagnosis").joinpath("report.html").read_text("utf-8"))
    style = resources.files("siyu.analytics.diagnosis").joinpath("report.css").read_text("utf-8")
    script = resources.files("siyu.analytics.diagnosis").joinpath("report.js").read_text("utf-8")
    return template.render(
        unit=10 ** digits(d.currency), d=d, t=t, name=name, lang=lang, style=Markup(style), script=Markup(script),  # noqa: S704  files of this package
        day=lambda number: str(np.datetime64(number, "D")),
        headline=_headline(d, t), stage=_stage(d, t), findings=[(f.mood, _sentence(f, t)) for f in d.findings],
        cards=_cards(d, t), months=_bars(d, t), cohorts=_cohorts(d), scores=_scores(d, t), plan=_plan(d, t), sliders=_sliders(d, t),
        state=Markup(json.dumps(_state(d), ensure_ascii=True).replace("<", "\\u003c")),  # noqa: S704  numbers only
        grid_most=max((cell["minor"] for row in d.grid for cell in row), default=1) or 1,
    )  # fmt: skip


def headline(d: Diagnosis, lang: str = "zh") -> str:
    """The verdict in a sentence."""
    return _headline(d, _Words(d.currency, lang))


def sentences(d: Diagnosis, lang: str = "zh") -> list[str]:
    """What was found, a sentence each."""
    return [_sentence(f, _Words(d.currency, lang)) for f in d.findings]


class _Words:
    """Texts, money and shares in the report's language and currency."""

    def __init__(self, currency: str, lang: str) -> None:
        self.currency, self.lang = currency, lang

    def __call__(self, key: str, **values: Any) -> str:
        return say(f"analytics.{key}", self.lang, **values)

    def money(self, minor: float | None) -> str:
        if minor is None:
            return self("report_unknown")
        return show(round(minor), self.currency, short=abs(minor) >= 1_000_000, lang=self.lang)

    def share(self, share: float | None) -> str:
        return self("report_unknown") if share is None else f"{share:.0%}"

    def number(self, number: float | None, places: int = 0) -> str:
        return self("report_unknown") if number is None else f"{number:,.{places}f}"

    def params(self, params: dict[str, float]) -> str:
        return ", ".join(f"{name} {value:.4g}" for name, value in params.items())


def _headline(d: Diagnosis, t: _Words) -> str:
    gain, cost = d.economics.get("gain_year_minor"), d.economics.get("cost_year_minor")
    return t(f"verdict_{d.verdict}", gain=t.money(gain), cost=t.money(cost))


def _stage(d: Diagnosis, t: _Words) -> tuple[str, str]:
    f = d.figures
    values = {
        "customers": t.number(f["customers"]), "anonymous": t.share(f["anonymous_share"]),
        "repeat": t.share(f["repeat_rate"]), "again": t.share(f["repurchase_90d"]),
    }  # fmt: skip
    return t(f"stage_{d.stage}"), t(f"stage_{d.stage}_why", **values)


def _sentence(f: Finding, t: _Words) -> str:
    shown: dict[str, str] = {}
    for name, value in f.values.items():
        if f.key == "repeat" and name == "rate":
            shown[name] = f"{(value or 0) * 100:.0f}"
        elif name in _SHARES:
            shown[name] = t.share(value)
        elif name in _MONEY and f.key != "when":
            shown[name] = t.money(value)
        else:
            shown[name] = t.number(value)
    return t(f"finding_{f.key}", **shown)


def _cards(d: Diagnosis, t: _Words) -> list[tuple[str, str, str, str]]:
    """(element id, label, value, small print) of the cards on top."""
    f, v, e = d.figures, d.value, d.economics
    pool = v.get("pool")
    band = t("report_band", low=t.money(pool["low"]), high=t.money(pool["high"])) if pool else ""
    return [
        ("", t("report_card_customers"), t.number(f["customers"]), ""),
        ("", t("report_card_repeat"), t.share(f["repeat_rate"]), ""),
        ("", t("report_card_again"), t.share(f["repurchase_90d"]), ""),
        ("", t("report_card_share"), t.share(f["repeat_sales_share"]), ""),
        ("pool", t("report_card_pool"), t.money(pool["value"]) if pool else t("report_unknown"), band),
        ("cac", t("report_card_cac"), t.money(e.get("allowable_cac_minor")), ""),
        ("guide", t("report_card_guide"), t.number(e.get("break_even_customers_per_guide")), ""),
        ("net", t("report_card_net"), t.money(e.get("net_year_minor")), ""),
    ]


def _bars(d: Diagnosis, t: _Words) -> list[dict[str, Any]]:
    most = max((m["sales_minor"] for m in d.months), default=1) or 1
    return [_month_bar(m, most, t) for m in d.months[-36:]]


def _month_bar(m: dict[str, Any], most: int, t: _Words) -> dict[str, Any]:
    new, returning = m["sales_minor"] - m["returning_minor"], m["returning_minor"]
    return {
        "month": m["month"],
        "new_share": 100 * max(0, new) / most,
        "returning_share": 100 * max(0, returning) / most,
        "title": f"{m['month']}  {t('report_new')} {t.money(new)}  {t('report_returning')} {t.money(returning)}",
    }


def _cohorts(d: Diagnosis) -> list[dict[str, Any]]:
    shown = d.cohorts[-13:]
    return [
        {"month": c["month"], "size": c["size"], "cells": [(n / c["size"], n) for n in c["active"][1 : _MOST_COLUMNS + 1]]} for c in shown
    ]


def _scores(d: Diagnosis, t: _Words) -> list[tuple[str, int, str]]:
    found = []
    for name, one in d.scores.items():

        def shown(number: float, name: str = name) -> str:
            return t.number(number, 1) if name == "scenes" else t.share(number)

        said = (
            t(f"score_{name}_number", number=shown(one["number"]))
            + " "
            + t("score_scale", zero=shown(one["zero"]), full=shown(one["full"]))
        )
        found.append((t(f"score_{name}"), int(one["score"]), said))
    return found


def _plan(d: Diagnosis, t: _Words) -> list[dict[str, Any]]:
    """The three stages as the report shows them: title, state, what to do, and the gates with where we are and where to be."""

    def shown(gate: dict[str, Any], value: float | None) -> str:
        return t.share(value) if gate["is_share"] else t.number(value)

    return [
        {
            "number": one["number"], "title": t(f"plan_{one['stage']}"), "about": t(f"plan_{one['stage']}_do"), "state": one["state"],
            "state_word": t(f"plan_state_{one['state']}"),
            "gates": [
                (t(f"plan_gate_{g['what']}"), shown(g, g["now"]), ("≤ " if g["is_most"] else "≥ ") + shown(g, g["goal"]), g["met"])
                for g in one["gates"]
            ],
        }
        for one in d.plan
    ]  # fmt: skip


def _sliders(d: Diagnosis, t: _Words) -> list[dict[str, Any]]:
    a = d.assumptions
    unit = 10 ** digits(d.currency)
    guide, platform = a.guide_month_minor / unit, a.platform_month_minor / unit
    bounds = {  # label, low, high, step, value, kind
        "margin": ("report_margin", 5, 90, 1, a.margin * 100, "percent"),
        "lift": ("report_lift", 0, 100, 1, a.guide_lift * 100, "percent"),
        "wage": ("report_guide_cost", 0, guide * 4, guide / 40, guide, "money"),
        "capacity": ("report_capacity", 100, 6000, 100, a.guide_capacity, "number"),
        "platform": ("report_platform", 0, max(10, platform * 10), platform / 20, platform, "money"),
    }
    return [
        {"id": name, "label": t(label), "low": low, "high": round(high), "step": max(1, round(step)), "value": round(value), "kind": kind}
        for name, (label, low, high, step, value, kind) in bounds.items()
    ]


def _state(d: Diagnosis) -> dict[str, Any]:
    """What the page needs to recompute: the numbers per unit of margin."""
    v, a = d.value, d.assumptions
    if "model" not in v:
        return {}
    return {
        "currency": d.currency,
        "unit": 10 ** digits(d.currency),
        "customers": d.figures["customers"],
        "pool": v["pool"]["value"] / a.margin, "low": v["pool"]["low"] / a.margin, "high": v["pool"]["high"] / a.margin,
        "cac": v["new"]["mean"] / a.margin,
        "year": v["margin_next_year_minor"] / a.margin,
        "years": [one["margin_minor"] / a.margin for one in v["yearly"]],
        "band": [v["band"]["low"], v["band"]["high"]] if v["band"]["rounds"] else [0.5, 1.5],
    }  # fmt: skip
