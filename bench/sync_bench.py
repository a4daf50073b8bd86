"""The first sync of a corp, against bare HTTP calls of the same pages without any recording.

The corp is the sandbox in a process of its own. Ours: `sync.advance` until the run is done, on the embedded durable PostgreSQL: guides,
tags, counting, every customer with identifiers, sealed names and relations as facts. The yardstick: one keep-alive connection that asks
`batch/get_by_user` for the same guides, page after page, and reads the JSON. The rate is shown against what the interface takes in a
minute. Reading the facts into profiles and relations is the river's work beside it, and is timed after.
Run: python -m bench.sync_bench [--contacts N] [--guides N]
"""

from __future__ import annotations

import argparse
import http.client
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from siyu import pool
from siyu.base import embedded, vault
from siyu.base.clock import SystemClock
from siyu.base.config import Config
from siyu.base.db import Database
from siyu.base.ground import Ground
from siyu.base.migrate import migrate
from siyu.sources import sync
from siyu.vendors import keep_account

A_CALL = 10  # guides, as the sync asks


class Line:
    """One keep-alive connection to the sandbox."""

    def __init__(self, base: str) -> None:
        self._line = http.client.HTTPConnection(urlsplit(base).netloc, timeout=600)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request in JSON."""
        raw = None if body is None else json.dumps(body).encode()
        self._line.request(method, path, raw, {"Content-Type": "application/json"} if raw else {})
        return json.loads(self._line.getresponse().read())


def bare(line: Line, corp: dict[str, Any], guides: list[str]) -> tuple[int, int, float]:
    """Every customer of every guide, read and forgotten: customers, calls, seconds."""
    token = line.ask("GET", f"/wecom/cgi-bin/gettoken?corpid={corp['corpid']}&corpsecret={corp['apps'][0]['secret']}")["access_token"]
    began, seen, calls = time.perf_counter(), 0, 0
    for at in range(0, len(guides), A_CALL):
        cursor = ""
        while True:
            body = {"userid_list": guides[at : at + A_CALL], "cursor": cursor, "limit": 100}
            told = line.ask("POST", f"/wecom/cgi-bin/externalcontact/batch/get_by_user?access_token={token}", body)
            seen, calls, cursor = seen + len(told["external_contact_list"]), calls + 1, told.get("next_cursor", "")
            if not cursor:
                break
    return seen, calls, time.perf_counter() - began


def ours(ground: Ground, base: str, corp: dict[str, Any]) -> tuple[sync.Run, int, float]:
    """The first sync: the run, what its interface takes in a minute, seconds."""
    with ground.db.tx() as conn:
        account = keep_account(
            ground, conn, kind="wecom", name="bench", app_id=corp["corpid"], agent_id=str(corp["apps"][0]["agentid"]),
            secret=corp["apps"][0]["secret"], base_url=f"{base}/wecom",
        )  # fmt: skip
        allowed = sync.allowed_per_minute(conn, account)
    run_id = sync.start(ground, account.account_id)
    began = time.perf_counter()
    while True:
        if not sync.advance(ground):
            time.sleep(0.2)  # the vendor asked for a pause
        with ground.db.tx() as conn:
            run = next(one for one in sync.runs(conn) if one.run_id == run_id)
        print(f"\r{run.done_n:,} of {run.total_n or 0:,}", end="", file=sys.stderr, flush=True)
        if run.state != "running":
            print(file=sys.stderr)
            return run, allowed, time.perf_counter() - began


def measure(base: str, contacts: int, guides_n: int, home: Path) -> int:
    """Make the corp, walk it both ways, print the table; 0 when every customer arrived."""
    line = Line(base)
    line.ask("POST", "/sandbox/corp/settings", {"deadlines_on": "wall"})
    guides = [f"guide{n:03}" for n in range(guides_n)]
    line.ask("POST", "/sandbox/corp/members", {"members": [{"userid": one, "name": one} for one in guides]})
    line.ask("POST", "/sandbox/corp/contacts", {"n": contacts, "userids": guides, "days": 365})
    corp = line.ask("GET", "/sandbox/corp")
    everybody = line.ask("GET", "/sandbox/corp/truth/sum")["friends"]
    seen, calls, took = bare(line, corp, guides)
    print(
        f"bare HTTP     {seen:>9,} customers {calls:>6,} calls {took:>7.1f} s {seen / took:>8,.0f} /s {calls / took * 60:>7,.0f} calls/min"
    )
    server = embedded.start(home)
    db = Database(server.url, size=6)
    try:
        migrate(db)
        config = Config(home, server.url, "127.0.0.1", 0, "http://127.0.0.1:8000", "warning")
        ground = Ground(db, SystemClock(), vault.load(home, ""), config)
        run, allowed, mine = ours(ground, base, corp)
        rate = run.done_n / mine
        pace = f"{run.calls_n / mine * 60:>7,.0f} calls/min of {allowed:,} that we allow ourselves (the vendor: 10,000)"
        print(f"first sync    {run.done_n:>9,} customers {run.calls_n:>6,} calls {mine:>7.1f} s {rate:>8,.0f} /s {pace}")
        print(f"ratio         {rate / (seen / took):.2f} of the bare calls; {run.facts_n:,} facts")
        began = time.perf_counter()
        while pool.relations.follow(ground):
            pass
        relations_for = time.perf_counter() - began
        while pool.fold(ground):
            pass
        print(f"read after    relations {relations_for:.1f} s, profiles {time.perf_counter() - began - relations_for:.1f} s")
        with ground.db.tx() as conn:
            row = conn.execute("select count(*) from contacts where is_active").fetchone()
        arrived = row[0] if row else 0
        print(f"arrived       {arrived:,} of {everybody:,} relations")
        return 0 if run.state == "done" and arrived == everybody == seen else 1
    finally:
        db.close()
        server.close()


def main() -> int:
    """Run it; 1 when somebody is missing."""
    words = argparse.ArgumentParser(prog="python -m bench.sync_bench")
    words.add_argument("--contacts", type=int, default=200_000)
    words.add_argument("--guides", type=int, default=40)
    args = words.parse_args()
    with tempfile.TemporaryDirectory() as home:
        world = subprocess.Popen(
            [sys.executable, "-m", "siyu.sandbox", "--port", "0", "--smtp-port", "0", "--data", str(Path(home) / "world")],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert world.stdout is not None
            told = json.loads(world.stdout.readline())
            return measure(_base(told), args.contacts, args.guides, Path(home) / "data")
        finally:
            world.terminate()
            world.wait(30)


def _base(told: dict[str, Any]) -> str:
    """Where the sandbox answers, by its first line."""
    return next(str(value).rstrip("/") for value in told.values() if str(value).startswith("http"))


if __name__ == "__main__":
    sys.exit(main())
