"""The headline of a report, in words a shopkeeper reads; pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from siyu.analytics import experiments as ex
from siyu.analytics.words import Effect, Interim, Outcome
from siyu.base.money import digits, show
from siyu.base.text import say


def headline(
    effect: Effect, lang: str, *, currency: str, holdout_share: float, measured_at: datetime | None, time_zone: str,
    early: Interim | None = None,
) -> str:  # fmt: skip
    """What the broadcast caused: buyers first, then revenue; or why nothing can be said. `early` is what may be said before the end."""
    treated, control = effect.buyers.estimate.treated, effect.buyers.estimate.control
    if not treated.n + control.n:
        return say("analytics.headline_nobody", lang)
    if effect.buyers.verdict is ex.Verdict.BROKEN:
        planned = [f"{expected:,.0f}" for expected in effect.split.expected]
        return say(
            "analytics.headline_broken", lang,
            treated=f"{treated.n:,}", control=f"{control.n:,}", planned_treated=planned[0], planned_control=planned[1],
        )  # fmt: skip
    if not holdout_share:
        return say("analytics.headline_no_holdout", lang)
    if effect.buyers.verdict is ex.Verdict.TOO_EARLY:
        until = measured_at.astimezone(ZoneInfo(time_zone)).strftime("%Y-%m-%d %H:%M") if measured_at else "–"
        rates = {"treated_rate": f"{treated.mean * 100:.1f}", "control_rate": f"{control.mean * 100:.1f}"}
        said = say("analytics.headline_too_early", lang, until=until, **rates)
        return said if early is None else said + ("" if lang == "zh" else " ") + _early(early, lang)

    def people(value: float) -> str:
        return f"{value:,.0f}" if math.isfinite(value) else say("analytics.unbounded", lang)

    def money(value: float) -> str:
        return rounded(value, currency, lang) if math.isfinite(value) else say("analytics.unbounded", lang)

    parts = [
        _part("analytics.buyers_", effect.buyers, effect, lang, people),
        _part("analytics.revenue_", effect.revenue, effect, lang, money),
    ]
    return ("" if lang == "zh" else " ").join(parts)


def _early(early: Interim, lang: str) -> str:
    """Whether something is clear already, however often the page was opened."""
    total = early.buyers_total
    word = "unclear" if total.low <= 0 <= total.high else "more" if total.low > 0 else "fewer"
    low, high = (total.low, total.high) if word != "fewer" else (-total.high, -total.low)
    return say(f"analytics.early_{word}", lang, low=f"{low:,.0f}", high=f"{high:,.0f}", level=f"{early.buyers.level:.0%}")


def rounded(minor: float, currency: str, lang: str) -> str:
    """An estimated amount: whole units, and 万 or K from ten thousand on; pence would pretend to know."""
    unit = 10 ** digits(currency)
    if abs(minor) >= 10_000 * unit:
        return show(round(minor), currency, short=True, lang=lang)
    return show(round(minor / unit) * unit, currency, lang=lang).removesuffix("." + "0" * digits(currency))


def _part(what: str, outcome: Outcome, effect: Effect, lang: str, shown: Callable[[float], str]) -> str:
    total, n = outcome.total, outcome.estimate.treated.n
    low, high = total.low, total.high
    word = {ex.Verdict.NO_EFFECT: "no_effect", ex.Verdict.TOO_FEW: "too_few"}.get(outcome.verdict)
    if word is None:
        word = "caused_more" if total.value > 0 else "caused_fewer"
        if total.value < 0:
            low, high = -total.high, -total.low
    values = {
        "value": shown(abs(total.value)),
        "low": shown(low),
        "high": shown(high),
        "visible": shown(outcome.smallest_visible * n),
        "level": f"{effect.level:.0%}",
        "worth": f"{effect.worth:.0%}",
    }
    return say(what + word, lang, **values)
