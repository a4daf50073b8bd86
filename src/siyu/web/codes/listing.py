"""All codes with whose turn it is, what they brought in thirty days, and what is wrong."""

from __future__ import annotations

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from siyu import growth, pool
from siyu.base.db import Connection
from siyu.growth import CodeKind, LiveCode, Standing
from siyu.vendors import VendorKind, accounts
from siyu.web.page import ground_of, render

PERIOD = timedelta(days=30)
_SOON = timedelta(days=7)
_FEW = 100  # credits


def listing(request: Request) -> Response:
    """Codes of one kind, the newest first."""
    ground, now = ground_of(request), ground_of(request).clock.now()
    asked = request.query_params.get("kind", "")
    with ground.db.tx() as conn:
        every = growth.codes(conn, with_closed=True)
        shown = [one for one in every if one.draft.kind == asked or not asked]
        zone = pool.brand(conn).time_zone
        stand = growth.standing(ground, conn, [one for one in every if one.closed_at is None])
        funnels = growth.funnels(conn, [one.code_id for one in shown], now - PERIOD, now, zone)
        names = names_of(conn)
        lots = growth.lots(conn)
        has_corp = bool(accounts(conn, VendorKind.WECOM))
    troubled = {number: trouble(one, stand.get(number)) for one in every if (number := one.code_id)}
    counts = {kind: sum(one.draft.kind == kind for one in every) for kind in CodeKind}
    left = sum(lot.balance for lot in lots)
    ends = [lot for lot in lots if lot.balance and lot.expires_on <= (now + _SOON).date()]
    return render(
        request, "codes/list.html", codes=shown, stand=stand, funnels=funnels, names=names, lots=lots, left=left, ends=ends, counts=counts,
        every=len(every), kind=asked, has_corp=has_corp, troubled=troubled, few=_FEW,
    )  # fmt: skip


def names_of(conn: Connection) -> dict[str, str]:
    """What guides and chats are called: userid or chat id -> name."""
    named = {one.guide: one.name or one.guide for one in pool.relations.guides(conn, only_active=False)}
    return named | {one.chat_id: one.name or one.chat_id for one in pool.relations.groups(conn)}


def trouble(one: LiveCode, stand: Standing | None) -> str:
    """What is wrong with a code: a text's key, empty when all is well."""
    if one.closed_at is not None:
        return ""
    if one.tell_error:
        return "told"
    if stand is not None and not stand.users:
        return "nobody"
    return "" if one.config_id else "making"
