"""Sources: where facts come from, how fresh they are, and the write keys of those that speak HTTP."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from siyu import pool
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.sources import http
from siyu.web import naming
from siyu.web.guard import Guarded, deed, note, page
from siyu.web.page import form_of, ground_of, lang_of, render, say_to
from siyu.web.setup.tabs import tabs
from siyu.web.words import Role


def routes(ground: Ground) -> list[Guarded]:
    """The catalogue and the making of a source."""
    return [page("/settings/sources", show, Role.VIEWER), deed("/settings/sources", make, Role.OWNER)]


def show(request: Request) -> Response:
    """The catalogue of sources."""
    return _shown(request, "", "")


def make(request: Request) -> Response:
    """A new HTTP source. Its key is on the answering page only, this once: we keep no more than its digest."""
    ground, form = ground_of(request), form_of(request)
    name = str(form.get("name", "")).strip()[:80]
    if not name:
        raise InputError(say_to(request, "web.source_name_missing"), field="name")
    with ground.db.tx() as conn:
        number, key = http.make_source(
            conn,
            name,
            now=ground.clock.now(),
            owner=str(form.get("owner", "")).strip()[:80],
            purpose=str(form.get("purpose", "")).strip()[:200],
        )
        note(request, conn, "source.made", ref=f"source:{number}", name=name)
    return _shown(request, key, name)


def _shown(request: Request, key: str, key_of: str) -> Response:
    ground = ground_of(request)
    with ground.db.tx() as conn:
        found = pool.sources(conn, with_closed=True)
        accounts = naming.account_names(conn)
    lang = lang_of(request)
    return render(
        request, "setup/sources.html", tabs=tabs(request), sources=found, key=key, key_of=key_of, base_url=ground.config.base_url,
        name_of=lambda one: naming.source(one.name, lang, accounts),
        purpose_of=lambda one: naming.source_purpose(one.kind, one.purpose, lang),
    )  # fmt: skip
