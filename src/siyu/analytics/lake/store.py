"""Rows of the manifest <-> words, and the streams out of PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from siyu.analytics.lake.words import File, Table
from siyu.base.cursor import Place
from siyu.base.db import Connection, queries

Q = queries(__name__)


def files(conn: Connection) -> list[File]:
    """The manifest, in the order of the log."""
    return [
        File(
            Table(kind), month, path, rows_n, bytes_n, bytes(digest), Place(a, b), Place(c, d), made_at,
            {int(number): Place(*at) for number, at in imports.items()}, file_id,
        )
        for kind, month, path, rows_n, bytes_n, digest, a, b, c, d, made_at, file_id, imports in conn.execute(Q.list_files)
    ]  # fmt: skip


def change(conn: Connection, drop: Sequence[File], add: Sequence[File]) -> bool:
    """Put files in the place of others; False when one of those is no longer there (then roll back)."""
    if drop and conn.execute(Q.drop_files, {"ids": [file.file_id for file in drop]}).rowcount != len(drop):
        return False
    for file in add:
        conn.execute(
            Q.keep_file,
            {
                "table": file.table, "month": file.month, "path": file.path, "rows_n": file.rows_n, "bytes_n": file.bytes_n,
                "digest": file.digest, "from_xid": file.begin.xid, "from_seq": file.begin.seq, "to_xid": file.end.xid,
                "to_seq": file.end.seq, "made_at": file.made_at, "imports": list(file.imports),
                "xids": [at.xid for at in file.imports.values()], "seqs": [at.seq for at in file.imports.values()],
            },
        )  # fmt: skip
    return True


def undone(conn: Connection) -> dict[int, list[int]]:
    """File number -> imports in it that were undone since."""
    found: dict[int, list[int]] = {}
    for file_id, import_id in conn.execute(Q.undone):
        found.setdefault(file_id, []).append(import_id)
    return found


def erased(conn: Connection) -> list[int]:
    """Identifiers whose erasure the files do not yet honour."""
    return [row[0] for row in conn.execute(Q.erased)]


def waiting(conn: Connection, place: Place, most: int) -> tuple[int, datetime | None]:
    """How many facts stand after a place, counted up to `most`, and when the oldest of these reached us."""
    row = conn.execute(Q.waiting, {"xid": str(place.xid), "seq": place.seq, "most": most}).fetchone()
    assert row is not None  # noqa: S101  a count always gives a row
    return row[0], row[1]


def stream(conn: Connection, query: str, words: dict[str, Any], into: Path) -> None:
    """A COPY as CSV into a file that only we may read."""
    into.touch(mode=0o600)
    with into.open("wb") as out, conn.cursor().copy(query, words) as copy:
        for part in copy:
            out.write(part)


def at(place: Place, prefix: str = "") -> dict[str, Any]:
    """A place as parameters of a query."""
    return {f"{prefix}xid": str(place.xid), f"{prefix}seq": place.seq}
