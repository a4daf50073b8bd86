"""What the pool is worth under assumptions: pure arithmetic on a run's figures, so that a changed margin needs no new fit.

Money of a step is discounted from the step's middle at a continuously compounded rate, as in Fader, Hardie & Lee (2005). Serving is paid
for those who still buy; their number is taken to fall as their purchases do. The band is that of the backtest; the model's own interval
is a normal one, shown beside it and named as such, never alone.
"""

from __future__ import annotations

import numpy as np

from siyu.analytics.assumptions import Assumed
from siyu.analytics.valuation.words import STEP_WEEKS, YEAR_WEEKS, Allowable, Amount, Figures, Rival, Scenario, Valuation, Year
from siyu.analytics.value.words import Floats

MONTH_WEEKS = YEAR_WEEKS / 12
SPANS = (3, 6, 12, 24, 36)  # months that a payback table shows
_YEARS = 3
_STEPS = int(_YEARS * YEAR_WEEKS / STEP_WEEKS)
_SHOWN = 1.2816  # standard errors on either side that hold 80 %, as the backtest's band does


def valuation(f: Figures, a: Assumed) -> Valuation:
    """Value, scenarios, what one may pay, and what a rival would need."""
    scenarios = tuple(_scenario(f, a, key, share) for key, share in (("none", None), ("as_today", 0.0), ("growth", a.growth)))
    return Valuation(
        value=pool_value(f, a, a.horizon_months),
        lasting=pool_value(f, a, None),
        scenarios=scenarios,
        allowable=tuple(allowable(f, a, months) for months in _spans(a)),
        rivals=tuple(rival(f, a, months) for months in (12, 24, 36)),
        by_year=scenarios[0].years,
    )


def _spans(a: Assumed) -> list[int]:
    return sorted({*SPANS, a.payback_months})


def pool_value(f: Figures, a: Assumed, months: int | None) -> Amount:
    """What today's buyers still bring, less what serving them costs, discounted; within `months`, or (None) for as long as they buy."""
    share = _within(f, months)
    worth = _discount(f, a) * _kept(f, a) * share
    margin = float((a.margin * np.array(f.sales_minor) * worth).sum())
    serve = float((_served(f, a) * share * _discount(f, a)).sum())
    return _amount(f, margin, -serve)


def allowable(f: Figures, a: Assumed, months: int) -> Allowable:
    """What winning one buyer may cost so that it is back within `months`."""
    later, serve, _ = _newcomer(f, a, months)
    first = a.margin * f.first_minor
    return Allowable(months, first, later, serve, _amount(f, later, first - serve))


def rival(f: Figures, a: Assumed, months: int) -> Rival:
    """Whether somebody with buyers like ours could sell the first order at cost, by what the later ones bring within `months`."""
    later, serve, orders = _newcomer(f, a, months)
    needs = win_cost(f, a) + serve
    brings = _amount(f, later, 0.0)
    each = a.margin * f.spend_minor
    can = "yes" if brings.low >= needs else "no" if brings.high < needs else "unsure"
    return Rival(months, needs, brings, needs / each if each > 0 else None, orders, can)


def win_cost(f: Figures, a: Assumed) -> float:
    """What winning one buyer costs: as stated, else the margin of the first order."""
    return a.margin * f.first_minor if a.win_minor is None else float(a.win_minor)


def _amount(f: Figures, modelled: float, certain: float) -> Amount:
    """`modelled` lies inside the bands, `certain` does not. Without a backtest: half and one and a half, and the page says so."""
    low, high = (min(f.low, 1.0), max(f.high, 1.0)) if f.rounds else (0.5, 1.5)
    reach = _SHOWN * f.spread
    return Amount(
        modelled + certain, modelled * low + certain, modelled * high + certain,
        modelled * max(0.0, 1 - reach) + certain, modelled * (1 + reach) + certain,
    )  # fmt: skip


def _middles(f: Figures) -> Floats:
    edges = np.array(f.edges)
    result: Floats = (edges[:-1] + edges[1:]) / 2
    return result


def _discount(f: Figures, a: Assumed) -> Floats:
    """What a coin of each step is worth today; over a long step the average, not the middle's."""
    delta = float(np.log1p(a.yearly_discount) / YEAR_WEEKS)
    edges = np.array(f.edges)
    fall = delta * np.diff(edges)
    if delta < 1e-9:
        return np.ones(len(fall))
    result: Floats = np.exp(-delta * edges[:-1]) * -np.expm1(-fall) / fall
    return result


def _kept(f: Figures, a: Assumed) -> Floats:
    """By how much each step's buying is multiplied: the assumed stay where no dropout can be seen, and the change that is asked about."""
    years = _middles(f) / YEAR_WEEKS
    stay = a.yearly_keep if f.is_fading else 1.0
    result: Floats = (stay * (1 + a.keep_change)) ** years
    return result


def _within(f: Figures, months: int | None) -> Floats:
    """The share of each step that lies within so many months."""
    edges = np.array(f.edges)
    if months is None:
        return np.ones(len(edges) - 1)
    result: Floats = np.clip((months * MONTH_WEEKS - edges[:-1]) / np.diff(edges), 0.0, 1.0)
    return result


def _served(f: Figures, a: Assumed) -> Floats:
    """What serving today's buyers costs in each step."""
    widths = np.diff(np.array(f.edges))
    pace = np.array(f.purchases) * _kept(f, a) / widths
    active = f.alive * (np.minimum(1.0, pace / pace[0]) if len(pace) and pace[0] > 0 else np.zeros(len(pace)))
    result: Floats = active * widths / YEAR_WEEKS * a.serve_year_minor
    return result


def _newcomer(f: Figures, a: Assumed, months: int) -> tuple[float, float, float]:
    """Of one new buyer within `months`, discounted: margin of the later orders, cost of serving; and how many later orders."""
    share, kept, worth = _within(f, months), _kept(f, a), _discount(f, a)
    orders = np.array(f.later) * kept * share
    later = float((a.margin * f.spend_minor * orders * worth).sum())
    pace = np.array(f.later) * kept / np.diff(np.array(f.edges))
    active = np.minimum(1.0, pace / pace[0]) if len(pace) and pace[0] > 0 else np.zeros(len(pace))
    serve = float((active * np.diff(np.array(f.edges)) / YEAR_WEEKS * share * worth).sum()) * a.serve_year_minor
    return later, serve, float(orders.sum())


def _scenario(f: Figures, a: Assumed, key: str, growth: float | None) -> Scenario:
    """Three years in four-week steps. New buyers arrive evenly over a year, `growth` more each year; None = nobody comes."""
    kept, worth = _kept(f, a)[:_STEPS], _discount(f, a)[:_STEPS]
    n = len(kept)
    old_sales = np.array(f.sales_minor)[:n] * kept
    serve = _served(f, a)[:n]
    yearly = [0.0 if growth is None else f.new_a_year * (1 + growth) ** (1 + step // 13) for step in range(n)]
    arriving = np.array(yearly) * STEP_WEEKS / YEAR_WEEKS
    later = np.array(f.later)[:n] * kept
    half = (later + np.concatenate([[0.0], later[:-1]])) / 2  # who arrives within a step has half of it left
    again = np.convolve(arriving, half)[:n]
    new_sales = arriving * f.first_minor + again * f.spend_minor
    there = np.convolve(arriving, np.minimum(1.0, later / later[0]) if n and later[0] > 0 else np.zeros(n))[:n]
    serve = serve + there * STEP_WEEKS / YEAR_WEEKS * a.serve_year_minor
    win = arriving * win_cost(f, a)
    margin = a.margin * (old_sales + new_sales)
    years = []
    for year in range(_YEARS):
        part = slice(year * 13, year * 13 + 13)
        years.append(Year(
            year + 1, float((old_sales + new_sales)[part].sum()), float(new_sales[part].sum()), float(margin[part].sum()),
            float(serve[part].sum()), float(win[part].sum()), float((margin - serve - win)[part].sum()), float(arriving[part].sum()),
        ))  # fmt: skip
    modelled = float((a.margin * (old_sales + again * f.spend_minor) * worth).sum())
    certain = float(((a.margin * arriving * f.first_minor - serve - win) * worth).sum())
    return Scenario(key, tuple(years), _amount(f, modelled, certain))
