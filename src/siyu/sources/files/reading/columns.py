"""Parquet through DuckDB, in process and streaming. Nothing is downloaded: the Parquet reader is built in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from siyu.sources.files.faults import FileFault
from siyu.sources.files.words import Rows

_FILE = "from read_parquet(?)"  # DuckDB takes the file first: no table of ours is meant
_NESTED = ("STRUCT", "MAP", "LIST", "UNION")
_AS_TEXT = ("UUID", "INTERVAL", "TIME", "ENUM", "BIT", "VARIANT", "GEOMETRY")


@contextmanager
def _connection() -> Iterator[duckdb.DuckDBPyConnection]:
    conn = duckdb.connect(config={"threads": 1, "memory_limit": "700MB", "autoinstall_known_extensions": False})
    try:
        conn.execute("set enable_progress_bar = false")
        yield conn
    finally:
        conn.close()


def see(path: Path) -> tuple[tuple[str, ...], int]:
    """Column names and the exact number of rows."""
    with _connection() as conn:
        return tuple(_types(conn, path)), _count(conn, path)


def rows(path: Path, size: int) -> Iterator[Rows]:
    """Data rows in stretches of `size`; the first is row 2, as under a header."""
    with _connection() as conn:
        total = max(1, _count(conn, path))
        wanted = ", ".join(_plain(name, kind) for name, kind in _types(conn, path).items())
        no = 2
        try:
            result = conn.execute(f"{_FILE} select {wanted}", [str(path)])
            while batch := result.fetchmany(size):
                yield Rows(no, list(batch), min(1.0, (no - 2 + len(batch)) / total))
                no += len(batch)
        except duckdb.Error:
            raise FileFault("broken_parquet") from None


def _types(conn: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    try:
        return {str(row[0]): str(row[1]) for row in conn.execute(f"describe {_FILE}", [str(path)]).fetchall()}
    except duckdb.Error:
        raise FileFault("broken_parquet") from None


def _count(conn: duckdb.DuckDBPyConnection, path: Path) -> int:
    try:
        return int(conn.execute(f"{_FILE} select count(*)", [str(path)]).fetchall()[0][0])
    except duckdb.Error:
        raise FileFault("broken_parquet") from None


def _plain(name: str, kind: str) -> str:
    """The column as something Python can hold: moments with a zone as ISO text in UTC, nested values as JSON text."""
    quoted = '"' + name.replace('"', '""') + '"'
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime(make_timestamp(epoch_us({quoted})), '%Y-%m-%dT%H:%M:%S.%fZ') as {quoted}"
    if kind.startswith(_NESTED) or kind.endswith("]"):
        return f"to_json({quoted})::varchar as {quoted}"
    if kind.startswith(_AS_TEXT):
        return f"{quoted}::varchar as {quoted}" if not kind.startswith("TIMESTAMP") else quoted
    if kind == "BLOB":
        return f"try_cast({quoted} as varchar) as {quoted}"
    return quoted
