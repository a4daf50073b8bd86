"""How long from a scan to its welcome, at a stated rate of scans, in one run.

The sandbox, in a process of its own, is the corp: a scan there makes a sealed callback to the real `siyu serve`, which stores it, turns it
into a fact, finds the code, asks the gate and calls `send_welcome_msg` back over HTTP. Scans are made by a timetable (a late one does not
hold back the next), and a scan's time runs from the moment it was due until WeCom had taken the welcome. The yardstick is the bare round
trip of the same call for welcomes that are asked one after the other. Run: python -m bench.welcome_bench [--rate N] [--seconds N]
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import queue
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

from bench.ingest_bench import running

from siyu import content, growth, pool
from siyu.base import embedded, vault
from siyu.base.clock import SystemClock
from siyu.base.config import Config
from siyu.base.db import Database
from siyu.base.ground import Ground
from siyu.base.migrate import migrate
from siyu.growth import CodeGuide, Draft, Welcome
from siyu.pool.relations import Guide
from siyu.sources import callbacks
from siyu.vendors import VendorError, VendorKind, keep_account
from siyu.vendors.wecom import Client

GUIDES = 10
_PATIENCE = 40.0  # seconds for the last welcome
_DONE = """
select i.value, p.state, p.settled_at, (f.data->>'received_at')::timestamptz, f.received_at, s.read_at, q.judged_at, q.claimed_at
from live_code_scans s join identifiers i on i.identifier_id = s.subject join facts f on f.key = s.fact_key and f.type = 'contact.added'
join intents w on w.key = s.intent_key left join permits p on p.intent_id = w.intent_id
left join permit_queue q on q.intent_id = w.intent_id
"""
STAGES = ("callback", "fact", "read", "judged", "claimed", "taken")  # each from the moment that a scan was due


@contextmanager
def sandbox() -> Iterator[str]:
    """A sandbox whose clock runs as ours; gives its address."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "siyu.sandbox", "--port", "0", "--smtp-port", "0", "--data", folder]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ | {"SIYU_LOG": "error"})
        try:
            assert process.stdout is not None
            url = str(json.loads(process.stdout.readline())["url"])
            say(url, "/clock", {"shown_at": datetime.now(UTC).isoformat(), "rate": 1})
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def say(url: str, path: str, body: Any = None) -> Any:
    """One word to the sandbox's control interface."""
    line = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    line.request("GET" if body is None else "POST", path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
    told = json.loads(line.getresponse().read())
    line.close()
    if isinstance(told, dict) and "error" in told:
        raise SystemExit(f"{path}: {told['error']}")
    return told


def run(rate: float = 50, seconds: float = 20) -> dict[str, Any]:
    """The figures of one run."""
    count = int(rate * seconds)
    with tempfile.TemporaryDirectory(prefix="siyu-bench-", dir="/var/tmp") as folder, sandbox() as url:
        data = Path(folder)
        data.chmod(0o755)
        server = embedded.start(data)
        db = Database(server.url, size=4)
        migrate(db)
        ground = Ground(db, SystemClock(), vault.load(data), Config(data, server.url, "127.0.0.1", 0, "http://127.0.0.1", "error"))
        code, client, keys = opened(ground, url)
        try:
            with running(data, workers=True) as (port, _):
                address = f"http://127.0.0.1:{port}/in/wecom/{client.account.account_id}"
                say(url, "/sandbox/corp/callback", {"url": address, "token": keys.token, "aes_key": keys.aes_key})
                scans(url, code, 1.0, 3, [])  # warm
                due: list[tuple[str, float]] = []
                scans(url, code, rate, count, due)
                took, missed, stages = welcomed(db, due)
            bare = round_trips(client, 40)
        finally:
            db.close()
            server.close()
    took.sort()
    return {
        "scans_per_second": rate, "scans": len(due), "welcomed": len(took), "missed": missed,
        "p50_ms": round(statistics.median(took) * 1000), "p99_ms": round(took[int(len(took) * 0.99) - 1] * 1000),
        "slowest_ms": round(took[-1] * 1000), "bare_p50_ms": round(statistics.median(bare) * 1000, 1), "stages_p50_ms": stages,
    }  # fmt: skip


def opened(ground: Ground, url: str) -> tuple[str, Client, Any]:
    """A corp with guides, and a code with a welcome; gives its picture, a client, and the callback's keys."""
    corp = say(url, "/sandbox/corp")
    app = corp["apps"][0]
    say(url, "/sandbox/corp/members", {"members": [{"userid": f"g{n}", "name": f"g{n}"} for n in range(GUIDES)]})
    keys = callbacks.fresh_keys(VendorKind.WECOM)
    with ground.db.tx() as conn:
        account = keep_account(
            ground, conn, kind="wecom", name="bench", app_id=corp["corpid"], agent_id=str(app["agentid"]), secret=app["secret"],
            callback=keys, base_url=f"{url}/wecom",
        )  # fmt: skip
        pool.relations.keep_guides(conn, [Guide(corp["corpid"], f"g{n}") for n in range(GUIDES)], ground.clock.now())
        hello = content.keep(ground, conn, "hello", "welcome", "", "您好，{{ name | fallback: '朋友' }}。", purpose="service")
        guides = tuple(CodeGuide(f"g{n}") for n in range(GUIDES))
        made = growth.make(ground, conn, Draft("bench", account.account_id, guides=guides, welcomes=(Welcome(hello.content_id),)))
    growth.tell(ground)
    with ground.db.tx() as conn:
        return growth.code(conn, made.code_id).qr_code, Client(ground, account), keys


def scans(url: str, code: str, rate: float, count: int, due: list[tuple[str, float]]) -> None:
    """Customers scan at their moments; notes who they are and when (by the wall) they were due."""
    waiting: queue.SimpleQueue[float | None] = queue.SimpleQueue()

    def work() -> None:
        line = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
        while (at := waiting.get()) is not None:
            line.request("POST", "/sandbox/corp/deeds/scan", json.dumps({"code": code, "customer": {"name": "客"}}))
            due.append((json.loads(line.getresponse().read())["external_userid"], at))

    lines = [threading.Thread(target=work) for _ in range(8)]
    for line in lines:
        line.start()
    begin, wall = time.perf_counter(), time.time()
    for n in range(count):
        time.sleep(max(0.0, begin + n / rate - time.perf_counter()))
        waiting.put(wall + n / rate)
    for _ in lines:
        waiting.put(None)
    for line in lines:
        line.join()


def welcomed(db: Database, due: list[tuple[str, float]]) -> tuple[list[float], int, dict[str, int]]:
    """Seconds from due to taken, how many were never taken, and when each stage was reached (median, milliseconds from due)."""
    ends = time.monotonic() + _PATIENCE
    done: dict[str, tuple[float, ...]] = {}
    while time.monotonic() < ends:
        with db.tx() as conn:
            done = {
                row[0]: tuple(at.timestamp() for at in (*row[3:], row[2])) for row in conn.execute(_DONE).fetchall() if row[1] == "sent"
            }
        if all(who in done for who, _ in due):
            break
        time.sleep(0.5)
    reached = [[moment - at for moment in done[who]] for who, at in due if who in done]
    stages = {name: round(statistics.median(one[n] for one in reached) * 1000) for n, name in enumerate(STAGES)}
    return [one[-1] for one in reached], len(due) - len(reached), stages


def round_trips(client: Client, count: int) -> list[float]:
    """The same call with a ticket that nobody has: the way there and back, and nothing else."""
    took = []
    for _ in range(count):
        began = time.perf_counter()
        try:
            client.send_welcome("WCnobody", "您好")
        except VendorError:
            took.append(time.perf_counter() - began)
    return took


def main() -> None:
    """Print the table for people on stderr and the figures as one JSON object on stdout."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rate", type=float, default=50)
    words.add_argument("--seconds", type=float, default=20)
    args = words.parse_args()
    found = run(args.rate, args.seconds)
    print(f"{'at ' + format(args.rate, 'g') + ' scans/s':28}{'p50 ms':>10}{'p99 ms':>10}", file=sys.stderr)
    print(f"{'bare send_welcome_msg':28}{found['bare_p50_ms']:>10}", file=sys.stderr)
    print(f"{'scan to welcome':28}{found['p50_ms']:>10}{found['p99_ms']:>10}  (aim 2000)", file=sys.stderr)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
