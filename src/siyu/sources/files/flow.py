"""The story of an import: preview, settle the mapping, start, run (`running`), look at the result, undo."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from psycopg.types.json import Jsonb

from siyu import pool
from siyu.base import jobs
from siyu.base.db import Connection
from siyu.base.errors import SiyuError
from siyu.base.ground import Ground
from siyu.sources.files import mapping as mappings
from siyu.sources.files import proposing, reading, rejects, staging, store
from siyu.sources.files.faults import FileFault
from siyu.sources.files.turning import turner
from siyu.sources.files.values.plain import bare
from siyu.sources.files.words import SAMPLE, SHOWN, Import, Mapping, Note, Preview, Progress, Reject, Rows, Shape, Wish

_samples: OrderedDict[tuple[str, int, Shape], Rows] = OrderedDict()
_guard = threading.Lock()


def preview(
    ground: Ground,
    file: Path | IO[bytes],
    *,
    name: str = "",
    by: str = "",
    wish: Wish | None = None,
    kind: str | None = None,
    source: str | None = None,
) -> Preview:
    """Take a copy of a file and say what it is and how it would be read. Raises `FileFault` when it is no table."""
    import_id = staging.stage(ground, file, name or (file.name if isinstance(file, Path) else "file"), by)
    try:
        return look_again(ground, import_id, wish, kind=kind, source=source)
    except SiyuError:
        staging.discard(ground, import_id)
        raise


def look_again(ground: Ground, import_id: int, wish: Wish | None = None, *, kind: str | None = None, source: str | None = None) -> Preview:
    """Look at the copy afresh, with what a person wishes of its shape, its kind or its source; proposes a mapping anew."""
    with ground.db.tx() as conn:
        it = _open(store.see(conn, import_id))
    look = reading.look(staging.stored(ground, import_id), wish)
    rows = _sample_rows(ground, import_id, look.shape)
    sample = proposing.Sample(look.shape.columns, rows.cells)
    with ground.db.tx() as conn:
        mapping = None if kind else store.remembered(conn, look.shape.columns)
        if mapping is None:
            brand = pool.brand(conn)
            currencies = dict(conn.execute(store.Q.file_sources).fetchall())
            name = source or "files"
            mapping = proposing.propose(sample, brand, kind=kind, source=name, source_currency=currencies.get(name, ""))
        elif source:
            mapping = replace(mapping, source=source)
        store.put_look(conn, import_id, look, mapping)
        it = store.see(conn, import_id)
    return _previewed(ground, it)


def remap(ground: Ground, import_id: int, mapping: Mapping) -> Preview:
    """Keep another mapping and say what it would make of the sample."""
    with ground.db.tx() as conn:
        it = _open(store.see(conn, import_id))
        store.put_look(conn, import_id, it.look, mapping)
        it = store.see(conn, import_id)
    return _previewed(ground, it)


def preview_again(ground: Ground, import_id: int) -> Preview:
    """The preview as it stands, without changing anything."""
    with ground.db.tx() as conn:
        it = _open(store.see(conn, import_id))
    return _previewed(ground, it)


def start(ground: Ground, import_id: int, mapping: Mapping | None = None, *, by: str = "", is_remembered: bool = True) -> Import:
    """Let the import run (by `run`, or by the river's `advance`). Raises `NotSettled` while something must be settled."""
    with ground.db.tx() as conn:
        it = _open(store.see(conn, import_id))
        mapping = mapping or it.mapping
        shape = it.look.shape
        mappings.need(mapping, shape)
        now = ground.clock.now()
        source_id = pool.ensure_source(conn, mapping.source, "file", now=now, currency=mapping.currency)
        job_id = jobs.begin(conn, "import", it.file_name, total=it.look.rows_n)
        row = conn.execute(
            store.Q.start_import,
            {"import_id": import_id, "source_id": source_id, "job_id": job_id, "mapping": Jsonb(mappings.to_json(mapping)), "by": by},
        ).fetchone()
        if row is None:
            raise FileFault("not_yours")
        if is_remembered:
            store.remember(conn, shape.columns, mapping, now)
        return store.see(conn, import_id)


def undo(ground: Ground, import_id: int) -> int:
    """Take back everything of an import, also of one that runs; gives the number of facts removed. Twice is the same as once."""
    with ground.db.tx() as conn:
        conn.execute(store.Q.hold_import, {"import_id": import_id})
        it = store.see(conn, import_id)
        if it.state == "undone":
            return 0
        count = pool.forget_import(ground, conn, import_id) if it.source_id is not None else 0
        conn.execute(store.Q.drop_rejects, {"import_id": import_id})
        conn.execute(store.Q.undo_import, {"import_id": import_id, "now": ground.clock.now()})
        conn.execute(store.Q.forget_stored, {"import_id": import_id})
        if it.job_id is not None and it.state == "running":
            jobs.end(conn, it.job_id, "cancelled")
    staging.clear(ground, import_id, keep_seen=False)
    return count


def see(ground: Ground, import_id: int) -> Import:
    """One import. Raises `NotFoundError`."""
    with ground.db.tx() as conn:
        return store.see(conn, import_id)


def all_imports(ground: Ground, *, before: int | None = None, limit: int = 50) -> list[Import]:
    """Imports, the newest first; `before` is the last number of the page before."""
    with ground.db.tx() as conn:
        return store.newest(conn, before, limit)


def progress(ground: Ground, import_id: int) -> Progress:
    """How far an import is, as any process may ask."""
    with ground.db.tx() as conn:
        it = store.see(conn, import_id)
        job = jobs.see(conn, it.job_id) if it.job_id is not None else None
    detail: dict[str, Any] = job.detail if job else {}
    total = it.rows_n if it.rows_n is not None else max(it.look.rows_n or 0, it.rows) or None
    is_running = it.state == "running"
    rate = detail.get("rate") if is_running else None
    return Progress(
        import_id, it.state, it.rows, total, it.imported, it.known, it.rejected, rate or None, detail.get("remaining_for") if rate else None
    )


def reject_counts(ground: Ground, import_id: int) -> list[tuple[str, str, int, int]]:
    """Why rows were rejected: (code, column, rows, first row), the most frequent first."""
    with ground.db.tx() as conn:
        return [(c, f, int(n), int(first)) for c, f, n, first in conn.execute(store.Q.reject_counts, {"import_id": import_id})]


def first_rejects(ground: Ground, import_id: int, limit: int = 20) -> list[Reject]:
    """The first rejected rows, unsealed."""
    with ground.db.tx() as conn:
        return list(store.rejects(conn, ground.vault, import_id, limit))


def rejects_file(ground: Ground, import_id: int, lang: str = "zh") -> Iterator[bytes]:
    """The rejected rows as CSV with their reasons, to mend and to import again."""
    return rejects.as_csv(ground, see(ground, import_id), lang)


def same_header(ground: Ground, import_id: int) -> list[Import]:
    """Other previews whose columns are the same: they can be started with the same mapping."""
    with ground.db.tx() as conn:
        it = store.see(conn, import_id)
        columns = Jsonb(list(it.look.shape.columns))
        rows = conn.execute(store.Q.same_header, {"columns": columns, "import_id": import_id}).fetchall()
        return [store.see(conn, row[0]) for row in rows]


def source_names(ground: Ground) -> list[str]:
    """Sources that a file may be imported into."""
    with ground.db.tx() as conn:
        return [row[0] for row in conn.execute(store.Q.file_sources)]


def same_file(conn: Connection, it: Import) -> list[tuple[int, str]]:
    """Other imports of the same bytes: (number, state), the newest first."""
    rows = conn.execute(store.Q.same_file, {"file_digest": it.file_digest, "import_id": it.import_id})
    return [(int(number), state) for number, state in rows]


def _open(it: Import) -> Import:
    if it.state not in ("previewed", "failed") or not it.stored_at:
        raise FileFault("not_open", state=it.state)
    return it


def _sample_rows(ground: Ground, import_id: int, shape: Shape) -> Rows:
    """The first rows of the copy; the last few samples are remembered, because a page asks for them again and again."""
    key = (ground.db.url, import_id, shape)
    with _guard:
        if key in _samples:
            _samples.move_to_end(key)
            return _samples[key]
    found = next(reading.rows(staging.stored(ground, import_id), shape, size=SAMPLE), None)
    if found is None:
        raise FileFault("no_rows")
    with _guard:
        _samples[key] = found
        while len(_samples) > 4:
            _samples.popitem(last=False)
    return found


def _previewed(ground: Ground, it: Import) -> Preview:
    look, mapping, shape = it.look, it.mapping, it.look.shape
    rows = _sample_rows(ground, it.import_id, shape)
    sample = proposing.Sample(shape.columns, rows.cells)
    with ground.db.tx() as conn:
        kept = store.remembered(conn, shape.columns)
        others = same_file(conn, it)
    notes = [*look.notes, *mappings.check(mapping, shape)]
    if proposing.has_open_dates(sample, mapping):
        notes.append(Note("open_dates", {}, True))
    if others:
        notes.append(Note("same_file", {"number": others[0][0]}))
    bad_n, examples, counts = 0, tuple[Reject, ...](), Counter[str]()
    if not any(n.is_blocking for n in notes if n.code != "open_dates"):
        now = ground.clock.now()
        turned = turner(
            mapping, shape, key=ground.vault.lookup("sources.files", "content"), now=now, came_at=now, evidence={}
        ).turn(rows)  # fmt: skip
        bad_n, examples = len(turned.rejects), tuple(turned.rejects)
        counts = Counter(f.type for f in (*turned.facts, *turned.side))
        notes += _told(turned.notes)
    first = tuple(tuple(bare(c)[:60] for c in row) for row in rows.cells[:SHOWN])
    return Preview(
        it.import_id,
        it.file_name,
        look,
        proposing.columns(sample, mapping, is_remembered=kept == mapping),
        mapping,
        first,
        rows.first_no,
        tuple(notes),
        kept == mapping,
        len(rows.cells),
        bad_n,
        examples,
        dict(counts),
    )


def _told(notes: Counter[str]) -> list[Note]:
    found = []
    for code, count in notes.items():
        name, _, field = code.partition(":")
        found.append(Note(name, {"n": count} | ({"field": field} if field else {})))
    return found
