"""A broadcast that is going or gone: how far it is, and what it caused."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from siyu import analytics, content, journeys, segments
from siyu.analytics.experiments import Total, Verdict
from siyu.base import jobs
from siyu.web import charts
from siyu.web.broadcasts import drafted
from siyu.web.broadcasts.listing import TONES
from siyu.web.broadcasts.looks import Look, looks_of
from siyu.web.broadcasts.people import reason
from siyu.web.page import ground_of, lang_of, render, say_to, show_of

VERDICT_TONES = {"caused": "green", "no_effect": "grey", "too_few": "amber", "broken": "red", "too_early": "blue"}
MOST_LIVE = 50_000  # members up to which the report is counted anew every few seconds while it runs
STEPS = ("enrolled", "asked", "sent", "delivered", "opened", "clicked")
LOSSES = ("unsubscribed", "bounced", "complained", "rejected", "unknown", "withdrawn")


def see(request: Request) -> Response:
    """The draft's page, or the report's."""
    ground = ground_of(request)
    with ground.db.tx() as conn:
        broadcast = journeys.see(conn, int(request.path_params["broadcast_id"]))
    if broadcast.drawn_at is None and broadcast.state in ("draft", "scheduled", "paused"):
        return drafted.see(request, broadcast)
    found, look = _report(request, broadcast)
    if found is None:
        return render(request, "broadcasts/counting.html", broadcast=broadcast, look=look)
    with ground.db.tx() as conn:
        letter = content.kept(conn, broadcast.content_id, broadcast.content_version)
        told = segments.describe(conn, segments.parse(broadcast.rule), lang_of(request))
    return render(
        request, "broadcasts/result.html", broadcast=broadcast, r=found, letter=letter, rule_text=told, tones=TONES,
        verdict_tone=_verdict_tone(found), verdict_tones=VERDICT_TONES, drawn=_drawn(request, found, broadcast.channel),
        shown_steps=_steps(found, broadcast.channel), isfinite=math.isfinite,
        has_buyers=found.effect.buyers.estimate.treated.total + found.effect.buyers.estimate.control.total > 0,
        is_live=broadcast.state in ("enrolling", "running") and broadcast.members_n <= MOST_LIVE,
        losses=[(name, getattr(found.funnel, name)) for name in LOSSES if getattr(found.funnel, name)],
        **_progress_values(request, broadcast),
    )  # fmt: skip


def _report(request: Request, broadcast: journeys.Broadcast) -> tuple[analytics.Report | None, Look | None]:
    """The report; of a large broadcast one of the last minute, and None while it is being counted."""
    ground, number = ground_of(request), broadcast.broadcast_id

    def make(_: object) -> analytics.Report:
        with ground.db.tx() as conn:
            return analytics.report(ground, conn, number)

    if broadcast.members_n <= MOST_LIVE:
        return make(None), None
    is_over = broadcast.measured_at is not None and broadcast.measured_at <= ground.clock.now()
    look = looks_of(request).take(("report", number, broadcast.state, is_over), make, fresh_for=60)
    return (look.value if look.is_done.is_set() and not look.error else None), look


def progress(request: Request) -> Response:
    """How far it is; asks again by itself while it moves, and lets the page be read anew when the phase changes."""
    with ground_of(request).db.tx() as conn:
        broadcast = journeys.see(conn, int(request.path_params["broadcast_id"]))
    values = _progress_values(request, broadcast)
    answer = render(request, "broadcasts/progress.html", broadcast=broadcast, **values)
    if request.query_params.get("was", values["p"].phase) != values["p"].phase:
        answer.headers["HX-Refresh"] = "true"
    return answer


def _progress_values(request: Request, broadcast: journeys.Broadcast) -> dict[str, Any]:
    ground = ground_of(request)
    with ground.db.tx() as conn:
        p = journeys.progress(ground, conn, broadcast.broadcast_id)
        job = jobs.see(conn, p.job_id) if p.job_id else None
    whole = p.settled + p.in_flight
    share = {
        "drawing": None,
        "asking": p.asked / p.members if p.members else None,
        "sending": p.settled / whole if whole else None,
        "measuring": _passed(broadcast, show_of(request).now),
    }.get(p.phase)
    return {"p": p, "job": job, "share": share, "whole": whole, "is_moving": p.phase in ("drawing", "asking", "sending")}


def _passed(broadcast: journeys.Broadcast, now: datetime) -> float | None:
    if broadcast.measured_at is None or broadcast.drawn_at is None:
        return None
    whole: timedelta = broadcast.measured_at - broadcast.drawn_at
    return min(1.0, max(0.0, (now - broadcast.drawn_at) / whole))


def _verdict_tone(found: analytics.Report) -> str:
    buyers = found.effect.buyers
    if buyers.verdict is Verdict.CAUSED and buyers.total.value < 0:
        return "red"
    return VERDICT_TONES[buyers.verdict]


def _steps(found: analytics.Report, channel: str) -> list[str]:
    """The steps that somebody tells us of: SMTP says what did not arrive, never what did, and only a letter says that it was opened."""
    untold = {"delivered"} if channel == "email" else {"delivered", "opened"}
    return [name for name in STEPS if name not in untold or getattr(found.funnel, name)]


def _drawn(request: Request, found: analytics.Report, channel: str) -> dict[str, Markup]:
    show, effect = show_of(request), found.effect

    def word(key: str) -> str:
        return say_to(request, f"web.broadcast_{key}")

    def money(value: float) -> str:
        return show.money(round(value), found.currency)

    def short_money(value: float) -> str:
        return show.money(round(value), found.currency, short=True)

    def signed(value: float) -> str:
        return f"{value:+,.0f}"

    def interval(title: str, total: Any, shown: Any) -> Markup:
        is_known = math.isfinite(total.low) and math.isfinite(total.high) and effect.buyers.verdict is not Verdict.BROKEN
        return charts.interval(title, total.value if is_known else None, total.low, total.high, show=shown, lang=show.lang)

    refused = list(found.funnel.refused.items())
    steps = [(word(f"step_{name}"), getattr(found.funnel, name)) for name in _steps(found, channel)]
    address = f"/broadcasts/{found.broadcast_id}/people?kind=refused&code="
    early, nothing = found.interim, Total(0.0, -math.inf, math.inf)
    is_over = found.shown == "fixed_horizon"
    buyers = effect.buyers.total if is_over else early.buyers_total if early else nothing
    revenue = effect.revenue.total if is_over else (early.revenue_total if early else None) or nothing
    return {
        "buyers": interval(word("more_buyers"), buyers, signed),
        "revenue": interval(word("more_revenue"), revenue, short_money),
        "funnel": charts.funnel(word("funnel"), steps, show=show.number, lang=show.lang),
        "refused": charts.hbars(
            word("refused"), [(reason(request, channel, code), float(n)) for code, n in refused], show=show.number, lang=show.lang,
            first=word("reason"), name=say_to(request, "web.unit_people"), links=[address + code for code, _ in refused],
            tones=[5] * len(refused),
        ),
        "curve": charts.line(
            word("curve"), [word("day").format(n=point.day + 1) for point in found.curve],
            [
                charts.Series(word("arm_treated"), [point.treated for point in found.curve]),
                charts.Series(word("arm_control"), [point.control for point in found.curve] if found.funnel.control else []),
            ][: 2 if found.funnel.control else 1],
            show=money, axis=short_money, lang=show.lang, first=word("day_head"),
        ),
    }  # fmt: skip
