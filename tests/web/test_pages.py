"""Every page in both languages: it says everything, carries strict headers, loads nothing from elsewhere, escapes what people wrote."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from starlette.routing import Route
from tests.web.conftest import Browse, Browser
from tests.web.test_access import filled

from siyu import pool
from siyu.base.ground import Ground
from siyu.base.text import catalogue
from siyu.pool import Fact, Identifier, Kind
from siyu.web import app
from siyu.web.app import CSP
from siyu.web.guard import Guarded

_KEY = re.compile(r"(?<![\w./@-])(?:web|gate|pool|segments|content|journeys|channels|sources|analytics)\.[a-z]\w*_\w+")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_TAGS = re.compile(r"<[^>]+>")


def paths(ground: Ground) -> list[str]:
    """Every page that staff can open."""
    found = [route for route in app(ground).routes if isinstance(route, Guarded) and "GET" in route.methods]
    return [filled(route.path) for route in found] + [
        *(f"/customers/1?tab={tab}" for tab in ("orders", "messages", "identity")),
        "/customers?stage=vip&tag=x&reach=email&spent=1&ordered=in90",
    ]  # fmt: skip


class Reader(HTMLParser):
    """Notes what a strict page must not have: anything inline, anything from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in given) or tag in ("base", "object", "embed"):
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith(("on", "hx-on")) or name in ("style", "srcdoc"):
                self.faults.append(f"{tag} {name}={value}")
            is_ours = (value or "").startswith(("/", "?", "#", "data:image/svg")) and not (value or "").startswith("//")
            if name in ("src", "href", "action", "formaction", "hx-get", "hx-post", "data-drawer") and not is_ours:
                self.faults.append(f"{tag} {name}={value}")


def check(browser: Browser, path: str, lang: str) -> str:
    """Open a page and hold it to everything that any page must be."""
    answer = browser.look(path)
    text = answer.text
    assert answer.status_code != 500, path
    for name, value in {
        "content-security-policy": CSP,
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cache-control": "no-store",
    }.items():
        assert answer.headers[name] == value, (path, name)
    if not answer.headers.get("content-type", "").startswith("text/html"):
        return ""
    assert "Vary" in {k.title() for k in answer.headers} and "HX-Request" in answer.headers["vary"], path
    reader = Reader()
    reader.feed(text)
    assert not reader.faults, f"{path}: {reader.faults[:3]}"
    seen = _TAGS.sub(" ", text)
    assert not _KEY.findall(seen), f"{path} ({lang}): {_KEY.findall(seen)[:3]}"
    if "<html" in text:
        assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in text
    return seen


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_of_a_shop(visit: Browse, open_shop: Ground, lang: str) -> None:
    browser = visit("owner")
    browser.fill("/language", {"language": lang})
    for path in paths(open_shop):
        check(browser, path, lang)


def test_every_page_of_a_fresh_install_is_english_in_english(browse: Browse, staffed: Ground) -> None:
    with staffed.db.tx() as conn:
        pool.set_brand(conn, pool.Brand(name="Camellia", language="en"), at=staffed.clock.now())
    browser = browse("owner")
    browser.fill("/language", {"language": "en"})
    spoken = {"域", "中", "中文"}  # the mark, the switch, the name of the language
    for path in paths(staffed):
        if path.startswith("/dev/ui"):
            continue  # shows a Chinese name on purpose
        seen = check(browser, path, "en")
        rest = [word for word in re.findall(r"[\u4e00-\u9fff]+", seen) if word not in spoken]
        assert not rest, f"{path}: {rest[:5]}"


def test_a_fresh_install_says_what_to_do_next(browse: Browse) -> None:
    text = browse("operator").look("/").text
    for step in ("data", "people", "segment", "content", "broadcast"):
        assert catalogue()[f"web.step_{step}"]["zh"] in text


def test_errors_keep_the_tone(visit: Browse) -> None:
    viewer = visit("viewer")
    missing = viewer.look("/no/such/page")
    assert missing.status_code == 404 and "side-nav" in missing.text and "side-nav" not in visit().look("/no/such/page").text
    assert catalogue()["web.error_404"]["zh"] in missing.text
    forbidden = viewer.look("/settings/staff")
    assert forbidden.status_code == 403 and catalogue()["web.error_role"]["zh"] in forbidden.text and "side-nav" in forbidden.text
    gone = viewer.look("/customers/999999")
    assert gone.status_code == 404 and "没有这位客户。" in gone.text and "There is no such person" not in gone.text
    assert viewer.get("/customers/999999").json()["error"] == "There is no such person.", "a program gets JSON, in English"
    for referer, leads in (("/customers?stage=vip", True), ("/customers/999999", False)):
        back = viewer.look("/customers/999999", referer=f"{viewer.base_url}".rstrip("/") + referer).text
        assert (f'href="{referer}"' in back) is leads, "the page that led here, not this one again"
    assert "evil.example" not in viewer.look("/customers/999999", referer="https://evil.example/customers").text
    by_htmx = viewer.look("/customers/999999", **{"hx-request": "true"})
    assert by_htmx.status_code == 404 and "没有这位客户。" in json.loads(by_htmx.headers["hx-trigger"])["said"]["text"]


def test_our_own_faults_are_shown_with_a_number_and_logged_without_data(
    browse: Browse, staffed: Ground, caplog: pytest.LogCaptureFixture
) -> None:
    with staffed.db.tx() as conn:
        conn.execute("alter table jobs rename to jobs_gone")
    answer = browse("viewer").look("/jobs")
    assert answer.status_code == 500
    number = answer.headers["x-request-id"]
    assert number in answer.text and answer.headers["content-security-policy"] == CSP
    record = next(r for r in caplog.records if r.message == "a page failed")
    assert record.request_id == number and record.sqlstate == "42P01" and record.exc_info is None  # type: ignore[attr-defined]


CORPUS = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'-alert(1)-'", "</title><script>alert(1)</script>", "{{ 7*7 }}",
    "<svg/onload=alert(1)>", "javascript:alert(1)", "&lt;b&gt;", "</textarea><b>", "\u202egpj.exe",
]  # fmt: skip


def test_what_people_wrote_is_never_markup(browse: Browse, staffed: Ground) -> None:
    now = staffed.clock.now()
    with staffed.db.tx() as conn:
        pool.set_brand(conn, pool.Brand(name=CORPUS[0]), at=now)
        source = pool.ensure_source(conn, CORPUS[1], "file", now=now, owner=CORPUS[0], purpose=CORPUS[3])
        facts = []
        for n, evil in enumerate(CORPUS):
            who = (Identifier(Kind.USER_ID, f"u{n}{evil}"[:60]), Identifier(Kind.EMAIL, f"u{n}@example.com"))
            at = now - timedelta(hours=n)
            facts += [
                Fact("profile.stated", f"p{n}", at, who, data={"city": evil, evil[:30]: "x"}, personal={"name": evil}),
                Fact("tag.added", f"t{n}", at, who, data={"tag": evil[:40]}),
                Fact(
                    "order.paid",
                    f"o{n}",
                    at,
                    who,
                    object=f"A{evil}"[:60],
                    amount_minor=100,
                    data={"product": evil, "sku": evil, "quantity": 2},
                ),
                Fact("product.viewed", f"v{n}", at, who, object=evil, data={"product": evil, "url": evil}),
                Fact("thing.happened", f"x{n}", at, who, object=evil, data={"a": evil}),
                Fact("consent.given", f"c{n}", at, who, data={"channel": "email", "purpose": "marketing", "evidence": {"text": evil}}),
            ]
        pool.record(staffed, conn, source, facts)
    while pool.fold(staffed):
        pass
    with staffed.db.tx() as conn:
        people = [row[0] for row in conn.execute("select person_id from profiles order by 1")]
    browser = browse("owner")
    pages = ["/", "/customers", "/settings", "/settings/sources"]
    pages += [
        f"/customers/{number}{tab}"
        for number in people
        for tab in ("", "?tab=orders", "?tab=identity", "/moments?before=2030-01-01T00:00:00Z~9")
    ]
    seen = "".join(check(browser, path, "zh") + browser.look(path).text for path in pages)
    seen += "".join(browser.look(f"/customers/{number}/drawer", **{"hx-request": "true"}).text for number in people)
    for evil in CORPUS[:6]:
        if "<" in evil:
            assert evil not in seen
    assert (
        "&lt;script&gt;alert(1)&lt;/script&gt;" in seen
        and "{{ 7*7 }}" in seen
        and "49" not in re.findall(r"\{\{[^}]*\}\}|\b49\b", seen)[:0]
    )


def test_assets_are_ours_whole_and_for_ever(visit: Browse) -> None:
    browser = visit()
    text = browser.look("/sign-in").text + visit("viewer").look("/jobs").text
    addresses = set(re.findall(r"/assets/[\w.]+", text))
    assert {a.split(".")[0] for a in addresses} == {"/assets/tokens", "/assets/admin", "/assets/siyu", "/assets/htmx", "/assets/mark"}
    for address in addresses:
        answer = browser.get(address)
        assert answer.status_code == 200 and answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        if "htmx" not in address:
            assert b"://" not in answer.content.replace(b"http://www.w3.org/", b"") and b"eval(" not in answer.content
    assert browser.get("/assets/admin.00000000.css").status_code == 404
    assert browser.get("/assets/..%2f__init__.py").status_code == 404


def test_health_is_told_without_sign_in(browse: Browse, staffed: Ground) -> None:
    browser = browse()
    assert browser.get("/livez").text == "ok\n"
    assert browser.get("/readyz").json() == {"ready": True}
    staffed.db.close()
    assert browser.get("/livez").status_code == 200
    assert browser.get("/readyz").status_code == 503


def test_rooms_below_are_mounted(open_shop: Ground) -> None:
    found = {route.path for route in app(open_shop).routes if isinstance(route, Route)}
    assert "/v1/batch" in found
