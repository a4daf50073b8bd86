"""How many verdicts a second the gate gives for a broadcast, against raw COPY of the very rows it wrote, in one run.

The yardstick: the verdict and permit rows that the judging left behind, as ready binary bytes, copied into empty tables with the same
columns and the same indexes, in batches of the same size, a commit after each, on the same durable server (fsync on); the median of three.
It decides nothing and reads nothing. Ours: `gate.judge` on intents that wait, reading consents, addresses, time zones and past messages.

Nine in ten people consented, one in ten is held out, one in fifty cannot be reached, one in a hundred lives in another time zone, one in
five has had a message lately. Run: python -m bench.gate_bench [--people N] [--batch N] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg import sql

from siyu import gate
from siyu.base.clock import StillClock
from siyu.base.config import Config
from siyu.base.ground import Ground, open_ground
from siyu.base.ids import key_of

ASK_BATCH = 20_000
TABLES = {
    "verdict_log": "intent_id, lane_id, step, judged_at, code, waits, until, detail",
    "permit_queue": "intent_id, person_id, lane_id, is_plain, judged_at, due_at, expires_at, counts_at",
}

_WORLD = """
insert into identifiers (identifier_id, person_id, kind, lookup, sealed, key_wrapped, mask, unreachable_at, unreachable_why)
overriding system value select n * 2 - 1, n * 2 - 1, 'email', int8send(n), 'sealed', 'key', '***', case when n %% 50 = 0 then now() end,
       case when n %% 50 = 0 then 'bounced' end
from generate_series(1, %(people)s::bigint) n;
insert into identifiers (identifier_id, person_id, kind, lookup, value, mask) overriding system value
select n * 2, n * 2 - 1, 'buyer_id', int8send(n), n::text, '***' from generate_series(1, %(people)s::bigint) n;
insert into consents (subject, channel, purpose, is_given, decided_at, fact_key)
select n * 2 - 1, 'email', 'marketing', true, now() - interval '90 days', gen_random_uuid()
from generate_series(1, %(people)s::bigint) n where n %% 10 <> 3;
insert into profiles (person_id, traits)
select n * 2 - 1, case when n %% 100 = 7 then '{"time_zone": "Asia/Tokyo", "city": "x"}'::jsonb else '{"city": "x"}'::jsonb end
from generate_series(1, %(people)s::bigint) n;
insert into lanes (origin, origin_id, channel, purpose, topic, content_id, content_version, priority, cost_minor)
values ('broadcast', 1, 'email', 'marketing', 'spring', 1, 1, 50, 0);
insert into permit_queue (intent_id, person_id, lane_id, state, judged_at, due_at, expires_at, counts_at, token, attempts, settled_at)
select -n, n * 2 - 1, 1, 'sent', %(now)s::timestamptz - interval '2 days', %(now)s::timestamptz - interval '2 days', %(now)s::timestamptz,
       %(now)s::timestamptz - interval '2 days', 1, 1, %(now)s::timestamptz - interval '2 days'
from generate_series(1, %(people)s::bigint) n where n %% 5 = 1;
"""


def build(ground: Ground, people: int) -> None:
    """People as a shop has them."""
    with ground.db.tx() as conn:
        for statement in _WORLD.split(";\n"):
            if statement.strip():
                conn.execute(statement, {"people": people, "now": ground.clock.now()})
    with ground.db.autocommit() as conn:
        conn.execute("vacuum (analyze)")
        conn.execute("checkpoint")


def ask(ground: Ground, people: int) -> float:
    """Seconds to ask for everybody."""
    now = ground.clock.now()
    began = time.perf_counter()
    for first in range(1, people + 1, ASK_BATCH):
        intents = [
            gate.Intent(
                key=key_of("bench", n),
                person_id=n * 2 - 1,
                channel="email",
                purpose="marketing",
                origin="broadcast",
                origin_id=2,
                content_id=2,
                content_version=1,
                not_before=now,
                expires_at=now + timedelta(days=3),
                topic="autumn",
                is_control=n % 10 == 9,
            )
            for n in range(first, min(first + ASK_BATCH, people + 1))
        ]
        with ground.db.tx() as conn:
            gate.ask(ground, conn, intents)
    return time.perf_counter() - began


def judge(ground: Ground, people: int, batch: int) -> float:
    """Seconds until everybody has an answer."""
    began = time.perf_counter()
    done = 0
    while done < people:
        done += gate.judge(ground, batch)
    return time.perf_counter() - began


def rows_of(ground: Ground, batch: int) -> list[dict[str, bytes]]:
    """What the judging wrote, as binary COPY takes it, cut as it was written."""
    with ground.db.tx() as conn:
        row = conn.execute("select min(intent_id), max(intent_id) from intent_log").fetchone()
        assert row
        parts = []
        for first in range(row[0], row[1] + 1, batch):
            part = {}
            for table, columns in TABLES.items():
                query = sql.SQL("copy (select {} from {} where intent_id between {} and {} order by intent_id) to stdout (format binary)")
                with conn.cursor().copy(query.format(sql.SQL(columns), sql.Identifier(table), first, first + batch - 1)) as copy:
                    part[table] = b"".join(bytes(data) for data in copy)
            parts.append(part)
    return parts


def yardstick(ground: Ground, parts: list[dict[str, bytes]]) -> float:
    """Seconds that COPY takes for the same rows into the same tables."""
    with ground.db.tx() as conn:
        for table in TABLES:
            conn.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(f"bench_{table}")))
            conn.execute(sql.SQL("create table {} (like {} including all)").format(sql.Identifier(f"bench_{table}"), sql.Identifier(table)))
    with ground.db.autocommit() as conn:
        conn.execute("checkpoint")
    began = time.perf_counter()
    for part in parts:
        with ground.db.tx() as conn:
            for table, columns in TABLES.items():
                query = sql.SQL("copy {} ({}) from stdin (format binary)").format(sql.Identifier(f"bench_{table}"), sql.SQL(columns))
                with conn.cursor().copy(query) as copy:
                    copy.write(part[table])
    return time.perf_counter() - began


def claim(ground: Ground, many: int) -> tuple[int, float]:
    """How many permits were claimed and settled in batches of 500, and the seconds it took."""
    done, began = 0, time.perf_counter()
    while done < many and (permits := gate.claim(ground, "email", 500, timedelta(minutes=5))):
        with ground.db.tx() as conn:
            settled = [gate.Settlement(p.intent_id, p.token, gate.Outcome.SENT, ground.clock.now()) for p in permits]
            gate.settle(ground, conn, settled)
        done += len(permits)
    return done, time.perf_counter() - began


def forecast(ground: Ground, many: int) -> float:
    """Seconds for a contact budget."""
    began = time.perf_counter()
    ids = range(1, many * 2, 2)
    gate.forecast(ground, [list(ids)], channel="email", purpose="marketing", topic="winter", content_id=3)
    return time.perf_counter() - began


def withdraw(ground: Ground) -> float:
    """Seconds to take back what still waits."""
    began = time.perf_counter()
    with ground.db.tx() as conn:
        gate.withdraw(ground, conn, "broadcast", 2)
    return time.perf_counter() - began


def measure(people: int, batch: int) -> dict[str, Any]:
    """The whole run, on a server and a directory of its own."""
    with tempfile.TemporaryDirectory() as folder:
        with open_ground(Config(Path(folder), "", "127.0.0.1", 0, "http://127.0.0.1", "warning")) as ground:
            ground.clock = StillClock(datetime(2026, 11, 20, 4, 0, tzinfo=UTC))  # noon in Shanghai, whatever the hour of the run
            build(ground, people)
            asked = ask(ground, people)
            with ground.db.autocommit() as conn:
                conn.execute("checkpoint")
            judged = judge(ground, people, batch)
            with ground.db.tx() as conn:
                codes = gate.tally(conn, "broadcast", 2).verdicts
            parts = rows_of(ground, batch)
            raw = statistics.median(yardstick(ground, parts) for _ in range(3))
            looked = min(people, 200_000)
            planned = forecast(ground, looked)
            claimed, claiming = claim(ground, min(people // 4, 50_000))
            taken_back = withdraw(ground)
        return {
            "people": people,
            "batch": batch,
            "cores": os.cpu_count(),
            "load": round(os.getloadavg()[0], 1),
            "verdicts_per_s": round(people / judged),
            "copy_per_s": round(people / raw),
            "ratio": round(raw / judged, 3),
            "asked_per_s": round(people / asked),
            "forecast_per_s": round(looked / planned),
            "claimed_and_settled_per_s": round(claimed / claiming),
            "withdraw_ms": round(taken_back * 1000, 1),
            "codes": codes,
        }


def table(found: dict[str, Any]) -> str:
    """The same as a table."""
    lines = ["| measure | value |", "|---|---|"]
    names = {
        "verdicts_per_s": "verdicts a second",
        "copy_per_s": "yardstick: COPY of the same rows, per second",
        "ratio": "ratio",
        "asked_per_s": "intents asked a second",
        "forecast_per_s": "people forecast a second",
        "claimed_and_settled_per_s": "permits claimed and settled a second (by 500)",
        "withdraw_ms": "taking back all that waits, ms",
    }
    lines += [f"| {name} | {found[key]:,} |" for key, name in names.items()]
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    words = parser.parse_args()
    found = measure(words.people, words.batch)
    print(json.dumps(found) if words.json else table(found))


if __name__ == "__main__":
    main()
