"""Chats of customers and their health, and how many different people the whole matrix really reaches."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from siyu.base.ground import Ground
from siyu.pool import relations
from siyu.web.charts import Series, line
from siyu.web.connect import store
from siyu.web.guard import Guarded, page
from siyu.web.page import ground_of, lang_of, render, say_to, show_of
from siyu.web.words import Role

HOME = "/chat-groups"
_EMPTY = store.ChatCount(0, 0, 0, 0, 0, None, 0)
_SORTS = {
    "size": lambda row: row[1].size, "joins": lambda row: row[1].joins, "leaves": lambda row: row[1].leaves,
    "elsewhere": lambda row: row[1].elsewhere,
}  # fmt: skip
_MOST = 500


def routes(ground: Ground) -> list[Guarded]:
    """One page."""
    return [page(HOME, listing, Role.VIEWER, name="chat_groups")]


def listing(request: Request) -> Response:
    """All chats, those that live first, by what the address asks to sort by."""
    ground = ground_of(request)
    now = ground.clock.now()
    sort = request.query_params.get("sort", "-size")
    with ground.db.tx() as conn:
        chats = relations.groups(conn)
        counts = store.chats(conn, now)
        in_chats, people_in_chats = store.heads(conn)
        in_contacts, people_in_contacts = store.customers(conn)
        weeks = store.chat_weeks(conn, now)
        guides = {(one.corp, one.guide): one for one in relations.guides(conn, only_active=False)}
    rows = [(chat, counts.get((chat.corp, chat.chat_id), _EMPTY)) for chat in chats]
    key = _SORTS.get(sort.lstrip("-"), _SORTS["size"])
    rows.sort(key=key, reverse=sort.startswith("-"))
    rows.sort(key=lambda row: row[0].dismissed_at is not None)
    live = [row for row in rows if row[0].dismissed_at is None]
    ownerless = sum(one is not None and one.left_at is not None for one in (guides.get((chat.corp, chat.owner)) for chat, _ in live))
    return render(
        request, "connect/chats.html", rows=rows[:_MOST], total=len(rows), live=len(live), sort=sort, health=lambda row: health(*row),
        ownerless=ownerless, owner=lambda chat: guides.get((chat.corp, chat.owner)), in_chats=in_chats, people_in_chats=people_in_chats,
        in_contacts=in_contacts, people_in_contacts=people_in_contacts,
        chart=week_chart(request, weeks, "web.chats_joins", "web.chats_leaves"),
        joins=sum(row[1].joins for row in live), leaves=sum(row[1].leaves for row in live), most=_MOST,
    )  # fmt: skip


def health(chat: relations.ChatGroup, count: store.ChatCount) -> str:
    """In a word: dismissed, empty, shrinking (a tenth left within four weeks, more than came), quiet (nobody came or left in them),
    growing, steady. Texts under `web.chats_is_<word>`.
    """
    if chat.dismissed_at is not None:
        return "dismissed"
    if not count.size:
        return "empty"
    if not count.joins_month and not count.leaves_month:
        return "quiet"
    if count.leaves_month > count.joins_month and count.leaves_month >= max(2, (count.size + count.leaves_month) / 10):
        return "shrinking"
    return "growing" if count.joins_month > count.leaves_month else "steady"


def week_chart(request: Request, weeks: list[tuple[int, int]], more: str, fewer: str) -> Any:
    """Two lines over the last weeks of seven days, each named by its last day."""
    show = show_of(request)
    is_empty = not any(a or b for a, b in weeks)
    ends = [show.now - store.WEEK * back for back in reversed(range(len(weeks)))]
    labels = [] if is_empty else [f"{end.astimezone(show.zone):%m-%d}" for end in ends]
    series = [Series(say_to(request, more), [float(a) for a, _ in weeks]), Series(say_to(request, fewer), [float(b) for _, b in weeks])]
    return line(
        say_to(request, "web.connect_by_week"), labels, series, show=show.number, lang=lang_of(request),
        first=say_to(request, "web.connect_week_to"),
    )  # fmt: skip
