"""Stories in a real browser: what a person does with mouse and keys, under the strict policy, at a desk and on a phone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from starlette.types import ASGIApp
from tests.doors import opened
from tests.web.conftest import PASSWORD

from siyu.base.ground import Ground
from siyu.web import app

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (on Debian: apt-get install chromium)"),
    pytest.mark.xdist_group("browser"),
]
playwright = pytest.importorskip("playwright.sync_api")


@pytest.fixture
def address(shop: Ground) -> Iterator[str]:
    """The shop, served."""

    def pages(url: str) -> ASGIApp:
        shop.config = replace(shop.config, base_url=url, port=int(url.rpartition(":")[2]))
        return app(shop)

    with opened(pages) as url:
        yield url


Open = Callable[..., "playwright.Page"]


REPLACED = ("htmx:sendAbort", "htmx:afterRequest")  # what htmx says when a newer request takes an older one's place


@pytest.fixture
def open_page(address: str) -> Iterator[Open]:
    """A signed-in page. Whatever the browser complains about (the policy, a script, a missing file) fails the test."""
    complaints: list[str] = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

        def make(role: str = "operator", width: int = 1440) -> playwright.Page:
            context = browser.new_context(viewport={"width": width, "height": 900}, base_url=address, locale="zh-CN")
            context.grant_permissions(["clipboard-read", "clipboard-write"])
            page = context.new_page()
            page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") and m.text not in REPLACED else None)
            page.on("pageerror", lambda e: complaints.append(str(e)))
            page.on("request", lambda r: None if r.url.startswith((address, "data:")) else complaints.append(f"went to {r.url}"))
            page.goto("/sign-in")
            page.fill("[name=login]", role)
            page.fill("[name=password]", PASSWORD)
            page.click("button.primary")
            page.wait_for_url(address + "/")
            return page

        yield make
        browser.close()
    assert not complaints, complaints


def test_an_operator_finds_somebody_and_tags_them(open_page: Open) -> None:
    page = open_page()
    page.keyboard.press("/")
    playwright.expect(page.locator("#search")).to_be_focused()
    page.fill("#search", "880001")
    page.fill("#search", "tb100003")
    page.locator("#found a").first.click()
    playwright.expect(page.locator("h1")).to_be_visible()
    page.click(".tag-add summary")
    page.fill(".tag-add [name=tag]", "礼盒党2")
    page.click(".tag-add button")
    playwright.expect(page.locator(".toast")).to_contain_text("礼盒党2")
    playwright.expect(page.locator(".person-tags")).to_contain_text("礼盒党2")
    page.click("text=订单 >> nth=0") if page.locator(".tabs >> text=订单").count() == 0 else page.click(".tabs >> text=订单")
    playwright.expect(page.locator(".tabs [aria-current]")).to_contain_text("订单")


def test_rows_open_the_drawer_names_open_the_page_and_filters_stay_in_the_address(open_page: Open) -> None:
    page = open_page("viewer")
    page.goto("/customers")
    row = page.locator("tr[data-drawer]").first
    row.locator("td").nth(3).click()
    drawer = page.locator("#drawer")
    playwright.expect(drawer).to_be_visible()
    playwright.expect(drawer.locator("h2")).to_be_visible()
    page.keyboard.press("Escape")
    playwright.expect(drawer).to_be_hidden()
    page.select_option("select[name=stage]", "lost")
    page.wait_for_url("**/customers?*stage=lost*")
    playwright.expect(page.locator(".chip")).to_have_count(1)
    stages = page.locator("tbody tr td:nth-child(2)").all_inner_texts()
    assert stages and set(stages) == {"已流失"}
    page.reload()
    playwright.expect(page.locator("select[name=stage]")).to_have_value("lost")
    page.click(".chip")
    page.wait_for_url("**/customers")
    page.locator("a.name").first.press("Enter")
    page.wait_for_url("**/customers/*")


def test_a_deed_asks_first_and_a_number_is_revealed_with_a_reason(open_page: Open) -> None:
    page = open_page("operator")
    page.goto("/conflicts")
    page.locator("form.deed button").first.click()
    playwright.expect(page.locator("#ask")).to_be_visible()
    page.click("#ask [value=no]")
    playwright.expect(page.locator(".conflicts li")).to_have_count(1)
    page.locator("form.deed button").first.click()
    page.click("#ask-yes")
    playwright.expect(page.locator(".toast")).to_be_visible()
    playwright.expect(page.locator(".conflicts li")).to_have_count(0)
    page.goto("/customers?reach=phone")
    page.locator("a.name").first.click()
    page.click(".reveal summary >> nth=0")
    page.fill(".reveal[open] [name=why]", "核对收货电话")
    page.click(".reveal[open] button.primary")
    playwright.expect(page.locator(".reveal[open] .revealed code")).to_contain_text("+86")
    page.click(".reveal[open] .revealed button")
    assert page.evaluate("navigator.clipboard.readText()").startswith("+86")


def test_the_chart_tells_its_numbers_and_the_language_switches(open_page: Open) -> None:
    page = open_page("viewer")
    column = page.locator(".chart-col").nth(9)
    column.hover()
    playwright.expect(column.locator(".tip")).to_be_visible()
    page.locator(".chart-data summary").first.click()
    playwright.expect(page.locator(".chart-data[open] table").first).to_be_visible()
    page.goto("/customers")
    page.click(".top-lang button")
    playwright.expect(page.locator("h1")).to_have_text("Customers")
    page.goto("/jobs")
    playwright.expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_phone_shows_every_page_without_scrolling_sideways(open_page: Open) -> None:
    page = open_page("owner", 390)
    one = [f"/customers/1{tab}" for tab in ("", "?tab=orders", "?tab=identity")]
    settings = [f"/settings{part}" for part in ("", "/rules", "/staff", "/sources", "/log", "/me")]
    paths = ["/", "/customers", *one, "/conflicts", "/jobs", *settings, "/dev/ui"]
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        wide = []
        for path in paths:
            page.goto(path, wait_until="domcontentloaded")
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wide.append(path)
        assert not wide
    page.click("[data-side]")
    playwright.expect(page.locator("#side")).to_be_visible()
    page.locator("#side a[href='/settings']").click()
    page.wait_for_url("**/settings")
