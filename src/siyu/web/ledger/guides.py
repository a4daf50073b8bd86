"""Guides: what the people they met became, and how many customers they can look after."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from siyu.analytics import ledger
from siyu.base.errors import InputError
from siyu.web.business.counted import waiting
from siyu.web.ledger import choices, shelf
from siyu.web.ledger.naming import names
from siyu.web.page import ground_of, render, say_to

INPUTS = {
    "guides": 1.0, "talks_a_month": 0.5, "minutes_each": 6.0, "hours_a_day": 8.0, "days_a_month": 22.0,
    "share": 90.0, "within_minutes": 3.0,
}  # fmt: skip


def see(request: Request) -> Response:
    """The page; the inputs of the capacity stand in the address."""
    held = shelf.take(request)
    if (book := held.book) is None:
        return waiting(request, held.look, say_to(request, "web.ledger_tab_guides"), say_to(request, "web.ledger_guides_about"))
    rates = ledger.guide_rates(book)
    with ground_of(request).db.tx() as conn:
        called = names(request, conn, "guide")
        found = ledger.pnl(conn, by="guide", rule="last", book=book)
    lines = {line.key: line for line in found.lines}
    given, wrong = dict(INPUTS), ""
    try:
        for name in INPUTS:
            if said := request.query_params.get(name, ""):
                given[name] = float(said)
        capacity = _capacity(given)
    except (ValueError, InputError):
        wrong = say_to(request, "web.ledger_capacity_wrong")
        given = dict(INPUTS)
        capacity = _capacity(given)
    return render(
        request, "ledger/guides.html", rates=[(called.of(one.guide), one) for one in rates], lines=lines, found=found, given=given,
        capacity=capacity, wrong=wrong, held=held, too_few=ledger.TOO_FEW, **choices.tabs(request, "guides"),
    )  # fmt: skip


def _capacity(given: dict[str, float]) -> ledger.Capacity:
    words = given | {"share": given["share"] / 100}
    guides = int(words.pop("guides"))
    return ledger.can_serve(guides=guides, **words)
