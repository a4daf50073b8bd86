"""How fast a real file is imported, against raw COPY of the same rows on the same durable server, in one run.

Ours: `sources.files` reads Online Retail (541,909 order lines, Parquet), turns every row into a fact, records and commits in stretches of
10,000 (parse + record + commit; the fold is measured beside it, not in it). Two yardsticks, each one connection, the rows ready in memory,
a commit after every 10,000: COPY of the file's own eight columns into a bare table without any index, and COPY of the finished fact rows
into a table with the log's columns and a unique key. Rounds alternate; medians are compared. Run: python -m bench.import_bench [--rounds N]
[--json] [--fold] [--file F]
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from siyu import pool
from siyu.base import embedded, migrate, vault
from siyu.base.clock import SystemClock
from siyu.base.config import Config
from siyu.base.db import Database
from siyu.base.garbage import collect_seldom
from siyu.base.ground import Ground
from siyu.base.ids import key_of
from siyu.sources import files
from siyu.sources.files import reading
from siyu.sources.files.turning import turner

ROOT = Path(__file__).parents[1]
BATCH = 10_000
PLAIN = "no text, sku text, product text, quantity bigint, at timestamp, price float8, customer bigint, country text"
LOG = (
    "key uuid primary key, source_id int, type text, subject bigint, occurred_at timestamptz, received_at timestamptz, object text,"
    " amount_minor bigint, currency text, data jsonb"
)


def opened(folder: Path, url: str, name: str) -> Ground:
    """A fresh, migrated database on the running server."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(f"drop database if exists {name} with (force)")
        conn.execute(f"create database {name}")
    own = url.replace("/siyu?", f"/{name}?")
    db = Database(own, size=4)
    migrate.migrate(db)
    with db.tx() as conn:
        pool.set_brand(conn, pool.Brand("Bench", "GBP", "Europe/London", "en", "GB"), at=SystemClock().now())
    return Ground(db, SystemClock(), vault.load(folder), Config(folder, own, "", 0, "http://localhost", "error"))


def import_once(ground: Ground, file: Path) -> tuple[int, float, float]:
    """(rows, seconds to read, record and commit, seconds to stage and preview)."""
    began = time.perf_counter()
    seen = files.preview(ground, file)
    files.start(ground, seen.import_id)
    previewed = time.perf_counter() - began
    began = time.perf_counter()
    it = files.run(ground, seen.import_id)
    assert it.imported == it.rows, it
    return it.rows, time.perf_counter() - began, previewed


def fold_all(ground: Ground) -> float:
    """Seconds until every fact is folded."""
    began = time.perf_counter()
    while pool.fold(ground):
        pass
    return time.perf_counter() - began


def copy_rows(url: str, columns: str, rows: Sequence[Sequence[Any]]) -> float:
    """Seconds that COPY takes for the rows, a commit after each batch."""
    with psycopg.connect(url) as conn:
        conn.execute("drop table if exists bench_rows")
        conn.execute(f"create table bench_rows ({columns})")
        conn.commit()
        began = time.perf_counter()
        for start in range(0, len(rows), BATCH):
            with conn.cursor() as cursor, cursor.copy("copy bench_rows from stdin") as copy:
                for row in rows[start : start + BATCH]:
                    copy.write_row(row)
            conn.commit()
        return time.perf_counter() - began


def rows_of(file: Path) -> tuple[list[Sequence[Any]], list[tuple[Any, ...]]]:
    """The file's own rows, and the same rows as facts of a log."""
    look = reading.look(file)
    now = SystemClock().now()
    mapping = files.Mapping(
        "order_lines",
        {
            "InvoiceNo": "order_no", "StockCode": "sku", "Description": "product", "Quantity": "quantity", "InvoiceDate": "paid_at",
            "UnitPrice": "unit_price", "CustomerID": "user_id", "Country": "trait.country",
        },
        currency="GBP",
        time_zone="Europe/London",
        refund_prefixes=("C",),
    )  # fmt: skip
    turn = turner(mapping, look.shape, key=b"k" * 16, now=now, came_at=now, evidence={}).turn
    plain: list[Sequence[Any]] = []
    log: list[tuple[Any, ...]] = []
    for rows in reading.rows(file, look.shape):
        plain += rows.cells
        for fact in turn(rows).facts:
            key: UUID = key_of(1, fact.id)
            subject = int(fact.identifiers[0].value) if fact.identifiers else None
            log.append(
                (key, 1, fact.type, subject, fact.occurred_at, now, fact.object, fact.amount_minor, fact.currency, json.dumps(fact.data))
            )
    return plain, log


def main() -> None:
    """Measure, print the table (or one JSON object)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--fold", action="store_true", help="measure the fold beside it")
    parser.add_argument("--file", type=Path, default=ROOT / "data" / "online_retail.parquet")
    args = parser.parse_args()
    plain, log = rows_of(args.file)
    collect_seldom()  # as the command does
    gc.freeze()  # what was made for the yardsticks is not the import's to look through
    took: dict[str, list[float]] = {"import": [], "copy_plain": [], "copy_log": [], "preview": [], "fold": []}
    with tempfile.TemporaryDirectory(prefix="siyu-bench-") as folder:
        server = embedded.start(Path(folder))
        try:
            for number in range(args.rounds):
                ground = opened(Path(folder), server.url, f"bench{number}")
                rows, seconds, previewed = import_once(ground, args.file)
                took["import"].append(seconds)
                took["preview"].append(previewed)
                if args.fold:
                    took["fold"].append(fold_all(ground))
                ground.db.close()
                took["copy_plain"].append(copy_rows(server.url, PLAIN, plain))
                took["copy_log"].append(copy_rows(server.url, LOG, log))
        finally:
            server.close()
            gc.unfreeze()
    middle = {name: statistics.median(values) for name, values in took.items() if values}
    figures = {
        "rows": rows,
        "rounds": args.rounds,
        "seconds": {name: round(value, 3) for name, value in middle.items()},
        "rows_per_second": {name: round(rows / value) for name, value in middle.items()},
        "ratio_to_copy_of_the_file": round(middle["copy_plain"] / middle["import"], 3),
        "ratio_to_copy_of_the_facts": round(middle["copy_log"] / middle["import"], 3),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    if args.json:
        print(json.dumps(figures))
        return
    print(f"{rows:,} rows, median of {args.rounds} rounds, durable server", file=sys.stderr)
    names = {
        "copy_plain": "COPY of the file's 8 columns, no index",
        "copy_log": "COPY of the fact rows, unique key",
        "import": "file import (read, turn, record, commit)",
        "preview": "  before it: copy, look, propose",
        "fold": "  after it: fold into people and orders",
    }
    print(f"| {'work':<42} | seconds | rows/s | import / it |")
    print(f"|{'-' * 44}|--------:|-------:|------------:|")
    for name, shown in names.items():
        if name in middle:
            ratio = f"{middle[name] / middle['import']:.2f}" if name.startswith("copy") else ""
            print(f"| {shown:<42} | {middle[name]:7.2f} | {rows / middle[name]:6,.0f} | {ratio:>11} |")


if __name__ == "__main__":
    main()
