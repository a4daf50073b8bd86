"""The P&L: lines that add up, a chart, a table to take away, and why each number is what it is."""

from __future__ import annotations

import csv
import io
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from siyu.analytics import ledger
from siyu.base.errors import NotFoundError
from siyu.base.money import to_decimal
from siyu.web.business.counted import waiting
from siyu.web.ledger import choices, shelf
from siyu.web.ledger.drawing import nets
from siyu.web.ledger.naming import names
from siyu.web.page import ground_of, is_htmx, render, say_to, show_of

DRAWN = 12
_RUN = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


def see(request: Request) -> Response:
    """The page."""
    the, show, held = choices.chosen(request), show_of(request), shelf.take(request)
    if (book := held.book) is None:
        return waiting(request, held.look, say_to(request, "web.nav_pnl"), say_to(request, "web.ledger_about"))
    with ground_of(request).db.tx() as conn:
        found = ledger.pnl(conn, by=the.by, rule=the.rule, period=(the.from_on, the.to_on), book=book)
        called = names(request, conn, the.by)
        saved = ledger.media_saved(book, show.now.date()) if the.by == "campaign" else {}
        has_prices = bool(ledger.terms(conn).prices)
    rows = [(called.of(line.key), line, the.link(f"/pnl/by/{the.by}/why", **_key(line.key))) for line in found.lines]
    drawn = nets(
        say_to(request, "web.ledger_chart"), [(str(name), float(line.net)) for name, line, _ in rows[:DRAWN]],
        show=lambda value: show.money(round(value), found.currency, short=True), lang=show.lang,
        first=say_to(request, f"analytics.ledger_by_{the.by}"), name=say_to(request, "analytics.ledger_net"),
    )  # fmt: skip
    return render(
        request, "ledger/pnl.html", part="found", the=the, found=found, rows=rows, drawn=drawn, saved=saved, has_prices=has_prices,
        held=held, assumed=_assumed(found), is_empty=not book.numbers and not book.costs,
        **_options(request), **choices.tabs(request, "pnl"),
    )  # fmt: skip


def _key(key: str | None) -> dict[str, str]:
    return {"nothing": "1"} if key is None else {"key": key}


def _options(request: Request) -> dict[str, Any]:
    return {
        "dimensions": [
            (name, say_to(request, "web.ledger_by", by=say_to(request, f"analytics.ledger_by_{name}"))) for name in ledger.DIMENSIONS
        ],
        "rules": [(one.value, say_to(request, f"analytics.ledger_rule_{one}")) for one in ledger.AttributionRule],
        "periods": [(name, say_to(request, f"web.ledger_period_{name}")) for name in choices.PERIODS],
    }


def _assumed(found: ledger.Pnl) -> float:
    """The share of the cost of goods that is only assumed."""
    whole = abs(found.basis.product) + abs(found.basis.margin) + abs(found.basis.default_margin)
    return abs(found.basis.default_margin) / whole if whole else 0.0


def download(request: Request) -> Response:
    """The same lines as a table for spreadsheets: UTF-8 with its mark, money as decimals."""
    the, book = choices.chosen(request), shelf.take_whole(request)
    with ground_of(request).db.tx() as conn:
        found = ledger.pnl(conn, by=the.by, rule=the.rule, period=(the.from_on, the.to_on), book=book)
        called = names(request, conn, the.by)
    out = io.StringIO()
    table = csv.writer(out)
    money = ("paid", "refunded", "adjusted", "goods", "margin", "spend", "served", "net")
    table.writerow([the.by, "name", "orders", "first_buyers", *money, "currency"])
    for line in [*found.lines, found.total]:
        is_total = line is found.total
        name = say_to(request, "analytics.ledger_total") if is_total else str(called.of(line.key))
        key = line.key or ("total" if is_total else "")
        table.writerow(
            [_safe(key), _safe(name), line.orders_milli / 1000, line.first_milli / 1000,
             *(to_decimal(getattr(line, one), found.currency) for one in money), found.currency]
        )  # fmt: skip
    file = f"pnl-{the.by}-{the.rule}.csv"
    return Response(
        "\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{file}"'}
    )


def _safe(word: str) -> str:
    return "'" + word if word.startswith(_RUN) else word


def why(request: Request) -> Response:
    """Behind one line: its newest orders with the part it has of each, its costs, and for a broadcast what it caused."""
    the, ground = choices.chosen(request), ground_of(request)
    if not is_htmx(request):
        return RedirectResponse(the.link("/pnl"), 303)
    key = None if request.query_params.get("nothing") else request.query_params.get("key", "")
    if key == "":
        raise NotFoundError(say_to(request, "web.ledger_no_line"), say_to(request, "web.ledger_no_line_remedy"))
    period = (the.from_on, the.to_on)
    book = shelf.take(request).book or shelf.take_whole(request)  # a line is looked at where the book is read already
    with ground.db.tx() as conn:
        found = ledger.pnl(conn, by=the.by, rule=the.rule, period=period, book=book)
        line = next((one for one in found.lines if one.key == key), ledger.PnlLine(key))
        entries, costs = ledger.entries_behind(conn, book, the.by, key, ledger.AttributionRule(the.rule), period, 40)
        called = names(request, conn, the.by)
        total = found.total
        share = total.margin / (total.paid + total.refunded) if total.paid + total.refunded > 0 else 0.0
        proof = ledger.incremental(ground, conn, book, key, share) if the.by == "campaign" else None
    return render(
        request, "ledger/why.html", part="drawer", the=the, line=line, name=called.of(key), found=found,
        entries=entries[:60], costs=costs, proof=proof, rule=say_to(request, f"analytics.ledger_rule_{the.rule}"),
    )  # fmt: skip
