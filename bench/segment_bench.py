"""How fast a segment is counted: the compiled rule against SQL that a careful person wrote for the same question, in one run.

A throw-away embedded server is filled with people and facts by generate_series; both statements must give the same number; their rounds
alternate and the medians are compared. Run: python -m bench.segment_bench [--people N] [--facts-each N] [--rounds N] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from siyu import segments
from siyu.base import embedded, migrate
from siyu.base.clock import StillClock
from siyu.base.config import Config
from siyu.base.db import Database
from siyu.base.ground import Ground
from siyu.base.vault import Vault
from siyu.pool import Brand, months, set_brand

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
MONTHS = 12

# Every person has a phone; every tenth also a browser's id, under which half of their facts came. Facts fall into the last 360 days, denser
# for people with small numbers, so that some are regulars and most are not.
FILL = """
create temp table plan as select %(people)s::bigint as people, %(facts)s::bigint as facts;

insert into sources (name, kind) values ('shop', 'file'), ('site', 'http');

insert into identifiers (identifier_id, kind, scope, lookup, value, mask, person_id) overriding system value
select n, 'buyer_id', 'shop', decode(lpad(to_hex(n), 32, '0'), 'hex'), 'b' || n, 'b***', n from plan, generate_series(1, people) n;
insert into identifiers (identifier_id, kind, scope, lookup, key_wrapped, sealed, mask, person_id, unreachable_at) overriding system value
select people + n, 'email', '', decode(lpad(to_hex(n), 32, '0'), 'hex'), '\\x00', '\\x00', '***', n,
    case when n %% 40 = 0 then now() end
from plan, generate_series(1, people) n where n %% 5 < 3;
insert into identifiers (identifier_id, kind, scope, lookup, value, mask, person_id) overriding system value
select 2 * people + n, 'anonymous_id', 'site', decode(lpad(to_hex(n), 32, '0'), 'hex'), 'a' || n, 'a***', n
from plan, generate_series(1, people) n where n %% 10 = 0;

insert into facts (key, source_id, type, subject, occurred_at, received_at, object, amount_minor, currency, data)
select md5(n::text)::uuid, case when kind < 2 then 1 else 2 end, type,
    case when who %% 10 = 0 and n %% 2 = 0 then 2 * people + who else who end, at, at,
    case when kind < 2 then 'o' || n else 'p' || hash %% 5000 end,
    case when kind < 2 then 500 + hash %% 60000 end, case when kind < 2 then 'CNY' end,
    case when kind < 2 then jsonb_build_object('sku', 'S' || hash %% 1000, 'category', 'c' || hash %% 40, 'quantity', 1 + hash %% 3)
        else jsonb_build_object('page', 'p' || hash %% 5000, 'price', (hash %% 900) / 10.0) end
from (
    select people, n, kind, hash, 1 + floor(people * power(u, 1.6))::bigint as who,
        case when kind < 2 then 'order.paid' when kind < 3 then 'cart.added' when kind < 6 then 'product.viewed'
            else 'page.viewed' end as type,
        timestamptz '2026-11-20 04:00+00' - (v * 360 * 86400) * interval '1 second' as at
    from (
        select people, n, n %% 12 as kind, abs(hashint8(n)) as hash, (abs(hashint8(n * 7 + 1)) %% 1000003) / 1000003.0::float8 as u,
            (abs(hashint8(n * 13 + 5)) %% 1000003) / 1000003.0::float8 as v
        from plan, generate_series(1, facts) n
    ) a
) b order by at;

insert into orders (source_id, order_no, subject, first_key, paid_at, touched_at, paid_minor, lines_n, currency)
select 1, object, subject, key, occurred_at, occurred_at, amount_minor, 1, currency from facts where type = 'order.paid';

insert into consents (subject, channel, purpose, is_given, decided_at, fact_key)
select n, 'email', 'marketing', n %% 7 <> 0, now(), md5(n::text)::uuid from plan, generate_series(1, people) n where n %% 3 = 0;

insert into profiles (person_id, is_known, stage, traits, tags, facts_n, first_seen_at, last_seen_at, orders_n, spent_minor,
    first_order_at, last_order_at)
select n, true, case when orders_n > 9 then 'vip' when orders_n > 1 then 'repeat' when orders_n = 1 then 'first' else 'lead' end,
    jsonb_build_object('city', (array['上海','北京','杭州','成都','广州','深圳','武汉','西安'])[1 + n %% 8], 'score', n %% 101,
        'age', 18 + n %% 60),
    case when n %% 9 = 0 then '{茶友}'::text[] when n %% 50 = 0 then '{vip,茶友}' else '{}' end,
    coalesce(facts_n, 0), first_at, last_at, coalesce(orders_n, 0), coalesce(spent, 0), first_order_at, last_order_at
from plan, generate_series(1, people) n
left join (
    select i.person_id, count(*) as facts_n, min(occurred_at) as first_at, max(occurred_at) as last_at,
        count(*) filter (where type = 'order.paid') as orders_n, sum(amount_minor) filter (where type = 'order.paid') as spent,
        min(occurred_at) filter (where type = 'order.paid') as first_order_at,
        max(occurred_at) filter (where type = 'order.paid') as last_order_at
    from facts f join identifiers i on i.identifier_id = f.subject group by 1
) s on s.person_id = n
"""

FROM = "from facts f join identifiers i on i.identifier_id = f.subject"
CASES: dict[str, tuple[Any, str]] = {
    "drifting: columns of the profile": (
        {"all": [
            {"if": "orders", "measure": "count", "op": ">=", "value": 2},
            {"if": "orders", "measure": "last_at", "op": "during", "value": {"from_ago": "180 days", "to_ago": "60 days"}},
        ]},
        "select count(*) from profiles where orders_n >= 2 and last_order_at >= %(now)s - interval '180 days'"
        " and last_order_at < %(now)s - interval '60 days'",
    ),
    "looked 3 times in 30 days, did not buy": (
        {"all": [
            {"if": "event", "type": "page.viewed", "window": {"last": "30 days"}, "op": ">=", "value": 3},
            {"not": {"if": "event", "type": "order.paid", "window": {"last": "30 days"}}},
        ]},
        f"select count(*) from (select i.person_id {FROM} where f.type = 'page.viewed'"
        " and f.occurred_at >= %(now)s - interval '30 days' and f.occurred_at < %(now)s group by 1 having count(*) >= 3) v"
        f" where not exists (select {FROM} where i.person_id = v.person_id and f.type = 'order.paid'"
        " and f.occurred_at >= %(now)s - interval '30 days' and f.occurred_at < %(now)s)",
    ),
    "spent 800 in 90 days in two cities": (
        {"all": [
            {"if": "trait", "name": "city", "op": "in", "value": ["上海", "杭州"]},
            {"if": "event", "type": "order.paid", "measure": "sum", "op": ">=", "value": 800, "window": {"last": "90 days"}},
        ]},
        f"select count(*) from profiles p join (select i.person_id {FROM} where f.type = 'order.paid' and f.currency = 'CNY'"
        " and f.occurred_at >= %(now)s - interval '90 days' and f.occurred_at < %(now)s group by 1 having sum(f.amount_minor) >= 80000) s"
        " using (person_id) where p.traits->>'city' in ('上海', '杭州')",
    ),
    "bought from a category this year, may be e-mailed": (
        {"all": [
            {"if": "bought", "by": "category", "item": ["c3", "c4"]},
            {"if": "reachable", "channel": "email"},
            {"not": {"if": "consent", "channel": "email", "is": "withdrawn"}},
        ]},
        f"select count(*) from (select distinct i.person_id {FROM} where f.type = 'order.paid' and f.data->>'category' in ('c3', 'c4')) b"
        " where exists (select from identifiers e where e.person_id = b.person_id and e.kind = 'email' and e.unreachable_at is null"
        " and e.erased_at is null) and not exists (select from consents c join identifiers e on e.identifier_id = c.subject"
        " where e.person_id = b.person_id and c.channel in ('email', '*') and c.purpose in ('marketing', '*') and not c.is_given"
        " and not exists (select from consents l where l.subject = c.subject and l.channel in ('email', '*')"
        " and l.purpose in ('marketing', '*') and (l.decided_at, l.fact_key) > (c.decided_at, c.fact_key)))",
    ),
    "left in the cart: A and no B within a day": (
        {"all": [{"if": "sequence", "first": {"type": "cart.added"}, "then": {"type": "order.paid"}, "is": "not_done", "within": "1 day",
                  "window": {"last": "30 days"}}]},
        f"select count(distinct i.person_id) {FROM} where f.type = 'cart.added' and f.occurred_at >= %(now)s - interval '30 days'"
        " and f.occurred_at <= %(now)s - interval '1 day' and not exists (select from facts g join identifiers j"
        " on j.identifier_id = g.subject where j.person_id = i.person_id and g.type = 'order.paid' and g.occurred_at > f.occurred_at"
        " and g.occurred_at <= f.occurred_at + interval '1 day' and g.occurred_at > %(now)s - interval '30 days')",
    ),
    "either a good spender, or a tag, or lately active": (
        {"any": [
            {"if": "orders", "measure": "spent", "op": ">=", "value": 3000},
            {"if": "tag", "tags": ["茶友"]},
            {"if": "event", "type": "product.viewed", "window": {"last": "7 days"}},
        ]},
        f"select count(*) from profiles p left join (select distinct i.person_id {FROM} where f.type = 'product.viewed'"
        " and f.occurred_at >= %(now)s - interval '7 days' and f.occurred_at < %(now)s) v using (person_id)"
        " where p.spent_minor >= 300000 or p.tags && '{茶友}' or v.person_id is not null",
    ),
}  # fmt: skip


def fill(ground: Ground, people: int, facts: int) -> None:
    """Write people and facts straight into the tables, as the pool would have made them."""
    months.ensure(
        ground.db, {((NOW.year * 12 + NOW.month - 1 - n) // 12, (NOW.year * 12 + NOW.month - 1 - n) % 12 + 1) for n in range(MONTHS + 2)}
    )
    with ground.db.tx() as conn:
        set_brand(conn, Brand(), at=NOW)
        for statement in FILL.split(";\n"):
            conn.execute(statement % {"people": people, "facts": facts})  # type: ignore[arg-type]
    with psycopg.connect(ground.db.url, autocommit=True) as conn:
        conn.execute("vacuum (analyze)")


def measure(ground: Ground, rounds: int) -> list[dict[str, Any]]:
    """Both ways of asking each question, in alternating rounds; seconds are medians."""
    rows = []
    with ground.db.tx() as conn:
        for name, (where, by_hand) in CASES.items():
            rule = segments.parse({"siyu_rule": 1, "where": where})
            took: dict[str, list[float]] = {"compiled": [], "by_hand": []}
            answers = set()
            for _ in range(rounds + 1):
                began = time.perf_counter()
                answers.add(segments.count(ground, conn, rule))
                took["compiled"].append(time.perf_counter() - began)
                began = time.perf_counter()
                row = conn.execute(by_hand, {"now": NOW}, prepare=False).fetchone()  # type: ignore[arg-type]
                took["by_hand"].append(time.perf_counter() - began)
                answers.add(row[0] if row else None)
            if len(answers) != 1:
                raise SystemExit(f"{name}: the answers differ: {answers}")
            compiled, hand = (statistics.median(took[way][1:]) for way in ("compiled", "by_hand"))  # the first round only warms
            rows.append(
                {"rule": name, "people": answers.pop(), "compiled_s": round(compiled, 4), "by_hand_s": round(hand, 4),
                 "ratio": round(compiled / hand, 2)}
            )  # fmt: skip
            print(
                f"{name:52} {rows[-1]['people']:>9,} {compiled:8.3f} s {hand:8.3f} s {compiled / hand:6.2f}x", file=sys.stderr, flush=True
            )
    return rows


def main() -> None:
    """Fill, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--facts-each", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="siyu-bench-") as folder:
        server = embedded.start(Path(folder), durable=False)
        try:
            db = Database(server.url, size=4)
            migrate.migrate(db)
            keys = Vault(*(bytes([n]) * 32 for n in (1, 2, 3)))
            ground = Ground(db, StillClock(NOW), keys, Config(Path(folder), server.url, "", 0, "", "info"))
            began = time.perf_counter()
            fill(ground, args.people, args.people * args.facts_each)
            print(f"filled in {time.perf_counter() - began:.0f} s", file=sys.stderr)
            rows = measure(ground, args.rounds)
            db.close()
        finally:
            server.close()
    worst = max(row["ratio"] for row in rows)
    report = {"bench": "segment", "people": args.people, "facts": args.people * args.facts_each, "rules": rows, "worst_ratio": worst}
    if args.json:
        print(json.dumps(report, ensure_ascii=False))


if __name__ == "__main__":
    main()
