"""How long pages take with a big pool: every page of the admin that reads people, over the application itself, signed in, in one process.

Run: python -m bench.pages_bench [--people N] [--facts-each N] [--rounds N] [--json]. The aim is 100 ms at the 95th percentile with a
million people. The yardstick of the same run is a page that reads nothing but the session and the brand (`/settings/me`).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import segment_bench
from starlette.testclient import TestClient

from siyu.base import embedded, migrate
from siyu.base.clock import StillClock
from siyu.base.config import Config
from siyu.base.db import Database
from siyu.base.ground import Ground
from siyu.base.vault import Vault
from siyu.web import app, create_staff

PASSWORD = "a password for the bench"
PAGES = [
    ("nothing but the shell", "/settings/me"),
    ("overview", "/"),
    ("customers, latest first", "/customers"),
    ("customers, by money", "/customers?sort=-spent"),
    ("customers, longest without an order", "/customers?sort=order"),
    ("customers, page 100", "/customers?page=100"),
    ("customers, vip with an e-mail", "/customers?stage=vip&reach=email&sort=-spent"),
    ("customers, a rare tag", "/customers?tag=vip"),
    ("customers, spent 1000, not for 90 days", "/customers?spent=1000&ordered=not90"),
    ("one customer", "/customers/{n}"),
    ("one customer, orders", "/customers/{n}?tab=orders"),
    ("one customer, identity", "/customers/{n}?tab=identity"),
    ("drawer", "/customers/{n}/drawer"),
    ("conflicts", "/conflicts"),
    ("jobs", "/jobs"),
    ("rules", "/settings/rules"),
]


def measure(ground: Ground, people: int, rounds: int) -> list[dict[str, Any]]:
    """Milliseconds of each page, and of the search; the first round apart: in it the overview's figures are counted."""
    with ground.db.tx() as conn:
        create_staff(conn, "bench", "Bench", "owner", PASSWORD, ground.clock.now())
    browser = TestClient(app(ground), base_url=ground.config.base_url)
    headers = {"accept": "text/html", "sec-fetch-site": "same-origin"}

    def token(path: str) -> str:
        return browser.get(path, headers=headers).text.split('name="csrf" value="', 1)[1].split('"', 1)[0]

    form = {"login": "bench", "password": PASSWORD, "csrf": token("/sign-in")}
    browser.post("/sign-in", data=form, headers=headers, follow_redirects=False)
    csrf = token("/settings/me")
    times: dict[str, list[float]] = {name: [] for name, _ in PAGES} | {"search by number": []}
    sizes: dict[str, int] = {}
    first: dict[str, float] = {}
    for turn in range(rounds + 1):
        number = 1 + (turn * 7919 * 31) % people
        for name, path in PAGES:
            more = {"hx-request": "true"} if path.endswith("/drawer") else {}
            began = time.perf_counter()
            answer = browser.get(path.format(n=number), headers=headers | more, follow_redirects=False)
            took = time.perf_counter() - began
            if answer.status_code != 200:
                raise RuntimeError(f"{path}: {answer.status_code}")
            sizes[name] = len(answer.content)
            if turn:
                times[name].append(took)
            else:
                first[name] = took
        began = time.perf_counter()
        answer = browser.post("/search", data={"csrf": csrf, "text": f"b{number}"}, headers=headers | {"hx-request": "true"})
        if turn:
            times["search by number"].append(time.perf_counter() - began)
    return [
        {
            "page": name,
            "p50_ms": round(statistics.median(found) * 1000, 1),
            "p95_ms": round(sorted(found)[max(0, int(len(found) * 0.95) - 1)] * 1000, 1),
            "first_ms": round(first.get(name, 0.0) * 1000, 1),
            "html_kb": round(sizes.get(name, 0) / 1024, 1),
        }
        for name, found in times.items()
    ]


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--facts-each", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = embedded.start(Path(folder), durable=False)
        db = Database(server.url, size=6)
        try:
            migrate.migrate(db)
            keys = Vault(b"1" * 32, b"2" * 32, b"3" * 32)
            config = Config(Path(folder), server.url, "127.0.0.1", 0, "http://127.0.0.1:8000", "error")
            ground = Ground(db, StillClock(segment_bench.NOW), keys, config)
            segment_bench.fill(ground, args.people, args.people * args.facts_each)
            found = measure(ground, args.people, args.rounds)
        finally:
            db.close()
            server.close()
    result = {"people": args.people, "facts": args.people * args.facts_each, "load": round(os.getloadavg()[0], 1), "pages": found}
    if args.json:
        json.dump(result, sys.stdout, ensure_ascii=False, indent=1)
        return
    print(f"{args.people:,} people, {result['facts']:,} facts, load {result['load']}")
    for row in found:
        print("{page:42} p50 {p50_ms:8.1f} ms   p95 {p95_ms:8.1f} ms   first {first_ms:8.1f} ms   {html_kb:6.1f} KB".format(**row))


if __name__ == "__main__":
    main()
