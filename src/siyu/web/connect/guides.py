"""Guides by store: how many customers each looks after, how many came and were lost."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from siyu.base.ground import Ground
from siyu.pool import relations
from siyu.pool.relations import Guide
from siyu.web.connect import store
from siyu.web.connect.chats import week_chart
from siyu.web.guard import Guarded, page
from siyu.web.page import ground_of, render
from siyu.web.words import Role

_EMPTY = store.GuideCount(0, 0, 0, 0, 0, 0)


def routes(ground: Ground) -> list[Guarded]:
    """One page."""
    return [page("/guides", listing, Role.VIEWER, name="guides")]


@dataclass
class Shop:
    """One store with its guides."""

    name: str
    rows: list[tuple[Guide, store.GuideCount]] = field(default_factory=list)

    def total(self, name: str) -> int:
        """A number added up over its guides."""
        return sum(int(getattr(count, name)) for _, count in self.rows)


def listing(request: Request) -> Response:
    """All stores, the largest first; guides who left stand last, as long as somebody is theirs."""
    ground = ground_of(request)
    now = ground.clock.now()
    with ground.db.tx() as conn:
        guides = relations.guides(conn, only_active=False)
        counts = store.guides(conn, now)
        relations_n, people_n = store.customers(conn)
        weeks = store.guide_weeks(conn, now)
    known = {(one.corp, one.guide) for one in guides}
    guides = [*guides, *(Guide(corp, guide) for corp, guide in sorted(set(counts) - known))]  # a fact may name them before the sync does
    shops: dict[str, Shop] = {}
    for one in guides:
        count = counts.get((one.corp, one.guide), _EMPTY)
        if one.left_at is not None and not count.load:
            continue
        shops.setdefault(one.store, Shop(one.store)).rows.append((one, count))
    for shop in shops.values():
        shop.rows.sort(key=lambda row: (row[0].left_at is not None, -row[1].load, row[0].guide))
    return render(
        request, "connect/guides.html", shops=sorted(shops.values(), key=lambda shop: -shop.total("load")), relations_n=relations_n,
        people_n=people_n, guides_n=sum(one.left_at is None for one in guides),
        left=[row for shop in shops.values() for row in shop.rows if row[0].left_at is not None],
        adds=sum(shop.total("adds") for shop in shops.values()), lost=sum(shop.total("lost") for shop in shops.values()),
        chart=week_chart(request, weeks, "web.guides_adds", "web.guides_lost"),
    )  # fmt: skip
