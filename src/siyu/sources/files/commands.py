"""One file from beginning to end, for the command line and for programs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from siyu import pool
from siyu.base.ground import Ground
from siyu.sources.files import flow, running, staging, store
from siyu.sources.files import mapping as mappings
from siyu.sources.files.mapping import NotSettled
from siyu.sources.files.words import Import, Options, Preview, Progress


def import_file(
    ground: Ground,
    path: Path,
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
    *,
    folded: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Import a file with the mapping that is proposed (or was accepted before for its header) and `options`; then fold what is new.

    An import of the same bytes that was killed goes on instead. Gives {import_id, source, kind, rows, imported, known, rejected, blank,
    continued, side, notes, seconds, rejects}. Raises `FileFault` or `NotSettled` when a person must say something first. `folded` is
    called with the number of facts folded so far.
    """
    began = time.monotonic()
    options = options or Options()
    seen = flow.preview(
        ground, path, name=path.name, by=options.by, wish=options.wish, kind=options.kind, source=options.source
    )  # fmt: skip
    cut_off = _cut_off(ground, seen.import_id)
    if cut_off is not None:
        staging.discard(ground, seen.import_id)
        import_id = cut_off
    else:
        import_id = _started(ground, seen, options)
    it = running.run(ground, import_id, progress)
    total = 0
    while count := pool.fold(ground):
        total += count
        if folded is not None:
            folded(total)
    return report(it) | {"seconds": round(time.monotonic() - began, 3)}


def report(it: Import) -> dict[str, Any]:
    """An import in figures. rows = imported + known + rejected + blank + continued."""
    return {
        "import_id": it.import_id,
        "file": it.file_name,
        "state": it.state,
        "source": it.source,
        "kind": it.mapping.kind,
        "rows": it.rows,
        "imported": it.imported,
        "known": it.known,
        "rejected": it.rejected,
        "blank": it.blank,
        "continued": it.continued,
        "side": it.side,
        "notes": it.notes,
    }


def _started(ground: Ground, seen: Preview, options: Options) -> int:
    try:
        mapping = seen.mapping
        if options.mapping is not None:
            told = dict(options.mapping)
            mapping = mappings.from_json(mappings.to_json(mapping) | told)
        for name in ("source", "currency", "time_zone", "day_first"):
            value = getattr(options, name)
            if value is not None:
                mapping = replace(mapping, **{name: value})
        if mapping != seen.mapping:
            seen = flow.remap(ground, seen.import_id, mapping)
        for note in seen.notes:
            if note.is_blocking:
                raise NotSettled(note)
        flow.start(ground, seen.import_id, by=options.by)
    except BaseException:
        staging.discard(ground, seen.import_id)
        raise
    return seen.import_id


def _cut_off(ground: Ground, import_id: int) -> int | None:
    """An import of the same bytes that is still running, though perhaps nobody runs it."""
    with ground.db.tx() as conn:
        it = store.see(conn, import_id)
        return next((number for number, state in flow.same_file(conn, it) if state == "running"), None)
