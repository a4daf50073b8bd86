"""The overview of a real shop, from facts that came in by the pool's door, against the same figures counted by another engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from siyu import analytics, pool
from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.pool import Brand, Fact, Identifier, Kind

RETAIL = Path(__file__).parents[2] / "data" / "online_retail.parquet"
TABLE = "read_parquet('{}') where InvoiceDate < '2011-01-13' and hash(coalesce(CustomerID, 0)) % 6 < {}"


def lines(share: int = 1) -> list[tuple[Any, ...]]:
    """Lines of some customers (and, with `share` 6, of all and of nobody) up to 2011-01-13."""
    cents = "cast(round(Quantity * UnitPrice * 100) as bigint)"
    return duckdb.sql(
        f"""select row_number() over (), InvoiceNo, InvoiceDate, CustomerID, {cents}, Quantity, UnitPrice
            from {TABLE.format(RETAIL, share)} or (CustomerID is null and hash(InvoiceNo) % 6 < {share} and InvoiceDate < '2011-01-13')"""
    ).fetchall()


def fact(line: tuple[Any, ...]) -> Fact:
    number, invoice, at, customer, minor, quantity, price = line
    kind = "order.refunded" if invoice.startswith("C") else "order.paid" if quantity > 0 and price >= 0 else "order.adjusted"
    who = () if customer is None else (Identifier(Kind.BUYER_ID, str(customer), "retail"),)
    return Fact(kind, f"line {number}", at.replace(tzinfo=UTC), who, invoice, minor, "GBP")


@pytest.fixture
def shop(ground: Ground, clock: StillClock) -> Ground:
    """A shop in London on the evening of 2011-01-12, with a sixth of its trade."""
    clock.at = datetime(2011, 1, 12, 23, tzinfo=UTC)
    with ground.db.tx() as conn:
        pool.set_brand(conn, Brand("Retail", "GBP", "Europe/London", "en", "GB"), at=clock.at)
        source = pool.ensure_source(conn, "retail", "file", now=clock.at, currency="GBP")
        pool.record(ground, conn, source, [fact(line) for line in lines()])
    while pool.fold(ground):
        pass
    return ground


def test_the_figures_are_those_of_another_engine(shop: Ground) -> None:
    rows = lines()
    with shop.db.tx() as conn:
        got = analytics.overview(shop, conn)
    valid = [r for r in rows if r[3] is not None and not r[1].startswith("C") and r[5] > 0 and r[6] > 0]
    by_person: dict[int, dict[str, list[Any]]] = {}
    for r in valid:
        by_person.setdefault(r[3], {}).setdefault(r[1], []).append(r)
    firsts = {p: min(r[2] for o in orders.values() for r in o) for p, orders in by_person.items()}
    spent = sorted((sum(r[4] for o in orders.values() for r in o) for orders in by_person.values()), reverse=True)
    assert got.lines == len(rows) > 8_000
    assert got.anonymous_lines == sum(r[3] is None for r in rows) > 1_000
    assert got.all_lines_minor == sum(r[4] for r in rows)
    assert got.customers == len({r[3] for r in rows if r[3] is not None})
    assert got.sales_minor == sum(r[4] for r in valid) == sum(spent)
    assert got.orders == len({r[1] for r in valid})
    assert got.buyers == len(by_person) < got.customers, "somebody only gave something back"
    assert got.cancellations_minor == sum(r[4] for r in rows if r[1].startswith("C")) < 0
    assert got.people == got.customers, "anonymous trade makes nobody"
    assert sum(got.stages.values()) == got.people
    assert got.repeat_rate == sum(len(orders) > 1 for orders in by_person.values()) / len(by_person)
    assert got.repurchase_90d is None, "nobody's first order is 90 days old yet"
    assert got.top_decile_share == pytest.approx(sum(spent[: -(-len(spent) // 10)]) / sum(spent))
    assert {m.month: m.new_buyers for m in got.months} == {
        "2010-12": sum(at.month == 12 for at in firsts.values()), "2011-01": sum(at.month == 1 for at in firsts.values()),
    }  # fmt: skip
    since = datetime(2010, 12, 13, 23)  # noqa: DTZ001  the file's own time
    assert got.buyers_30d.now == len({r[3] for r in valid if r[2] > since})
    assert got.new_buyers_30d.now == sum(at > since for at in firsts.values())
    assert got.sales_minor + got.anonymous_sales_minor + got.cancellations_minor + got.adjustments_minor == got.all_lines_minor


def test_repurchase_waits_until_the_ninety_days_are_over(ground: Ground, clock: StillClock) -> None:
    days = {"ann": [0, 80], "bea": [0, 95], "cid": [0], "dan": [60, 70]}
    start = datetime(2026, 2, 1, tzinfo=UTC)
    clock.at = start + timedelta(days=120)
    with ground.db.tx() as conn:
        source = pool.ensure_source(conn, "shop", "system", now=clock.at)
        for name, at in days.items():
            who = (Identifier(Kind.MEMBER_ID, name, "shop"),)
            facts = [Fact("order.paid", f"{name} {day}", start + timedelta(days=day), who, f"{name}-{day}", 1000) for day in at]
            facts.append(Fact("message.sent", f"{name} sent", start + timedelta(days=110), who, "1"))
            pool.record(ground, conn, source, facts)
    while pool.fold(ground):
        pass
    with ground.db.tx() as conn:
        got = analytics.overview(ground, conn)
    assert got.repurchase_90d == pytest.approx(1 / 3), "bea came back too late, dan's first order is too young to be counted"
    assert got.repeat_rate == 0.75
    assert got.active_30d.now == 1, "being written to is no act of one's own"


def test_what_a_program_gets(shop: Ground) -> None:
    with shop.db.tx() as conn:
        got = analytics.overview(shop, conn)
    flat = analytics.overview_json(got)
    assert flat["currency"] == "GBP"
    assert flat["all_lines"] == f"{got.all_lines_minor / 100:.2f}"
    assert flat["cancellations_minor"] == got.cancellations_minor
    assert flat["sales_30d"] == got.sales_30d.now
    assert {"lines", "customers", "all_lines_minor", "sales", "sales_minor", "orders", "buyers", "cancellations"} <= flat.keys()
    assert flat["months"][0]["month"] == "2010-12"
