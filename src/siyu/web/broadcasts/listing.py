"""The list of broadcasts, with what each caused so far."""

from __future__ import annotations

from collections import Counter

from starlette.requests import Request
from starlette.responses import Response

from siyu import content, journeys
from siyu.web.broadcasts.store import outcomes
from siyu.web.page import ground_of, render, say_to

TONES = {
    "draft": "grey", "scheduled": "amber", "enrolling": "blue", "running": "blue", "paused": "amber", "done": "green", "cancelled": "grey",
}  # fmt: skip
GROUPS: dict[str, set[str]] = {
    "": {str(state) for state in journeys.State},
    "draft": {"draft", "scheduled"},
    "live": {"enrolling", "running", "paused"},
    "over": {"done", "cancelled"},
}


def listing(request: Request) -> Response:
    """The newest 200, by state."""
    here = request.query_params.get("show", "")
    here = here if here in GROUPS else ""
    with ground_of(request).db.tx() as conn:
        found = journeys.newest(conn)
        names = {one.content_id: one.name for one in content.all_kept(conn, with_archived=True)}
        shown = [one for one in found if one.state in GROUPS[here]]
        sent = outcomes(conn, [one.broadcast_id for one in shown])
    counts = Counter(group for one in found for group, states in GROUPS.items() if one.state in states)
    tabs = [
        (say_to(request, f"web.broadcast_show_{g or 'all'}"), f"/broadcasts?show={g}" if g else "/broadcasts", counts[g]) for g in GROUPS
    ]
    return render(
        request, "broadcasts/list.html", part="rows", broadcasts=shown, sent=sent, contents=names, tones=TONES, tabs=tabs,
        here=f"/broadcasts?show={here}" if here else "/broadcasts", has_any=bool(found),
    )  # fmt: skip
