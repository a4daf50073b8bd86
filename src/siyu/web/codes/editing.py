"""Writing a code, with whose turn it would be beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from siyu import growth, pool
from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.growth import CodeKind, Count, Draft, LiveCode, Rotation, Standing
from siyu.vendors import AccountState, VendorKind, accounts
from siyu.web.codes.listing import names_of
from siyu.web.codes.welcomes import rows_of
from siyu.web.codes.writing import draft_of, write_shifts
from siyu.web.guard import note
from siyu.web.page import form_of, go, ground_of, render, say_to, staff_of


def new(request: Request) -> Response:
    """An empty code of a kind."""
    asked = request.query_params.get("kind", CodeKind.PERSON)
    kind = CodeKind(asked) if asked in set(CodeKind) else CodeKind.PERSON
    return _editor(request, Draft("", 0, kind))


def edit(request: Request) -> Response:
    """A code as it is kept."""
    with ground_of(request).db.tx() as conn:
        code = growth.code(conn, int(request.path_params["code_id"]))
    return _editor(request, code.draft, code)


def make(request: Request) -> Response:
    """Keep a new code; WeCom is told a moment later."""
    return _keep(request, None)


def change(request: Request) -> Response:
    """Keep a code as it is written now."""
    return _keep(request, int(request.path_params["code_id"]))


def _keep(request: Request, code_id: int | None) -> Response:
    ground, draft, by = ground_of(request), Draft("", 0), staff_of(request).login
    try:
        draft = draft_of(form_of(request))
        with ground.db.tx() as conn:
            kept = growth.make(ground, conn, draft, by=by) if code_id is None else growth.change(ground, conn, code_id, draft, by=by)
            note(request, conn, "code.kept", ref=f"code:{kept.code_id}")
    except InputError as wrong:
        with ground.db.tx() as conn:
            code = growth.code(conn, code_id) if code_id else None
        return _editor(request, draft, code, wrong=wrong, status=422)
    return go(request, f"/codes/{kept.code_id}", said="web.code_kept")


def close(request: Request) -> Response:
    """Let a code lead nowhere."""
    ground, code_id = ground_of(request), int(request.path_params["code_id"])
    with ground.db.tx() as conn:
        growth.close(ground, conn, code_id, by=staff_of(request).login)
        note(request, conn, "code.closed", ref=f"code:{code_id}")
    return go(request, "/codes", said="web.code_closed")


def preview(request: Request) -> Response:
    """Whose turn it would be, as the form stands."""
    try:
        draft = draft_of(form_of(request))
    except InputError as wrong:
        return render(request, "codes/turn.html", wrong=wrong, stand=None, names={}, draft=Draft("", 0))
    code_id = str(form_of(request).get("code_id", ""))
    with ground_of(request).db.tx() as conn:
        stand = _standing(request, conn, draft, int(code_id) if code_id.isdigit() else 0)
        names = names_of(conn, next((one.app_id for one in accounts(conn) if one.account_id == draft.account_id), ""))
    return render(request, "codes/turn.html", stand=stand, draft=draft, names=names, wrong=None)


def _standing(request: Request, conn: Connection, draft: Draft, code_id: int) -> Standing:
    """The turn of what is written, counted as the kept code's guides are counted."""
    ground = ground_of(request)
    zone = pool.brand(conn).time_zone
    known: dict[str, Count] = growth.counts(conn, [code_id], ground.clock.now(), zone).get(code_id, {}) if code_id else {}
    if draft.kind == CodeKind.GROUP:
        return Standing(growth.preview(draft, {}, ground.clock.now(), zone), {})
    return Standing(growth.preview(draft, known, ground.clock.now(), zone), known)


def _editor(
    request: Request, draft: Draft, code: LiveCode | None = None, *, wrong: InputError | None = None, status: int = 200
) -> Response:
    with ground_of(request).db.tx() as conn:
        corps = [one for one in accounts(conn, VendorKind.WECOM) if one.state == AccountState.ON]
        if not draft.account_id and corps:
            draft = replace(draft, account_id=corps[0].account_id)
        corp = next((one.app_id for one in corps if one.account_id == draft.account_id), "")
        guides = pool.relations.guides(conn, corp) if corp else []
        tags = pool.relations.tags(conn, corp) if corp else []
        groups = [one for one in pool.relations.groups(conn, corp) if one.dismissed_at is None] if corp else []
        greeting = rows_of(request, conn, draft.welcomes)
        has_general = bool(growth.default_welcomes(conn))
        stand = _standing(request, conn, draft, code.code_id if code else 0)
        names = names_of(conn, corp)
    behind = {one.guide: one for one in draft.guides}
    places = {name: place for place, name in enumerate(behind)}
    guides.sort(key=lambda one: places.get(one.guide, len(places)))
    rows: list[dict[str, Any]] = [
        {"guide": one.guide, "name": one.name or one.guide, "store": one.store, "in": behind.get(one.guide),
         "shifts": write_shifts(behind[one.guide].shifts) if one.guide in behind else ""}
        for one in guides
    ]  # fmt: skip
    return render(
        request, "codes/edit.html", draft=draft, code=code, corps=corps, rows=rows, tags=tags, groups=groups, stand=stand, names=names,
        wrong=wrong, status=status, has_general=has_general,
        rotations=[(str(one), say_to(request, f"web.code_rotation_{one}")) for one in Rotation],
        corp_options=[(one.account_id, one.name) for one in corps],
        **greeting,
    )  # fmt: skip
