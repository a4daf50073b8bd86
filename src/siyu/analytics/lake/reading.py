"""The lake and the fresh tail as one: what a report reads is exact now, whatever state the files are in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from siyu import pool
from siyu.analytics.lake import engine, files, flow, store
from siyu.analytics.lake.words import File, Home, Table
from siyu.base.cursor import START, Place, see_place
from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.base.ground import Ground

Q = store.Q
E = engine.Q
MOST_TAIL = 200_000  # facts: a longer fresh tail costs more than PostgreSQL's own answer


@dataclass
class _Sight:
    """What one moment of the database says about the lake."""

    conn: Connection
    duck: engine.Engine
    folder: Path
    middle: Path
    place: Place
    facts: list[File]  # sound ones
    broken: list[File]
    whole: dict[Table, File]

    def load(self, name: str, table: str, query: str, words: dict[str, Any]) -> None:
        """A stream of the database into a table."""
        store.stream(self.conn, query, words, self.middle)
        engine.load(self.duck, name, table, self.middle)

    def keep(self, name: str, table: str, kept: Sequence[File]) -> None:
        """A view of files, or an empty table where there are none."""
        if kept:
            self.duck.read_parquet([str(self.folder / file.path) for file in kept], hive_partitioning=False).create_view(table)
        else:
            engine.make(self.duck, name, table)


def is_ready(ground: Ground) -> bool:
    """Whether a report about everybody had better read the lake: it lies here, holds facts, is in order, and its fresh tail is short."""
    folder = files.root(ground)
    with ground.db.tx() as conn:
        if flow.home_of(conn, folder) != Home.HERE:
            return False
        kept = store.files(conn)
        if not {Table.FACTS, Table.ORDERS, Table.PEOPLE} <= {file.table for file in kept}:
            return False
        waiting, _ = store.waiting(conn, see_place(conn, flow.READER), MOST_TAIL)
    return waiting < MOST_TAIL and not files.faults(folder, kept, thorough=False)


@contextmanager
def open(ground: Ground) -> Iterator[engine.Engine]:
    """A DuckDB connection with the views `facts`, `orders` and `people` as of now: the files and, from PostgreSQL, what they lack.

    One moment of the database: facts that are committed are there, undone imports and what was erased are not, people are those of
    today. The variables `currency` and `time_zone` are the brand's. It reads the lake's files and nothing else of the machine; while
    it is open no file is deleted. Without a lake, or with broken files, everything missing is read from PostgreSQL: slow, and right.
    """
    folder = files.root(ground)
    with ground.db.autocommit() as conn:
        conn.execute(Q.lock_reading)  # until the connection ends: first of all, so that nothing of ours is swept
        with (
            tempfile.TemporaryDirectory(prefix="siyu-lake-", dir=files.half(folder).parent if folder.is_dir() else None) as middle,
            engine.connect(Path(middle)) as duck,
        ):
            with conn.transaction():
                conn.execute(Q.one_moment)
                _load_all(ground, conn, duck, folder, Path(middle))
            duck.execute("set allowed_directories = $folders", {"folders": [str(folder), middle]})
            duck.execute("set enable_external_access = false")
            duck.execute("set lock_configuration = true")
            yield duck


def _load_all(ground: Ground, conn: Connection, duck: engine.Engine, folder: Path, middle: Path) -> None:
    brand = pool.brand(conn)
    kept = store.files(conn) if flow.home_of(conn, folder) == Home.HERE else []
    bad = {fault.file.file_id for fault in files.faults(folder, kept, thorough=False)}
    sight = _Sight(
        conn, duck, folder, middle / "middle.csv", see_place(conn, flow.READER) if kept else START,
        facts=[f for f in kept if f.table == Table.FACTS and f.file_id not in bad],
        broken=[f for f in kept if f.table == Table.FACTS and f.file_id in bad],
        whole={f.table: f for f in kept if f.table != Table.FACTS and f.file_id not in bad},
    )  # fmt: skip
    _facts(sight)
    _people(sight)
    _orders(sight)
    engine.variables(duck, currency=brand.currency, time_zone=brand.time_zone)


def _facts(sight: _Sight) -> None:
    """The files without what must not be read any more, and the tail: what is newer, and what they lack."""
    duck = sight.duck
    by_file = store.undone(sight.conn) if sight.facts else {}
    undone = sorted({number for file in sight.facts for number in by_file.get(file.file_id, ())})
    erased = store.erased(sight.conn) if sight.facts or sight.whole else []
    engine.numbers(duck, "undone", "import_id", undone)
    engine.numbers(duck, "erased", "identifier_id", erased)
    engine.make(duck, "facts", "tail")
    sight.load("facts", "tail", Q.copy_after, store.at(sight.place))
    for file in sight.broken:
        from_at, to_at = engine.span(file.month)
        words = {"from_at": from_at, "to_at": to_at, **store.at(file.begin, "from_"), **store.at(file.end, "to_")}
        sight.load("facts", "tail", Q.copy_month, words)
    if undone or erased:
        sight.load("facts", "tail", Q.copy_again, {"erased": erased, "undone": undone, **store.at(sight.place)})
    sight.keep("facts", "kept_facts", sight.facts)
    duck.execute(E.view_now_facts if undone or erased else E.view_plain_facts)


def _people(sight: _Sight) -> None:
    """Today's person of every identifier: the table of people, whoever came since, and who is not his own person today."""
    kept = sight.whole.get(Table.PEOPLE)
    engine.make(sight.duck, "people", "named")
    sight.keep("people", "kept_people", [kept] if kept else [])
    if kept is None:
        sight.load("people", "named", Q.copy_people, {})
    else:
        above = sight.duck.execute(E.newest_person).fetchone() or (0,)
        sight.load("people", "named", Q.copy_named, {**store.at(kept.end), "above": above[0]})
    sight.duck.execute(E.make_moved)
    store.stream(sight.conn, Q.copy_moved, {}, sight.middle)
    engine.load(sight.duck, "moved", "moved", sight.middle)
    sight.duck.execute(E.view_people)
    sight.duck.execute(E.view_facts)


def _orders(sight: _Sight) -> None:
    """The table of orders, and folded again those that something has happened to since."""
    kept = sight.whole.get(Table.ORDERS)
    duck = sight.duck
    sight.keep("orders", "kept_orders", [kept] if kept else [])
    since = kept.end if kept else START
    duck.execute(E.make_touched, {"xid": since.xid, "seq": since.seq})
    engine.make(duck, "orders", "touched_orders")
    row = duck.execute(E.count_touched).fetchone()
    if row and row[0]:
        if kept:
            duck.execute(E.touched_facts)
        duck.execute(E.fill_touched.format(query=E.fold_orders.format(facts="touched_facts" if kept else "now_facts")))
    duck.execute(E.view_orders)


def query(con: engine.Engine, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The columns and rows of one question over the views; moments come as ISO 8601 in UTC. Raises `InputError`."""
    try:
        asked = con.sql(sql)
        if asked is None:
            raise InputError("This is no question: it gives no rows.", "Write one SELECT over facts, orders and people.", field="sql")
        told = [
            f"strftime({_quoted(name)}, '%Y-%m-%dT%H:%M:%S.%fZ') as {_quoted(name)}" if "TIME ZONE" in str(kind) else _quoted(name)
            for name, kind in zip(asked.columns, asked.types, strict=True)
        ]
        return list(asked.columns), asked.project(", ".join(told)).fetchall()
    except duckdb.Error as err:
        raise InputError(str(err), "docs/lake.md names the views and their columns.", field="sql") from None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
