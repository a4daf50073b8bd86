"""The overview: how the pool stands today, against the days before, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from siyu import analytics, content, journeys, pool, segments
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.sources import files
from siyu.web import charts, naming
from siyu.web.figures import Figures
from siyu.web.guard import Guarded, page
from siyu.web.page import ground_of, kept_by_app, render, say_to, show_of
from siyu.web.shown import Show
from siyu.web.words import Role

MONTHS = 13
LATEST = 5
BROADCAST_TONES = {"running": "blue", "enrolling": "blue", "scheduled": "amber", "paused": "amber", "done": "green", "cancelled": "red"}
IMPORT_TONES = {"running": "blue", "done": "green", "failed": "red"}


def routes(ground: Ground) -> list[Guarded]:
    """One page."""
    return [page("/", overview, Role.VIEWER)]


@dataclass(frozen=True)
class Step:
    """One thing to do on the way to a first proven campaign."""

    key: str
    to: str
    icon: str
    is_done: bool


def overview(request: Request) -> Response:
    """The page. The figures may be a little old; it says how old."""
    ground, show = ground_of(request), show_of(request)
    keeper = kept_by_app(request, "figures", Figures)
    with ground.db.tx() as conn:
        figures = keeper.now(ground, conn)
        sources = sorted(pool.sources(conn), key=lambda s: -s.facts_n)[:6]
        broadcasts = journeys.newest(conn, limit=LATEST)
        steps = _steps(conn, figures, bool(broadcasts)) if figures else []
        conflicts_n = pool.count_conflicts(conn)
        accounts = naming.account_names(conn)
    imports = files.all_imports(ground)[:LATEST]
    if figures is None:
        return render(request, "overview/counting.html")
    return render(
        request, "overview/overview.html", f=figures, sources=sources, broadcasts=broadcasts, imports=imports, steps=steps,
        conflicts_n=conflicts_n, drawn=_drawn(request, figures, show), broadcast_tones=BROADCAST_TONES, import_tones=IMPORT_TONES,
        next_step=next((s.key for s in steps if not s.is_done), ""), name_of=lambda one: naming.source(one.name, show.lang, accounts),
    )  # fmt: skip


def _steps(conn: Connection, figures: analytics.Overview, has_broadcast: bool) -> list[Step]:
    return [
        Step("data", "/imports", "import", figures.lines > 0 or figures.people > 0),
        Step("people", "/customers", "people", figures.known_people > 0),
        Step("segment", "/segments", "segment", bool(segments.all_kept(conn))),
        Step("content", "/contents", "content", bool(content.all_kept(conn))),
        Step("broadcast", "/broadcasts", "send", has_broadcast),
    ]


def _drawn(request: Request, figures: analytics.Overview, show: Show) -> dict[str, Markup]:
    months = figures.months[-MONTHS:]
    labels = [show.month(m.month) for m in months]

    def word(key: str) -> str:
        return say_to(request, f"web.overview_{key}")

    def money(value: float) -> str:
        return show.money(round(value), figures.currency)

    def short_money(value: float) -> str:
        return show.money(round(value), figures.currency, short=True)

    sold = [float(m.sales_minor) for m in months]
    strangers = [float(m.anonymous_minor) for m in months]
    lines = [charts.Series(word("identified"), sold)]
    if any(strangers):
        lines.append(charts.Series(word("anonymous"), strangers))
    stages = [(stage, figures.stages.get(stage, 0)) for stage in pool.Stage if stage != pool.Stage.VISITOR]
    fresh = [float(m.new_buyers) for m in months]
    return {
        "sales": charts.line(word("sales_by_month"), labels, lines, show=money, axis=short_money, lang=show.lang, first=word("month")),
        "stages": charts.hbars(
            word("stages"),
            [(say_to(request, f"web.stage_{stage}"), count) for stage, count in stages],
            show=show.number,
            lang=show.lang,
            name=word("people"),
            links=[f"/customers?stage={stage}" for stage, _ in stages],
        ),
        "spark_sales": charts.sparkline([a + b for a, b in zip(sold, strangers, strict=True)]),
        "spark_new": charts.sparkline(fresh),
    }
