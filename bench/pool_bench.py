"""How many facts a second are recorded and folded, against raw COPY of the same rows in equal batches, in one run.

The yardstick: COPY of rows like ours into a table with the columns of the log and a unique key, a commit after each batch, on the same
durable server. Two shapes: `lines` (a shop's order lines, 20 to an order, 4,000 customers) and `scattered` (every fact is of another
person: the fold's hardest case). Run: python -m bench.pool_bench [--facts N] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from siyu.base import embedded
from siyu.base.config import Config
from siyu.base.ground import Ground, open_ground
from siyu.pool import Fact, Identifier, Kind, ensure_source, fold, record

BATCH = 5_000


def facts(shape: str, many: int, seed: int) -> list[Fact]:
    """Order lines of the last 400 days."""
    dice = random.Random(seed)
    people = 4_000 if shape == "lines" else many
    ids = [Identifier(Kind.BUYER_ID, f"{n}", shape) for n in range(people)]
    now = datetime.now(UTC)
    return [
        Fact(
            "order.paid",
            f"{shape}-{seed}-{n}",
            now - timedelta(days=400 * (1 - n / many)),
            (ids[dice.randrange(people)],),
            object=f"{seed}-{n // 20 if shape == 'lines' else n}",
            amount_minor=dice.randrange(100, 9_999),
            data={"sku": f"{dice.randrange(3_000)}", "product": "WHITE HANGING HEART T-LIGHT HOLDER", "quantity": 6, "unit_price": 255},
        )
        for n in range(many)
    ]


def copy_rate(ground: Ground, given: list[Fact]) -> float:
    """Rows a second of the yardstick."""
    rows = [
        (uuid4(), 1, f.type, n, f.occurred_at, f.occurred_at, f.object, f.amount_minor, json.dumps(f.data)) for n, f in enumerate(given)
    ]
    began = time.perf_counter()
    for start in range(0, len(rows), BATCH):
        with ground.db.tx() as conn, conn.cursor() as cursor, cursor.copy("copy bench_rows from stdin") as copy:
            for row in rows[start : start + BATCH]:
                copy.write_row(row)
    return len(rows) / (time.perf_counter() - began)


def record_rate(ground: Ground, source: int, given: list[Fact]) -> float:
    """Facts a second through the door."""
    began = time.perf_counter()
    for start in range(0, len(given), BATCH):
        with ground.db.tx() as conn:
            record(ground, conn, source, given[start : start + BATCH])
    return len(given) / (time.perf_counter() - began)


def fold_rate(ground: Ground) -> float:
    """Facts a second from the log into profiles."""
    began, done = time.perf_counter(), 0
    while step := fold(ground):
        done += step
    return done / (time.perf_counter() - began)


def run(many: int, rounds: int) -> dict[str, Any]:
    """Both shapes, rounds of yardstick and ours in turn; medians."""
    found: dict[str, Any] = {"what": "pool", "facts": many, "rounds": rounds, "batch": BATCH}
    with tempfile.TemporaryDirectory() as folder:
        server = embedded.start(Path(folder))
        try:
            with open_ground(Config(Path(folder), server.url, "", 0, "http://127.0.0.1", "error")) as ground:
                with ground.db.tx() as conn:
                    conn.execute(
                        "create table bench_rows (key uuid primary key, source_id int, type text, subject bigint, occurred_at timestamptz, "
                        "received_at timestamptz, object text, amount_minor bigint, data jsonb)"
                    )
                    source = ensure_source(conn, "bench", "file", now=datetime.now(UTC))
                for shape in ("lines", "scattered"):
                    rates: dict[str, list[float]] = {"copy": [], "record": [], "fold": []}
                    for seed in range(rounds):
                        given = facts(shape, many, seed)
                        rates["copy"].append(copy_rate(ground, given))
                        rates["record"].append(record_rate(ground, source, given))
                        rates["fold"].append(fold_rate(ground))
                    medians = {name: statistics.median(each) for name, each in rates.items()}
                    found[shape] = {f"{name}_per_s": round(rate) for name, rate in medians.items()}
                    found[shape] |= {f"{name}_ratio": round(medians[name] / medians["copy"], 3) for name in ("record", "fold")}
        finally:
            server.close()
    return found


def main() -> None:
    """Print the table for people on stderr and the figures as one JSON object on stdout."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--facts", type=int, default=100_000)
    words.add_argument("--rounds", type=int, default=3)
    args = words.parse_args()
    found = run(args.facts, args.rounds)
    print(f"{'facts/s':12}{'COPY':>10}{'record':>10}{'fold':>10}{'record/COPY':>14}{'fold/COPY':>12}", file=sys.stderr)
    for shape in ("lines", "scattered"):
        row = found[shape]
        rates = f"{row['copy_per_s']:>10,}{row['record_per_s']:>10,}{row['fold_per_s']:>10,}"
        print(f"{shape:12}{rates}{row['record_ratio']:>14}{row['fold_ratio']:>12}", file=sys.stderr)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
