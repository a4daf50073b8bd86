"""How long a vendor waits for its answer at 200 callbacks a second, against a bare insert of the same rows arriving at the same moments.

Ours: the real `siyu serve`, sealed events of a corp (5 % come twice), posted at their moments over keep-alive connections; an answer comes
after the commit, while the river turns them into facts at the same time. The yardstick: the same rows, each by a plain INSERT with a commit
of its own on the same durable server, at the same moments. Both are timed from the moment at which a callback was due, so that waiting for
a free connection counts. Run: python -m bench.callbacks_bench [--rate N] [--seconds N] [--rounds N]
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import queue
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
from bench.ingest_bench import cpu_of, running

from siyu.base import embedded, vault
from siyu.base.clock import SystemClock
from siyu.base.config import Config
from siyu.base.db import Database
from siyu.base.ground import Ground
from siyu.base.migrate import migrate
from siyu.sandbox.corp import crypto
from siyu.sources import callbacks
from siyu.vendors import Account, CallbackKeys, VendorKind, keep_account

CONNECTIONS = 16
DOUBLED = 0.05
CORP = "ww1234567890abcdef"


def deliveries(account_id: int, keys: CallbackKeys, count: int, round_: int) -> list[tuple[str, bytes]]:
    """Path and body of sealed add events of customers nobody has seen; some of them twice, sealed anew."""
    dice, now, made = random.Random(round_), int(datetime.now(UTC).timestamp()), []
    for n in range(count):
        who = n - 1 if n and dice.random() < DOUBLED else n
        text = (
            f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>{now}</CreateTime>"
            "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[change_external_contact]]></Event>"
            "<ChangeType><![CDATA[add_external_contact]]></ChangeType><UserID><![CDATA[zs]]></UserID>"
            f"<ExternalUserID><![CDATA[wm{round_}_{who}]]></ExternalUserID><State><![CDATA[ch_1]]></State>"
            f"<WelcomeCode><![CDATA[WC{round_}_{who}]]></WelcomeCode></xml>"
        )
        encrypt = crypto.encrypt(keys.aes_key, CORP, text, os.urandom(16))
        query = urlencode({"msg_signature": crypto.signature(keys.token, str(now), str(n), encrypt), "timestamp": now, "nonce": n})
        body = f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"
        made.append((f"/in/wecom/{account_id}?{query}", body.encode()))
    return made


def at_their_moments(jobs: list[Any], rate: float, open_line: Callable[[], Callable[[Any], None]]) -> list[float]:
    """Do each job at its moment by one of some lines; the seconds from when it was due until it was done."""
    waiting: queue.SimpleQueue[tuple[float, Any] | None] = queue.SimpleQueue()
    took: list[float] = []
    faults: list[BaseException] = []

    def work() -> None:
        try:
            do = open_line()
            while (one := waiting.get()) is not None:
                do(one[1])
                took.append(time.perf_counter() - one[0])
        except BaseException as err:
            faults.append(err)

    lines = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for line in lines:
        line.start()
    began = time.perf_counter()
    for n, job in enumerate(jobs):
        due = began + n / rate
        pause = due - time.perf_counter()
        if pause > 0:
            time.sleep(pause)
        waiting.put((due, job))
    for _ in lines:
        waiting.put(None)
    for line in lines:
        line.join()
    if faults:
        raise SystemExit(f"a line broke: {faults[0]}")
    return sorted(took)


def poster(port: int) -> Callable[[tuple[str, bytes]], None]:
    """A keep-alive connection that posts."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def post(job: tuple[str, bytes]) -> None:
        line.request("POST", job[0], job[1], {"Content-Type": "text/xml"})
        answer = line.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"the server answered {answer.status}")

    return post


def inserter(url: str) -> Callable[[tuple[str, bytes]], None]:
    """A connection that inserts and commits."""
    line = psycopg.connect(url, autocommit=True)

    def insert(job: tuple[str, bytes]) -> None:
        line.execute("insert into bench_rows (path, body) values (%s, %s)", job)

    return insert


def kept_account(ground: Ground) -> tuple[Account, CallbackKeys]:
    """A corp to call back."""
    keys = callbacks.fresh_keys(VendorKind.WECOM)
    with ground.db.tx() as conn:
        return keep_account(ground, conn, kind="wecom", name="bench", app_id=CORP, agent_id="1", secret="s", callback=keys), keys


def run(rate: float = 200, seconds: float = 20, rounds: int = 3) -> dict[str, Any]:
    """The figures of one run."""
    count = int(rate * seconds)
    with tempfile.TemporaryDirectory(prefix="siyu-bench-", dir="/var/tmp") as folder:
        data = Path(folder)
        data.chmod(0o755)
        server = embedded.start(data)
        db = Database(server.url, size=2)
        try:
            migrate(db)
            config = Config(data, server.url, "127.0.0.1", 0, "http://127.0.0.1", "error")
            account, keys = kept_account(Ground(db, SystemClock(), vault.load(data), config))
            with psycopg.connect(server.url, autocommit=True) as conn:
                conn.execute("create table bench_rows (seq bigint generated always as identity primary key, path text, body bytea)")
            ours, bare, busy = [], [], 0.0
            with running(data, workers=True) as (port, pid):
                at_their_moments(deliveries(account.account_id, keys, 200, 0), rate, lambda: poster(port))  # warm
                for round_ in range(1, rounds + 1):
                    jobs = deliveries(account.account_id, keys, count, round_)
                    bare.append(at_their_moments(jobs, rate, lambda: inserter(server.url)))
                    before = cpu_of(pid)
                    ours.append(at_their_moments(jobs, rate, lambda: poster(port)))
                    busy += cpu_of(pid) - before
                lag, stored, facts = settled(server.url)
        finally:
            db.close()
            server.close()
    assert facts == stored, f"{stored} callbacks became {facts} facts"
    return {
        "what": "callbacks", "rate_per_s": rate, "seconds": seconds, "rounds": rounds, "doubled": DOUBLED, "connections": CONNECTIONS,
        "answer_p50_ms": ms(ours, 0.5), "answer_p99_ms": ms(ours, 0.99), "answer_worst_ms": ms(ours, 1), "aim_p99_ms": 1000,
        "insert_p50_ms": ms(bare, 0.5), "insert_p99_ms": ms(bare, 0.99), "to_fact_p50_ms": lag[0], "to_fact_p99_ms": lag[1],
        "stored": stored, "server_cpu_us_per_callback": round(busy / count / rounds * 1e6),
    }  # fmt: skip


def ms(rounds: list[list[float]], share: float) -> float:
    """A quantile of each round, and the median of the rounds, in milliseconds."""
    return round(statistics.median(one[min(len(one) - 1, int(len(one) * share))] for one in rounds) * 1000, 1)


def settled(url: str) -> tuple[tuple[float, float], int, int]:
    """Wait until every callback became a fact: (milliseconds from receipt to fact p50 and p99), callbacks, facts."""
    with psycopg.connect(url, autocommit=True) as conn:
        ends = time.monotonic() + 120
        while conn.execute("select 1 from callbacks where state <> 'done' limit 1").fetchone() and time.monotonic() < ends:
            time.sleep(0.2)
        row = conn.execute(
            "select percentile_cont(array[0.5, 0.99]) within group (order by ms::float8), count(*)"
            " from (select extract(epoch from done_at - received_at) * 1000 as ms from callbacks) x"
        ).fetchone()
        facts = conn.execute("select count(*) from facts where type = 'contact.added'").fetchone()
    assert row
    assert facts
    return (round(row[0][0], 1), round(row[0][1], 1)), int(row[1]), int(facts[0])


def main() -> None:
    """Print the table for people on stderr and the figures as one JSON object on stdout."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rate", type=float, default=200)
    words.add_argument("--seconds", type=float, default=20)
    words.add_argument("--rounds", type=int, default=3)
    args = words.parse_args()
    found = run(args.rate, args.seconds, args.rounds)
    print(f"{'at ' + format(args.rate, 'g') + '/s':28}{'p50 ms':>10}{'p99 ms':>10}", file=sys.stderr)
    print(f"{'a bare insert':28}{found['insert_p50_ms']:>10}{found['insert_p99_ms']:>10}", file=sys.stderr)
    print(f"{'answer to a callback':28}{found['answer_p50_ms']:>10}{found['answer_p99_ms']:>10}  (aim 1000)", file=sys.stderr)
    print(f"{'receipt to fact':28}{found['to_fact_p50_ms']:>10}{found['to_fact_p99_ms']:>10}", file=sys.stderr)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
