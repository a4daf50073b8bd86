"""Broadcasts in a real browser: compose with the slider, look ahead, start, watch, read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.journeys import world
from tests.web.test_browser import CHROMIUM, Open, address, open_page, playwright, pytestmark

from siyu import segments
from siyu.base.clock import StillClock
from siyu.base.ground import Ground

__all__ = ["CHROMIUM", "address", "open_page", "pytestmark"]


@pytest.fixture
def ready(shop: Ground) -> Ground:
    with shop.db.tx() as conn:
        segments.keep(conn, "买过的人", segments.parse(world.BUYERS), at=shop.clock.now())
        world.letter(shop, conn)
    return shop


def test_an_operator_sends_a_broadcast_and_reads_the_report(ready: Ground, clock: StillClock, open_page: Open) -> None:
    page = open_page()
    page.goto("/broadcasts")
    page.click("text=新建群发 >> nth=0")
    page.fill("[name=name]", "冬季上新")
    page.select_option("[name=segment]", label="买过的人")
    playwright.expect(page.locator("#sight .hero")).to_be_visible(timeout=15_000)
    page.select_option("[name=content]", index=1)
    page.locator("[name=holdout]").fill("20")
    playwright.expect(page.locator("#holdout-shown")).to_have_text("20%")
    page.click("text=保存草稿")
    playwright.expect(page.locator(".toast")).to_contain_text("草稿已保存")
    playwright.expect(page.locator("#ahead .main-figure b")).to_be_visible(timeout=15_000)
    playwright.expect(page.frame_locator("iframe.letter").locator("body")).to_contain_text("Come back!")
    page.click(".go .primary")
    page.click("#ask-yes")
    playwright.expect(page.locator(".toast")).to_contain_text("已开始")
    world.enrol(ready)
    page.reload()
    playwright.expect(page.locator("#progress")).to_contain_text("正在发送")
    world.deliver(ready)
    playwright.expect(page.locator("#progress")).to_contain_text("正在测量", timeout=15_000)
    here = page.url
    clock.move(timedelta(days=15))
    world.enrol(ready)
    page = open_page("viewer")
    page.goto(here)
    playwright.expect(page.locator(".sentence")).to_contain_text("说不准")
    page.locator(".hbars a.label").first.click()
    playwright.expect(page.locator("tr[data-drawer]").first).to_be_visible()
    page.locator("tr[data-drawer] td").nth(2).click()
    playwright.expect(page.locator("#drawer")).to_be_visible()


def test_broadcasts_fit_a_phone(ready: Ground, open_page: Open) -> None:
    number = world.started(ready, holdout_share=0.2)
    world.enrol(ready)
    draft = world.made(ready, name="草稿")
    page = open_page("operator", 390)
    for path in ("/broadcasts", "/broadcasts/new", f"/broadcasts/{draft}", f"/broadcasts/{number}", f"/broadcasts/{number}/people"):
        page.goto(path, wait_until="domcontentloaded")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
