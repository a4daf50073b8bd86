"""Spend: what was recorded, one more, a whole table, and taking one back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from siyu import pool
from siyu.analytics import ledger
from siyu.base.errors import InputError
from siyu.base.money import to_minor
from siyu.web.guard import note
from siyu.web.ledger import choices, shelf
from siyu.web.page import form_of, go, ground_of, lang_of, render, say_to, show_of, uploads_of

_HERE = "/pnl/spend"


def see(request: Request) -> Response:
    """The page."""
    return _page(request)


def _page(request: Request, *, faults: Any = (), wrong: str = "", given: dict[str, str] | None = None) -> Response:
    book = shelf.take(request).book  # words to choose from; while it is being read, none
    keys = {name: book.met(name)[1][:60] if book else [] for name in ledger.DIMENSIONS}
    with ground_of(request).db.tx() as conn:
        spends = [spend for spend, _ in ledger.spends(conn, 200)]
    words = [
        (one.row, one.field, say_to(request, f"analytics.ledger_fault_{one.code}")) for one in list(faults)[:30]
    ]  # the whole table at once, so that it can be mended in one go
    return render(
        request, "ledger/spend.html", status=422 if words or wrong else 200, spends=spends, faults=words, faults_n=len(list(faults)),
        wrong=wrong, given=given or {}, dimensions=ledger.DIMENSIONS, keys=keys, **choices.tabs(request, "spend"),
    )  # fmt: skip


def add(request: Request) -> Response:
    """Record one spend; what cannot be read comes back with the form."""
    ground, form = ground_of(request), form_of(request)
    given = {name: str(value).strip() for name, value in form.items() if name != "csrf" and isinstance(value, str)}
    try:
        with ground.db.tx() as conn:
            currency = pool.brand(conn).currency
            done = ledger.record_spend(ground, conn, [_spend(request, given, currency)], lang=show_of(request).lang)
            note(request, conn, "ledger.spend", recorded=done.new)
    except InputError as err:
        return _page(request, wrong=str(err.told(lang_of(request))), given=given)
    return go(request, _HERE, said="web.ledger_spend_said" if done.new else "web.ledger_spend_known", tone="good" if done.new else "warn")


def _spend(request: Request, given: dict[str, str], currency: str) -> ledger.Spend:
    try:
        amount = to_minor(Decimal(given.get("amount", "").replace(",", "")), currency)
    except InvalidOperation:
        raise InputError(say_to(request, "web.ledger_no_amount"), say_to(request, "web.ledger_no_amount_remedy"), field="amount") from None
    try:
        begin = date.fromisoformat(given.get("from_on", ""))
        end = date.fromisoformat(given["to_on"]) if given.get("to_on") else begin
    except ValueError:
        raise InputError(say_to(request, "web.ledger_no_date"), say_to(request, "web.ledger_no_date_remedy"), field="from_on") from None
    dims = ledger.Dims(**{name: given.get(name, "") for name in ledger.DIMENSIONS})
    return ledger.Spend(amount, begin, end, dims, currency, given.get("note", ""), given.get("ref", ""))


def take_in(request: Request) -> Response:
    """Record a whole table, all rows or none."""
    ground, files = ground_of(request), uploads_of(request)
    if not files:
        return _page(request, wrong=say_to(request, "web.ledger_no_file"))
    try:
        with ground.db.tx() as conn:
            spends, faults = ledger.read_spends(files[0].file.read(), pool.brand(conn).currency)
            if faults:
                return _page(request, faults=faults)
            done = ledger.record_spend(ground, conn, spends, lang=show_of(request).lang)
            note(request, conn, "ledger.spend", recorded=done.new)
    except InputError as err:
        return _page(request, wrong=str(err.told(lang_of(request))))
    return go(request, _HERE, said="web.ledger_spends_said", n=done.new, known=done.known)


def take_back(request: Request) -> Response:
    """Record the opposite of a spend."""
    ground, form = ground_of(request), form_of(request)
    with ground.db.tx() as conn:
        at = int(str(form.get("place", "-1")))
        spends = [spend for spend, _ in ledger.spends(conn, 200)]
        given = str(form.get("amount_minor", ""))
        one = next((s for n, s in enumerate(spends) if n == at and str(s.amount_minor) == given), None)
        if one is None:
            raise InputError(say_to(request, "web.ledger_spend_moved"), field="place")
        back = ledger.Spend(-one.amount_minor, one.from_on, one.to_on, one.dims, one.currency, one.note, one.ref)
        done = ledger.record_spend(ground, conn, [back], lang=show_of(request).lang)
        note(request, conn, "ledger.spend_taken_back", recorded=done.new)
    return go(request, _HERE, said="web.ledger_spend_back" if done.new else "web.ledger_spend_known", tone="good" if done.new else "warn")
