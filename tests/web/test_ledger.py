"""The ledger's pages: they add up, take in spend, and say what is wrong with it."""

from __future__ import annotations

import csv
import io
import json
import re
import threading
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
from tests.web.conftest import Browse, Browser

from siyu import analytics, pool
from siyu.analytics import ledger
from siyu.base.ground import Ground
from siyu.pool import Fact, Identifier, Kind, relations
from siyu.pool.relations import Guide


@pytest.fixture
def books(open_shop: Ground) -> Ground:
    """The shop with guides and advertisements, all posted."""
    now = open_shop.clock.now()
    with open_shop.db.tx() as conn:
        source = pool.ensure_source(conn, "企业微信", "http", now=now)
        met = [
            Fact("contact.added", f"met {n}", now - timedelta(days=700), (Identifier(Kind.BUYER_ID, f"tb{100_000 + n}", "tmall"),),
                 data={"guide": "mei" if n % 3 else "gu", "state": f"card-{n % 2}"})
            for n in range(30)
        ]  # fmt: skip
        pool.record(open_shop, conn, source, met)
        guides = [Guide("ww1", "mei", "林美"), Guide("ww1", "gu", "顾小满"), Guide("ww1", "gu2", "顾小满", left_at=now)]
        relations.keep_guides(conn, guides, now)
        ledger.set_terms(conn, {"touch_days": 730}, at=now)
    run(open_shop)
    return open_shop


def run(ground: Ground) -> None:
    while pool.fold(ground) + ledger.post(ground):
        pass


def done(browser: Browser, path: str) -> str:
    """A page, asked again until it shows the books as they stand."""
    for _ in range(600):
        text = browser.look(path).text
        if "load delay" not in text and "正在重新计算" not in text:
            return text
        threading.Event().wait(0.1)
    raise AssertionError(f"{path} never finished counting")


def test_the_total_row_is_the_overviews_and_the_table_adds_up(books: Ground, visit: Browse) -> None:
    browser = visit("viewer")
    with books.db.tx() as conn:
        overview = analytics.overview(books, conn)
    for by in ledger.DIMENSIONS:
        for rule in ledger.AttributionRule:
            answer = browser.get(f"/pnl.csv?by={by}&rule={rule}")
            rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
            *lines, total = rows
            for name in ("paid", "refunded", "adjusted", "goods", "margin", "spend", "served", "net"):
                assert sum(Decimal(line[name]) for line in lines) == Decimal(total[name]), (by, rule, name)
            whole = sum(Decimal(total[name]) for name in ("paid", "refunded", "adjusted"))
            assert whole == Decimal(overview.all_lines_minor) / 100
    page = done(browser, "/pnl?by=guide&rule=first")
    assert "林美</a></td>" in page and '顾小满</a> <span class="meta">gu</span>' in page and "未归因" in page
    assert f"¥{overview.all_lines_minor / 100:,.2f}" in page
    assert "假定毛利率" in page, "the page says that a margin is assumed"


def test_the_book_is_read_beside_the_pages(books: Ground, visit: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("siyu.web.ledger.shelf._PATIENCE", 0.0)
    browser = visit("viewer")
    with books.db.tx() as conn:
        conn.execute("lock table identifiers in access exclusive mode")  # whoever reads the book now stands still
        for path in ("/pnl", "/pnl/payback", "/pnl/guides"):
            assert "load delay" in browser.look(path).text, path
        assert "正在数" in browser.look("/pnl").text and browser.look("/pnl/spend").status_code == 200
    before = _total(done(browser, "/pnl"))
    monkeypatch.setattr("siyu.web.ledger.shelf._QUICK", 0.0)  # as if reading took long, so that it is not begun again for hours
    monkeypatch.setattr("siyu.web.ledger.shelf._SHARE", 10**9)
    with books.db.tx() as conn:
        source = pool.ensure_source(conn, "till", "file", now=books.clock.now())
        pool.record(books, conn, source, [Fact("order.paid", "beside", books.clock.now(), (), "beside", 777_77, "CNY")])
    run(books)
    stale = browser.look("/pnl").text
    assert _total(stale) == before and "这是刚刚的账" in stale, "a page takes the book of a moment ago and says so"
    total = list(csv.DictReader(io.StringIO(browser.get("/pnl.csv").text)))[-1]
    assert Decimal(total["paid"]) == before + Decimal("777.77"), "what is taken away is the book as it stands"
    assert _total(done(browser, "/pnl")) == before + Decimal("777.77")


def _total(page: str) -> Decimal:
    row = page.partition('class="ledger-total"')[2].split("</td>")[3]
    return Decimal(row.rpartition("¥")[2].replace(",", ""))


def test_behind_a_line_stand_its_entries(books: Ground, visit: Browse) -> None:
    browser = visit("viewer")
    answer = browser.look("/pnl/by/guide/why?rule=first&key=mei", **{"hx-request": "true"})
    assert answer.status_code == 200 and "销售" in answer.text and "/customers/" in answer.text
    assert browser.look("/pnl/by/guide/why?key=mei").status_code == 303
    assert browser.look("/pnl/by/guide/why?nothing=1", **{"hx-request": "true"}).status_code == 200
    lost = browser.look("/pnl/by/guide/why", **{"hx-request": "true"})
    assert lost.status_code == 404 and "哪一行" in json.loads(lost.headers["hx-trigger"])["said"]["text"]
    assert browser.look("/pnl?from=2026-99-01").status_code == 422


def test_spend_comes_in_by_form_and_table(books: Ground, visit: Browse) -> None:
    browser = visit("operator")
    day = (books.clock.now() - timedelta(days=710)).date().isoformat()
    given = {"amount": "1,200.50", "from_on": day, "guide": "mei"}
    assert browser.fill("/pnl/spend", given).status_code == 303
    assert "早已在账上" in _told(browser, browser.fill("/pnl/spend", given))
    refused = browser.fill("/pnl/spend", {"amount": "5", "from_on": day})
    assert refused.status_code == 422 and "填写渠道" in refused.text
    assert browser.fill("/pnl/spend", {"amount": "x", "from_on": day, "guide": "mei"}).status_code == 422
    wrong = _upload(browser, "/pnl/spend/import", "日期,导购,花费\n2026-01-05,gu,10\n2026-01-06,gu,x\n".encode("gb18030"))
    assert wrong.status_code == 422 and "第 3 行" in wrong.text
    assert _upload(browser, "/pnl/spend/import", "日期,导购,花费\n2026-01-05,gu,10\n".encode()).status_code == 303
    run(books)
    assert "-¥1,200.50" in done(browser, "/pnl?by=guide&rule=first")
    assert "mei" in done(browser, "/pnl/payback?by=guide")
    back = re.findall(r'name="place" value="(\d+)"><input type="hidden" name="amount_minor" value="1000"', browser.look("/pnl/spend").text)
    assert browser.fill("/pnl/spend/take-back", {"place": back[0], "amount_minor": "1000"}).status_code == 303
    run(books)
    with books.db.tx() as conn:
        assert ledger.pnl(conn).total.spend == 1200_50
    assert visit("viewer").fill("/pnl/spend", given).status_code == 403


def test_terms_are_kept_and_restated(books: Ground, visit: Browse) -> None:
    browser = visit("owner")
    assert browser.fill("/pnl/terms", {"what": "margin", "rate": "50", "from_on": "2020-01-01"}).status_code == 303
    assert browser.fill("/pnl/terms", {"what": "price", "item": "minute", "price": "0.5", "from_on": "2020-01-01"}).status_code == 303
    assert browser.fill("/pnl/terms", {"what": "price", "item": "minute", "price": "x", "from_on": "2020-01-01"}).status_code == 422
    assert _upload(browser, "/pnl/terms/costs", "货号,成本价\nSK-0107,100\n".encode()).status_code == 303
    run(books)
    assert "假定毛利率" not in done(browser, "/pnl")
    with books.db.tx() as conn:
        found = ledger.pnl(conn)
    assert found.basis.product > 0 and found.basis.margin > 0 and found.basis.default_margin == 0
    for item in ("minute", ""):
        assert browser.fill("/pnl/terms/drop", {"item": item, "from_on": "2020-01-01"}).status_code == 303
    run(books)


def test_a_persons_account_stands_on_the_360_page(books: Ground, visit: Browse) -> None:
    browser = visit("viewer")
    with books.db.tx() as conn:
        (number,) = {hit.person_id for hit in pool.find(books, conn, "tb100001")}
        mine = ledger.person(conn, number)
    assert f"/customers/{number}/account" in browser.look(f"/customers/{number}").text
    card = browser.look(f"/customers/{number}/account", **{"hx-request": "true"}).text
    assert f"¥{mine.paid / 100:,.2f}" in card and "客户账" in card
    assert browser.look(f"/customers/{number}/account").status_code == 303


def test_capacity_shows_its_inputs(books: Ground, visit: Browse) -> None:
    browser = visit("viewer")
    page = done(browser, "/pnl/guides?guides=10")
    assert f">{ledger.can_serve(guides=10).customers:,}<" in page and "林美" in page
    assert "已恢复默认" in browser.look("/pnl/guides?guides=0").text


def _upload(browser: Browser, path: str, raw: bytes) -> httpx.Response:
    ours = {"accept": "text/html", "sec-fetch-site": "same-origin"}
    return browser.post(path, data={"csrf": browser.token()}, files={"file": ("t.csv", raw)}, headers=ours, follow_redirects=False)


def _told(browser: Browser, answer: httpx.Response) -> str:
    return browser.look("/pnl/spend").text
