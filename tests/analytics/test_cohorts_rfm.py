"""Cohorts and the RFM grid on a whole real shop: the published rows, and cells that hold as many people as their segments."""

from __future__ import annotations

import csv
import dataclasses
import io
import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import KEYS

from siyu import analytics, pool, segments
from siyu.analytics.cohorts import put_together
from siyu.analytics.rfm import cut, even_groups
from siyu.analytics.words import Funnel
from siyu.base import embedded
from siyu.base.clock import StillClock
from siyu.base.config import Config
from siyu.base.db import Database
from siyu.base.ground import Ground
from siyu.base.text import say
from siyu.pool import Brand

RETAIL = Path(__file__).parents[2] / "data" / "online_retail.parquet"
NOW = datetime(2011, 12, 10, tzinfo=UTC)
VALID = f"'{RETAIL}' where CustomerID is not null and InvoiceNo not like 'C%' and Quantity > 0 and UnitPrice > 0"


@pytest.fixture(scope="module")
def retail(server: embedded.Embedded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The 18,532 orders of Online Retail's 4,338 customers as the pool would have folded them, put there in one go."""
    with psycopg.connect(server.url, autocommit=True) as conn:
        conn.execute("create database retail_cohorts template siyu_template strategy file_copy")
    db = Database(url := server.url.replace("/siyu?", "/retail_cohorts?"), size=4)
    still = StillClock(NOW)
    ground = Ground(db, still, KEYS, Config(tmp_path_factory.mktemp("retail"), url, "127.0.0.1", 0, "http://x", "info"), wall=still)
    orders = duckdb.sql(f"""
        select dense_rank() over (order by CustomerID), InvoiceNo, min(InvoiceDate), sum(round(Quantity * UnitPrice * 100))::bigint
        from {VALID} group by CustomerID, InvoiceNo""").fetchall()
    with db.tx() as conn:
        pool.set_brand(conn, Brand("Retail", "GBP", "UTC", "en", "GB"), at=NOW)
        source = pool.ensure_source(conn, "retail", "file", now=NOW, currency="GBP")
        conn.execute(
            """insert into identifiers (identifier_id, kind, lookup, mask, person_id) overriding system value
               select n, 'buyer_id', int8send(n), n::text, n from generate_series(1, 4338) n"""
        )
        with conn.cursor().copy(
            "copy orders (source_id, order_no, subject, first_key, paid_at, touched_at, paid_minor, lines_n, currency) from stdin"
        ) as copy:
            for person, number, at, minor in orders:
                moment = at.replace(tzinfo=UTC)
                copy.write_row((source, number, person, "00000000-0000-0000-0000-000000000000", moment, moment, minor, 1, "GBP"))
        conn.execute(
            """insert into profiles (person_id, is_known, stage, orders_n, spent_minor, first_order_at, last_order_at)
               select subject, true, 'first', count(*), sum(paid_minor), min(paid_at), max(paid_at) from orders group by 1"""
        )
    yield ground
    db.close()
    with psycopg.connect(server.url, autocommit=True) as conn:
        conn.execute("drop database retail_cohorts with (force)")


def test_the_published_cohorts(retail: Ground) -> None:
    with retail.db.tx() as conn:
        found = analytics.cohorts(retail, conn)
    first, second = found.cohorts[:2]
    assert (first.month, first.size) == ("2010-12", 885)
    assert first.active == (885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445, 235)
    assert second.active == (417, 92, 111, 96, 134, 120, 103, 101, 125, 136, 152, 49)
    assert found.cohorts[2].active[:11] == (380, 71, 71, 108, 103, 94, 96, 106, 94, 116, 26)
    assert sum(c.size for c in found.cohorts) == 4338
    assert sum(sum(c.minor) for c in found.cohorts) == 891_140_790, "to the penny"
    assert sum(sum(c.orders) for c in found.cohorts) == 18_532
    with_two = duckdb.sql(
        f"select count(*) from (select 1 from {VALID} group by CustomerID having count(distinct InvoiceNo) > 1)"
    ).fetchall()
    assert sum(c.again[-1] for c in found.cohorts) == with_two[0][0], "whoever has two orders has come back, once"
    assert all(list(c.again) == sorted(c.again) and c.again[-1] <= c.size for c in found.cohorts)
    rows = list(csv.DictReader(io.StringIO(analytics.cohorts_csv(found))))
    assert len(rows) == sum(len(c.active) for c in found.cohorts) == 91
    assert (rows[1]["active"], rows[1]["retention"]) == ("324", f"{324 / 885:.6f}")


def test_every_cell_holds_as_many_people_as_its_segment(retail: Ground) -> None:
    with retail.db.tx() as conn:
        grid = analytics.rfm(retail, conn)
        assert len(grid.cells) == 25
        for cell in grid.cells:
            rule = segments.parse(analytics.rfm_rule(cell))
            assert segments.count(retail, conn, rule) == cell.people, cell
    assert sum(cell.people for cell in grid.cells) == 4338
    assert sum(cell.minor for cell in grid.cells) == 891_140_790
    best = next(cell for cell in grid.cells if (cell.r, cell.f) == (5, 5))
    assert best.minor > 0.4 * 891_140_790
    assert {(cell.r, cell.f) for cell in grid.cells} == {(r, f) for r in range(1, 6) for f in range(1, 6)}


@given(st.dictionaries(st.integers(0, 400), st.integers(1, 500), min_size=1, max_size=60))
@settings(max_examples=80)
def test_groups_share_no_value_leave_none_out_and_are_as_even_as_values_allow(counts: dict[int, int]) -> None:
    found = even_groups(counts)
    assert len(found) == min(5, len(counts))
    assert found[0][0] == 0
    assert found[-1][1] is None
    assert all(high is not None and high + 1 == after[0] for (_, high), after in itertools.pairwise(found))
    held = [sum(n for value, n in counts.items() if low <= value and (high is None or value <= high)) for low, high in found]
    assert sum(held) == sum(counts.values())
    assert all(held)


def test_nobody_and_one() -> None:
    assert cut([]) == ((), (), ())
    recency, frequency, cells = cut([(3, 1, 1, 500)])
    assert (recency, frequency, len(cells)) == (((0, None),), ((1, None),), 1)
    assert put_together([], []) == ()
    jan, mar = date(2026, 1, 1), date(2026, 3, 1)
    (only,) = put_together([(jan, jan, 4, 5, 900), (jan, mar, 1, 1, 100)], [(jan, jan, 1), (jan, mar, 1)])
    assert (only.active, only.again, only.minor) == ((4, 0, 1), (1, 1, 2), (900, 0, 100))


def test_the_dictionary_and_the_page_about_it_say_the_same() -> None:
    told = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text("utf-8")
    for one in analytics.METRICS:
        words = [say(f"analytics.metric_{one.key}", "zh"), *(say(f"analytics.metric_{one.key}_is", lang) for lang in ("zh", "en"))]
        assert f"| `{one.key}` | {' | '.join(words)} |" in told, one.key
    assert len({one.key for one in analytics.METRICS}) == len(analytics.METRICS)
    shown = {field.name.removesuffix("_minor") for field in dataclasses.fields(analytics.Overview)} - {"as_of", "currency"}
    assert shown <= {one.key for one in analytics.METRICS}, "a figure of the overview without a definition"
    funnel = {field.name for field in dataclasses.fields(Funnel)} - {"waiting", "withdrawn"}
    assert funnel <= {one.key for one in analytics.METRICS}
