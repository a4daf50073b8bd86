"""Transactions that lock the same rows in another order: one is broken off by the server, and does its work again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from tests.conftest import NOW

from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.pool import Fact, Identifier, Kind, ensure_source, fold, record


def _wait_for(ground: Ground, waiting: int) -> None:
    """Until so many transactions of this database wait for a lock."""
    pause = threading.Event()
    with ground.db.autocommit() as conn:
        ask = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        while conn.execute(ask).fetchone() != (waiting,):
            pause.wait(0.02)


def test_a_fold_that_met_a_deadlock_is_done_again(ground: Ground) -> None:
    card, phone = Identifier(Kind.BUYER_ID, "b1", "shop"), Identifier(Kind.PHONE, "+8613800138000")
    with ground.db.tx() as conn:
        shop = ensure_source(conn, "shop", "file", now=NOW)
        record(ground, conn, shop, [Fact("page.viewed", "a", NOW, (card, phone)), Fact("page.viewed", "b", NOW, (card,))])

    def against_the_order() -> None:
        with ground.db.tx() as conn:
            conn.execute("set local deadlock_timeout = '1h'")  # the fold is the one to be broken off
            conn.execute("select 1 from sources for update")
            conn.execute("select pg_advisory_xact_lock(7310, 2)")  # the pool's lock, which the fold takes first

    with ThreadPoolExecutor(2) as beside:
        with ground.db.tx() as conn:
            conn.execute("select 1 from identifiers for update")  # the fold stops in the middle
            folding = beside.submit(fold, ground)
            _wait_for(ground, 1)
            other = beside.submit(against_the_order)
            _wait_for(ground, 2)
        assert folding.result() == 2
        other.result()
    with ground.db.tx() as conn:
        assert conn.execute(
            "select count(distinct person_id), min(facts_n) from identifiers join profiles using (person_id)"
        ).fetchone() == (1, 2)


def test_work_that_always_meets_a_deadlock_says_so(ground: Ground) -> None:
    begun: list[int] = []

    def work(conn: Connection) -> None:
        begun.append(1)
        conn.execute("do $$ begin raise exception using errcode = '40P01'; end $$")

    with pytest.raises(psycopg.errors.DeadlockDetected):
        ground.db.again(work, tries=3)
    assert len(begun) == 3
