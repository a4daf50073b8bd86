"""A draft before it goes: the contact budget, the letter as a real person would read it, and the way to send it."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from siyu import analytics, content, gate, journeys, pool, segments
from siyu.base.db import Connection
from siyu.channels import wecom
from siyu.web import charts
from siyu.web.broadcasts.looks import looks_of
from siyu.web.broadcasts.people import reason
from siyu.web.customers import mask_of
from siyu.web.page import ground_of, lang_of, render, say_to, show_of, staff_of
from siyu.web.words import Role

LETTER_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:; frame-ancestors 'self'"


def see(request: Request, broadcast: journeys.Broadcast) -> Response:
    """The page of a draft, or of one that waits for its moment."""
    ground = ground_of(request)
    with ground.db.tx() as conn:
        letter = content.kept(conn, broadcast.content_id)
        rule = segments.parse(broadcast.rule)
        sample = segments.sample(ground, conn, rule, 8)
        rows = pool.rows_of(conn, [one.person_id for one in sample])
        told = segments.describe(conn, rule, lang_of(request))
    show = show_of(request)
    start_at = show.now.astimezone(show.zone).replace(second=0, microsecond=0)
    return render(
        request, "broadcasts/draft.html", broadcast=broadcast, letter=letter, rule_text=told,
        readers=[(row.person_id, row.name_shown or mask_of(row)) for row in rows if _may_read(request)]
        + [("", say_to(request, "web.broadcast_letter_nobody"))],
        start_at=start_at.isoformat()[:16], **ahead_values(request, broadcast),
    )  # fmt: skip


def ahead(request: Request) -> Response:
    """The contact budget; asks again by itself while it is being counted."""
    with ground_of(request).db.tx() as conn:
        broadcast = journeys.see(conn, int(request.path_params["broadcast_id"]))
    return render(request, "broadcasts/ahead.html", broadcast=broadcast, **ahead_values(request, broadcast))


def ahead_values(request: Request, broadcast: journeys.Broadcast) -> dict[str, Any]:
    """The plan and the sight of a draft, when they are counted."""
    ground = ground_of(request)

    def make(told: Any) -> tuple[journeys.Plan, analytics.Expectation, list[tuple[str, int]]]:
        with ground.db.tx() as conn:
            plan = journeys.plan(ground, conn, broadcast.broadcast_id, told)
            rule, share = segments.parse(broadcast.rule), float(broadcast.holdout_share)
            expected = analytics.expect(ground, conn, rule, holdout_share=share, measure_for=broadcast.measure_for)
            return plan, expected, _by_guide(request, conn, rule) if broadcast.channel == "wecom" else []

    shown: dict[str, Any] = {"plan": None, "expected": None, "chosen": None, "reasons": None, "by_guide": [], "isfinite": math.isfinite}
    shown["days"] = f"{broadcast.measure_for / timedelta(days=1):g}"
    key = ("ahead", *(repr(getattr(broadcast, name)) for name in _DECIDING))
    look = looks_of(request).take(key, make)
    if not look.is_done.is_set() or look.error:
        return shown | {"look": look}
    plan, expected, by_guide = look.value
    chosen = next((s for s in expected.sights if s.is_chosen), None)
    return shown | {
        "look": look,
        "plan": plan,
        "expected": expected,
        "chosen": chosen,
        "reasons": _reasons(request, plan, broadcast.channel),
        "by_guide": by_guide,
    }


def _by_guide(request: Request, conn: Connection, rule: Any) -> list[tuple[str, int]]:
    """How many of the people each guide would write to, the most first; "" = who has no guide."""
    counts: Counter[tuple[str, str]] = Counter()
    for people in segments.members(ground_of(request), conn, rule):
        counts.update(wecom.guides_of_members(conn, list(people)))
    names = {(one.corp, one.guide): one.name or one.guide for one in pool.relations.guides(conn)}
    rows = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(names.get(key, key[1]) if key[1] else "", n) for key, n in rows]


_DECIDING = (
    "broadcast_id", "rule", "channel", "content_id", "purpose", "topic", "priority", "cost_minor", "holdout_share", "start_at",
    "expire_for", "measure_for", "rate_per_minute",
)  # fmt: skip


def _reasons(request: Request, plan: journeys.Plan, channel: str) -> Markup:
    """Who would be left out, and why, as bars."""
    show = show_of(request)
    counts = sorted(((c, n) for c, n in plan.forecast.counts.items() if n and c != gate.Code.PERMIT), key=lambda pair: -pair[1])
    rows = [(reason(request, channel, code), float(n)) for code, n in counts]
    return charts.hbars(
        say_to(request, "web.broadcast_left_out"), rows, show=show.number, lang=show.lang, first=say_to(request, "web.broadcast_reason"),
        name=say_to(request, "web.unit_people"), tones=[5] * len(rows),
    )  # fmt: skip


def person_asked(conn: Connection, text: str) -> int:
    """Today's person of the number in a form or an address; 0 = nobody."""
    who = pool.current_person(conn, [int(text)]) if text.isdigit() and len(text) < 19 else {}
    return next(iter(who.values()), 0)


def _may_read(request: Request) -> bool:
    """A letter as a real person reads it shows the person's name: not to those who see names masked."""
    return staff_of(request).may(Role.OPERATOR)


def _rendered(request: Request) -> tuple[journeys.Broadcast, content.Rendered | None, int]:
    ground = ground_of(request)
    with ground.db.tx() as conn:
        broadcast = journeys.see(conn, int(request.path_params["broadcast_id"]))
        version = content.kept(conn, broadcast.content_id)
        person = person_asked(conn, request.query_params.get("person", "")) if _may_read(request) else 0
        values = content.people(ground, conn, [person]).get(person, {}) if person else {}
        look = content.look(conn)
    if version is None:
        return broadcast, None, person
    return broadcast, content.render(replace(version, purpose=broadcast.purpose), values, links=content.PlainLinks(), look=look), person


def reader(request: Request) -> Response:
    """The letter's subject, what it lacks, and the frame with the letter itself, as one person would get it."""
    broadcast, made, person = _rendered(request)
    return render(request, "broadcasts/reader.html", broadcast=broadcast, made=made, person=person)


def letter(request: Request) -> Response:
    """The letter alone, for the frame. Links lead where they lead, nothing is tracked."""
    broadcast, made, _ = _rendered(request)
    text = "" if made is None else made.html if broadcast.channel == "email" else str(Markup("<pre>{}</pre>").format(made.text))
    headers = {"content-security-policy": LETTER_CSP, "x-frame-options": "SAMEORIGIN", "cache-control": "no-store"}
    return HTMLResponse(text, headers=headers)
