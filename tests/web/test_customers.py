"""Customers: the filter is the address, the search is not; one page says everything; every deed is a fact or a decision, and logged."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from tests.web.conftest import OURS, Browse, Browser

from siyu import pool, segments
from siyu.base.ground import Ground
from siyu.base.text import catalogue
from siyu.pool import Fact, Identifier, Kind
from siyu.web import people

PHONE = "+8613812345678"


@pytest.fixture
def lin(staffed: Ground) -> int:
    """Lin: two orders, a phone, an e-mail, a tag."""
    now = staffed.clock.now()
    ids = (Identifier(Kind.BUYER_ID, "lin1", "tmall"), Identifier(Kind.PHONE, PHONE), Identifier(Kind.EMAIL, "lin@example.com"))
    with staffed.db.tx() as conn:
        shop = pool.ensure_source(conn, "天猫", "file", now=now)
        item = {"product": "精华", "sku": "S1", "quantity": 2, "unit_price": 50.0}
        facts = [
            Fact("profile.stated", "p", now - timedelta(days=400), ids, data={"city": "杭州"}, personal={"name": "林静"}),
            Fact("order.paid", "a1", now - timedelta(days=300), ids, object="A1", amount_minor=100_00, data=item),
            Fact("order.paid", "a2-1", now - timedelta(days=20), ids, object="A2", amount_minor=100_00, data=item),
            Fact("order.paid", "a2-2", now - timedelta(days=20), ids, object="A2", amount_minor=30_00, data={"product": "面膜"}),
            Fact("tag.added", "t", now - timedelta(days=5), ids, data={"tag": "抗老"}),
        ]
        pool.record(staffed, conn, shop, facts)
    while pool.fold(staffed):
        pass
    with staffed.db.tx() as conn:
        person = pool.person_of(staffed, conn, Identifier(Kind.PHONE, PHONE))
    assert person is not None
    return person


def names(browser: Browser, path: str) -> list[int]:
    return [int(n) for n in re.findall(r'data-drawer="/customers/(\d+)/drawer"', browser.look(path).text)]


def test_filters_sorts_and_pages_agree_with_the_pool(visit: Browse, open_shop: Ground) -> None:
    viewer = visit("viewer")
    with open_shop.db.tx() as conn:
        rows = conn.execute(
            "select person_id, stage, tags, spent_minor, last_order_at, orders_n, last_seen_at from profiles where is_known"
        )
        everybody = rows.fetchall()
        mailed = {r[0] for r in conn.execute("select person_id from identifiers where kind = 'email'")}
    now = open_shop.clock.now()
    assert set(names(viewer, "/customers")) == {r[0] for r in everybody}
    assert names(viewer, "/customers?sort=-spent") == [r[0] for r in sorted(everybody, key=lambda r: (-r[3], r[0]))]
    assert names(viewer, "/customers?sort=spent") == [r[0] for r in sorted(everybody, key=lambda r: (r[3], -r[0]))]
    for stage in {r[1] for r in everybody}:
        assert set(names(viewer, f"/customers?stage={stage}")) == {r[0] for r in everybody if r[1] == stage}
    tag = next(r[2][0] for r in everybody if r[2])
    assert set(names(viewer, f"/customers?tag={tag}")) == {r[0] for r in everybody if tag in r[2]}
    assert set(names(viewer, "/customers?reach=email")) == mailed & {r[0] for r in everybody}
    assert set(names(viewer, "/customers?spent=1000")) == {r[0] for r in everybody if r[3] >= 1000_00}
    assert set(names(viewer, "/customers?ordered=never")) == {r[0] for r in everybody if r[5] == 0}
    late = {r[0] for r in everybody if r[4] and r[4] < now - timedelta(days=90)}
    assert set(names(viewer, "/customers?ordered=not90&sort=-order")) == late
    text = viewer.look("/customers?ordered=not90&stage=lost").text
    assert catalogue()["web.ordered_not90"]["zh"] in text and catalogue()["web.filter_clear"]["zh"] in text


def test_pages_hold_everybody_once(visit: Browse, open_shop: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "SIZE", 7)
    viewer = visit("viewer")
    seen = [n for page in range(1, 9) for n in names(viewer, f"/customers?page={page}")]
    assert len(seen) == len(set(seen)) > 20
    with open_shop.db.tx() as conn:
        assert len(seen) == conn.execute("select count(*) from profiles where is_known").fetchone()[0]


def test_a_strange_filter_is_left_out(visit: Browse) -> None:
    viewer = visit("viewer")
    strange = ("sort=;drop", "page=0", "page=99999999999", "spent=-5", "spent=abc", "stage=king", "ordered=in5", "reach=fax", "page=²")
    assert {query: viewer.look(f"/customers?{query}").status_code for query in strange} == dict.fromkeys(strange, 200)


def test_search_finds_by_anything_and_puts_nothing_into_an_address(browse: Browse, lin: int) -> None:
    viewer = browse("viewer")
    for text in ("138 1234 5678", "+86-138-1234-5678", "LIN@Example.com", "林静", "A2", "lin1", f"#{lin}"):
        answer = viewer.fill("/search", {"text": text})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/customers/{lin}"), text
        found = viewer.fill("/search", {"text": text}, **{"hx-request": "true"})
        assert f"/customers/{lin}" in found.text and "<html" not in found.text
    nobody = viewer.fill("/search", {"text": "13900000000"})
    assert nobody.status_code == 200 and "13900000000" not in nobody.text
    assert viewer.look("/search?text=13812345678").status_code == 405


def test_nothing_personal_is_shown_in_the_clear(browse: Browse, lin: int) -> None:
    owner = browse("owner")
    seen = "".join(
        owner.look(path).text
        for path in (
            "/customers",
            f"/customers/{lin}",
            f"/customers/{lin}?tab=identity",
            f"/customers/{lin}/drawer",
            f"/customers/{lin}?tab=orders",
        )
    )
    assert "138****5678" in seen and "l***@example.com" in seen and "林*" in seen
    for secret in ("13812345678", "lin@example.com", "林静"):
        assert secret not in seen


def test_the_timeline_tells_an_order_once(browse: Browse, lin: int) -> None:
    text = browse("viewer").look(f"/customers/{lin}").text
    assert text.count("支付订单 A2") == 1
    assert re.search(r"精华 ×2、面膜|面膜、精华 ×2", text) and "¥130.00" in text
    lines = browse("viewer").look(f"/customers/{lin}/orders/1/A2", **{"hx-request": "true"}).text
    assert "精华" in lines and "面膜" in lines and "¥30.00" in lines and "<html" not in lines


def test_the_timeline_goes_on_where_it_stopped(browse: Browse, staffed: Ground) -> None:
    now = staffed.clock.now()
    who = (Identifier(Kind.USER_ID, "u1"),)
    with staffed.db.tx() as conn:
        site = pool.ensure_source(conn, "site", "http", now=now)
        facts = [Fact("page.viewed", f"v{n}", now - timedelta(hours=n), who, object=f"/p{n:03d}") for n in range(100)]
        pool.record(staffed, conn, site, facts)
    while pool.fold(staffed):
        pass
    viewer = browse("viewer")
    text, seen = viewer.look("/customers/1").text, []
    for _ in range(10):
        seen += re.findall(r"/p(\d{3})\b", re.sub(r'hx-get="[^"]*"', "", text))
        more = re.search(r'hx-get="([^"]*moments[^"]*)"', text)
        if not more:
            break
        text = viewer.look(more[1].replace("&amp;", "&"), **{"hx-request": "true"}).text
    assert [int(n) for n in seen] == list(range(100))


def test_a_tag_is_a_fact_and_shows_at_once(browse: Browse, staffed: Ground, lin: int) -> None:
    operator = browse("operator")
    assert operator.fill(f"/customers/{lin}/tags", {"tag": "礼盒党"}).headers["location"] == f"/customers/{lin}"
    page = operator.look(f"/customers/{lin}")
    assert 'value="礼盒党"' in page.text and "已打标签「礼盒党」" in page.text, "the tag, and the toast"
    assert "已打标签「礼盒党」" not in operator.look(f"/customers/{lin}").text, "a toast comes once"
    staffed.clock.move(timedelta(minutes=1))  # type: ignore[attr-defined]
    operator.fill(f"/customers/{lin}/tags", {"tag": "礼盒党", "what": "remove"})
    assert 'value="礼盒党"' not in operator.look(f"/customers/{lin}").text
    with staffed.db.tx() as conn:
        kinds = [r[0] for r in conn.execute("select type from facts where source_id <> 1 order by seq")]
        logged = conn.execute("select staff, what, ref from staff_log where what like 'tag%' order by 1, log_id").fetchall()
    assert kinds == ["tag.added", "tag.removed"]
    assert logged == [("operator", "tag.added", f"person:{lin}"), ("operator", "tag.removed", f"person:{lin}")]
    assert operator.fill(f"/customers/{lin}/tags", {"tag": " " * 5}).status_code == 422


def test_a_word_of_the_customer_needs_its_evidence_and_holds(browse: Browse, staffed: Ground, lin: int) -> None:
    operator = browse("operator")
    said = {"channel": "email", "purpose": "marketing", "is_given": "yes"}
    assert operator.fill(f"/customers/{lin}/consents", said).status_code == 422
    for given in ("no", "yes"):
        done = operator.fill(f"/customers/{lin}/consents", said | {"is_given": given, "evidence": "2026-11-20 来电"})
        assert done.status_code == 303
        staffed.clock.move(timedelta(minutes=1))  # type: ignore[attr-defined]
        with staffed.db.tx() as conn:
            assert pool.see(staffed, conn, lin).consents[0].is_given is (given == "yes")
    assert "2026-11-20 来电" in operator.look(f"/customers/{lin}").text


def test_cutting_makes_two_and_undoing_makes_one(browse: Browse, staffed: Ground, lin: int) -> None:
    operator = browse("operator")
    with staffed.db.tx() as conn:
        a, b = (pool.see(staffed, conn, lin).identifiers[n].identifier_id for n in (0, 2))
        whole = pool.see(staffed, conn, lin)
    assert operator.fill(f"/customers/{lin}/cut", {"a": str(a), "b": str(b), "why": "不是同一人"}).status_code == 303
    with staffed.db.tx() as conn:
        now_of = pool.current_person(conn, [a, b])
        assert now_of[a] != now_of[b]
    text = operator.look(f"/customers/{lin}?tab=identity").text
    decision = re.search(r'name="decision_id" value="(\d+)"', text)
    assert decision is not None and "不是同一人" in text
    assert operator.fill(f"/customers/{lin}/revoke", {"decision_id": decision[1]}).status_code == 303
    with staffed.db.tx() as conn:
        assert pool.see(staffed, conn, lin).row == whole.row


def test_conflicts_wait_for_a_decision(visit: Browse) -> None:
    operator = visit("operator")
    text = operator.look("/conflicts").text
    form = re.search(r'action="(/customers/\d+/confirm)".*?name="a" value="(\d+)".*?name="b" value="(\d+)"', text)
    assert form is not None
    assert operator.fill(form[1], {"a": form[2], "b": form[3], "next": "conflicts"}).headers["location"] == "/conflicts"
    assert catalogue()["web.conflicts_none"]["zh"] in operator.look("/conflicts").text


def test_revealing_says_why_and_is_written_down_first(browse: Browse, staffed: Ground, lin: int) -> None:
    operator = browse("operator")
    with staffed.db.tx() as conn:
        phone = next(i.identifier_id for i in pool.see(staffed, conn, lin).identifiers if i.kind == "phone")
    silent = operator.fill(f"/customers/{lin}/reveal", {"identifier_id": str(phone)})
    assert silent.status_code == 422 and "13812345678" not in silent.text
    shown = operator.fill(f"/customers/{lin}/reveal", {"identifier_id": str(phone), "why": "核对收货电话"}, **{"hx-request": "true"})
    assert "+8613812345678" in shown.text and shown.headers["cache-control"] == "no-store"
    with staffed.db.tx() as conn:
        row = conn.execute("select staff, ref, detail from staff_log where what = 'identifier.revealed'").fetchone()
    assert row == ("operator", f"person:{lin}", {"identifier_id": phone, "why": "核对收货电话"})
    other = operator.fill("/customers/999/reveal", {"identifier_id": str(phone), "why": "x"})
    assert other.status_code == 404 and "13812345678" not in other.text, "only on the person's own page"


def test_erasing_asks_for_the_number(browse: Browse, staffed: Ground, lin: int) -> None:
    owner = browse("owner")
    assert owner.fill(f"/customers/{lin}/erase", {"number": "7"}).status_code == 422
    assert owner.fill(f"/customers/{lin}/erase", {"number": f"#{lin}"}).status_code == 303
    with staffed.db.tx() as conn:
        assert pool.person_of(staffed, conn, Identifier(Kind.PHONE, PHONE)) is None
    assert "138****5678" not in owner.look(f"/customers/{lin}").text


def test_an_old_number_leads_to_the_person_of_today(browse: Browse, staffed: Ground, lin: int) -> None:
    with staffed.db.tx() as conn:
        other = next(i.identifier_id for i in pool.see(staffed, conn, lin).identifiers if i.identifier_id != lin)
    assert browse("viewer").look(f"/customers/{other}").headers["location"] == f"/customers/{lin}"


def test_a_reader_sees_no_forms_that_change(browse: Browse, lin: int) -> None:
    text = browse("viewer").look(f"/customers/{lin}").text + browse("viewer").look(f"/customers/{lin}?tab=identity").text
    for deed in ("tags", "consents", "cut", "reveal", "erase"):
        assert f"/customers/{lin}/{deed}" not in text
    assert browse("viewer").post(f"/customers/{lin}/tags", data={"tag": "x"}, headers=OURS).status_code == 403


def test_search_finds_what_staff_made_by_its_name(browse: Browse, staffed: Ground) -> None:
    with staffed.db.tx() as conn:
        rule = {"siyu_rule": 1, "where": {"if": "orders", "measure": "count", "op": "gte", "value": 2}}
        number = segments.keep(conn, "快要流失的老客", segments.parse(rule), at=staffed.clock.now())
    found = browse("viewer").fill("/search", {"text": "老客"}, **{"hx-request": "true"}).text
    assert f'href="/segments/{number}"' in found and "快要流失的老客" in found
