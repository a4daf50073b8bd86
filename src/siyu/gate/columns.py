"""Columns of numbers between PostgreSQL and numpy: a million rows without a million Python objects.

Results come as arrays (`select array_agg(x) ...`) and parameters go as arrays (`unnest(%(ids)s::bigint[])`), both in PostgreSQL's
binary form; bulk rows go in by COPY, binary too. Arrays hold no nulls. Moments are int64 microseconds since 2000-01-01 UTC, as
PostgreSQL itself keeps them.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, Loader
from psycopg.pq import Format

from siyu.base.db import Connection

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_INT8, _INT8_ARRAY = 20, 1016
_HEAD = struct.Struct(">iiIii")  # dimensions, has nulls, type of an element, length, lower bound

NEVER = -(2**63)  # -infinity


def us(at: datetime) -> int:
    """A moment as microseconds since 2000."""
    return (at - _EPOCH) // _MICROSECOND


def span(of: timedelta) -> int:
    """A length of time in microseconds."""
    return of // _MICROSECOND


def moment(at: int) -> datetime:
    """The moment again."""
    return _EPOCH + timedelta(microseconds=int(at))


class _Int8ArrayDumper(Dumper):
    format = Format.BINARY
    oid = _INT8_ARRAY

    def dump(self, obj: Any) -> Buffer | None:
        cells = np.empty(len(obj), dtype=[("size", ">i4"), ("value", ">i8")])
        cells["size"], cells["value"] = 8, obj
        if not len(obj):
            return struct.pack(">iiI", 0, 0, _INT8)
        return _HEAD.pack(1, 0, _INT8, len(obj), 1) + cells.tobytes()


class _ColumnLoader(Loader):
    """An array of one fixed width as a numpy column."""

    format = Format.BINARY
    element = ">i8"
    width = 8
    kind: Any = np.int64

    def load(self, data: Buffer) -> Any:
        buffer = memoryview(data)
        if struct.unpack_from(">i", buffer)[0] == 0:
            return np.empty(0, dtype=self.kind)
        cells = np.frombuffer(buffer, dtype=[("size", ">i4"), ("value", self.element)], offset=_HEAD.size)
        return cells["value"].astype(self.kind)


class _Int4Loader(_ColumnLoader):
    element, width, kind = ">i4", 4, np.int64


class _BoolLoader(_ColumnLoader):
    element, width, kind = "?", 1, np.bool_


_LOADERS: dict[str, type[_ColumnLoader]] = {
    "int8": _ColumnLoader,
    "timestamptz": _ColumnLoader,
    "int4": _Int4Loader,
    "bool": _BoolLoader,
}


def fetch(conn: Connection, query: str, params: Mapping[str, Any]) -> tuple[Any, ...]:
    """Run a query that gives one row; its array columns come as numpy arrays, and numpy arrays may be parameters."""
    cursor = conn.cursor(binary=True)
    for name, loader in _LOADERS.items():
        cursor.adapters.register_loader(psycopg.adapters.types[name].array_oid, loader)
    cursor.adapters.register_dumper(np.ndarray, _Int8ArrayDumper)
    row = cursor.execute(query, params, prepare=True).fetchone()
    assert row is not None  # noqa: S101  an aggregate always gives a row
    return tuple(row)


def execute(conn: Connection, query: str, params: Mapping[str, Any]) -> int:
    """Run a statement with numpy arrays among its parameters; gives the number of rows it touched."""
    cursor = conn.cursor()
    cursor.adapters.register_dumper(np.ndarray, _Int8ArrayDumper)
    return cursor.execute(query, params).rowcount


def copy_in(conn: Connection, statement: str, parts: Sequence[bytes]) -> None:
    """Write rows made by `rows` in one COPY ... (format binary)."""
    if not any(parts):
        return
    with conn.cursor().copy(statement) as copy:
        copy.write(b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0))
        for part in parts:
            copy.write(part)
        copy.write(struct.pack(">h", -1))


def rows(n: int, columns: Sequence[NDArray[Any] | bytes | None]) -> bytes:
    """`n` rows in COPY's binary form. A column is an array (int64, int32 or bool), the same bytes for every row, or None for null."""
    if n == 0:
        return b""
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for number, column in enumerate(columns):
        fields.append((f"size{number}", ">i4"))
        if column is not None and len(column):
            fields.append((f"value{number}", _width(column)))
    table = np.empty(n, dtype=fields)
    table["fields"] = len(columns)
    for number, column in enumerate(columns):
        if column is None:
            table[f"size{number}"] = -1
        elif isinstance(column, bytes):
            table[f"size{number}"] = len(column)
            if column:
                table[f"value{number}"] = np.void(column)
        else:
            table[f"size{number}"] = table.dtype[f"value{number}"].itemsize
            table[f"value{number}"] = column
    return table.tobytes()


def _width(column: NDArray[Any] | bytes) -> str:
    if isinstance(column, bytes):
        return f"V{len(column)}"
    return {np.dtype(np.int64): ">i8", np.dtype(np.int32): ">i4", np.dtype(np.bool_): "?"}[column.dtype]
