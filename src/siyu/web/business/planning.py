"""The planner: how many people, how many days, and what a holdout costs; asked before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from siyu import analytics, segments
from siyu.analytics import experiments as ex
from siyu.base.money import digits
from siyu.segments import SegmentId
from siyu.web.broadcasts.looks import Look, looks_of
from siyu.web.page import ground_of, render, say_to, show_of

DEFAULTS = {"kind": "rate", "rate": "5", "mean": "30", "sd": "120", "lift": "20", "share": "10", "daily": "", "people": "", "days": "14",
            "cut": "0", "segment": ""}  # fmt: skip
# What each number may be, in the form's own unit.
BOUNDS = {"rate": (0.01, 99.0), "mean": (0.0001, 1e9), "sd": (0.0, 1e10), "lift": (-90.0, 1000.0), "share": (0.5, 99.0),
          "daily": (0.0, 1e9), "people": (0.0, 1e10), "days": (1.0, 365.0), "cut": (0.0, 95.0)}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """The form's numbers, and which of them cannot be."""

    numbers: dict[str, float]
    wrong: tuple[str, ...]


def see(request: Request) -> Response:
    """The form and its answer. With a segment, its base comes from what people like these did lately."""
    given = {name: request.query_params.get(name, default).strip() for name, default in DEFAULTS.items()}
    ground = ground_of(request)
    with ground.db.tx() as conn:
        kept = segments.all_kept(conn)
    asked = read(given)
    look = expected = None
    chosen = next((one for one in kept if str(one.segment_id) == given["segment"]), None)
    if chosen is not None and not asked.wrong:
        look = _expect(request, chosen.segment_id, chosen.rule, asked.numbers)
        expected = look.value if look.is_done.is_set() and not look.error else None
        if expected is not None:
            _fill(given, asked.numbers, expected, 10 ** digits(show_of(request).currency))
    plan = None
    if not asked.wrong and (chosen is None or expected is not None):
        plan = ex.plan(question(given["kind"], asked.numbers))
    return render(
        request, "business/plan.html", given=given, wrong=asked.wrong, kept=kept, plan=plan, look=look, expected=expected, chosen=chosen,
        segment_options=[(str(one.segment_id), one.name) for one in kept], digits=digits(show_of(request).currency),
        here=f"{request.url.path}?{request.url.query}", shown_wrong=say_to(request, "web.plan_wrong"),
    )  # fmt: skip


def read(given: Mapping[str, str]) -> Asked:
    """The numbers of the form; an empty one is 0 where it may be."""
    numbers, wrong = {}, []
    for name, (low, high) in BOUNDS.items():
        try:
            numbers[name] = float(given[name].replace(",", "") or 0)
        except ValueError:
            numbers[name] = float("nan")
        is_used = name not in {"rate": ("mean", "sd"), "spend": ("rate",)}.get(given["kind"], ())
        if is_used and (not low <= numbers[name] <= high or (name == "lift" and numbers[name] == 0)):
            wrong.append(name)
    return Asked(numbers, tuple(wrong))


def question(kind: str, n: Mapping[str, float]) -> ex.SizeQuestion:
    """The form as a question: percents become shares."""
    is_rate = kind != "spend"
    return ex.SizeQuestion(
        mean=n["rate"] / 100 if is_rate else n["mean"],
        deviation=None if is_rate else n["sd"],
        lift=n["lift"] / 100,
        share=n["share"] / 100,
        daily=n["daily"],
        people=int(n["people"]),
        measure_days=int(n["days"]),
        cut=0.0 if is_rate else n["cut"] / 100,
    )


def _expect(request: Request, segment_id: SegmentId, rule: segments.Rule, n: Mapping[str, float]) -> Look:
    ground = ground_of(request)

    def make(told: object) -> analytics.Expectation:
        with ground.db.tx() as conn:
            return analytics.expect(ground, conn, rule, holdout_share=n["share"] / 100, measure_for=timedelta(days=int(n["days"])))

    return looks_of(request).take(("plan", segment_id, repr(rule), int(n["days"])), make)


def _fill(given: dict[str, str], numbers: dict[str, float], e: analytics.Expectation, unit: int) -> None:
    """Put what people like these did into the form."""
    numbers["people"] = float(e.people)
    given["people"] = str(e.people)
    if e.buy_rate:
        numbers["rate"] = e.buy_rate * 100
        given["rate"] = f"{e.buy_rate * 100:.4g}"
    if e.mean and e.deviation and e.cut is not None:
        for name, value in (("mean", e.mean / unit), ("sd", e.deviation / unit), ("cut", e.cut * 100)):
            numbers[name] = value
            given[name] = f"{value:.4g}"
