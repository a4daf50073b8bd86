"""The builder in a real browser: conditions are added and filled in, the numbers follow, and the segment is kept."""

from __future__ import annotations

import pytest
from tests.web.test_browser import Open, address, open_page, playwright, pytestmark  # noqa: F401

from siyu import segments
from siyu.base.ground import Ground


def test_an_operator_builds_and_keeps_a_segment(open_page: Open, shop: Ground) -> None:  # noqa: F811
    def number(where: object) -> str:
        with shop.db.tx() as conn:
            return str(segments.count(shop, conn, segments.parse({"siyu_rule": 1, "where": where})))

    page = open_page()
    hero = page.locator("#preview .hero-count")
    page.goto("/segments/new")
    two = {"if": "orders", "op": "gte", "value": 2}
    playwright.expect(hero).to_have_attribute("data-count", number(two))
    page.fill('[name="n-0.value"]', "3")
    three = two | {"value": 3}
    playwright.expect(hero).to_have_attribute("data-count", number(three))
    page.locator(".rule-add button").first.click()
    page.select_option('[name="n-1.what"]', "stage")
    vip = {"if": "profile", "field": "stage", "op": "eq", "value": "vip"}
    playwright.expect(page.locator("#count-n-1")).to_contain_text(number(vip))
    playwright.expect(hero).to_have_attribute("data-count", number({"all": [three, vip]}))
    page.locator(".rule-join").click()
    playwright.expect(hero).to_have_attribute("data-count", number({"any": [three, vip]}))
    page.fill("[name=name]", "三单或 VIP")
    page.locator("button.primary[form=builder]").click()
    playwright.expect(page.locator("h1")).to_have_text("三单或 VIP")
    playwright.expect(hero).to_have_attribute("data-count", number({"any": [three, vip]}))
    with shop.db.tx() as conn:
        assert [one.name for one in segments.all_kept(conn)] == ["三单或 VIP"]


@pytest.mark.parametrize("path", ["/segments", "/segments/new?from=cart", "/segments/new?from=drifting"])
def test_the_pages_fit_a_phone(open_page: Open, path: str) -> None:  # noqa: F811
    page = open_page(width=390)
    page.goto(path)
    if "new" in path:
        playwright.expect(page.locator("#preview .hero-count")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
