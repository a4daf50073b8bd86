"""How long the ledger takes at a million order lines: posting it, reading it as a book, one P&L from it, and the pages that show it.

A throw-away embedded server is filled with facts of a shop: orders of three lines, returns, guides who met people, advertisements clicked,
messages, spend. The yardstick of the same run is PostgreSQL adding up the entries by account (`ledger_entries` read once); the sums must be
those of the P&L. Run: python -m bench.ledger_bench [--lines N] [--rounds N] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
from starlette.testclient import TestClient

from siyu.analytics import ledger
from siyu.base import embedded, migrate
from siyu.base.clock import StillClock
from siyu.base.config import Config
from siyu.base.db import Database
from siyu.base.ground import Ground
from siyu.base.vault import Vault
from siyu.pool import Brand, months, set_brand
from siyu.web import app, create_staff

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
MONTHS = 12
PASSWORD = "a password for the bench"
PAGES = [
    ("nothing but the shell", "/settings/me"),
    ("the P&L by channel", "/pnl"),
    ("the P&L by guide, linear", "/pnl?by=guide&rule=linear"),
    ("the P&L by campaign, decay, 90 days", "/pnl?by=campaign&rule=decay&period=90"),
    ("its table", "/pnl.csv?by=campaign&rule=decay&period=90"),
    ("payback by guide", "/pnl/payback?by=guide"),
    ("guides", "/pnl/guides"),
    ("behind a line", "/pnl/by/guide/why?rule=last&key=guide7"),
    ("a customer's account", "/customers/77/account"),
    ("overview", "/"),
]

_STILL_COUNTING = ("load delay:900ms", 'class="counting"')

# A fifth as many people as lines. An order has three lines at one moment; something of every tenth comes back; a fifth of the orders name
# a store. Half of the people were met by one of forty guides; there is a click for every third order, and four messages for five lines.
FILL = """
create temp table plan as select %(lines)s::bigint as lines, %(lines)s::bigint / 5 as people, %(lines)s::bigint / 3 as orders;

insert into sources (name, kind) values ('shop', 'file'), ('site', 'http');

insert into identifiers (identifier_id, kind, scope, lookup, value, mask, person_id) overriding system value
select n, 'buyer_id', 'shop', decode(lpad(to_hex(n), 32, '0'), 'hex'), 'b' || n, 'b***', n from plan, generate_series(1, people) n;

create temp table bought as
select n, 1 + floor(people * power(u, 1.6))::bigint as who, hash,
    date_trunc('second', timestamptz '2026-11-20 04:00+00' - (v * 350 * 86400) * interval '1 second') as at
from (
    select people, n, abs(hashint8(n)) as hash, (abs(hashint8(n * 7 + 1)) %% 1000003) / 1000003.0::float8 as u,
        (abs(hashint8(n * 13 + 5)) %% 1000003) / 1000003.0::float8 as v
    from plan, generate_series(1, orders) n
) a;

insert into facts (key, source_id, type, subject, occurred_at, received_at, object, amount_minor, currency, data)
select md5('line' || n || '/' || line)::uuid, 1, 'order.paid', who, at, at, 'o' || n, 500 + (hash / line) %% 60000, 'CNY',
    jsonb_build_object('sku', 'S' || hash %% 1000, 'quantity', 1 + hash %% 3)
        || case when n %% 5 = 0 then jsonb_build_object('store', 'store' || n %% 25) else '{}' end
from bought, generate_series(1, 3) line order by at;

insert into facts (key, source_id, type, subject, occurred_at, received_at, object, amount_minor, currency)
select md5('back' || n)::uuid, 1, 'order.refunded', who, at + interval '3 days', at, 'o' || n, -500 - hash %% 60000, 'CNY'
from bought where n %% 10 = 0;

insert into facts (key, source_id, type, subject, occurred_at, received_at, data)
select md5('met' || n)::uuid, 2, 'contact.added', n,
    timestamptz '2025-12-01 04:00+00' + (n * 86413 %% 25000000) * interval '1 second', now(),
    jsonb_build_object('guide', 'guide' || n %% 40, 'state', 'code' || n %% 60)
from plan, generate_series(1, people) n where n %% 2 = 0;

insert into facts (key, source_id, type, subject, occurred_at, received_at, data)
select md5('click' || n)::uuid, 2, 'message.clicked', who, at - (hash %% 100) * interval '1 day' / 10, at,
    jsonb_build_object('channel', 'sms', 'origin', 'broadcast', 'origin_id', n %% 30)
from bought where n %% 3 = 0;

insert into facts (key, source_id, type, subject, occurred_at, received_at, object, data)
select md5('sent' || n)::uuid, 2, 'message.sent', 1 + n %% people, timestamptz '2026-02-01 04:00+00' + (n %% 250) * interval '1 day', now(),
    'x' || n, jsonb_build_object('channel', 'sms', 'origin', 'broadcast', 'origin_id', n %% 30)
from plan, generate_series(1, lines * 4 / 5) n;

insert into facts (key, source_id, type, occurred_at, received_at, amount_minor, currency, data)
select md5('spend' || n)::uuid, 2, 'spend.recorded', timestamptz '2025-12-31 16:00+00' + month * interval '30 days', now(), 100000 + n * 7,
    'CNY', jsonb_build_object('guide', 'guide' || n %% 40, 'from_on', date '2026-01-01' + 30 * month,
        'to_on', date '2026-01-01' + 30 * month + 29)
from (select n, n %% 10 as month from generate_series(1, 400) n) a;

insert into orders (source_id, order_no, subject, first_key, paid_at, touched_at, paid_minor, refunded_minor, lines_n, currency)
select source_id, object, min(subject), (array_agg(key order by key))[1], min(occurred_at), min(occurred_at),
    sum(amount_minor) filter (where type = 'order.paid'), coalesce(-sum(amount_minor) filter (where type = 'order.refunded'), 0),
    count(*) filter (where type = 'order.paid'), 'CNY'
from facts where type in ('order.paid', 'order.refunded') group by 1, 2;

insert into folds (subject, facts_n, first_at, last_at, seen_types)
select subject, sum(n), min(first_at), max(last_at), jsonb_object_agg(type, jsonb_build_array(n, last_at))
from (select subject, type, count(*) as n, min(occurred_at) as first_at, max(occurred_at) as last_at
    from facts where subject is not null group by 1, 2) s
group by 1;

insert into profiles (person_id, is_known, stage, facts_n) select subject, true, 'first', facts_n from folds;

insert into trade_days (on_date, source_id, type, currency, is_identified, lines_n, amount_minor)
select (occurred_at at time zone 'Asia/Shanghai')::date, source_id, type, currency, true, count(*), sum(amount_minor)
from facts where type in ('order.paid', 'order.refunded') group by 1, 2, 3, 4
"""

TERMS = {
    "margins": [{"from": "2025-01-01", "rate": "0.42"}],
    "prices": [{"item": "message.sms", "from": "2025-01-01", "price": "0.045"}, {"item": "reach", "from": "2025-01-01", "price": "0.8"}],
}
BY_HAND = "select debit, currency, sum(amount_minor)::bigint from ledger_entries group by 1, 2"


def fill(ground: Ground, lines: int) -> tuple[float, int]:
    """Write people and facts straight into the tables, as the pool would have made them; post them. Seconds of posting, and facts."""
    first = NOW.year * 12 + NOW.month - 1
    months.ensure(ground.db, {((first - n) // 12, (first - n) % 12 + 1) for n in range(-1, MONTHS + 3)})
    with ground.db.tx() as conn:
        set_brand(conn, Brand(), at=NOW)
        for statement in FILL.split(";\n"):
            conn.execute(statement % {"lines": lines})  # type: ignore[arg-type]
        ledger.set_terms(conn, TERMS, at=NOW)
        create_staff(conn, "bench", "Bench", "owner", PASSWORD, NOW)
    began, facts = time.perf_counter(), 0
    while did := ledger.post(ground):
        facts += did
    took = time.perf_counter() - began
    with psycopg.connect(ground.db.url, autocommit=True) as conn:
        conn.execute("vacuum (analyze)")
    return took, facts


def measure(ground: Ground, rounds: int) -> list[dict[str, Any]]:
    """Seconds: reading, dividing, and the yardstick; medians. The sums must agree."""
    with ground.db.tx() as conn:
        by_hand = {row[0]: row[2] for row in conn.execute(BY_HAND)}
        total = ledger.pnl(conn).total
        ours = {"cash": total.paid + total.refunded, "goods": total.goods, "winning": total.spend, "serving": total.served}
        theirs = {name: by_hand.get(name, 0) for name in ours} | {"cash": by_hand["cash"] - by_hand.get("refunds", 0)}
        if ours != theirs:
            raise SystemExit(f"the sums differ: {ours} and {theirs}")
        book = ledger.load(conn)
        period = (date(2026, 3, 1), date(2026, 8, 31))
        ways: dict[str, Callable[[], Any]] = {
            "the entries added up by hand": lambda: conn.execute(BY_HAND).fetchall(),
            "the book read": lambda: ledger.load(conn),
            "one P&L from a fresh book (by guide, linear)": lambda: ledger.pnl(conn, by="guide", rule="linear"),
            "one from a book that stands, another period": lambda: ledger.pnl(conn, by="guide", rule="linear", period=period, book=book),
        }
        return [{"what": name, "s": round(_median(way, rounds), 3)} for name, way in ways.items()]


def _median(way: Callable[[], Any], rounds: int) -> float:
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        way()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def pages(ground: Ground, rounds: int) -> list[dict[str, Any]]:
    """Milliseconds of each page: the first answer, the first that had the figures, and the median of the later ones."""
    browser = TestClient(app(ground), base_url=ground.config.base_url)
    ours = {"accept": "text/html", "sec-fetch-site": "same-origin"}

    def token(path: str) -> str:
        return browser.get(path, headers=ours).text.split('name="csrf" value="', 1)[1].split('"', 1)[0]

    browser.post("/sign-in", data={"login": "bench", "password": PASSWORD, "csrf": token("/sign-in")}, headers=ours, follow_redirects=False)
    found = []
    for name, path in PAGES:
        took, waited = [], 0.0
        more = {"hx-request": "true"} if "/why" in path or path.endswith("/account") else {}
        for turn in range(rounds + 1):
            began = time.perf_counter()
            answer = browser.get(path, headers=ours | more, follow_redirects=False)
            took.append(time.perf_counter() - began)
            if answer.status_code != 200:
                raise SystemExit(f"{path}: {answer.status_code}")
            if not turn:
                while any(word in answer.text for word in _STILL_COUNTING):
                    answer = browser.get(path, headers=ours | more, follow_redirects=False)
                waited = time.perf_counter() - began
        row = {
            "page": name, "first_ms": took[0] * 1000, "figures_ms": waited * 1000, "later_ms": statistics.median(took[1:]) * 1000
        }  # fmt: skip
        found.append({key: round(value, 1) if isinstance(value, float) else value for key, value in row.items()})
    return found


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="siyu-bench-", ignore_cleanup_errors=True) as folder:
        server = embedded.start(Path(folder), durable=False)
        db = Database(server.url, size=6)
        try:
            migrate.migrate(db)
            keys = Vault(*(bytes([n]) * 32 for n in (1, 2, 3)))
            ground = Ground(db, StillClock(NOW), keys, Config(Path(folder), server.url, "127.0.0.1", 0, "http://127.0.0.1:8000", "error"))
            took, facts = fill(ground, args.lines)
            result: dict[str, Any] = {"lines": args.lines, "facts": facts, "posting_s": round(took, 1)}
            result |= {"reading": measure(ground, args.rounds), "pages": pages(ground, args.rounds)}
        finally:
            db.close()
            server.close()
    if args.json:
        json.dump(result, sys.stdout, ensure_ascii=False, indent=1)
        return
    print(f"{args.lines:,} order lines, {facts:,} facts posted in {took:.0f} s")
    for row in result["reading"]:
        print("{what:50} {s:8.3f} s".format(**row))
    for row in result["pages"]:
        print("{page:38} first {first_ms:8.1f} ms   figures {figures_ms:8.1f} ms   later {later_ms:8.1f} ms".format(**row))


if __name__ == "__main__":
    main()
