"""A slice of a real shop: the lake says what PostgreSQL says, to the cent; with a fresh tail, after undo, a merge and an erasure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.analytics.test_overview import fact, lines

from siyu import analytics, pool
from siyu.analytics import lake
from siyu.analytics.scores.store import read_purchases
from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.pool import Brand, Fact, Identifier, Kind

NOW = datetime(2011, 1, 12, 23, tzinfo=UTC)
AS_OF = NOW.date()

ORDERS = """
select i.person_id, (o.paid_at at time zone 'Europe/London')::date as day, sum(o.paid_minor)::bigint as minor, count(*) as n
from orders o join identifiers i on i.identifier_id = o.subject
where o.paid_minor > 0 and o.currency = 'GBP' and o.paid_at <= %(as_of)s group by 1, 2
"""


def buyer(number: int) -> Identifier:
    return Identifier(Kind.BUYER_ID, str(number), "retail")


@pytest.fixture
def shop(ground: Ground, clock: StillClock) -> Ground:
    """Two thirds of the trade stand in the lake's files, the rest in the tail; an import of some more lies half in each."""
    clock.at = NOW
    facts = [fact(line) for line in lines()]
    with ground.db.tx() as conn:
        pool.set_brand(conn, Brand("Retail", "GBP", "Europe/London", "en", "GB"), at=clock.at)
        source = pool.ensure_source(conn, "retail", "file", now=clock.at, currency="GBP")
    cut = len(facts) * 2 // 3
    more = [Fact("order.paid", f"more {n}", clock.at, (buyer(90_000 + n % 7),), f"M{n}", 1_000 + n, "GBP") for n in range(40)]
    facts += odd_ones()
    for part in (facts[:cut], more[:20]):
        _record(ground, source, part)
    lake.sync(ground, limit=2_000)
    for part in (more[20:], facts[cut:]):
        _record(ground, source, part)
    return ground


def odd_ones() -> list[Fact]:
    """What readings may differ in: a month's edge in the brand's zone, gifts, another currency, more back than paid, a date to come."""
    edge = datetime(2010, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    told = [
        ("edge", "order.paid", edge, 1, 4_000, "GBP"),
        ("edge after", "order.paid", edge + timedelta(microseconds=1), 1, 5_000, "GBP"),
        ("gift alone", "order.paid", edge, 2, 0, "GBP"),
        ("gift before", "order.paid", edge - timedelta(days=40), 1, 0, "GBP"),
        ("elsewhere", "order.paid", edge, 1, 700, "USD"),
        ("elsewhere alone", "order.paid", edge, 3, 700, "EUR"),
        ("to come", "order.paid", NOW + timedelta(hours=20), 4, 900, "GBP"),
        ("now", "order.paid", NOW, 5, 900, "GBP"),
    ]
    odd = [Fact(kind, no, at, (buyer(80_000 + n),), no, minor, currency) for no, kind, at, n, minor, currency in told]
    back = Fact("order.refunded", "edge back", NOW, (buyer(80_001),), "edge", -6_000, "GBP")
    return [*odd, back]


@contextmanager
def without(ground: Ground) -> Iterator[None]:
    """The lake's folder is away: reports read PostgreSQL."""
    here = Path(ground.config.data) / "lake"
    away = here.rename(here.with_name("away"))
    yield
    away.rename(here)


def both_ways(ground: Ground) -> None:
    """Cohorts, purchase histories and the grid's habits: the lake with its tail and PostgreSQL say the same."""

    def read() -> tuple[Any, ...]:
        with ground.db.tx() as conn:
            known = read_purchases(ground, conn, pool.brand(conn), NOW)
            p = known.purchases
            columns = [column.tolist() for column in (known.people, p.customer, p.day, p.minor)]
            return analytics.cohorts(ground, conn).cohorts, columns, known.orders_n, known.elsewhere_n

    assert lake.is_ready(ground)
    through = read()
    with without(ground):
        assert not lake.is_ready(ground)
        assert read() == through
    with lake.open(ground) as con, ground.db.tx() as conn:
        habits = lake.rfm(con, NOW)
        grid = analytics.rfm(ground, conn)
    assert len(habits["person_id"]) == sum(cell.people for cell in grid.cells)
    for cell in grid.cells:
        inside = np.ones(len(habits["person_id"]), dtype=bool)
        for name, (low, high) in (("recency_days", cell.days), ("orders", cell.orders)):
            inside &= (habits[name] >= low) & (habits[name] <= (high if high is not None else 10**9))
        assert (inside.sum(), habits["paid_minor"][inside].sum()) == (cell.people, cell.minor), cell


def _record(ground: Ground, source: int, facts: list[Fact]) -> None:
    with ground.db.tx() as conn:
        pool.record(ground, conn, source, facts, import_id=7 if facts[0].id.startswith("more") else 0)
    while pool.fold(ground):
        pass


def agree(ground: Ground) -> int:
    """Hold every report to PostgreSQL; gives the sales."""
    with ground.db.tx() as conn:
        overview = analytics.overview(ground, conn)
        days = conn.execute(ORDERS, {"as_of": NOW}).fetchall()
    people: dict[int, list[tuple[Any, ...]]] = {}
    for row in sorted(days):
        people.setdefault(row[0], []).append(row)
    both_ways(ground)
    with lake.open(ground) as con:
        cells = lake.cohorts(con, NOW)
    sales = sum(row[2] for row in days)
    ahead = 900  # an order of tomorrow: the overview has it already
    assert (len(people) + 1, sum(c.orders for c in cells) + 1, sales + ahead) == (overview.buyers, overview.orders, overview.sales_minor)
    assert sum(c.paid_minor for c in cells) == sales
    first = {person: rows[0][1] for person, rows in people.items()}
    naive: dict[tuple[str, int], list[Any]] = {}
    for person, day, minor, count in days:
        age = (day.year - first[person].year) * 12 + day.month - first[person].month
        cell = naive.setdefault((f"{first[person]:%Y-%m}", age), [set(), 0, 0])
        cell[0].add(person)
        cell[1] += count
        cell[2] += minor
    assert [(c.cohort, c.age, c.buyers, c.orders, c.paid_minor) for c in cells] == [
        (*key, len(cell[0]), cell[1], cell[2]) for key, cell in sorted(naive.items())
    ]
    return sales


def test_the_lake_agrees_with_postgresql_to_the_cent(shop: Ground) -> None:
    with_import = agree(shop)
    with shop.db.tx() as conn:
        pool.forget_import(shop, conn, 7)
    undone = agree(shop)
    assert undone == with_import - sum(1_000 + n for n in range(40))
    with shop.db.tx() as conn:
        one, other = (row[0] for row in conn.execute("select distinct subject from orders order by 1 limit 2"))
        pool.confirm(shop, conn, one, other, by="test")
    assert agree(shop) == undone
    with shop.db.tx() as conn:
        pool.erase(shop, conn, one, by="test")
    assert agree(shop) == undone  # sums stay true
    done = lake.sync(shop)
    assert done.cleaned
    assert agree(shop) == undone
    assert lake.status(shop).waiting == lake.status(shop).uncleaned == 0
