"""The list of segments, one segment with its members, and why a person is in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from siyu import pool, segments
from siyu.web.customers import STAGE_TONES
from siyu.web.guard import note
from siyu.web.page import form_of, go, ground_of, is_htmx, lang_of, render, show_of
from siyu.web.segments.seeing import picture

SIZE = 50


@dataclass(frozen=True)
class Members:
    """One page of members, or why there is none. `next` is where the following page begins."""

    rows: list[segments.Member] = field(default_factory=list)
    after: int = 0
    next: int | None = None
    too_slow: str = ""
    size: int = SIZE


@dataclass(frozen=True)
class Why:
    """An explanation, or the people that a search found."""

    told: segments.Explained | None = None
    hits: list[pool.Hit] = field(default_factory=list)


def _can_send(request: Request) -> bool:
    return "/broadcasts/new" in request.app.state.paths


def listing(request: Request) -> Response:
    """All segments and the ready rules."""
    lang = lang_of(request)
    with ground_of(request).db.tx() as conn:
        kept = [(one, segments.describe(conn, one.rule, lang)) for one in segments.all_kept(conn)]
    ready = segments.templates(lang)
    return render(request, "segments/list.html", kept=kept, ready=ready, can_send=_can_send(request))


def detail(request: Request) -> Response:
    """One segment at once; its numbers and members follow by themselves."""
    return _detail(request)


def _detail(request: Request, *, part: str = "", members: Members | None = None, why: Why | None = None) -> Response:
    with ground_of(request).db.tx() as conn:
        segment = segments.kept(conn, request.path_params["segment_id"])
        sentence = segments.describe(conn, segment.rule, lang_of(request))
    return render(
        request, "segments/detail.html", part=part, segment=segment, sentence=sentence, members=members, why=why, tones=STAGE_TONES,
        here=f"/segments/{segment.segment_id}", can_send=_can_send(request),
    )  # fmt: skip


def live(request: Request) -> Response:
    """The numbers of a segment as they are now."""
    with ground_of(request).db.tx() as conn:
        shown = picture(request, conn, segments.kept(conn, request.path_params["segment_id"]).rule)
    return render(request, "segments/preview.html", **shown | {"is_detail": True})


def members(request: Request) -> Response:
    """Members in the order of their numbers; `?after=` goes on behind a person."""
    ground = ground_of(request)
    text = request.query_params.get("after", "0")
    after = int(text) if text.isdecimal() and len(text) < 19 else 0
    try:
        with ground.db.tx() as conn:
            rule = segments.kept(conn, request.path_params["segment_id"]).rule
            rows = segments.members_page(ground, conn, rule, after=after, limit=SIZE + 1, seconds=segments.PAGE_SECONDS * 2)
    except segments.TooSlowError as slow:
        return _detail(request, part="members", members=Members(too_slow=str(slow.told(lang_of(request)))))
    following = rows[SIZE - 1].person_id if len(rows) > SIZE else None
    return _detail(request, part="members", members=Members(rows[:SIZE], after, following))


def why(request: Request) -> Response:
    """Search for somebody by anything; a single hit is explained at once."""
    ground = ground_of(request)
    text = str(form_of(request).get("text", "")).strip()[:200]
    with ground.db.tx() as conn:
        hits = pool.find(ground, conn, text, 10) if text else []
        people = list(dict.fromkeys(hit.person_id for hit in hits))
        if not people and text.removeprefix("#").isdecimal() and len(text) < 19:
            people = list(pool.current_person(conn, [int(text.removeprefix("#"))]).values())
    if len(people) != 1:
        return _detail(request, part="why", why=Why(hits=hits))
    return _explained(request, people[0])


def why_one(request: Request) -> Response:
    """Why this person is in the segment, or not."""
    return _explained(request, request.path_params["person_id"])


def _explained(request: Request, person_id: int) -> Response:
    ground = ground_of(request)
    with ground.db.tx() as conn:
        rule = segments.kept(conn, request.path_params["segment_id"]).rule
        told = segments.explain(ground, conn, rule, person_id, lang_of(request))
    return _detail(request, part="why", why=Why(told))


def recount(request: Request) -> Response:
    """Count a segment now and remember the number."""
    ground, number = ground_of(request), request.path_params["segment_id"]
    to = "/segments" if not is_htmx(request) else f"/segments/{number}"
    with ground.db.tx() as conn:
        name = segments.kept(conn, number).name
        n = segments.recount(ground, conn, number, seconds=segments.PAGE_SECONDS * 10)
    return go(request, to, said="segments.page_recounted", name=name, n=show_of(request).number(n))


def archive(request: Request) -> Response:
    """Put a segment away; refused while another one refers to it."""
    ground, number = ground_of(request), request.path_params["segment_id"]
    with ground.db.tx() as conn:
        name = segments.kept(conn, number).name
        segments.archive(conn, number, at=ground.clock.now())
        note(request, conn, "segment.archived", ref=f"segment:{number}")
    return go(request, "/segments", said="segments.page_archived", name=name)
