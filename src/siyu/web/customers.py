"""Customers: the list with its filters, and the search by anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from siyu import content, journeys, pool, segments
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.base.money import digits
from siyu.web import moments, naming, people
from siyu.web.guard import Guarded, deed, page
from siyu.web.page import form_of, go, ground_of, is_htmx, lang_of, render, show_of
from siyu.web.words import Role

MOST_WORKS = 4
STAGE_TONES = {
    "visitor": "grey",
    "lead": "blue",
    "first": "green",
    "repeat": "green",
    "vip": "violet",
    "drifting": "amber",
    "lost": "red",
    "won_back": "blue",
}


def routes(ground: Ground) -> list[Guarded]:
    """The list and the search. The search is a POST: a phone or a name never stands in an address."""
    return [page("/customers", listing, Role.VIEWER), deed("/search", search, Role.VIEWER)]


def listing(request: Request) -> Response:
    """A page of customers by the filter in the address."""
    ground, show = ground_of(request), show_of(request)
    by = people.read(request.query_params)
    with ground.db.tx() as conn:
        found = people.listed(conn, by, show.currency, show.now)
        tags = people.frequent_tags(conn)
        conflicts_n = pool.count_conflicts(conn)
    return render(
        request,
        "customers/list.html",
        part="rows",
        by=by,
        found=found,
        tags=tags,
        conflicts_n=conflicts_n,
        stages=list(pool.Stage),
        tones=STAGE_TONES,
        ordered=people.ORDERED,
        size=people.SIZE,
        mask_of=mask_of,
        minor_digits=digits(show.currency),
    )


def search(request: Request) -> Response:
    """People by a phone in any writing, an e-mail, an id, a name, an order number. htmx gets the drop-down; a single hit is opened."""
    ground = ground_of(request)
    text = str(form_of(request).get("text", "")).strip()[:200]
    with ground.db.tx() as conn:
        hits = pool.find(ground, conn, text, 20) if len(text) > 1 else []
        works = _works(request, conn, text) if len(text) > 1 else []
    if not is_htmx(request) and len({hit.person_id for hit in hits}) == 1 and not works:
        return go(request, f"/customers/{hits[0].person_id}")
    lang = lang_of(request)
    return render(
        request, "customers/found.html", part="found", hits=hits, works=works, text=text, tones=STAGE_TONES,
        how=lambda by: moments.kind(by, lang),
    )  # fmt: skip


@dataclass(frozen=True)
class Work:
    """Something that staff made and named: a segment, a broadcast, a letter."""

    name: str
    kind: str  # of the text
    icon: str
    to: str


def _works(request: Request, conn: Connection, text: str) -> list[Work]:
    """Segments, broadcasts and content whose name holds the text, the newest first, a few of each."""
    has: set[str] = request.app.state.paths
    wanted = text.casefold()
    found: list[Work] = []
    if "/segments/{segment_id:int}" in has:
        named = [(s.name, s.segment_id) for s in segments.all_kept(conn)]
        found += [Work(n, "segments", "segment", f"/segments/{i}") for n, i in named if wanted in n.casefold()][:MOST_WORKS]
    if "/broadcasts/{broadcast_id:int}" in has:
        sent = [(b.name, b.broadcast_id) for b in journeys.newest(conn)]
        found += [Work(n, "broadcasts", "send", f"/broadcasts/{i}") for n, i in sent if wanted in n.casefold()][:MOST_WORKS]
    if "/contents/{content_id:int}" in has:
        letters = [(c.name, c.content_id) for c in content.all_kept(conn)]
        found += [Work(n, "contents", "content", f"/contents/{i}") for n, i in letters if wanted in n.casefold()][:MOST_WORKS]
    return found


def names_of(conn: Connection, person_ids: Iterable[int]) -> dict[int, tuple[int, str]]:
    """For rows that remember a person of their time: that number -> today's person and the masked name."""
    today = pool.current_person(conn, sorted(set(person_ids)))
    shown = {row.person_id: row.name_shown or mask_of(row) for row in pool.rows_of(conn, list(set(today.values())))}
    return {old: (now, shown.get(now, f"#{now}")) for old, now in today.items()}


def mask_of(row: pool.PersonRow) -> str:
    """The name that stands under somebody's name: the mask of the best identifier, of a long id only its ends."""
    order = {"phone": 0, "email": 1}
    ranked = sorted(row.identifiers, key=lambda pair: order.get(pair[0], 2))
    return naming.short(ranked[0][1]) if ranked else f"#{row.person_id}"
