"""One code: whose turn it is and why, what it brought and cost, and the sheet to print."""

from __future__ import annotations

from datetime import timedelta

import segno
from starlette.requests import Request
from starlette.responses import Response

from siyu import growth, pool
from siyu.growth import CodeKind
from siyu.vendors import VendorKind, explain
from siyu.vendors.wecom import link_for
from siyu.web import charts
from siyu.web.codes.listing import PERIOD, names_of, trouble
from siyu.web.page import ground_of, lang_of, render, say_to


def see(request: Request) -> Response:
    """Results of thirty days, and how the code stands now."""
    ground, now, lang = ground_of(request), ground_of(request).clock.now(), lang_of(request)
    code_id = int(request.path_params["code_id"])
    with ground.db.tx() as conn:
        code = growth.code(conn, code_id)
        zone = pool.brand(conn).time_zone
        stand = growth.standing(ground, conn, [code])[code_id] if code.closed_at is None else None
        funnel = growth.funnels(conn, [code_id], now - PERIOD, now, zone)[code_id]
        days = growth.days(conn, code_id, now - PERIOD, zone)
        failed = growth.failed_deeds(conn, code_id)
        names = names_of(conn)
        tags = {one.tag_id: one.name for one in pool.relations.tags(conn, code.corp, only_live=False)}
    first = (now - PERIOD + timedelta(days=1)).date()
    every = [first + timedelta(days=n) for n in range(PERIOD.days)]
    chart = charts.bars(
        say_to(request, "web.code_by_day"), [f"{day:%m-%d}" for day in every], [days.get(day, 0) for day in every],
        show=lambda n: f"{n:,.0f}", lang=lang, name=say_to(request, "web.code_adds"),
    )  # fmt: skip
    steps = [("visits", funnel.visits), ("adds", funnel.adds), ("kept", funnel.kept), ("bought", funnel.bought)]
    if not funnel.visits:
        steps = steps[1:]
    stages = charts.funnel(
        say_to(request, "web.code_funnel"), [(say_to(request, f"web.code_step_{name}"), n) for name, n in steps],
        show=lambda n: f"{n:,.0f}", lang=lang,
    )  # fmt: skip
    why = explain(VendorKind.WECOM, code.tell_error, lang) if code.tell_error else None
    return render(
        request, "codes/see.html", code=code, draft=code.draft, stand=stand, funnel=funnel, chart=chart, stages=stages, failed=failed,
        names=names, tags=tags, trouble=trouble(code, stand), why=why, address=_address(request, code.state), wrong=None,
        to=link_for(code.url, code.state) if code.url else "",
    )  # fmt: skip


def printed(request: Request) -> Response:
    """The sheet: a code that leads to our own page, so that it stays right when WeCom's picture changes."""
    with ground_of(request).db.tx() as conn:
        code = growth.code(conn, int(request.path_params["code_id"]))
    address = _address(request, code.state)
    picture = segno.make(address, error="m").svg_data_uri(scale=8, border=4, light="#fff")
    return render(request, "codes/print.html", code=code, address=address, picture=picture, is_group=code.draft.kind == CodeKind.GROUP)


def _address(request: Request, state: str) -> str:
    return f"{ground_of(request).config.base_url}/q/{state}"
