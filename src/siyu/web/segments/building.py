"""The builder: a form whose fields are the rule. Adding, removing, turning and-into-or are posts that give the form back."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from siyu import segments
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.segments import RuleError, SegmentId
from siyu.web import naming
from siyu.web.guard import note
from siyu.web.page import form_of, go, ground_of, is_htmx, lang_of, render, say_to, show_of
from siyu.web.segments import drafts
from siyu.web.segments.choices import choices
from siyu.web.segments.drafts import Draft
from siyu.web.segments.seeing import picture


def fresh(request: Request) -> Response:
    """An empty builder, or one with a ready rule (`?from=drifting`), or one that another page has made (`?rule={...}&name=`)."""
    if given := request.query_params.get("rule", ""):
        return _page(request, drafts.of_rule(_given(request, given)), name=request.query_params.get("name", "")[:80])
    ready = {one.key: one for one in segments.templates(lang_of(request))}.get(request.query_params.get("from", ""))
    if ready is None:
        return _page(request, drafts.empty())
    return _page(request, drafts.of_rule(ready.rule), name=ready.name, about=ready.about)


def _given(request: Request, text: str) -> segments.Rule:
    try:
        return segments.parse(json.loads(text))
    except RuleError as wrong:
        raise InputError(*wrong.told(lang_of(request)), field="rule") from None
    except ValueError:
        raise InputError(say_to(request, "segments.page_incomplete"), field="rule") from None


def edit(request: Request) -> Response:
    """The builder with a saved segment in it."""
    ground = ground_of(request)
    with ground.db.tx() as conn:
        one = segments.kept(conn, request.path_params["segment_id"])
    return _page(request, drafts.of_rule(one.rule), name=one.name, about=one.about, segment_id=one.segment_id)


def build(request: Request) -> Response:
    """The form with one thing changed in its shape."""
    form = form_of(request)
    draft = drafts.change(drafts.read(form), str(form.get("do", "")))
    drafts.build(draft)
    answer = _page(request, draft, **_named(request))
    answer.headers["HX-Trigger-After-Swap"] = json.dumps({"rule-changed": {}})
    return answer


def preview(request: Request) -> Response:
    """The numbers for the form as it stands; conditions that are not filled in are left out and say so."""
    ground = ground_of(request)
    draft = drafts.read(form_of(request))
    built = drafts.build(draft)
    with ground.db.tx() as conn:
        try:
            shown = picture(request, conn, built.rule)
            counted = segments.count_each(ground, conn, built.rule)
        except RuleError as wrong:  # a segment that is gone, a circle
            return render(request, "segments/wrong.html", wrong=str(wrong.told(lang_of(request))))
    shown["swaps"] = list(_swaps(request, draft, built, counted))
    return render(request, "segments/preview.html", **shown)


def _swaps(request: Request, draft: Draft, built: drafts.Built, counted: list[segments.ConditionCount]) -> list[tuple[str, str, bool]]:
    by_place: dict[str, int | None] = {built.places[one.path]: one.n for one in counted if one.path in built.places}
    made = []
    for one in draft.walk():
        if one.place == drafts.ROOT or (one.is_group and one.place not in by_place):
            continue
        if one.wrong or one.is_incomplete:
            made.append((one.place, say_to(request, "segments.page_not_yet"), True))
            continue
        n = by_place.get(one.place)
        text = (
            say_to(request, "segments.page_count_n", n=show_of(request).number(n))
            if n is not None
            else say_to(request, "segments.page_too_slow")
        )
        made.append((one.place, text, False))
    return made


def save(request: Request) -> Response:
    """Keep the rule of the form under its name; with anything missing, the form comes back and says what."""
    ground, form = ground_of(request), form_of(request)
    number = request.path_params.get("segment_id")
    draft = drafts.read(form)
    built = drafts.build(draft)
    if not built.is_whole:
        return _page(request, draft, wrong=say_to(request, "segments.page_incomplete"), strict=True, status=422, **_named(request))
    name = str(form.get("name", ""))
    try:
        with ground.db.tx() as conn:
            kept = segments.keep(
                conn, name, built.rule, at=ground.clock.now(), about=str(form.get("about", "")).strip()[:300],
                by=request.state.staff.login, segment_id=SegmentId(number) if number else None,
            )  # fmt: skip
            note(request, conn, "segment.changed" if number else "segment.made", ref=f"segment:{kept}", rule=segments.dump(built.rule))
    except RuleError as wrong:
        said = str(wrong.told(lang_of(request)))
        is_name = wrong.field == "name"
        return _page(request, draft, wrong="" if is_name else said, name_wrong=said if is_name else "", status=422, **_named(request))
    _count(ground, kept)
    return go(request, f"/segments/{kept}", said="segments.page_saved", name=name.strip())


def _count(ground: Ground, segment_id: SegmentId) -> None:
    try:
        with ground.db.tx() as conn:
            segments.recount(ground, conn, segment_id, seconds=segments.PAGE_SECONDS)
    except segments.TooSlowError:
        return  # the list shows no number until somebody counts again


def _named(request: Request) -> dict[str, Any]:
    """What stands in the form besides the rule."""
    form = form_of(request)
    number = str(form.get("segment_id") or request.path_params.get("segment_id") or "")
    return {
        "name": str(form.get("name", "")), "about": str(form.get("about", "")), "segment_id": int(number) if number.isdecimal() else None,
    }  # fmt: skip


def _page(
    request: Request, draft: Draft, *, name: str = "", about: str = "", segment_id: int | None = None, wrong: str = "",
    name_wrong: str = "", strict: bool = False, status: int = 200,
) -> Response:  # fmt: skip
    ground, lang = ground_of(request), lang_of(request)
    with ground.db.tx() as conn:
        known = segments.known(conn) if not is_htmx(request) else {}
        kept = segments.all_kept(conn)
        accounts = naming.account_names(conn)
        sources = [(one, naming.source(one, lang, accounts)) for one in segments.known_sources(conn)]
    heading = say_to(request, "segments.page_edit" if segment_id else "segments.page_new")
    return render(
        request, "segments/builder.html", part="editor", status=status, draft=draft, choices=choices(lang, kept, sources, segment_id),
        known=known, name=name, about=about, segment_id=segment_id, heading=heading, wrong=wrong, name_wrong=name_wrong, strict=strict,
        most_deep=drafts.MOST_DEEP, currency=show_of(request).currency, seen=None,
    )  # fmt: skip
