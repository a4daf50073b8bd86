"""The log is read in the order of transactions even where their numbers grow by a digit."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg

from siyu import pool
from siyu.base.ground import Ground


def test_the_fold_counts_once_across_a_growing_transaction_number(ground: Ground) -> None:
    """Transactions 998 to 1003 (or 9998 to 10003): as text, 1000 sorts before 999, and a batch would end in the wrong place."""
    with ground.db.tx() as conn:
        source = pool.ensure_source(conn, "shop", "file", now=ground.clock.now())
    at = datetime(2026, 3, 1, tzinfo=UTC)

    def put(number: int) -> int:
        with ground.db.tx() as conn:
            fact = pool.Fact("order.paid", f"line-{number}", at, object=f"o{number}", amount_minor=100, currency="CNY")
            pool.record(ground, conn, source, [fact])
            row = conn.execute("select pg_current_xact_id()::text::bigint").fetchone()
            assert row is not None
            return int(row[0])

    border = 10 ** len(str(put(0)))
    with psycopg.connect(ground.db.url, autocommit=True) as conn:
        while (left := border - _number(conn) - 50) > 0:  # the server takes numbers of its own meanwhile
            burn = max(left // 2, min(left, 500))
            conn.execute(f"do $$ begin for i in 1..{burn} loop perform pg_current_xact_id(); commit; end loop; end $$".encode())
    seen = [put(1)]
    while seen[-1] < border + 3:
        seen.append(put(len(seen) + 1))
    assert seen[0] < border < seen[-1]
    while pool.fold(ground, limit=3):
        pass
    with ground.db.tx() as conn:
        n = len(seen) + 1
        assert conn.execute("select sum(lines_n), sum(amount_minor) from trade_days").fetchone() == (n, n * 100)


def _number(conn: psycopg.Connection) -> int:
    """The number that the next transaction gets."""
    row = conn.execute("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()
    assert row is not None
    return int(row[0])
