"""The callback inbox: what vendors told us, what became of it, and the button that opens it again. Ids and kinds only, never words."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from siyu import vendors
from siyu.base.ground import Ground
from siyu.base.text import catalogue
from siyu.sources import callbacks
from siyu.web.connect import store
from siyu.web.connect.known import COUNTED_FOR
from siyu.web.guard import Guarded, deed, note, page
from siyu.web.page import form_of, go, ground_of, lang_of, local, render
from siyu.web.words import Role

HOME = "/callbacks"
SIZE = 50
SIZE_NARROW = 15  # on a phone, where a row is a block as high as a hand
STATES = ("new", "done", "parked")
TONES = {"new": "blue", "done": "green", "parked": "red"}
_MOST_AT_ONCE = 1_000  # parked ones that one press opens again


def routes(ground: Ground) -> list[Guarded]:
    """The list and the replay."""
    return [
        page(HOME, listing, Role.VIEWER, name="callbacks"),
        deed(f"{HOME}/replay", replay, Role.OPERATOR, name="replay_callbacks"),
    ]


def listing(request: Request) -> Response:
    """A page of callbacks by the filter in the address, the newest first."""
    ground, asked = ground_of(request), request.query_params
    account = _number(asked.get("account", ""))
    state = asked.get("state", "") if asked.get("state", "") in STATES else ""
    kind = asked.get("kind", "")[:60]
    before = _number(asked.get("before", ""))
    with ground.db.tx() as conn:
        accounts = {one.account_id: one for one in vendors.accounts(conn)}
        rows = callbacks.seen(conn, account or None, state or None, before or None, SIZE + 1, kind=kind or None)
        since = ground.clock.now() - COUNTED_FOR
        counts = callbacks.counts(conn, since)
        noes = callbacks.refusals(conn, since.date(), account or None)
        kinds = store.callback_kinds(conn)
    filters = {"account": str(account) if account else "", "state": state, "kind": kind}
    after = {size: str(rows[size - 1].callback_id) if len(rows) > size else "" for size in (SIZE, SIZE_NARROW)}
    mine = [one for one in counts if not account or one.account_id == account]
    return render(
        request, "connect/inbox.html", part="rows", rows=rows[:SIZE], accounts=accounts, filters=filters, states=STATES, tones=TONES,
        kinds=kinds, narrow=SIZE_NARROW, is_first=not before,
        older={size: _address(filters | {"before": last}) for size, last in after.items() if last},
        address=lambda **more: _address(filters | more), received=sum(one.received for one in mine),
        copies=sum(one.copies for one in mine), waiting=sum(one.waiting for one in mine), parked=sum(one.parked for one in mine),
        refused=sum(one.refused for one in mine), lag=max((one.lag_s for one in mine if one.lag_s is not None), default=None),
        noes=noes,
        meaning=lambda kind: _meaning(kind, lang_of(request)), note_of=lambda word: _note(word, lang_of(request)), most=_MOST_AT_ONCE,
    )  # fmt: skip


def replay(request: Request) -> Response:
    """Open the chosen callbacks again, or all that are parked. What they did already does not happen twice: facts have stable ids."""
    ground, form = ground_of(request), form_of(request)
    back = local(str(form.get("back", "")), HOME)
    ids = [int(str(one)) for one in form.getlist("ids") if str(one).isdigit() and len(str(one)) < 19][:_MOST_AT_ONCE]
    if form.get("all") == "parked":
        with ground.db.tx() as conn:
            account = _number(str(form.get("account", "")))
            ids = [one.callback_id for one in callbacks.seen(conn, account or None, "parked", None, _MOST_AT_ONCE)]
    if not ids:
        return go(request, back, said="web.inbox_none_chosen", tone="bad")
    done = callbacks.replay(ground, ids)
    count = len(done) if not isinstance(done, int) else done
    with ground.db.tx() as conn:
        note(request, conn, "callbacks.replayed", callbacks=count)
    return go(request, back, said="web.inbox_replayed", n=count)


def _note(word: str, lang: str) -> str:
    texts = catalogue().get(f"sources.callback_note_{word}")
    return texts[lang] if texts else word


def _meaning(kind: str, lang: str) -> str:
    """What a kind of callback says in words; the vendor's own name for one that nobody has written down."""
    texts = catalogue().get(f"web.inbox_is_{re.sub(r'[^a-z0-9]+', '_', kind.lower())}")
    return texts[lang] if texts else kind


def _number(text: str) -> int:
    return int(text) if text.isdigit() and len(text) < 19 else 0


def _address(words: dict[str, Any]) -> str:
    given = urlencode({name: value for name, value in words.items() if value})
    return f"{HOME}?{given}" if given else HOME
