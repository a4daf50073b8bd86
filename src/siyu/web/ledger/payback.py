"""Payback: how soon first-time buyers bring back what winning them cost, the young shown apart."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from siyu.analytics import ledger
from siyu.web import charts
from siyu.web.business.counted import waiting
from siyu.web.ledger import choices, shelf
from siyu.web.ledger.naming import names
from siyu.web.page import ground_of, render, say_to, show_of

_DAYS = tuple(range(0, 361, 30))


def see(request: Request) -> Response:
    """The page: a line of a table per channel (campaign, ...), and the curve of one of them."""
    the, show, held = choices.chosen(request, rule="first"), show_of(request), shelf.take(request)
    if held.book is None:
        about = say_to(request, "web.ledger_payback_about", days=ledger.HORIZON_DAYS)
        return waiting(request, held.look, say_to(request, "web.ledger_tab_payback"), about)
    with ground_of(request).db.tx() as conn:
        found = ledger.payback(conn, show.now, by=the.by, rule=the.rule, book=held.book)
        called = names(request, conn, the.by)
    wanted = request.query_params.get("key", "")
    line = next((one for one in found.lines if (one.key or "") == wanted), found.lines[0] if found.lines else None)
    drawn = None
    if line is not None:
        name = str(called.of(line.key))
        shares = [_by(line, day) for day in _DAYS]
        drawn = charts.line(
            say_to(request, "web.ledger_payback_chart", name=name), [str(day) for day in _DAYS], [charts.Series(name, shares)],
            show=lambda value: show.percent(value / 100), axis=lambda value: show.percent(value / 100, 0), lang=show.lang,
            first=say_to(request, "web.ledger_days"),
        )  # fmt: skip
    rows = [(called.of(one.key), one, the.link("/pnl/payback", key=one.key or "")) for one in found.lines]
    return render(
        request, "ledger/payback.html", the=the, held=held, found=found, rows=rows, line=line, drawn=drawn,
        dimensions=[(n, say_to(request, "web.ledger_by", by=say_to(request, f"analytics.ledger_by_{n}"))) for n in ledger.DIMENSIONS],
        rules=[(one, say_to(request, f"analytics.ledger_rule_{one}")) for one in ("first", "last")], **choices.tabs(request, "payback"),
    )  # fmt: skip


def _by(line: ledger.PaybackLine, day: int) -> float | None:
    """The share by a day, in per cent; nothing where nobody was watched that long any more."""
    if day > line.watched_days:
        return None
    before = [share for at, share in line.curve if at <= day]
    return 100 * before[-1] if before else 0.0
