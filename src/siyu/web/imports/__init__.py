"""Imports: the history, the wizard (upload, shape and mapping with a live preview, start), progress, the result with rejects and undo."""

from __future__ import annotations

from collections import Counter
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.sources import files
from siyu.sources.files import FileFault, NotSettled
from siyu.web.guard import Guarded, deed, note, page
from siyu.web.imports import choices, forms
from siyu.web.page import form_of, go, ground_of, is_htmx, lang_of, render, say_to, staff_of, uploads_of
from siyu.web.words import Role

PAGE = 30
TONES = {"previewed": "amber", "running": "blue", "done": "green", "failed": "red", "undone": "grey"}


def routes(ground: Ground) -> list[Guarded]:
    """The pages of this module."""
    one = "/imports/{import_id:int}"
    return [
        page("/imports", listing, Role.VIEWER),
        deed("/imports", upload, Role.OPERATOR),
        page(one, show, Role.VIEWER, name="import_one"),
        deed(one + "/look", look, Role.OPERATOR),
        deed(one + "/map", remap, Role.OPERATOR),
        deed(one + "/start", start, Role.OPERATOR),
        deed(one + "/discard", discard, Role.OPERATOR),
        deed(one + "/undo", undo, Role.OPERATOR),
        page(one + "/rejects.csv", rejects, Role.OPERATOR),
    ]


def listing(request: Request) -> Response:
    """The history, newest first, under the place to put a file."""
    return _listed(request)


def _listed(request: Request, problem: tuple[str, str] | None = None, status: int = 200) -> Response:
    before = request.query_params.get("before", "")
    found = files.all_imports(ground_of(request), before=int(before) if before.isdigit() else None, limit=PAGE + 1)
    more = found[PAGE - 1].import_id if len(found) > PAGE else None
    is_busy = any(it.state == "running" for it in found[:PAGE])
    return render(
        request, "imports/list.html", part="rows", status=status,
        imports=found[:PAGE], more=more, is_first=not before, is_busy=is_busy, tones=TONES, problem=problem,
    )  # fmt: skip


def upload(request: Request) -> Response:
    """Take in one or several files; the first one is shown."""
    ground, staff = ground_of(request), staff_of(request)
    given = uploads_of(request)
    if not given:
        return _refused(request, say_to(request, "web.import_no_file"), "")
    source = str(form_of(request).get("source", "")).strip() or None
    taken: list[int] = []
    for one in given:
        try:
            taken.append(files.preview(ground, one.file, name=one.filename or "", by=staff.login, source=source).import_id)
        except FileFault as fault:
            for import_id in taken:
                files.discard(ground, import_id)
            what, remedy = fault.told(lang_of(request))
            return _refused(request, f"{one.filename}: {what}", remedy)
    return go(request, f"/imports/{taken[0]}")


def _refused(request: Request, what: str, remedy: str) -> Response:
    if is_htmx(request):
        raise InputError(what, remedy)
    return _listed(request, (what, remedy), 422)


def show(request: Request) -> Response:
    """One import as it stands: the wizard, the progress, or the result."""
    it = files.see(ground_of(request), request.path_params["import_id"])
    if it.state == "previewed":
        if not staff_of(request).may(Role.OPERATOR):
            return render(request, "imports/waiting.html", it=it)
        return _wizard(request, files.preview_again(ground_of(request), it.import_id))
    if it.state == "running":
        return _running(request, it)
    if is_htmx(request):  # the page was waiting for the end
        return Response(status_code=204, headers={"HX-Redirect": f"/imports/{it.import_id}"})
    return _result(request, it)


def _wizard(request: Request, seen: files.Preview, *, part: str = "") -> Response:
    ground, lang = ground_of(request), lang_of(request)
    blocking = [n for n in seen.notes if n.is_blocking]
    values: dict[str, Any] = {
        "seen": seen,
        "shape": seen.look.shape,
        "mapping": seen.mapping,
        "options": choices.of_kind(seen.mapping.kind, lang),
        "kinds": choices.kinds(lang),
        "zones": choices.zones(seen.mapping.time_zone),
        "encodings": choices.encodings(seen.look.shape.encoding),
        "currencies": choices.currencies(seen.mapping.currency),
        "sources": files.source_names(ground),
        "statuses": choices.statuses(lang),
        "others": files.same_header(ground, seen.import_id),
        "is_date_open": any(n.code == "open_dates" for n in seen.notes),
        "blocking": [files.note_in_words(n, lang) for n in blocking],
        "notes": [files.note_in_words(n, lang) for n in seen.notes if not n.is_blocking],
        "reasons": [
            (field, *files.reject_in_words(code, lang), n)
            for (field, code), n in Counter((r.field, r.code) for r in seen.examples).most_common(6)
        ],
        "bad_rows": {r.row_no: (r.field, files.reject_in_words(r.code, lang)) for r in seen.examples},
        "own": {c.name: choices.own(c.name, seen.mapping.kind) for c in seen.columns},
        "field_name": lambda field: files.field_name(field, lang),
        "offered": {key for _, those in choices.of_kind(seen.mapping.kind, lang) for key, _ in those},
        "members": [(name, name) for name in seen.look.members],
        "sheets": [(name, name) for name in seen.look.sheets],
    }
    return render(request, "imports/wizard.html", part=part, **values)


def _running(request: Request, it: files.Import) -> Response:
    now = files.progress(ground_of(request), it.import_id)
    return render(request, "imports/running.html", part="progress", it=it, now_at=now)


def _result(request: Request, it: files.Import) -> Response:
    ground, lang = ground_of(request), lang_of(request)
    counts = files.reject_counts(ground, it.import_id) if it.rejected else []
    reasons = [(*files.reject_in_words(code, lang), column, n, first) for code, column, n, first in counts]
    may = staff_of(request).may(Role.OPERATOR)
    rows = [(r, *files.reject_in_words(r.code, lang)) for r in files.first_rejects(ground, it.import_id, 12)] if it.rejected and may else []
    noted = []
    for code, n in it.notes.items():
        name, _, field = code.partition(":")
        noted.append(files.note_in_words(files.Note(name, {"n": n} | ({"field": field} if field else {})), lang))
    return render(
        request, "imports/result.html", it=it, tones=TONES, reasons=reasons, rows=rows, noted=noted,
        mapped=[(c, files.field_name(it.mapping.columns[c], lang)) for c in it.look.shape.columns if c in it.mapping.columns],
        fault=files.fault_in_words(it.why, lang),
    )  # fmt: skip


def look(request: Request) -> Response:
    """Another shape, or another kind: the mapping is proposed anew."""
    ground, form = ground_of(request), form_of(request)
    try:
        seen = files.look_again(
            ground, request.path_params["import_id"], forms.wish(form), kind=str(form.get("kind") or "") or None,
            source=str(form.get("source") or "").strip() or None,
        )  # fmt: skip
    except FileFault as fault:
        raise InputError(*fault.told(lang_of(request))) from None
    if is_htmx(request):
        return _wizard(request, seen, part="wizard")
    return go(request, f"/imports/{seen.import_id}")


def remap(request: Request) -> Response:
    """What the edited mapping would make of the sample."""
    ground, import_id = ground_of(request), request.path_params["import_id"]
    mapping = forms.mapping(form_of(request), files.see(ground, import_id))
    seen = files.remap(ground, import_id, mapping)
    if is_htmx(request):
        return _wizard(request, seen, part="seen")
    return go(request, f"/imports/{import_id}")


def start(request: Request) -> Response:
    """Let it run, and with it the other files with the same columns when that was ticked."""
    ground, form, import_id = ground_of(request), form_of(request), request.path_params["import_id"]
    it = files.see(ground, import_id)
    mapping = forms.mapping(form, it)
    wanted = [import_id]
    if form.get("others"):
        wanted += [other.import_id for other in files.same_header(ground, import_id)]
    try:
        for number in wanted:
            files.start(ground, number, mapping, by=staff_of(request).login)
    except NotSettled as open_:
        raise InputError(files.note_in_words(open_.note, lang_of(request))) from None
    except FileFault as fault:
        raise InputError(*fault.told(lang_of(request))) from None
    with ground.db.tx() as conn:
        for number in wanted:
            note(request, conn, "import.started", ref=f"import:{number}")
    return go(request, f"/imports/{import_id}")


def discard(request: Request) -> Response:
    """Forget a preview."""
    files.discard(ground_of(request), request.path_params["import_id"])
    return go(request, "/imports", said="web.import_discarded")


def undo(request: Request) -> Response:
    """Take an import back."""
    ground, import_id = ground_of(request), request.path_params["import_id"]
    count = files.undo(ground, import_id)
    with ground.db.tx() as conn:
        note(request, conn, "import.undone", ref=f"import:{import_id}", facts=count)
    return go(request, f"/imports/{import_id}", said="web.import_undone_said", count=f"{count:,}")


def rejects(request: Request) -> Response:
    """The rejected rows with their reasons, to mend and import again. They hold personal data: the staff log says who took them."""
    ground, import_id = ground_of(request), request.path_params["import_id"]
    files.see(ground, import_id)
    with ground.db.tx() as conn:
        note(request, conn, "import.rejects_taken", ref=f"import:{import_id}")
    return StreamingResponse(
        files.rejects_file(ground, import_id, lang_of(request)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="rejects-{import_id}.csv"', "Cache-Control": "no-store"},
    )
