"""The staff log: who changed what, newest first."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from siyu.base.ground import Ground
from siyu.web import moments, store
from siyu.web.guard import Guarded, page
from siyu.web.page import ground_of, lang_of, render
from siyu.web.setup.tabs import tabs
from siyu.web.words import Role

SHOWN = 200


def routes(ground: Ground) -> list[Guarded]:
    """One page."""
    return [page("/settings/log", show, Role.OWNER)]


def show(request: Request) -> Response:
    """The newest lines."""
    with ground_of(request).db.tx() as conn:
        deeds = store.recent_deeds(conn, SHOWN)
    return render(
        request, "setup/log.html", tabs=tabs(request), deeds=deeds, shown=SHOWN, deed_of=lambda what: moments.deed(what, lang_of(request))
    )
