"""Rows of imports, rejects and remembered mappings, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from siyu.base.db import Connection, queries
from siyu.base.errors import InputError, NotFoundError
from siyu.base.vault import Vault, seal, unseal
from siyu.sources.files import mapping as mappings
from siyu.sources.files.values.plain import bare
from siyu.sources.files.words import Import, Look, Mapping, Note, Reject, Shape

Q = queries(__name__)

_PAGE = 2_000
_NO_LOOK = Look(Shape("text"))
_NO_MAPPING = Mapping("people", {})


def see(conn: Connection, import_id: int) -> Import:
    """One import. Raises `NotFoundError`."""
    row = conn.cursor(row_factory=dict_row).execute(Q.see_import, {"import_id": import_id}).fetchone()
    if row is None:
        raise NotFoundError(f"There is no import {import_id}.", "Look at the list of imports.")
    return _import(row)


def newest(conn: Connection, before: int | None, limit: int) -> list[Import]:
    """Imports, the newest first."""
    rows = conn.cursor(row_factory=dict_row).execute(Q.all_imports, {"before": before, "limit": limit})
    return [_import(row) for row in rows]


def put_look(conn: Connection, import_id: int, look: Look, mapping: Mapping) -> None:
    """Keep the shape and the mapping of an import that has not started."""
    conn.execute(Q.put_shape, {"import_id": import_id, "shape": Jsonb(_look_json(look)), "mapping": Jsonb(mappings.to_json(mapping))})


def put_rejects(conn: Connection, vault: Vault, import_id: int, rejects: Sequence[Reject]) -> None:
    """Keep rejected rows, sealed."""
    if not rejects:
        return
    sealed = [seal(vault.master, json.dumps([r.value, *map(bare, r.row)], ensure_ascii=False)) for r in rejects]
    conn.execute(
        Q.put_rejects,
        {
            "import_id": import_id, "row_nos": [r.row_no for r in rejects], "fields": [r.field for r in rejects],
            "rows": sealed, "codes": [r.code for r in rejects],
        },
    )  # fmt: skip


def rejects(conn: Connection, vault: Vault, import_id: int, limit: int | None = None) -> Iterator[Reject]:
    """The rejected rows in the file's order, unsealed."""
    after, left = -1, limit
    while left is None or left > 0:
        size = _PAGE if left is None else min(_PAGE, left)
        rows = conn.execute(Q.rejects, {"import_id": import_id, "after": after, "limit": size}).fetchall()
        if not rows:
            return
        for row_no, field, sealed, code in rows:
            value, *row = json.loads(unseal(vault.master, bytes(sealed)))
            yield Reject(row_no, field, value, code, tuple(row))
        after = rows[-1][0]
        left = None if left is None else left - len(rows)


def remembered(conn: Connection, columns: Sequence[str]) -> Mapping | None:
    """The mapping that was last accepted for this header."""
    row = conn.execute(Q.see_mapping, {"digest": mappings.digest(columns)}).fetchone()
    try:
        return None if row is None else mappings.from_json(row[0])
    except InputError:  # kept by an older release that knew other fields
        return None


def remember(conn: Connection, columns: Sequence[str], mapping: Mapping, at: datetime) -> None:
    """Propose this mapping again for the next file with the same header."""
    conn.execute(Q.keep_mapping, {"digest": mappings.digest(columns), "mapping": Jsonb(mappings.to_json(mapping)), "now": at})


def _look_json(look: Look) -> dict[str, Any]:
    return asdict(look)


def _look(value: dict[str, Any]) -> Look:
    if not value:
        return _NO_LOOK
    shape = value["shape"]
    return Look(
        Shape(**{**shape, "columns": tuple(shape["columns"])}),
        tuple(value["sheets"]),
        tuple(value["members"]),
        value["rows_n"],
        value["is_exact"],
        tuple(Note(**note) for note in value["notes"]),
    )


def _import(row: dict[str, Any]) -> Import:
    same = ("import_id", "source_id", "job_id", "file_name", "file_bytes", "stored_at", "state", "rows_n", "notes", "why", "started_by")
    return Import(
        **{name: row[name] for name in (*same, "created_at", "ended_at", "undone_at")},
        source=row["source_name"] or "",
        file_digest=bytes(row["file_digest"]),
        look=_look(row["shape"]),
        mapping=mappings.from_json(row["mapping"]) if row["mapping"] else _NO_MAPPING,
        rows=row["place"],
        imported=row["facts_n"],
        known=row["known_n"],
        rejected=row["rejects_n"],
        blank=row["blank_n"],
        continued=row["continued_n"],
        side=row["side_n"],
    )
