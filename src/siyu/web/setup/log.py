"""The staff log: who changed what, newest first."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from siyu.base.ground import Ground
from siyu.base.text import catalogue, say
from siyu.web import moments, store
from siyu.web.guard import Guarded, page
from siyu.web.page import ground_of, lang_of, render
from siyu.web.setup.tabs import tabs
from siyu.web.words import Role

SHOWN = 200
_UNSHOWN = ("rule", "rules", "value")  # the whole of a rule stands on its own page
_HOMES = {
    "account": "/connections/", "answer": "/answers/", "broadcast": "/broadcasts/", "code": "/codes/", "content": "/contents/",
    "group_send": "/group-sends/", "import": "/imports/", "message": "/messages/", "person": "/customers/", "post": "/posts/",
    "segment": "/segments/",
}  # fmt: skip


def routes(ground: Ground) -> list[Guarded]:
    """One page."""
    return [page("/settings/log", show, Role.OWNER)]


def show(request: Request) -> Response:
    """The newest lines."""
    with ground_of(request).db.tx() as conn:
        deeds = store.recent_deeds(conn, SHOWN)
    lang = lang_of(request)
    return render(
        request, "setup/log.html", tabs=tabs(request), deeds=deeds, shown=SHOWN, deed_of=lambda what: moments.deed(what, lang),
        about=lambda ref: about(ref, lang), word_of=lambda name: moments.detail(name, lang), unshown=_UNSHOWN,
    )  # fmt: skip


def about(ref: str, lang: str) -> tuple[str, str]:
    """What a line is about, in words, and the page it has; a reference that is none of ours stays as it is."""
    word, _, number = ref.partition(":")
    key = f"web.ref_{word}"
    if not number or key not in catalogue():
        return ref, ""
    home = _HOMES.get(word, "")
    return f"{say(key, lang)} {'#' if home else ''}{number}", f"{home}{number}" if home else ""
