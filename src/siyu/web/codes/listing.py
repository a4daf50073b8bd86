"""All codes with whose turn it is, what they brought in thirty days, and what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from siyu import growth, pool
from siyu.base.db import Connection
from siyu.growth import CodeKind, LiveCode, Lot, Standing
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
        names = {corp: names_of(conn, corp) for corp in {one.corp for one in shown}}
        lost = growth.stranded(conn, [one for one in every if one.closed_at is None])
        lots = growth.lots(conn)
        has_corp = bool(accounts(conn, VendorKind.WECOM))
    today = now.astimezone(ZoneInfo(zone)).date()
    links = [one for one in every if one.draft.kind == CodeKind.LINK and one.closed_at is None]
    standing = {one.draft.account_id for one in links if one.code_id not in lost}
    before = {one.draft.account_id for one in links} - standing  # their credits were another corp's
    lots = [lot for lot in lots if (lot.expires_on >= today or lot.balance) and lot.account_id not in before]
    troubled = {
        one.code_id: trouble(one, stand.get(one.code_id), quota_of(one, lots, today), is_stranded=one.code_id in lost) for one in every
    }
    counts = {kind: sum(one.draft.kind == kind for one in every) for kind in CodeKind}
    left = sum(lot.balance for lot in lots if lot.expires_on >= today)
    ends = [lot for lot in lots if lot.balance and today <= lot.expires_on <= today + _SOON]
    return render(
        request, "codes/list.html", codes=shown, stand=stand, funnels=funnels, names=names, lots=lots, left=left, ends=ends, counts=counts,
        every=len(every), kind=asked, has_corp=has_corp, troubled=troubled, few=_FEW, today=today, lost=len(lost),
    )  # fmt: skip


def names_of(conn: Connection, corp: str) -> dict[str, str]:
    """What a corp's guides and chats are called: userid or chat id -> name."""
    named = {one.guide: one.name or one.guide for one in pool.relations.guides(conn, corp, only_active=False)}
    return named | {one.chat_id: one.name or one.chat_id for one in pool.relations.groups(conn, corp)}


def quota_of(one: LiveCode, lots: Sequence[Lot], today: date) -> int | None:
    """The credits that a link may still use; None for other codes, and as long as nobody has asked the corp."""
    mine = [lot.balance for lot in lots if lot.account_id == one.draft.account_id and lot.expires_on >= today]
    if one.draft.kind != CodeKind.LINK or not any(lot.account_id == one.draft.account_id for lot in lots):
        return None
    return sum(mine)


def trouble(one: LiveCode, stand: Standing | None, quota: int | None = None, *, is_stranded: bool = False) -> str:
    """What is wrong with a code: a text's key, empty when all is well."""
    if one.closed_at is not None:
        return ""
    if is_stranded:
        return "stranded"
    if one.tell_error:
        return "told"
    if quota == 0:
        return "quota"
    if stand is not None and not stand.users:
        return "full" if one.draft.kind == CodeKind.GROUP else "nobody"
    return "" if one.config_id else "making"
