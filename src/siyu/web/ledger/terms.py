"""The terms: margins, prices and product costs, each from a day on."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from siyu import pool
from siyu.analytics import ledger
from siyu.base.errors import InputError
from siyu.web.guard import note
from siyu.web.ledger import choices
from siyu.web.page import form_of, go, ground_of, lang_of, render, say_to, show_of, uploads_of

_HERE = "/pnl/terms"
ITEMS = ("message.email", "message.sms", "message.wecom", "message.webhook", "gift", "point", "minute", "reach")


def see(request: Request) -> Response:
    """The page."""
    return _page(request)


def _page(request: Request, *, wrong: str = "", faults: Any = ()) -> Response:
    with ground_of(request).db.tx() as conn:
        held = ledger.terms(conn)
        costs = ledger.all_costs(conn, 100)
    words = [(one.row, one.field, say_to(request, f"analytics.ledger_fault_{one.code}")) for one in list(faults)[:30]]
    return render(
        request, "ledger/terms.html", status=422 if wrong or words else 200, held=held, costs=costs, wrong=wrong, faults=words,
        today=show_of(request).now.astimezone(show_of(request).zone).date(),
        items=[(one, say_to(request, f"web.ledger_item_{one.replace('.', '_')}")) for one in ITEMS], **choices.tabs(request, "terms"),
    )  # fmt: skip


def add(request: Request) -> Response:
    """A margin or a price from a day on; the ledger restates what it decides."""
    ground, form = ground_of(request), form_of(request)
    what, from_on = str(form.get("what", "")), str(form.get("from_on", ""))
    try:
        with ground.db.tx() as conn:
            made = ledger.dump_terms(ledger.terms(conn))
            if what == "margin":
                share = float(str(form.get("rate", "")).replace("%", "") or "nan") / 100
                made["margins"] = [one for one in made["margins"] if one["from"] != from_on] + [{"from": from_on, "rate": f"{share:.4f}"}]
            else:
                item, price = str(form.get("item", "")), str(form.get("price", ""))
                made["prices"] = [one for one in made["prices"] if (one["item"], one["from"]) != (item, from_on)]
                made["prices"].append({"item": item, "from": from_on, "price": price})
            ledger.set_terms(conn, made, at=ground.clock.now(), lang=show_of(request).lang)
            note(request, conn, "ledger.terms", ref=what)
    except InputError as err:
        return _page(request, wrong=str(err.told(lang_of(request))))
    except ValueError:
        return _page(request, wrong=say_to(request, "web.ledger_no_amount"))
    return go(request, _HERE, said="web.ledger_terms_said")


def drop(request: Request) -> Response:
    """Take a margin or a price out again."""
    ground, form = ground_of(request), form_of(request)
    item, from_on = str(form.get("item", "")), str(form.get("from_on", ""))
    with ground.db.tx() as conn:
        made = ledger.dump_terms(ledger.terms(conn))
        if item:
            made["prices"] = [one for one in made["prices"] if (one["item"], one["from"]) != (item, from_on)]
        else:
            made["margins"] = [one for one in made["margins"] if one["from"] != from_on]
        ledger.set_terms(conn, made, at=ground.clock.now(), lang=show_of(request).lang)
        note(request, conn, "ledger.terms", ref="dropped")
    return go(request, _HERE, said="web.ledger_terms_said")


def take_costs(request: Request) -> Response:
    """A table of product costs, all rows or none."""
    ground, files = ground_of(request), uploads_of(request)
    if not files:
        return _page(request, wrong=say_to(request, "web.ledger_no_file"))
    try:
        with ground.db.tx() as conn:
            costs, faults = ledger.read_costs(files[0].file.read(), pool.brand(conn).currency)
            if faults:
                return _page(request, faults=faults)
            changed = ledger.set_costs(ground, conn, costs, lang=show_of(request).lang)
            note(request, conn, "ledger.costs", changed=changed)
    except InputError as err:
        return _page(request, wrong=str(err.told(lang_of(request))))
    return go(request, _HERE, said="web.ledger_costs_said", n=changed)
