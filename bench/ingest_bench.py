"""How many events a second are acknowledged over HTTP, against raw COPY of the same rows in equal batches, in one run.

The yardstick: one connection, COPY of rows like ours into a table with the same columns and a unique key, a commit after each batch, on the
same durable server (fsync on). Ours: the real `siyu serve`, JSON batches over keep-alive connections, each answered after its commit.
Rounds of the two alternate; medians are compared. Run: python -m bench.ingest_bench [--events N] [--rounds N] [--workers]
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from siyu.base import embedded

BATCH = 100
NAMES = ["Product Viewed", "Product Added", "Checkout Started", "Order Completed", "Article Read"]


def event(n: int, people: int, dice: random.Random) -> dict[str, Any]:
    """One event of about 300 bytes, as an SDK sends it."""
    name = NAMES[min(n % 23, 4)]
    properties: dict[str, Any] = {"product_id": f"P{dice.randrange(5000)}", "category": f"c{dice.randrange(40)}", "price": 19.9}
    if name == "Order Completed":
        properties = {"order_id": uuid4().hex, "total": round(dice.uniform(5, 300), 2), "currency": "CNY"}
    return {
        "type": "track", "event": name, "messageId": uuid4().hex, "userId": f"u{dice.randrange(people)}", "anonymousId": None,
        "timestamp": datetime.now(UTC).isoformat(), "properties": properties, "integrations": {},
        "context": {"library": {"name": "bench", "version": "1"}},
    }  # fmt: skip


def bodies(events: int, people: int, seed: int) -> list[bytes]:
    """Ready JSON batches, so that the client's own work does not count."""
    dice = random.Random(seed)
    made = []
    for start in range(0, events, BATCH):
        items = [event(n, people, dice) for n in range(start, min(start + BATCH, events))]
        made.append(json.dumps({"batch": items}).encode())
    return made


def copy_rows(url: str, rows: list[tuple[Any, ...]]) -> float:
    """Seconds that COPY takes for the rows, a commit after each batch."""
    with psycopg.connect(url) as conn:
        began = time.perf_counter()
        for start in range(0, len(rows), BATCH):
            with (
                conn.cursor() as cursor,
                cursor.copy("copy bench_rows (key, source_id, type, subject, occurred_at, received_at, object, data) from stdin") as copy,
            ):
                for row in rows[start : start + BATCH]:
                    copy.write_row(row)
            conn.commit()
        return time.perf_counter() - began


def raw_rows(batches: list[bytes]) -> list[tuple[Any, ...]]:
    """The same events as rows of a log, ready for COPY."""
    now = datetime.now(UTC)
    rows = []
    for body in batches:
        for item in json.loads(body)["batch"]:
            data = json.dumps(item["properties"] | {"context": item["context"]})
            rows.append((uuid4(), 1, item["event"], int(item["userId"][1:]), now, now, item["properties"].get("product_id"), data))
    return rows


class Sender(threading.Thread):
    """One keep-alive connection that takes bodies from a shared list until there are none."""

    def __init__(self, port: int, key: str, waiting: Iterator[bytes], lock: threading.Lock) -> None:
        super().__init__()
        self.port, self.key, self.waiting, self.lock = port, key, waiting, lock
        self.took: list[float] = []
        self.faults = 0

    def run(self) -> None:
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while True:
            with self.lock:
                body = next(self.waiting, None)
            if body is None:
                return
            while True:
                began = time.perf_counter()
                conn.request("POST", "/v1/batch", body, {"X-Write-Key": self.key, "Content-Type": "application/json"})
                answer = conn.getresponse()
                answer.read()
                if answer.status == 200:
                    self.took.append(time.perf_counter() - began)
                    break
                self.faults += 1
                if answer.status != 429:
                    raise SystemExit(f"the server answered {answer.status}")
                time.sleep(float(answer.headers.get("Retry-After", "1")))


def send(port: int, key: str, batches: list[bytes], connections: int) -> tuple[float, list[float], int]:
    """(seconds, seconds of each request, times told to wait) for sending all batches."""
    waiting, lock = iter(batches), threading.Lock()
    senders = [Sender(port, key, waiting, lock) for _ in range(connections)]
    began = time.perf_counter()
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    took = time.perf_counter() - began
    return took, [t for one in senders for t in one.took], sum(one.faults for one in senders)


@contextmanager
def running(data: Path, *, workers: bool) -> Iterator[tuple[int, int]]:
    """The real `siyu serve` on a free port; gives (port, process id)."""
    words = [sys.executable, "-m", "siyu.cli", "serve", "--port", "0", "--json", "--data", str(data)]
    process = subprocess.Popen(
        words if workers else [*words, "--no-workers"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"SIYU_LOG": "error"},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise SystemExit("siyu serve did not start; run it by hand to see why")
        yield int(json.loads(line)["url"].rpartition(":")[2]), process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def cpu_of(pid: int) -> float:
    """Seconds of processor that a process has used; 0 where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def new_key(data: Path, name: str) -> str:
    """The write key of a fresh source."""
    done = subprocess.run(
        [sys.executable, "-m", "siyu.cli", "source", "add", name, "--json", "--data", str(data)], capture_output=True, check=True
    )
    return str(json.loads(done.stdout)["write_key"])


def run(events: int = 20_000, rounds: int = 3, people: int = 5_000, connections: int = 16, *, workers: bool = False) -> dict[str, Any]:
    """The figures of one run."""
    with tempfile.TemporaryDirectory(prefix="siyu-bench-", dir="/var/tmp") as folder:
        data = Path(folder)
        data.chmod(0o755)
        server = embedded.start(data)
        try:
            with psycopg.connect(server.url, autocommit=True) as conn:
                conn.execute(
                    "create table bench_rows (seq bigint generated always as identity, key uuid primary key, source_id int not null,"
                    " type text not null, subject bigint, occurred_at timestamptz not null, received_at timestamptz not null,"
                    " object text, data jsonb not null)"
                )
            with running(data, workers=workers) as (port, pid):
                key = new_key(data, "bench")
                send(port, key, bodies(2_000, people, 0), connections)  # warm
                copies, ours, each, told, busy = [], [], [], 0, 0.0
                for round_ in range(rounds):
                    batches = bodies(events, people, round_ + 1)
                    rows = raw_rows(batches)
                    copies.append(events / copy_rows(server.url, rows))
                    before = cpu_of(pid)
                    took, times, faults = send(port, key, batches, connections)
                    busy += cpu_of(pid) - before
                    ours.append(events / took)
                    each += times
                    told += faults
                with psycopg.connect(server.url) as conn:
                    kept = conn.execute("select count(*) from facts where type <> 'profile.stated'").fetchone()
            assert kept == (events * rounds + 2_000,), f"{kept} facts were kept"
        finally:
            server.close()
    copy_rate, our_rate = statistics.median(copies), statistics.median(ours)
    each.sort()
    return {
        "what": "http ingest", "events": events, "rounds": rounds, "batch": BATCH, "connections": connections, "workers": workers,
        "copy_per_s": round(copy_rate), "acked_per_s": round(our_rate), "ratio": round(our_rate / copy_rate, 3), "aim": 0.2,
        "copy_rounds": [round(r) for r in copies], "acked_rounds": [round(r) for r in ours],
        "ack_p50_ms": round(each[len(each) // 2] * 1000, 1), "ack_p99_ms": round(each[int(len(each) * 0.99)] * 1000, 1),
        "told_to_wait": told, "server_cpu_us_per_event": round(busy / events / rounds * 1e6),
    }  # fmt: skip


def main() -> None:
    """Print the table for people on stderr and the figures as one JSON object on stdout."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--events", type=int, default=20_000)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--connections", type=int, default=16)
    words.add_argument("--workers", action="store_true", help="let the river fold at the same time")
    args = words.parse_args()
    found = run(args.events, args.rounds, connections=args.connections, workers=args.workers)
    print(f"{'':24}{'rows/s':>10}{'rounds':>30}", file=sys.stderr)
    print(f"{'COPY, batches of 100':24}{found['copy_per_s']:>10,}{found['copy_rounds']!s:>30}", file=sys.stderr)
    print(f"{'POST /v1/batch':24}{found['acked_per_s']:>10,}{found['acked_rounds']!s:>30}", file=sys.stderr)
    print(f"ratio {found['ratio']} (aim 0.2); ack p50 {found['ack_p50_ms']} ms, p99 {found['ack_p99_ms']} ms", file=sys.stderr)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
