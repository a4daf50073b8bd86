"""The ledger over a real database: facts in any order, taken back, merged, erased, and it still adds up to the cent."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from siyu import analytics, pool
from siyu.analytics import ledger
from siyu.base import settings as settings_of
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.pool import Fact, Identifier, Kind
from siyu.sources import files

AT = datetime(2026, 6, 1, 4, tzinfo=UTC)


def buyer(n: int) -> Identifier:
    return Identifier(Kind.BUYER_ID, f"b{n}", "shop")


def phone(n: int) -> Identifier:
    return Identifier(Kind.PHONE, f"+86138000000{n:02d}")


def paid(number: str, who: int | None, minor: int, *, day: int = 0, line: int = 0, **data: Any) -> Fact:
    ids = () if who is None else (buyer(who),)
    return Fact("order.paid", f"{number}/{line}", AT + timedelta(days=day), ids, number, minor, "CNY", data)


def refunded(number: str, who: int, minor: int, *, day: int = 3, **data: Any) -> Fact:
    return Fact("order.refunded", f"{number}/r{minor}", AT + timedelta(days=day), (buyer(who),), number, -minor, "CNY", data)


def met(who: int, guide: str, *, day: int = -1, state: str = "") -> Fact:
    return Fact("contact.added", f"met {who} {guide} {day}", AT + timedelta(days=day), (buyer(who),), data={"guide": guide, "state": state})


def take(ground: Ground, facts: list[Fact], source: str = "shop", import_id: int = 0) -> None:
    with ground.db.tx() as conn:
        pool.record(ground, conn, pool.ensure_source(conn, source, "file", now=AT), facts, import_id=import_id)


def run(ground: Ground, limit: int = 20_000) -> None:
    while pool.fold(ground) + ledger.post(ground, limit):
        pass


def sums(ground: Ground) -> dict[str, Any]:
    """Everything that must not depend on the way there: every P&L, every balance."""
    with ground.db.tx() as conn:
        book = ledger.load(conn)
        made: dict[str, Any] = {
            f"{by} {rule}": [(line.key, line.orders_milli, line.first_milli, line.paid, line.refunded, line.goods, line.spend, line.served)
                             for line in ledger.pnl(conn, by=by, rule=rule, book=book).lines]
            for by in ledger.DIMENSIONS for rule in ledger.AttributionRule
        }  # fmt: skip
        return made | {"balances": balances(conn)}


def balances(conn: Connection) -> dict[str, dict[str, int]]:
    """What stands on each account, by currency."""
    found: dict[str, dict[str, int]] = {}
    for account, currency, minor in conn.execute("select account, currency, sum(amount_minor)::bigint from ledger_postings group by 1, 2"):
        found.setdefault(currency, {})[account] = minor
    return found


def facts_of_a_shop() -> list[Fact]:
    return [
        met(1, "mei", day=-5, state="poster"), met(2, "gu", day=-3), met(2, "mei", day=-2),
        paid("A1", 1, 99_99, day=0), paid("A1", 1, 1, day=0, line=1, store="hangzhou"), refunded("A1", 1, 30_00),
        paid("A2", 2, 50_01, day=1, channel="Tmall"), paid("A3", None, 20_00, day=1, store="hangzhou"), refunded("A4", 3, 10_00),
        paid("A5", 1, 70_00, day=9, guide="gu"), Fact("order.adjusted", "adj", AT, (), None, -5_00, "CNY"),
        Fact("order.paid", "usd", AT, (buyer(1),), "A6", 7_00, "USD"),
        Fact("service.given", "s1", AT, (buyer(1),), data={"minutes": 12, "guide": "mei"}),
        Fact("gift.sent", "g1", AT, (buyer(2),), amount_minor=8_00, data={"guide": "gu", "campaign": "may"}),
        Fact("points.granted", "p1", AT, (buyer(2),), data={"points": 200}),
        Fact("page.viewed", "v1", AT - timedelta(days=8), (buyer(3), phone(3)), data={"context": CAMPAIGN}),
    ]  # fmt: skip


CAMPAIGN = {"campaign": {"source": "Ads", "name": "may"}}
TERMS = {
    "margins": [{"from": "2026-01-01", "rate": "0.4"}],
    "prices": [{"item": "minute", "from": "2026-01-01", "price": "0.5"}, {"item": "point", "from": "2026-01-01", "price": "0.01"}],
}


@pytest.fixture
def shop(ground: Ground) -> Ground:
    with ground.db.tx() as conn:
        ledger.set_terms(conn, TERMS, at=ground.clock.now())
    return ground


def test_the_account_of_a_person_by_hand(shop: Ground) -> None:
    take(shop, facts_of_a_shop())
    with shop.db.tx() as conn:
        spend = ledger.Spend(15_00, date(2026, 6, 1), date(2026, 6, 30), ledger.Dims(guide="mei"))
        assert ledger.record_spend(shop, conn, [spend, spend]).new == 1, "the same spend is recorded once"
    run(shop)
    with shop.db.tx() as conn:
        (number,) = {hit.person_id for hit in pool.find(shop, conn, "b1")}
        mine = ledger.person(conn, number)
        everyone = ledger.pnl(conn, by="guide", rule="first")
    assert (mine.orders, mine.paid, mine.refunded) == (2, 170_00, -30_00)
    assert mine.goods == 84_00, "60 % of what was kept; each line is rounded for itself"
    assert mine.served == {"minutes": 6_00}
    assert mine.won == 15_00 and mine.won_by is not None and mine.won_by.guide == "mei"
    assert mine.net == 56_00 - 15_00 - 6_00
    assert mine.other_currencies == {"USD": 7_00 - 4_20}
    assert mine.paid_back_at == AT
    assert {line.key: (line.paid, line.first_milli) for line in everyone.lines} == {
        "mei": (170_00, 1000), "gu": (50_01, 1000), None: (20_00, 0),
    }  # fmt: skip


def test_the_total_is_the_overviews(shop: Ground) -> None:
    take(shop, facts_of_a_shop())
    run(shop)
    with shop.db.tx() as conn:
        overview = analytics.overview(shop, conn)
        found = ledger.pnl(conn)
        held = balances(conn)
    assert found.total.paid == overview.sales_minor + overview.anonymous_sales_minor
    assert found.total.refunded == overview.cancellations_minor
    assert found.total.paid + found.total.refunded + found.total.adjusted == overview.all_lines_minor - 0
    assert found.total.orders_milli == 1000 * (overview.orders + 1), "the anonymous order too"
    assert all(sum(accounts.values()) == 0 for accounts in held.values()) and set(held) == {"CNY", "USD"}
    assert held["CNY"]["sales"] == -found.total.paid


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_neither_order_nor_batches_matter(shop: Ground, another_ground: Any, data: st.DataObject) -> None:
    """The same facts in another order and other batches give the same ledger, in one database after the other."""
    facts = facts_of_a_shop()
    mixed = data.draw(st.permutations(facts))
    with shop.db.tx() as conn:
        conn.execute("truncate ledger_entries, ledger_touches, ledger_imports, facts, fact_keys, identifiers, cursors cascade")
        conn.execute("truncate folds, orders, consents, profiles, trade_days, links, identity_conflicts cascade")
    for start in range(0, len(mixed), 5):
        take(shop, list(mixed[start : start + 5]))
        run(shop, limit=data.draw(st.integers(1, 7)))
    got = sums(shop)
    kept = getattr(test_neither_order_nor_batches_matter, "kept", None)
    if kept is None:
        test_neither_order_nor_batches_matter.kept = got  # type: ignore[attr-defined]
    else:
        assert got == kept
    assert all(sum(accounts.values()) == 0 for accounts in got["balances"].values())


def test_merging_and_parting_move_people_not_money(shop: Ground) -> None:
    take(shop, facts_of_a_shop())
    run(shop)
    before = sums(shop)
    with shop.db.tx() as conn:
        one, three = (next(iter(pool.find(shop, conn, f"b{n}"))).person_id for n in (1, 3))
    with shop.db.tx() as conn:
        decision = pool.confirm(shop, conn, one, three, by="test")
    run(shop)
    merged = sums(shop)
    assert merged["balances"] == before["balances"]
    with shop.db.tx() as conn:
        mine = ledger.person(conn, three)
        assert mine.person_id == min(one, three) and mine.refunded == -40_00
        pool.revoke(shop, conn, decision, by="test")
    run(shop)
    assert sums(shop) == before


def test_an_undone_import_is_reversed_and_may_come_again(shop: Ground, tmp_path: Path) -> None:
    take(shop, [met(1, "mei"), paid("B1", 1, 10_00)])
    run(shop)
    before = sums(shop)
    table = tmp_path / "orders.csv"
    table.write_text(
        "订单号,付款时间,实付金额,买家ID,手机号\nC1,2026-05-02 10:00:00,88.88,b1,13800000001\nC2,2026-05-03 10:00:00,12.00,b2,13800000002\n"
    )
    for _ in range(2):
        looked = files.preview(shop, table)
        files.start(shop, looked.import_id, by="test")
        while files.advance(shop):
            pass
        run(shop)
        during = sums(shop)
        assert sum(line[3] for line in during["channel last"]) == 10_00 + 88_88 + 12_00
        files.undo(shop, looked.import_id)
        run(shop)
        assert sums(shop) == before
    with shop.db.tx() as conn:
        (number,) = {hit.person_id for hit in pool.find(shop, conn, "b2")}
        told = ledger.person(conn, number)
        assert told.paid == told.goods == 0 and {e.reason for e in told.entries} == {"", "undone"}, "nothing was rewritten"
        assert all(sum(accounts.values()) == 0 for accounts in balances(conn).values())


def test_other_terms_restate_and_erasure_keeps_the_sums(shop: Ground) -> None:
    take(shop, [*facts_of_a_shop(), paid("D1", 2, 100_00, sku="S1", quantity=2)])
    run(shop)
    before = sums(shop)
    with shop.db.tx() as conn:
        ledger.set_terms(conn, {"margins": [{"from": "2026-01-01", "rate": "0.5"}]}, at=shop.clock.now())
        assert ledger.set_costs(shop, conn, [ledger.ProductCost("S1", date(2026, 1, 1), 30_00, "CNY")]) == 1
    run(shop)
    with shop.db.tx() as conn:
        after = ledger.pnl(conn)
        assert after.basis.product == 60_00 and after.basis.default_margin == 0
        assert after.total.served == 8_00, "the gift says its own cost; minutes and points have no price any more"
        assert after.total.paid == sum(line[3] for line in before["channel last"])
        ledger.set_terms(conn, TERMS, at=shop.clock.now())
        conn.execute("delete from ledger_costs")
    run(shop)
    assert sums(shop) == before, "the terms of before give the ledger of before"
    with shop.db.tx() as conn:
        ledger.set_terms(conn, {}, at=shop.clock.now())
        settings_of.put(conn, "analytics.assumptions", {"margin": 0.9}, at=shop.clock.now())
    run(shop)
    with shop.db.tx() as conn:
        assumed = ledger.pnl(conn)
        assert assumed.total.goods == assumed.basis.default_margin == round((assumed.total.paid + assumed.total.refunded) * 0.1)
        ledger.set_terms(conn, TERMS, at=shop.clock.now())
    run(shop)
    assert sums(shop) == before
    with shop.db.tx() as conn:
        (number,) = {hit.person_id for hit in pool.find(shop, conn, "b1")}
        pool.erase(shop, conn, number, by="test")
    run(shop)
    assert sums(shop) == before, "amounts stay, of nobody in particular"


def test_an_order_belongs_to_whom_the_pool_says(shop: Ground) -> None:
    """Lines of one number by several buyers: the earliest is its owner, at one moment the one with the smaller key."""
    facts = [paid(f"T{n}", who, 10_00, day=n % 2 * who, line=who) for n in range(8) for who in (3, 1, 2)]
    take(shop, [*facts, paid("T8", None, 5_00), paid("T8", 2, 5_00, day=1, line=1), refunded("T9", 1, 5_00), refunded("T9", 2, 6_00)])
    run(shop)
    with shop.db.tx() as conn:
        book = ledger.load(conn)
        asked = "select order_no, i.person_id from orders o join identifiers i on i.identifier_id = o.subject"
        pools = dict(conn.execute(asked).fetchall())
    owners = {number: int(book.people[who]) for (_, number), who in zip(book.numbers, book.person.tolist(), strict=True)}
    assert owners == pools and len(set(pools.values())) > 1 and len(pools) == 10


def test_a_refund_hits_the_period_and_guide_of_its_sale(shop: Ground) -> None:
    take(shop, [met(1, "mei"), paid("E1", 1, 10_00), met(1, "gu", day=20), refunded("E1", 1, 4_00, day=40)])
    run(shop)
    with shop.db.tx() as conn:
        june = ledger.pnl(conn, by="guide", rule="last", period=(date(2026, 6, 1), date(2026, 6, 30)))
        july = ledger.pnl(conn, by="guide", rule="last", period=(date(2026, 7, 1), date(2026, 7, 31)))
    assert {line.key: (line.paid, line.refunded) for line in june.lines if line.paid} == {"mei": (10_00, -4_00)}
    assert july.total.refunded == 0


def test_spend_is_refused_with_a_remedy(shop: Ground) -> None:
    ads = ledger.Dims(channel="ads")
    day = date(2026, 6, 1)
    with shop.db.tx() as conn:
        for wrong in (
            ledger.Spend(0, day, day, ads), ledger.Spend(1, day, date(2026, 5, 1), ads), ledger.Spend(1, day, date(2028, 6, 1), ads),
            ledger.Spend(1, date(2027, 6, 1), date(2027, 6, 1), ads), ledger.Spend(1, day, day, ledger.Dims()),
        ):  # fmt: skip
            with pytest.raises(Exception, match=r"\w") as told:
                ledger.record_spend(shop, conn, [wrong])
            assert getattr(told.value, "remedy", "") and getattr(told.value, "field", "").startswith("spends[0]")
        for lang, words in (("en", "A margin is a share"), ("zh", "毛利率是 0 到 1 之间的比例")):
            with pytest.raises(Exception, match=words):
                ledger.set_terms(conn, {"margins": [{"from": "2026-01-01", "rate": "40"}]}, at=AT, lang=lang)
        ledger.record_spend(shop, conn, [ledger.Spend(31_00, day, date(2026, 7, 1), ads), ledger.Spend(-31_00, day, date(2026, 7, 1), ads)])
    run(shop)
    with shop.db.tx() as conn:
        assert ledger.pnl(conn).total.spend == 0
        assert ledger.pnl(conn, period=(day, day)).total.spend == 0
        assert [spend.amount_minor for spend, _ in ledger.spends(conn)] in ([31_00, -31_00], [-31_00, 31_00])


def test_a_broadcasts_line_shows_what_it_caused_beside_what_is_attributed(shop: Ground) -> None:
    """Letters at a price, clicks, orders: the campaign's cost, its touchpoints, and the proof against its holdout."""
    now = shop.clock.now()
    with shop.db.tx() as conn:
        ledger.set_terms(conn, {"prices": [{"item": "message.email", "from": "2026-01-01", "price": "0.05"},
                                           {"item": "reach", "from": "2026-01-01", "price": "1.5"}]}, at=now)  # fmt: skip
        mail = pool.ensure_source(conn, "channel:email", "channel", now=now)
        data = {"channel": "email", "origin": "broadcast", "origin_id": 7, "purpose": "marketing"}
        sent = [Fact("message.sent", f"sent:{n}", AT, (buyer(n),), f"{n}", data=data) for n in range(1, 5)]
        pool.record(shop, conn, mail, [*sent, Fact("message.clicked", "clicked:1", AT + timedelta(hours=1), (buyer(1),), "1", data=data)])
    take(shop, [paid("F1", 1, 100_00, day=1), paid("F2", 2, 50_00, day=1)])
    run(shop)
    with shop.db.tx() as conn:
        book = ledger.load(conn)
        lines = {line.key: line for line in ledger.pnl(conn, by="campaign", book=book).lines}
        assert (lines["broadcast/7"].paid, lines["broadcast/7"].served) == (100_00, 20)
        assert lines[None].paid == 50_00, "that a message was sent is no touchpoint"
        assert ledger.media_saved(book, date(2026, 6, 2)) == {"broadcast/7": 1_50}
        entries, costs = ledger.entries_behind(conn, book, "campaign", "broadcast/7", ledger.AttributionRule.LAST, (None, None))
        assert {(part, e.what) for part, e in entries} == {(100_00, "sale"), (100_00, "goods")} and costs[0].minor == 20
        assert ledger.incremental(shop, conn, book, "may", 0.35) is None


def test_spend_comes_by_the_http_api_too(shop: Ground) -> None:
    """`track` of an event "Spend Recorded" carries its amount among the properties."""
    data = {"amount": "12.50", "channel": "Ads", "from_on": "2026-06-01", "to_on": "2026-06-03"}
    take(shop, [Fact("spend.recorded", "api", AT, data=data)])
    run(shop)
    with shop.db.tx() as conn:
        assert {line.key: line.spend for line in ledger.pnl(conn).lines if line.spend} == {"ads": 12_50}
        assert ledger.pnl(conn, period=(date(2026, 6, 1), date(2026, 6, 1))).total.spend == 4_17


def test_two_workers_post_each_fact_once(shop: Ground, another_ground: Any) -> None:
    take(shop, facts_of_a_shop())
    grounds = [another_ground(), another_ground()]

    def work(mine: Ground) -> None:
        for _ in range(40):
            ledger.post(mine, 1)

    workers = [threading.Thread(target=work, args=(mine,)) for mine in grounds]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    run(shop)
    with shop.db.tx() as conn:
        total = ledger.pnl(conn).total
        lines = conn.execute("select sum(facts_n) from ledger_entries where what = 'sale'").fetchone()
        touches = conn.execute("select count(*) from ledger_touches").fetchone()
    assert (total.paid, total.refunded, total.adjusted) == (240_01, -40_00, -5_00)
    assert (lines, touches) == ((6,), (8,)), "six lines were paid; three meetings, a visit and four orders that say where they came from"
