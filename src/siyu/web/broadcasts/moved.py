"""Whom a finished broadcast moved: a part of its page, loaded after it, with a rule that makes a segment."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from siyu import analytics, journeys, segments
from siyu.analytics.experiments import uplift
from siyu.web import charts
from siyu.web.broadcasts.looks import looks_of
from siyu.web.page import ground_of, lang_of, render, say_to, show_of


def see(request: Request) -> Response:
    """The part, or progress that asks again."""
    ground, number = ground_of(request), int(request.path_params["broadcast_id"])
    with ground.db.tx() as conn:
        broadcast = journeys.see(conn, number)

    def make(_: object) -> analytics.Moved:
        with ground.db.tx() as conn:
            return analytics.moved(ground, conn, number)

    is_over = broadcast.measured_at is not None and broadcast.measured_at <= ground.clock.now()
    look = looks_of(request).take(("moved", number, broadcast.state, is_over), make, fresh_for=300 if is_over else 5)
    m = look.value if look.is_done.is_set() and not look.error else None
    rule_text, rule_link = "", ""
    if m is not None and m.rule is not None:
        rule = analytics.moved_rule(m.rule)
        with ground.db.tx() as conn:
            rule_text = segments.describe(conn, segments.parse(rule), lang_of(request))
        name = say_to(request, "web.moved_segment_name", name=broadcast.name)
        rule_link = "/segments/new?" + urlencode({"rule": json.dumps(rule, separators=(",", ":")), "name": name})
    return render(
        request, "broadcasts/moved.html", m=m, look=look, here=request.url.path, rule_text=rule_text, rule_link=rule_link,
        curve=_curve(request, m), least=uplift.LEAST_PEOPLE, least_events=uplift.LEAST_EVENTS,
    )  # fmt: skip


def _curve(request: Request, m: analytics.Moved | None) -> Markup:
    if m is None or m.curve is None:
        return Markup("")
    show = show_of(request)
    picked = range(0, len(m.curve.shares), 5)
    shares, gains = [m.curve.shares[k] for k in picked], [m.curve.gains[k] * 1000 for k in picked]
    return charts.line(
        say_to(request, "web.moved_curve"), [f"{share:.0%}" for share in shares],
        [
            charts.Series(say_to(request, "web.moved_ranked"), gains),
            charts.Series(say_to(request, "web.moved_chance"), [share * m.curve.gains[-1] * 1000 for share in shares]),
        ],
        show=lambda v: show.number(v, 1), lang=show.lang, first=say_to(request, "web.moved_of_people"),
    )  # fmt: skip
