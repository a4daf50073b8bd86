"""The people behind a number of a broadcast: who was refused for a reason, who opened, who bought."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from siyu import journeys, pool
from siyu.base.text import catalogue
from siyu.web.broadcasts import store
from siyu.web.customers import STAGE_TONES, mask_of
from siyu.web.page import ground_of, render, say_to, show_of

SIZE = 50


def listing(request: Request) -> Response:
    """A page of them, in the order of sending. The address says kind and code: `?kind=refused&code=no_consent`."""
    kind, code = request.query_params.get("kind", "arm"), request.query_params.get("code", "")
    text = request.query_params.get("page", "1")
    page = int(text) if text.isdigit() and 0 < int(text) < 100_000 else 1
    if kind not in store.KINDS or not (code or "x").replace("_", "").isalnum():
        raise HTTPException(404)
    with ground_of(request).db.tx() as conn:
        broadcast = journeys.see(conn, int(request.path_params["broadcast_id"]))
        ids, total = store.people_behind(conn, broadcast.broadcast_id, kind, code, show_of(request).currency, SIZE, (page - 1) * SIZE)
        current = pool.current_person(conn, ids)
        rows = pool.rows_of(conn, list(dict.fromkeys(current[i] for i in ids if i in current)))
    return render(
        request, "broadcasts/people.html", broadcast=broadcast, rows=rows, total=total, page_no=page, size=SIZE,
        link=f"/broadcasts/{broadcast.broadcast_id}/people?kind={kind}&code={code}&page={{page}}",
        title=title(request, kind, code, broadcast.channel),
        tones=STAGE_TONES, mask_of=mask_of,
    )  # fmt: skip


def reason(request: Request, channel: str, code: str) -> str:
    """Why somebody was not written to, in two or three words: the address that is missing is another in each channel."""
    key = f"web.broadcast_reason_{code}_{channel}"
    return say_to(request, key if key in catalogue() else f"web.broadcast_reason_{code}")


def title(request: Request, kind: str, code: str, channel: str) -> str:
    """The number in words."""
    if kind == "refused":
        return reason(request, channel, code)
    if kind == "bought":
        return say_to(request, f"web.broadcast_bought_{code}")
    return say_to(request, f"web.broadcast_step_{code or 'enrolled'}")
