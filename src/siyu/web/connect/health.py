"""How connections do: calls by interface, tokens, breakers, pace, callbacks by the hour, and what runs of the sync found."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from siyu import vendors
from siyu.base.ground import Ground
from siyu.sources import callbacks, sync
from siyu.vendors import InterfaceHealth, probes
from siyu.web.charts import bars
from siyu.web.connect import store
from siyu.web.connect.known import CALLBACK_TONES, TONES, known
from siyu.web.guard import Guarded, page
from siyu.web.page import ground_of, lang_of, render, say_to, show_of
from siyu.web.words import Role

HOME = "/connection-health"
SPANS = (1, 24, 168)  # hours
_CALLS = 100
_RUNS = 10


def routes(ground: Ground) -> list[Guarded]:
    """One page, and the calls of one interface."""
    return [page(HOME, listing, Role.VIEWER, name="connection_health"), page(f"{HOME}/calls", calls, Role.VIEWER, name="vendor_calls")]


def listing(request: Request) -> Response:
    """Everything over the last hour, day or week."""
    ground = ground_of(request)
    hours = _hours(request)
    now = ground.clock.now()
    since = now - timedelta(hours=hours)
    with ground.db.tx() as conn:
        found = known(ground, conn)
        rows = vendors.health(conn, since)
        standing = probes.standing(conn)
        inbox = {one.account_id: one for one in callbacks.counts(conn, since)}
        runs = sync.runs(conn, limit=_RUNS)
        by_hour = store.callback_hours(conn, now - timedelta(hours=24))
    names = {one.account.account_id: one.account for one in found}
    rows = [row for row in rows if row.account_id in names]
    total = sum(row.calls for row in rows)
    tokens: dict[int, list[Any]] = {}
    for token in standing.tokens:
        tokens.setdefault(token.account_id, []).append(token)
    return render(
        request, "connect/health.html", found=found, rows=sorted(rows, key=lambda r: (r.account_id, -r.failures, -r.calls)), names=names,
        tokens=tokens, breakers={one.account_id: one for one in standing.breakers if one.failures}, inbox=inbox, hours=hours,
        spans=SPANS, total=total, failures=sum(row.failures for row in rows), unknowns=sum(row.unknowns for row in rows),
        received=sum(one.received for one in inbox.values()), parked=sum(one.parked for one in inbox.values()),
        refused=sum(one.refused for one in inbox.values()), chart=_chart(request, by_hour, now), by_hour=list(reversed(by_hour)),
        why=lambda row: vendors.explain(names[row.account_id].kind, row.last_code, lang_of(request)),
        walked=lambda run: vendors.explain(names[run.account_id].kind, run.error, lang_of(request)) if run.account_id in names else None,
        is_blocked=lambda row: _blocked(row, now),
        runs=runs, tones=TONES, callback_tones=CALLBACK_TONES,
    )  # fmt: skip


def calls(request: Request) -> Response:
    """The newest calls of one interface of one account, in the drawer or as a page."""
    asked = request.query_params
    number, interface = asked.get("account", ""), asked.get("interface", "")[:120]
    only = asked.get("only", "") == "failures"
    with ground_of(request).db.tx() as conn:
        accounts = {one.account_id: one for one in vendors.accounts(conn)}
        account = accounts.get(int(number)) if number.isdigit() and len(number) < 19 else None
        rows = vendors.trace(conn, account.account_id if account else None, interface=interface or None, only_failures=only, limit=_CALLS)
    return render(
        request, "connect/calls.html", part="inside", rows=[row for row in rows if row.account_id in accounts], account=account,
        interface=interface, most=_CALLS, only=only,
        why=lambda row: vendors.explain(accounts[row.account_id].kind, row.code, lang_of(request)).what,
    )  # fmt: skip


def _hours(request: Request) -> int:
    asked = request.query_params.get("hours", "")
    return int(asked) if asked in {str(one) for one in SPANS} else 24


def _blocked(row: InterfaceHealth, now: datetime) -> bool:
    return row.blocked_until is not None and row.blocked_until > now


def _chart(request: Request, by_hour: list[store.Hour], now: datetime) -> Any:
    """Callbacks of each of the last 24 hours by the brand's clock; hours in which nothing came are there too."""
    show = show_of(request)
    zone = show.zone
    found = {one.at.astimezone(zone): one.received for one in by_hour}
    first = now.astimezone(zone).replace(minute=0, second=0, microsecond=0) - timedelta(hours=23)
    hours = [first + timedelta(hours=n) for n in range(24)] if by_hour else []
    return bars(
        say_to(request, "web.health_by_hour"), [f"{one:%H:00}" for one in hours], [float(found.get(one, 0)) for one in hours],
        show=show.number, lang=lang_of(request), first=say_to(request, "web.health_hour"), name=say_to(request, "web.connect_callbacks"),
    )  # fmt: skip
