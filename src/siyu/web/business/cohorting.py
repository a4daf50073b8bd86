"""Cohorts: of those who first bought in a month, how many still buy, have come back, and how much they bring."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from siyu import analytics
from siyu.analytics import Cohort, Cohorts
from siyu.web import charts
from siyu.web.business.counted import counted, waiting
from siyu.web.page import ground_of, render, say_to, show_of

VIEWS = ("retention", "repurchase", "revenue")
UNITS = ("percent", "absolute")
MOST = 24  # cohorts and months that the page shows; the file has all


def see(request: Request) -> Response:
    """The heat table, and the curve of all cohorts together."""
    view, unit = (_asked(request, name, among) for name, among in (("view", VIEWS), ("unit", UNITS)))
    found, look = counted(request, "cohorts", analytics.cohorts)
    if found is None:
        return waiting(request, look, say_to(request, "web.nav_cohorts"), say_to(request, "web.cohorts_about"))
    rows = found.cohorts[-MOST:]
    return render(
        request, "business/cohorts.html", found=found, rows=rows, view=view, unit=unit, heat=_heat(request, found, rows, view, unit),
        curve=_curve(request, found, view), views=VIEWS, units=UNITS, people=sum(c.size for c in found.cohorts),
        hidden=len(found.cohorts) - len(rows),
    )  # fmt: skip


def download(request: Request) -> Response:
    """Every cohort and month as CSV, with a mark that spreadsheets read Chinese by."""
    with ground_of(request).db.tx() as conn:
        text = analytics.cohorts_csv(analytics.cohorts(ground_of(request), conn))
    headers = {"content-disposition": 'attachment; filename="cohorts.csv"', "cache-control": "no-store"}
    return Response("\ufeff" + text, media_type="text/csv; charset=utf-8", headers=headers)


def _asked(request: Request, name: str, among: tuple[str, ...]) -> str:
    asked = request.query_params.get(name, "")
    return asked if asked in among else among[0]


def _numbers(c: Cohort, view: str) -> tuple[int, ...]:
    return {"retention": c.active, "repurchase": c.again, "revenue": c.minor}[view]


def _heat(request: Request, found: Cohorts, rows: tuple[Cohort, ...], view: str, unit: str) -> Markup:
    show = show_of(request)
    is_money = view == "revenue"
    width = min(MOST, max((len(c.active) for c in rows), default=0))
    first = 0 if view != "retention" else 1  # everybody is there in the first month

    def cell(c: Cohort, k: int) -> float | None:
        if k >= len(c.active):
            return None
        value = float(_numbers(c, view)[k])
        whole = c.minor[0] if is_money else c.size
        return value if unit == "absolute" else value / whole if whole else None

    shown: Callable[[float], str] = (
        (lambda v: show.percent(v, 0)) if unit == "percent" else (lambda v: show.money(round(v), found.currency, short=True)) if is_money
        else show.number
    )  # fmt: skip
    columns = [say_to(request, "web.cohorts_size"), *(say_to(request, "web.cohorts_month_n", n=k) for k in range(first, width))]
    sizes = [show.number(c.size) for c in rows]
    return charts.heat(
        say_to(request, f"web.cohorts_view_{view}"), columns,
        [(c.month, [cell(c, k) for k in range(first, width)]) for c in rows], show=shown, lang=show.lang,
        first=say_to(request, "web.cohorts_first_month"), beside=sizes,
    )  # fmt: skip


def _curve(request: Request, found: Cohorts, view: str) -> Markup:
    """All cohorts together, whole months only: a share of people, or money per customer summed up."""
    show = show_of(request)
    is_money = view == "revenue"
    values = []
    for k in range(MOST):
        ripe = [c for c in found.cohorts if len(c.active) - 1 > k]  # the running month is not over
        if not ripe:
            break
        size = sum(c.size for c in ripe)
        values.append(sum(sum(c.minor[: k + 1]) for c in ripe) / size if is_money else sum(_numbers(c, view)[k] for c in ripe) / size)
    start = 1 if view == "retention" else 0
    labels = [say_to(request, "web.cohorts_month_n", n=k) for k in range(start, len(values))]
    shown: Callable[[float], str] = (lambda v: show.money(round(v), found.currency)) if is_money else show.percent
    return charts.line(
        say_to(request, f"web.cohorts_curve_{view}"), labels, [charts.Series(say_to(request, "web.cohorts_all"), values[start:])],
        show=shown, lang=show.lang, first=say_to(request, "web.cohorts_month"),
    )  # fmt: skip
