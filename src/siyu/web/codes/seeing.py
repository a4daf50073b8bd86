"""One code: whose turn it is and why, what it brought and cost, and the sheet to print."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import segno
from starlette.requests import Request
from starlette.responses import Response

from siyu import growth, pool
from siyu.growth import CodeKind, LiveCode
from siyu.vendors import VendorKind, accounts, explain
from siyu.vendors.wecom import link_for
from siyu.web import charts
from siyu.web.codes.listing import PERIOD, names_of, quota_of, trouble
from siyu.web.codes.moving import ways
from siyu.web.codes.welcomes import described
from siyu.web.page import ground_of, lang_of, render, say_to


def see(request: Request) -> Response:
    """Results of thirty days (of a closed code, before it was closed), and how the code stands now."""
    ground, now, lang = ground_of(request), ground_of(request).clock.now(), lang_of(request)
    code_id = int(request.path_params["code_id"])
    with ground.db.tx() as conn:
        code = growth.code(conn, code_id)
        zone = pool.brand(conn).time_zone
        until = code.closed_at or now
        is_stranded = code.closed_at is None and code_id in growth.stranded(conn, [code])
        stand = growth.standing(ground, conn, [code])[code_id] if code.closed_at is None and not is_stranded else None
        funnel = growth.funnels(conn, [code_id], until - PERIOD, until, zone)[code_id]
        results = growth.results(conn, code_id, until - PERIOD, until, zone)
        visits = growth.visits(conn, code_id, until - PERIOD, zone)
        lots = [lot for lot in growth.lots(conn) if lot.account_id == code.draft.account_id] if is_link(code) else []
        refused_at = (
            growth.link_refused_at(conn, code.config_id, code.told_at or code.made_at) if is_link(code) and code.config_id else None
        )
        greetings, has_general = described(request, conn, code.draft.welcomes), bool(growth.default_welcomes(conn))
        failed = growth.failed_deeds(conn, code_id)
        names = names_of(conn, code.corp)
        renewals = ways(request, conn, code) if is_stranded else []
        kin = [one for one in growth.codes_of_state(conn, code.state) if one.code_id != code_id]
        corps = {one.app_id: one.name for one in accounts(conn, VendorKind.WECOM)}
        tags = {one.tag_id: one.name for one in pool.relations.tags(conn, code.corp, only_live=False)}
    today = now.astimezone(ZoneInfo(zone)).date()
    last = until.astimezone(ZoneInfo(zone)).date()
    every = [last - timedelta(days=n) for n in reversed(range(PERIOD.days))]
    by_day = {one.on_day: one for one in results if one.on_day}
    by_guide = [one for one in results if one.guide is not None]
    is_group, cost = code.draft.kind == CodeKind.GROUP, code.draft.cost_minor
    chart = charts.bars(
        say_to(request, "web.code_joined_by_day" if is_group else "web.code_by_day"), [f"{day:%m-%d}" for day in every],
        [by_day[day].adds if day in by_day else 0 for day in every],
        show=lambda n: f"{n:,.0f}", lang=lang, name=say_to(request, "web.code_joined" if is_group else "web.code_adds"),
    )  # fmt: skip
    names_of_steps = ("visits", "joined", "stayed", "bought") if is_group else ("visits", "adds", "kept", "bought")
    steps = list(zip(names_of_steps, (funnel.visits, funnel.adds, funnel.kept, funnel.bought), strict=True))
    if not funnel.visits:
        steps = steps[1:]
    stages = charts.funnel(
        say_to(request, "web.code_funnel"), [(say_to(request, f"web.code_step_{name}"), n) for name, n in steps],
        show=lambda n: f"{n:,.0f}", lang=lang,
    )  # fmt: skip
    why = explain(VendorKind.WECOM, code.tell_error, lang) if code.tell_error else None
    return render(
        request, "codes/see.html", code=code, draft=code.draft, stand=stand, funnel=funnel, chart=chart, stages=stages, failed=failed,
        names=names, tags=tags, trouble=trouble(code, stand, quota_of(code, lots, today), is_stranded=is_stranded), why=why,
        is_stranded=is_stranded, renewals=renewals, after=next((one for one in kin if one.code_id > code_id), None),
        before=next((one for one in kin if one.code_id < code_id), None), corps=corps,
        address=_address(request, code.state), wrong=None,
        to=link_for(code.url, code.state) if code.url else "", by_guide=by_guide, days=[one for one in results if one.on_day],
        visits=visits, cost=cost, is_group=is_group, lots=lots, today=today, refused_at=refused_at,
        greetings=greetings, has_general=has_general,
    )  # fmt: skip


def printed(request: Request) -> Response:
    """The sheet: a code that leads to our own page, so that it stays right when WeCom's picture changes."""
    with ground_of(request).db.tx() as conn:
        code = growth.code(conn, int(request.path_params["code_id"]))
    address = _address(request, code.state)
    picture = segno.make(address, error="m").svg_data_uri(scale=8, border=4, light="#fff")
    return render(request, "codes/print.html", code=code, address=address, picture=picture, is_group=code.draft.kind == CodeKind.GROUP)


def is_link(code: LiveCode) -> bool:
    """Whether a code is an acquisition link, which costs credits."""
    return code.draft.kind == CodeKind.LINK


def _address(request: Request, state: str) -> str:
    return f"{ground_of(request).config.base_url}/q/{state}"
