"""/worth: what the pool is worth today and was, three years ahead, what winning one may cost; every number with its why."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from siyu.analytics import assumptions, scores, valuation
from siyu.analytics.assumptions import Assumed
from siyu.analytics.scores import PoolPoint, ScoreRun
from siyu.analytics.valuation import Amount, Figures, Valuation
from siyu.base import jobs
from siyu.web import charts
from siyu.web.guard import note
from siyu.web.page import form_of, go, ground_of, is_htmx, render, say_to, show_of, staff_of
from siyu.web.shown import Show
from siyu.web.worth import assuming


def worth(request: Request) -> Response:
    """The page; `?margin=40` and its like are computed without keeping them."""
    ground = ground_of(request)
    with ground.db.tx() as conn:
        it, newest = scores.newest(conn, "done"), scores.newest(conn)
        job = jobs.see(conn, newest.job_id) if newest is not None and newest.state == "running" and newest.job_id else None
        if it is not None:
            history, held = scores.history(conn), assumptions.assumptions(conn, it.currency)
    is_busy = newest is not None and newest.state == "running"
    if is_htmx(request) and not is_busy:  # it watched the progress: now everything is new
        return Response(status_code=204, headers={"HX-Refresh": "true"})
    busy: dict[str, Any] = {"newest": newest, "job": job, "is_busy": is_busy}
    if it is None:
        return render(request, "worth/empty.html", part="running", has_orders=newest is None or newest.why != "no orders", **busy)
    figures = Figures.of_dict(it.figures)
    a, wrong = assuming.read(held, request.query_params, it.currency)
    v = valuation.valuation(figures, a)
    payback = next(one for one in v.allowable if one.months == a.payback_months)
    return render(
        request, "worth/worth.html", part="running", it=it, f=figures, a=a, v=v, payback=payback, drawn=_history(request, history),
        controls=assuming.controls(a, request.query_params, wrong, it.currency, is_fading=figures.is_fading), is_changed=a != held,
        reasons=_reasons(request, it, figures, a, v), kept={name: request.query_params[name] for name in _given(request)},
        **busy,
    )  # fmt: skip


def _given(request: Request) -> list[str]:
    return [name for name in assuming.FIELDS if name in request.query_params]


def score_now(request: Request) -> Response:
    """Ask for a run; the river does it, and the page shows how far it is."""
    ground = ground_of(request)
    with ground.db.tx() as conn:
        run_id = scores.ask(ground, conn, by=staff_of(request).login)
        note(request, conn, "scores.asked", ref=str(run_id))
    return go(request, "/worth", said="web.worth_asked")


def keep(request: Request) -> Response:
    """Keep the assumptions of the form; the next run uses them."""
    ground, form = ground_of(request), form_of(request)
    with ground.db.tx() as conn:
        currency = show_of(request).currency
        held = assumptions.assumptions(conn, currency)
        a, wrong = assuming.read(held, {name: str(form[name]) for name in assuming.FIELDS if name in form}, currency)
        if wrong:
            field = say_to(request, f"web.{assuming.FIELDS[min(wrong)][0]}")
            return go(request, "/worth", said="web.worth_wrong", tone="bad", field=field)
        changes = {name: getattr(a, name) for name in assuming.FIELDS if getattr(a, name) != getattr(held, name)}
        assumptions.set_assumptions(conn, changes, at=ground.clock.now())
        note(request, conn, "assumptions.kept", ref=",".join(sorted(changes)))
    return go(request, "/worth", said="web.worth_saved")


def _history(request: Request, points: list[PoolPoint]) -> Markup:
    show = show_of(request)
    currency = points[-1].currency if points else ""

    def word(key: str) -> str:
        return say_to(request, f"web.worth_{key}")

    return charts.band(
        word("history"),
        [_point(show, p) for p in points if p.currency == currency],
        (word("day"), word("value"), word("low"), word("high")),
        show=lambda value: show.money(round(value), currency), axis=lambda value: show.money(round(value), currency, short=True),
        lang=show.lang,
    )  # fmt: skip


def _point(show: Show, p: PoolPoint) -> charts.Banded:
    return charts.Banded(show.date(p.as_of), float(p.pool_minor), float(p.low_minor), float(p.high_minor))


def _reasons(request: Request, it: ScoreRun, f: Figures, a: Assumed, v: Valuation) -> dict[str, dict[str, Any]]:
    """For each number: its formula in words, and the inputs; `own` is the model's own interval where there is one."""
    show = show_of(request)

    def word(key: str, **values: Any) -> str:
        return say_to(request, f"web.worth_{key}", **values)

    def money(minor: float) -> str:
        return show.money(round(minor), it.currency, short=True)

    def own(one: Amount) -> tuple[str, str]:
        return word("in_own"), word("band", low=money(one.model_low), high=money(one.model_high))

    year = 13  # four-week steps
    shares = [(word("margin"), show.percent(a.margin)), (word("discount"), show.percent(a.yearly_discount))]
    costs = [(word("serve"), money(a.serve_year_minor)), (word("win"), money(valuation.win_cost(f, a)))]
    today = [
        (word("in_customers"), show.number(f.customers)), (word("in_purchases"), show.number(sum(f.purchases[:year]))),
        (word("in_sales"), money(sum(f.sales_minor[:year]))),
    ]  # fmt: skip
    newcomer = [
        (word("in_first"), money(f.first_minor)), (word("in_later"), show.number(sum(f.later[:year]), 2)),
        (word("in_spend"), money(f.spend_minor)),
    ]  # fmt: skip
    keep_line = [(word("keep"), show.percent(a.yearly_keep))] if f.is_fading else []
    new = [(word("in_new"), show.number(f.new_a_year))]
    return {
        "value": {"inputs": [*today, *shares, *keep_line, costs[0], own(v.value)]},
        "lasting": {"inputs": [*today, *shares, *keep_line, costs[0], own(v.lasting)]},
        "allowable": {"inputs": [*newcomer, *shares, *keep_line, costs[0]]},
        "buyers": {"inputs": [(word("in_customers"), show.number(f.customers))]},
        "scenarios": {"inputs": [*today, *new, *newcomer, *shares, *keep_line, *costs]},
        "rival": {"inputs": [*newcomer, *shares, *keep_line, *costs]},
    }
