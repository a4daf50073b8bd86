"""DuckDB in this process: from CSV streams to tables, from tables to sorted, compressed Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from siyu.analytics.lake import files
from siyu.analytics.lake.words import File, Table
from siyu.base.cursor import Place
from siyu.base.db import queries

Q = queries(__name__, "engine.duckdb.sql")
Engine = duckdb.DuckDBPyConnection

_ROW_GROUP = 122_880  # DuckDB's own: small enough that a search for one subject skips most of a file


def connect(folder: Path) -> Engine:
    """An engine of its own, in UTC, that spills into the lake's folder."""
    engine = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    engine.execute("set timezone = 'UTC'")
    engine.execute("set temp_directory = $folder", {"folder": str(folder / "tmp" / "spill")})
    return engine


def make(engine: Engine, name: str, table: str) -> None:
    """An empty table in the shape `name` (facts, people, profiles, orders)."""
    engine.execute(Q.texts[f"make_{name}"].format(table=table))


def load(engine: Engine, name: str, table: str, file: Path) -> None:
    """Append a CSV stream of the shape `name`; facts that are there already stay once. The CSV is deleted."""
    try:
        engine.execute(Q.texts[f"load_{name}"].format(table=table), {"file": str(file)})
    finally:
        file.unlink()


def numbers(engine: Engine, table: str, column: str, given: Sequence[int]) -> None:
    """A table of one column of numbers."""
    engine.execute(Q.make_numbers.format(table=table, column=column))
    if given:
        engine.execute(Q.load_numbers.format(table=table), {"numbers": list(given)})


def variables(engine: Engine, **values: Any) -> None:
    """Set variables that named queries read: relations are evaluated when they are written."""
    for name, value in values.items():
        engine.execute(f"set variable {name} = $value", {"value": value})


def month_of(engine: Engine, month: str) -> None:
    """Set the month (`2026-11`, UTC) that named queries take."""
    from_at, to_at = span(month)
    variables(engine, from_at=from_at.isoformat(), to_at=to_at.isoformat())


def span(month: str) -> tuple[datetime, datetime]:
    """The first moment of a month (`2026-11`) and of the next, UTC."""
    year, number = map(int, month.split("-"))
    return datetime(year, number, 1, tzinfo=UTC), datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)


def write(engine: Engine, folder: Path, sql: str, table: Table, month: str, begin: Place, end: Place, made_at: datetime) -> File | None:
    """Write the rows of a query to a new file of the lake; None when there are none. The manifest does not know it yet."""
    ready = files.half(folder)
    engine.sql(sql).write_parquet(str(ready), compression="zstd", row_group_size=_ROW_GROUP)
    row = engine.execute(Q.rows_of, {"file": str(ready)}).fetchone()
    count = int(row[0]) if row else 0
    if not count and table == Table.FACTS:
        ready.unlink()
        return None
    imports = {}
    if table == Table.FACTS:
        for import_id, at in engine.execute(Q.imports_of, {"file": str(ready)}).fetchall():
            imports[int(import_id)] = Place(*(at.values() if isinstance(at, dict) else at))
    size, mark = ready.stat().st_size, files.digest(ready)
    path = files.publish(folder, ready, table, month)
    return File(table, month, path, count, size, mark, begin, end, made_at, imports)
