"""Setting up in a real browser against a running sandbox: one click, a fault with its remedy, and a callback that turns the step green."""

from __future__ import annotations

import threading

from tests.web.test_browser import CHROMIUM, Open, address, open_page, playwright, pytestmark
from tests.web.test_connect import look, post

from siyu.base.ground import Ground
from siyu.sources import connecting
from siyu.vendors import probes

__all__ = ["CHROMIUM", "address", "open_page", "pytestmark"]


WIDER = "[...document.querySelectorAll('.table-wrap')].filter((w) => w.scrollWidth > w.clientWidth).map((w) => w.scrollWidth)"


def test_an_owner_connects_the_sandbox_and_mends_what_is_shut(shop: Ground, sandbox: str, open_page: Open) -> None:
    post(sandbox, "/clock", {"shown_at": shop.clock.now().isoformat(), "rate": 0})
    app = look(sandbox, "/sandbox/corp")["apps"][0]
    post(sandbox, "/sandbox/corp/members", {"members": [{"userid": "zs", "name": "张三"}]})
    page = open_page("owner")
    expect = playwright.expect
    page.goto("/connections")
    page.fill("[name=base]", sandbox)
    page.click("button:has-text('一键接入')")
    expect(page.locator("#sandbox progress")).to_be_visible(timeout=60_000)
    worker = threading.Thread(target=connecting.advance, args=(shop,))  # the sandbox knocks at the page's own server meanwhile
    worker.start()
    expect(page.locator("tbody tr")).to_have_count(5, timeout=60_000)  # the page looks again by itself
    expect(page.locator("#sandbox")).to_contain_text("回调已配置", timeout=60_000)
    worker.join()
    expect(page.locator("tbody tr").first).to_contain_text("已验证")
    post(sandbox, "/sandbox/corp/apps", {"agentid": app["agentid"], "trusted_ips": ["203.0.113.9"]})
    page.click("text=沙盒企业微信")
    page.click("button:has-text('立即检查')")
    expect(page.locator("#basics progress")).to_be_visible(timeout=60_000)
    while probes.advance(shop):  # those of the other accounts wait too
        pass
    expect(page.locator(".steps .is-next").first).to_contain_text("企业可信 IP", timeout=60_000)
    post(sandbox, "/sandbox/corp/apps", {"agentid": app["agentid"], "trusted_ips": []})
    page.click("button:has-text('立即检查')")
    expect(page.locator("#rights .is-old").first).to_be_visible(timeout=60_000)
    assert probes.advance(shop) == 1
    expect(page.locator(".steps .is-next")).to_have_count(0, timeout=60_000)  # the page looks again by itself
    expect(page.locator("#basics progress")).to_have_count(0)
    page.click("button:has-text('更换密钥')")
    page.click("#ask-yes")
    expect(page.locator("#callback")).to_contain_text("两组密钥同时有效", timeout=60_000)
    phone = open_page("owner", 390)
    for path in (
        "/connections",
        "/connections/1",
        "/connection-health",
        "/callbacks",
        "/corp-tags",
        "/chat-groups",
        "/guides",
        "/settings/connected",
    ):
        phone.goto(path, wait_until="domcontentloaded")
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert phone.evaluate(WIDER) == [], f"{path}: a table that has to be pushed sideways"
    phone.goto("/connection-health", wait_until="domcontentloaded")
    cell = phone.locator(".table.tiled td[data-label='接口调用']").first
    expect(cell).to_be_visible()
    assert int(cell.inner_text().strip()) > 0
