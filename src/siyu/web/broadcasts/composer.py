"""Composing a broadcast: whom, what, when, and how much to hold out to see an effect."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from siyu import analytics, content, gate, journeys, segments
from siyu.base.db import Connection
from siyu.base.money import to_decimal, to_minor
from siyu.base.text import catalogue
from siyu.web.broadcasts.looks import Look, looks_of
from siyu.web.guard import note
from siyu.web.page import form_of, go, ground_of, render, say_to, show_of, staff_of
from siyu.web.shown import Show

KEEP_RULE = "kept"
"""The choice of a broadcast whose rule is no saved segment (made on the command line, or the segment was changed since)."""
HOLDOUTS = (0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50)
DAY = timedelta(days=1)
LIMITS: dict[str, tuple[Decimal, Decimal, bool]] = {  # field -> least, most, must it be given
    "holdout": (Decimal(0), Decimal(50), True),
    "measure_days": (Decimal("0.05"), Decimal(180), True),
    "expire_days": (Decimal("0.01"), Decimal(30), True),
    "rate": (Decimal(1), Decimal(1_000_000), False),
    "cost": (Decimal(0), Decimal(10_000), False),
    "priority": (Decimal(0), Decimal(100), True),
}


@dataclass
class Form:
    """The composer's fields as a person wrote them, and what is wrong with each."""

    values: dict[str, str]
    wrong: dict[str, str]

    def __getattr__(self, name: str) -> str:
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(name) from None


_EMPTY = {
    "name": "", "segment": "", "content": "", "holdout": "10", "purpose": "marketing", "measure_days": "14", "expire_days": "3",
    "rate": "", "cost": "", "priority": "50",
}  # fmt: skip


def new(request: Request) -> Response:
    """An empty form; the address may name a segment or a content to begin with."""
    given = {name: request.query_params[name] for name in ("segment", "content") if name in request.query_params}
    return _form(request, Form(_EMPTY | given, {}))


def edit(request: Request) -> Response:
    """The form of a draft."""
    with ground_of(request).db.tx() as conn:
        now = journeys.see(conn, int(request.path_params["broadcast_id"]))
        if now.state != journeys.State.DRAFT:
            return go(request, f"/broadcasts/{now.broadcast_id}", said="web.broadcast_not_draft", tone="bad")
        values = {
            "name": now.name, "segment": _segment_of(conn, now), "content": str(now.content_id),
            "holdout": f"{float(now.holdout_share) * 100:g}", "purpose": now.purpose, "measure_days": f"{now.measure_for / DAY:g}",
            "expire_days": f"{now.expire_for / DAY:g}", "rate": str(now.rate_per_minute or ""), "priority": str(now.priority),
            "cost": "" if now.is_cost_by_price else f"{to_decimal(now.cost_minor, show_of(request).currency):g}",
        }  # fmt: skip
    return _form(request, Form(values, {}), now)


def make(request: Request) -> Response:
    """Keep a new draft."""
    return _kept(request, None)


def change(request: Request) -> Response:
    """Keep a changed draft."""
    return _kept(request, int(request.path_params["broadcast_id"]))


def _kept(request: Request, number: int | None) -> Response:
    ground, show = ground_of(request), show_of(request)
    form = Form(_EMPTY | {name: str(form_of(request).get(name, "")).strip() for name in _EMPTY}, {})
    with ground.db.tx() as conn:
        now = journeys.see(conn, number) if number else None
        draft = _read(request, conn, form, show, now)
        if draft is not None:
            if number:
                journeys.change(conn, number, draft)
            else:
                number = journeys.make(ground, conn, draft)
            note(request, conn, "broadcast.changed" if now else "broadcast.made", ref=f"broadcast:{number}")
    if draft is None:
        return _form(request, form, now, status=422)
    return go(request, f"/broadcasts/{number}", said="web.broadcast_said_kept")


def _read(request: Request, conn: Connection, form: Form, show: Show, now: journeys.Broadcast | None) -> journeys.Draft | None:
    def wrong(field: str, key: str) -> None:
        form.wrong.setdefault(field, say_to(request, key))

    if not form.name or len(form.name) > 120:
        wrong("name", "web.broadcast_wrong_name")
    rule, segment_id = _rule(conn, form.segment, now)
    if rule is None:
        wrong("segment", "web.broadcast_wrong_segment")
    letter = content.kept(conn, int(form.content)) if form.content.isdigit() else None
    if letter is None:
        wrong("content", "web.broadcast_wrong_content")
    numbers: dict[str, Decimal] = {}
    for field, (low, high, is_needed) in LIMITS.items():
        text = form.values[field]
        try:
            numbers[field] = Decimal(text) if text else Decimal(0)
        except InvalidOperation:
            numbers[field] = Decimal(-1)
        if (text or is_needed) and not low <= numbers[field] <= high:
            wrong(field, f"web.broadcast_wrong_{field}")
    if form.purpose not in list(gate.Purpose):
        wrong("purpose", "web.broadcast_wrong_segment")
    if form.wrong or rule is None or letter is None:
        return None
    return journeys.Draft(
        name=form.name, rule=rule, segment_id=segment_id, channel=letter.channel, content_id=letter.content_id, purpose=form.purpose,
        holdout_share=float(numbers["holdout"]) / 100, measure_for=float(numbers["measure_days"]) * DAY,
        expire_for=float(numbers["expire_days"]) * DAY, rate_per_minute=int(numbers["rate"]) or None, priority=int(numbers["priority"]),
        cost_minor=to_minor(numbers["cost"], show.currency) if form.cost else None, created_by=staff_of(request).login,
        topic=journeys.draft_of(now).topic if now else "",
    )  # fmt: skip


def _rule(conn: Connection, choice: str, now: journeys.Broadcast | None) -> tuple[dict[str, Any] | None, int | None]:
    if choice == KEEP_RULE and now is not None:
        return now.rule, now.segment_id
    kept = segments.kept(conn, segments.SegmentId(int(choice))) if choice.isdigit() else None
    return (segments.dump(kept.rule), int(kept.segment_id)) if kept else (None, None)


def _segment_of(conn: Connection, now: journeys.Broadcast) -> str:
    """The saved segment that still says what the broadcast's rule says; else "the rule as it is"."""
    kept = segments.kept(conn, segments.SegmentId(now.segment_id)) if now.segment_id else None
    if kept and segments.dump(segments.frozen(conn, kept.rule)) == now.rule:
        return str(kept.segment_id)
    return KEEP_RULE


def _form(request: Request, form: Form, now: journeys.Broadcast | None = None, status: int = 200) -> Response:
    with ground_of(request).db.tx() as conn:
        kept = segments.all_kept(conn)
        letters = content.all_kept(conn)
        rule_text = segments.describe(conn, segments.parse(now.rule), show_of(request).lang) if now else ""
        has_own_rule = now is not None and _segment_of(conn, now) == KEEP_RULE
    return render(
        request, "broadcasts/form.html", status=status, form=form, broadcast=now, rule_text=rule_text, has_own_rule=has_own_rule,
        segments=[(KEEP_RULE, say_to(request, "web.broadcast_segment_own"))] * has_own_rule
        + [("", say_to(request, "web.broadcast_segment_choose"))] * (now is None)
        + [(one.segment_id, one.name) for one in kept],
        letters=[("", say_to(request, "web.broadcast_content_choose"))]
        + [(one.content_id, f"{one.name} · {channel_name(request, one.channel)}") for one in letters],
        purposes=[(str(p), say_to(request, f"web.broadcast_purpose_{p}")) for p in gate.Purpose],
        has_segments=bool(kept), has_letters=bool(letters), holdouts=HOLDOUTS, **_sight(request, form.values, now),
    )  # fmt: skip


def channel_name(request: Request, channel: str) -> str:
    """A channel in words; its own name where we have none."""
    key = f"web.channel_{channel}"
    return say_to(request, key) if key in catalogue() else channel


def sight(request: Request) -> Response:
    """For the form, as it is being filled in: how many people, and the smallest effect that would show with this holdout."""
    number = request.query_params.get("broadcast", "")
    with ground_of(request).db.tx() as conn:
        now = journeys.see(conn, int(number)) if number.isdigit() else None
    return render(request, "broadcasts/sight.html", **_sight(request, request.query_params, now))


def _sight(request: Request, values: Mapping[str, str], now: journeys.Broadcast | None) -> dict[str, Any]:
    """What the sight card shows. Counting goes on in a thread; the card asks again until it is done."""
    ground = ground_of(request)
    nothing: dict[str, Any] = {"look": None, "expected": None, "chosen": None, "isfinite": math.isfinite, "days": ""}
    try:
        share, days = float(values.get("holdout") or 0) / 100, float(values.get("measure_days") or 0)
    except ValueError:
        return nothing
    if not 0 <= share <= 0.5 or not 0.05 <= days <= 180:
        return nothing
    with ground.db.tx() as conn:
        rule, _ = _rule(conn, str(values.get("segment", "")), now)
    if rule is None:
        return nothing
    look = looks_of(request).take(("sight", repr(rule), days), _maker(request, rule, days))
    expected = None
    if look.is_done.is_set() and look.error is None:
        expected = analytics.with_share(look.value, share)
    chosen = next((s for s in expected.sights if s.is_chosen), None) if expected else None
    return nothing | {"look": look, "expected": expected, "chosen": chosen, "days": f"{days:g}"}


def _maker(request: Request, rule: dict[str, Any], days: float) -> Any:
    ground = ground_of(request)

    def make(told: Any) -> analytics.Expectation:
        with ground.db.tx() as conn:
            return analytics.expect(ground, conn, segments.parse(rule), holdout_share=0.1, measure_for=days * DAY, progress=told)

    return make


__all__ = ["Look", "change", "edit", "make", "new", "sight"]
