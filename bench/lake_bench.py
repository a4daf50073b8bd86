"""How fast facts get into the lake, and what it saves a report: ratios against PostgreSQL itself, in one run.

Export: all facts into sorted Parquet with its manifest, against COPY of the same rows to one CSV file by the same client. Report: cohorts
(retention by month of the first order) through the lake, opening it included, against the same figures by SQL in PostgreSQL, once over the
folded orders and once over the log of facts, which is what one would have without either. The answers must be equal. Rounds alternate;
medians are compared. Run: python -m bench.lake_bench [--facts N] [--people N] [--rounds N] [--lines N]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from siyu import analytics, pool
from siyu.analytics import lake
from siyu.base.config import Config
from siyu.base.ground import Ground, open_ground

ROWS = """
copy (select xid::text, seq, key, source_id, import_id, type, subject, occurred_at, received_at, object, amount_minor, currency, data,
    others from facts) to stdout (format csv)
"""
FILL = """
insert into identifiers (kind, scope, lookup, mask, person_id, created_at)
select 'buyer_id', 'bench', decode(lpad(to_hex(n), 16, '0'), 'hex'), '***', 0, %(now)s from generate_series(1, %(people)s) n;
update identifiers set person_id = identifier_id;
insert into facts (key, source_id, type, subject, occurred_at, received_at, object, amount_minor, currency, data)
select gen_random_uuid(), 1, 'order.paid',
    (select min(identifier_id) from identifiers) + (hashint8(n / %(lines)s) & 2147483647) %% %(people)s,
    %(now)s::timestamptz - interval '1 day' * (1 + (n / %(lines)s * %(lines)s * 700.0 / %(facts)s)), %(now)s, 'N' || n / %(lines)s,
    100 + hashint8(n) & 8191, 'CNY', '{"sku": "P100", "product": "WHITE HANGING HEART", "quantity": 6}'
from generate_series(1, %(facts)s) n
"""
COHORTS = """
with o as ({orders}), d as (
    select i.person_id, (o.paid_at at time zone 'Asia/Shanghai')::date as on_date, count(*) as orders_n, sum(o.paid_minor) as paid_minor
    from o join identifiers i on i.identifier_id = o.subject where o.paid_minor > 0 and o.currency = 'CNY' group by 1, 2
), first as (select person_id, date_trunc('month', min(on_date)) as month from d group by 1),
cells as (select f.month, d.*, age(date_trunc('month', d.on_date), f.month) as since from first f join d using (person_id))
select to_char(month, 'YYYY-MM'), (extract(year from since) * 12 + extract(month from since))::int,
    count(distinct person_id), sum(orders_n)::bigint, sum(paid_minor)::bigint
from cells group by 1, 2 order by 1, 2
"""
FOLDED = "select subject, paid_at, paid_minor, currency from orders"
LOG = """select subject, paid_at, paid_minor, currency from (
    select source_id, object, currency, min(subject) as subject, min(occurred_at) as paid_at, sum(amount_minor) as paid_minor
    from facts where type = 'order.paid' and subject is not null group by 1, 2, 3) x"""


def fill(ground: Ground, facts: int, people: int, lines: int) -> None:
    """A log of order lines, `lines` to an order, over 700 days, and the orders folded from it."""
    now = ground.clock.now()
    with ground.db.tx() as conn:
        source = pool.ensure_source(conn, "bench", "file", now=now)
        months = [pool.Fact("bench.began", f"{n}", now - timedelta(days=28 * n)) for n in range(30)]
        pool.record(ground, conn, source, months)  # which makes the months' partitions
    with ground.db.tx() as conn, psycopg.ClientCursor(conn) as cursor:
        cursor.execute(FILL, {"now": now, "people": people, "facts": facts, "lines": lines})
        cursor.execute(
            "insert into orders (source_id, order_no, subject, first_key, paid_at, touched_at, paid_minor, lines_n, currency)"
            " select source_id, object, min(subject), (array_agg(key))[1], min(occurred_at), min(occurred_at), sum(amount_minor), count(*),"
            " currency from facts where type = 'order.paid' group by source_id, object, currency"
        )
    with ground.db.autocommit() as conn:
        conn.execute("vacuum analyze")


def timed(what: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came of it."""
    began = time.perf_counter()
    found = what()
    return time.perf_counter() - began, found


def copied(ground: Ground, into: Path) -> None:
    """The yardstick of the export."""
    with ground.db.tx() as conn, into.open("wb") as out, conn.cursor().copy(ROWS) as copy:
        for part in copy:
            out.write(part)


def run(facts: int, people: int, rounds: int, lines: int) -> dict[str, Any]:
    """The figures of one run."""
    with tempfile.TemporaryDirectory(prefix="siyu-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        with open_ground(Config(Path(folder), "", "127.0.0.1", 0, "http://127.0.0.1:8000", "error")) as ground:
            fill(ground, facts, people, lines)
            as_of = datetime.now(UTC)
            copies, syncs, folded, logged, ours, again, page, plain = [], [], [], [], [], [], [], []
            for _ in range(rounds):
                copies.append(timed(lambda: copied(ground, Path(folder) / "raw.csv"))[0])
                with ground.db.tx() as conn:  # the lake starts over
                    conn.execute("delete from lake_files")
                    conn.execute("delete from cursors where reader = 'analytics.lake'")
                took, done = timed(lambda: lake.sync(ground))
                assert done.facts == facts + 30, done
                syncs.append(took)

                def report(sql: str) -> list[tuple[Any, ...]]:
                    with ground.db.tx() as conn:
                        return conn.execute(sql).fetchall()

                def through() -> tuple[float, list[lake.CohortCell]]:
                    with lake.open(ground) as con:
                        return timed(lambda: lake.cohorts(con, as_of))

                took, by_orders = timed(lambda: report(COHORTS.format(orders=FOLDED)))
                folded.append(took)
                took, by_log = timed(lambda: report(COHORTS.format(orders=LOG)))
                logged.append(took)
                took, (warm, cells) = timed(through)
                ours.append(took)
                again.append(warm)
                said = [(c.cohort, c.age, c.buyers, c.orders, c.paid_minor) for c in cells]
                assert said == by_orders, "the lake says something else than the orders"
                assert said == by_log, "the lake says something else than the log"

                def shown() -> analytics.Cohorts:
                    with ground.db.tx() as conn:
                        return analytics.cohorts(ground, conn)

                assert lake.is_ready(ground)
                took, of_lake = timed(shown)
                page.append(took)
                away = (Path(folder) / "lake").rename(Path(folder) / "away")
                assert not lake.is_ready(ground)
                took, of_database = timed(shown)
                plain.append(took)
                away.rename(Path(folder) / "lake")
                assert of_lake.cohorts == of_database.cohorts, "the page says something else without a lake"
            size = lake.status(ground).bytes_n
            raw = (Path(folder) / "raw.csv").stat().st_size
    middle = statistics.median
    return {
        "what": "lake", "facts": facts, "people": people, "rounds": rounds,
        "copy_per_s": round(facts / middle(copies)), "export_per_s": round(facts / middle(syncs)),
        "export_ratio": round(middle(copies) / middle(syncs), 3), "bytes_per_fact": round(size / facts, 1),
        "csv_bytes_per_fact": round(raw / facts, 1),
        "cohorts_postgres_orders_s": round(middle(folded), 3), "cohorts_postgres_log_s": round(middle(logged), 3),
        "cohorts_lake_s": round(middle(ours), 3), "cohorts_lake_open_s": round(middle(again), 3),
        "page_lake_s": round(middle(page), 3), "page_postgres_s": round(middle(plain), 3),
        "orders_ratio": round(middle(folded) / middle(ours), 2), "log_ratio": round(middle(logged) / middle(ours), 2),
    }  # fmt: skip


def main() -> None:
    """Print the table for people on stderr and the figures as one JSON object on stdout."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--facts", type=int, default=2_000_000)
    words.add_argument("--people", type=int, default=200_000)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--lines", type=int, default=5, help="lines an order")
    args = words.parse_args()
    found = run(args.facts, args.people, args.rounds, args.lines)
    lines = {
        "COPY to a file, rows/s": found["copy_per_s"], "into the lake, rows/s": found["export_per_s"], "  ratio": found["export_ratio"],
        "bytes a fact: CSV": found["csv_bytes_per_fact"], "bytes a fact: lake": found["bytes_per_fact"],
        "cohorts, PostgreSQL, folded orders, s": found["cohorts_postgres_orders_s"],
        "cohorts, PostgreSQL, log, s": found["cohorts_postgres_log_s"], "cohorts, lake, opened for it, s": found["cohorts_lake_s"],
        "cohorts, lake, already open, s": found["cohorts_lake_open_s"],
        "the page's cohorts: lake, PostgreSQL, s": f"{found['page_lake_s']}, {found['page_postgres_s']}",
        "  ratio to folded orders, to the log": f"{found['orders_ratio']}, {found['log_ratio']}",
    }  # fmt: skip
    for name, value in lines.items():
        print(f"{name:42}{value:>16}", file=sys.stderr)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
