"""How long after it was sent a fact shows in the person's profile, at half the load that the server takes, in one run.

First the acknowledged rate is measured flat out with the river folding; then batches of 100 are sent by a timetable at half that rate
(open loop: a late answer does not hold back the next batch, and waiting counts from the time a batch was due). Each batch carries one
probe, a person never seen before; a second connection looks every few milliseconds whether the probe's profile is there.
Run: python -m bench.latency_bench [--seconds N]
"""

from __future__ import annotations

import argparse
import http.client
import json
import queue
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psycopg
from bench.ingest_bench import BATCH, bodies, new_key, running, send

from siyu.base import embedded, vault

_LOOK_EVERY = 0.004  # seconds
_SEEN = """
select i.lookup from identifiers i join profiles p on p.person_id = i.person_id
where i.kind = 'user_id' and i.scope = '' and i.lookup = any(%s)
"""


class Watcher(threading.Thread):
    """Looks for probes until all that were sent have been seen, or the patience is at its end."""

    def __init__(self, url: str, keys: vault.Vault) -> None:
        super().__init__()
        self.url, self.keys = url, keys
        self.due_at: dict[bytes, float] = {}
        self.took: list[float] = []
        self.lock = threading.Lock()
        self.last_at = float("inf")

    def expect(self, user_id: str, due_at: float) -> None:
        """A probe is due to be sent at this moment (of `perf_counter`)."""
        with self.lock:
            self.due_at[self.keys.lookup("user_id", "", user_id)] = due_at

    def run(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as conn:
            while True:
                with self.lock:
                    waiting = list(self.due_at)
                if not waiting and time.perf_counter() > self.last_at:
                    return
                if time.perf_counter() > self.last_at + 60:
                    return
                found = [bytes(row[0]) for row in conn.execute(_SEEN, [waiting])] if waiting else []
                now = time.perf_counter()
                with self.lock:
                    self.took += [now - self.due_at.pop(one) for one in found]
                time.sleep(_LOOK_EVERY)


def _post(port: int, key: str, work: queue.Queue[bytes | None], acked: list[float], lates: list[int]) -> None:
    conn = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while (body := work.get()) is not None:
        began = time.perf_counter()
        conn.request("POST", "/v1/batch", body, {"X-Write-Key": key})
        answer = conn.getresponse()
        answer.read()
        if answer.status != 200:
            lates.append(answer.status)
        acked.append(time.perf_counter() - began)


def run(seconds: float = 20, people: int = 5_000, connections: int = 8, flat_out: int = 20_000) -> dict[str, Any]:
    """The figures of one run."""
    with tempfile.TemporaryDirectory(prefix="siyu-bench-", dir="/var/tmp") as folder:
        data = Path(folder)
        data.chmod(0o755)
        server = embedded.start(data)
        try:
            with running(data, workers=True) as (port, _):
                key = new_key(data, "bench")
                send(port, key, bodies(4_000, people, 0), connections)
                took, _, _ = send(port, key, bodies(flat_out, people, 1), connections)
                rate = flat_out / took
                _drain(server.url)
                load = rate / 2
                batches = bodies(int(load * seconds) // BATCH * BATCH, people, 2)
                for n, body in enumerate(batches):
                    whole = json.loads(body)
                    whole["batch"][0]["userId"] = f"probe-{n}"
                    batches[n] = json.dumps(whole).encode()
                watcher = Watcher(server.url, vault.load(data))
                watcher.start()
                work: queue.Queue[bytes | None] = queue.Queue()
                acked: list[float] = []
                faults: list[int] = []
                posts = [threading.Thread(target=_post, args=(port, key, work, acked, faults)) for _ in range(connections)]
                for one in posts:
                    one.start()
                began = time.perf_counter()
                for n, body in enumerate(batches):
                    due_at = began + n * BATCH / load
                    time.sleep(max(0.0, due_at - time.perf_counter()))
                    watcher.expect(f"probe-{n}", due_at)
                    work.put(body)
                for _ in posts:
                    work.put(None)
                for one in posts:
                    one.join()
                watcher.last_at = time.perf_counter()
                watcher.join()
        finally:
            server.close()
    seen = sorted(watcher.took)
    if not seen:
        raise SystemExit("no probe was seen: the river does not fold")
    acked.sort()
    return {
        "what": "fact to profile", "flat_out_per_s": round(rate), "load_per_s": round(load), "seconds": seconds,
        "probes": len(batches), "never_seen": len(batches) - len(seen), "refused": len(faults),
        "p50_ms": round(seen[len(seen) // 2] * 1000, 1), "p90_ms": round(seen[int(len(seen) * 0.9)] * 1000, 1),
        "p99_ms": round(seen[int(len(seen) * 0.99)] * 1000, 1), "max_ms": round(seen[-1] * 1000, 1),
        "ack_p50_ms": round(acked[len(acked) // 2] * 1000, 1), "ack_p99_ms": round(acked[int(len(acked) * 0.99)] * 1000, 1),
    }  # fmt: skip


def _drain(url: str) -> None:
    """Wait until everything sent so far is folded."""
    with psycopg.connect(url, autocommit=True) as conn:
        for _ in range(600):
            behind = conn.execute(
                "select count(*) from facts f, cursors c where c.reader = 'pool.fold' and (f.xid, f.seq) > (c.xid, c.seq)"
            ).fetchone()
            if behind == (0,):
                return
            time.sleep(0.2)
    raise SystemExit("the river does not come to rest")


def main() -> None:
    """Print the table for people on stderr and the figures as one JSON object on stdout."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--seconds", type=float, default=20)
    args = words.parse_args()
    found = run(args.seconds)
    print(f"flat out {found['flat_out_per_s']:,} events/s; load {found['load_per_s']:,} events/s for {found['seconds']} s", file=sys.stderr)
    print(f"{'ms':20}{'p50':>10}{'p90':>10}{'p99':>10}{'max':>10}", file=sys.stderr)
    print(f"{'fact to profile':20}" + "".join(f"{found[k]:>10}" for k in ("p50_ms", "p90_ms", "p99_ms", "max_ms")), file=sys.stderr)
    print(f"{'acknowledged':20}{found['ack_p50_ms']:>10}{'':10}{found['ack_p99_ms']:>10}", file=sys.stderr)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
