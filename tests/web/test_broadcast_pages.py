"""The broadcasts' pages, from composing one to reading what it caused."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from tests.journeys import world
from tests.web.conftest import Browse, Browser

from siyu import journeys, pool, segments
from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.pool import Fact


@pytest.fixture
def segment(shop: Ground) -> str:
    """A saved segment: everybody who ever bought."""
    with shop.db.tx() as conn:
        return str(segments.keep(conn, "Everybody who bought", segments.parse(world.BUYERS), at=shop.clock.now()))


@pytest.fixture
def letter(shop: Ground) -> str:
    with shop.db.tx() as conn:
        return str(world.letter(shop, conn))


def form(segment: str, letter: str, **more: str) -> dict[str, str]:
    values = {
        "name": "Win-back", "segment": segment, "content": letter, "purpose": "marketing", "holdout": "20", "measure_days": "14",
        "expire_days": "3", "rate": "", "cost": "0.05", "priority": "50",
    }  # fmt: skip
    return values | more


def composed(operator: Browser, segment: str, letter: str, **more: str) -> str:
    """The address of a fresh draft."""
    made = operator.fill("/broadcasts/new", form(segment, letter, **more))
    assert made.status_code == 303, made.text
    return str(made.headers["location"])


def done(browser: Browser, path: str) -> str:
    """A page, asked again until it has counted."""
    for _ in range(40):
        text = browser.look(path).text
        if "load delay" not in text:
            return text
    raise AssertionError(f"{path} never finished counting")


def test_from_composing_to_reading_what_it_caused(browse: Browse, shop: Ground, clock: StillClock, segment: str, letter: str) -> None:
    operator, viewer = browse("operator"), browse("viewer")
    quota = {"channel": ["email"], "window": ["1"], "unit": ["h"], "n": ["5000"]}
    assert browse("owner").fill("/settings/rules/quotas", quota).status_code == 303
    here = composed(operator, segment, letter)
    number = int(here.rsplit("/", 1)[1])
    ahead = done(operator, f"{here}/ahead")
    with shop.db.tx() as conn:
        plan = journeys.plan(shop, conn, number)
        kept = journeys.see(conn, number)
    assert (kept.cost_minor, float(kept.holdout_share), kept.measure_for) == (5, 0.2, timedelta(days=14))
    for n in (plan.forecast.counts["permit"], plan.control, plan.forecast.people - plan.forecast.counts["permit"]):
        assert f"<b>{n:,}</b>" in ahead
    assert "没有授权" in ahead, "why somebody is left out"
    assert "按节奏" in ahead, "when the platform's quota lets the last one go"
    assert operator.fill(f"{here}/start", {}).headers["location"] == here
    world.enrol(shop)
    assert "正在发送" in viewer.look(here).text
    world.deliver(shop)
    page = viewer.look(here).text
    assert "发完了，正在测量" in page
    assert "还太早" in page
    assert "hx-refresh" in viewer.look(f"{here}/progress?was=sending").headers, "the page is read anew when a phase ends"
    clock.move(timedelta(days=2))
    with shop.db.tx() as conn:
        who = conn.execute("select person_id from broadcast_members where arm = 'treated' order by 1 limit 9").fetchall()
        facts = [Fact("order.paid", f"b{p}", clock.now(), object=f"b{p}", amount_minor=9_900, subject_id=p) for (p,) in who]
        pool.record(shop, conn, world.source(shop, conn), facts)
    world.settle(shop)
    clock.move(timedelta(days=13))
    world.enrol(shop)
    viewer = browse("viewer")  # the session has ended meanwhile
    page = viewer.look(here).text
    assert "已结束" in page
    assert "说不准" in page
    assert "按层加权" in page
    assert "不是因果" in page
    buyers = viewer.look(f"{here}/people?kind=bought&code=treated").text
    assert len(re.findall(r'class="name" href="/customers/\d+"', buyers)) == 9
    refused = viewer.look(f"{here}/people?kind=refused&code=no_consent").text
    assert len(re.findall(r'class="name" href="/customers/\d+"', refused)) == plan.forecast.counts["no_consent"] > 0
    held = viewer.look(f"{here}/people?kind=arm&code=control").text
    assert len(re.findall(r'class="name" href="/customers/\d+"', held)) == plan.control
    assert viewer.look(f"{here}/people?kind=nonsense").status_code == 404
    with shop.db.tx() as conn:
        log = [row[0] for row in conn.execute("select what from staff_log where what like 'broadcast.%' order by log_id").fetchall()]
    assert log == ["broadcast.made", "broadcast.started"]


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(browse: Browse, segment: str, letter: str) -> None:
    operator = browse("operator")
    bad = operator.fill("/broadcasts/new", form("", "999", name="", holdout="80", measure_days="x", rate="0", cost="-1"))
    assert bad.status_code == 422
    for text in ("请起一个名字", "请选一个人群", "请选一份内容", "0 到 50 之间", "最长 180 天", "至少 1", "不小于 0"):
        assert text in bad.text
    assert 'value="x"' in bad.text, "what was typed is still there"
    assert operator.look("/broadcasts").text.count("name-link") == 0


def test_a_slider_says_what_the_holdout_would_show(browse: Browse, shop: Ground, segment: str, letter: str) -> None:
    with shop.db.tx() as conn:
        now = shop.clock.now()
        facts = [Fact("order.paid", f"q{n}", now - timedelta(days=40 + n % 60), (world.who(n)[0],), f"q{n}", 5_000) for n in range(200)] + [
            Fact("order.paid", f"z{n}", now - timedelta(days=3), (world.who(n)[0],), f"z{n}", 5_000) for n in range(0, 200, 10)
        ]
        pool.record(shop, conn, world.source(shop, conn), facts)
    world.settle(shop)
    operator = browse("operator")
    address = f"/broadcasts/sight?segment={segment}&measure_days=14&holdout="
    text = done(operator, address + "10")
    assert re.search(r"只有多带来至少 \d+ 位买家", text)
    assert "不留对照，就什么也看不出来" in done(operator, address + "0")
    assert 'class="is-here"' in done(operator, address + "25")
    assert "选好人群后" in operator.look("/broadcasts/sight?segment=&holdout=10&measure_days=14").text
    assert operator.look("/broadcasts/sight?segment=abc&holdout=x&measure_days=nan").status_code == 200


def test_pausing_going_on_cancelling_and_copying(browse: Browse, shop: Ground, clock: StillClock, segment: str, letter: str) -> None:
    operator = browse("operator")
    here = composed(operator, segment, letter, rate="1")
    operator.fill(f"{here}/start", {})
    world.enrol(shop)
    operator.fill(f"{here}/pause", {})
    page = operator.look(here).text
    assert "已暂停" in page
    assert f"{here}/go-on" in page
    operator.fill(f"{here}/go-on", {})
    world.enrol(shop)
    assert f"{here}/pause" in operator.look(here).text
    operator.fill(f"{here}/cancel", {})
    assert "已取消" in operator.look(here).text
    assert operator.fill(f"{here}/pause", {}).status_code == 422
    copied = operator.fill(f"{here}/copy", {}).headers["location"]
    assert re.fullmatch(r"/broadcasts/\d+/edit", copied)
    assert "Win-back（副本）" in operator.look(copied).text
    changed = operator.fill(copied, form("kept", letter, name="Second try", rate="7"))
    with shop.db.tx() as conn:
        again = journeys.see(conn, int(changed.headers["location"].rsplit("/", 1)[1]))
    assert (again.name, again.rate_per_minute, again.state) == ("Second try", 7, "draft")
    tabs = operator.look("/broadcasts?show=over").text
    assert "Win-back" in tabs
    assert "Second try" not in tabs


def test_a_schedule_is_in_the_brands_time_zone(browse: Browse, shop: Ground, segment: str, letter: str) -> None:
    operator = browse("operator")
    here = composed(operator, segment, letter)
    assert operator.fill(f"{here}/schedule", {"start_at": "2020-01-01T09:00"}).status_code == 422
    assert operator.fill(f"{here}/schedule", {"start_at": "soon"}).status_code == 422
    operator.fill(f"{here}/schedule", {"start_at": "2026-12-24T09:00"})
    with shop.db.tx() as conn:
        kept = journeys.see(conn, int(here.rsplit("/", 1)[1]))
    assert kept.start_at is not None
    assert kept.start_at.isoformat() == "2026-12-24T01:00:00+00:00"
    assert "2026-12-24 09:00" in operator.look(here).text
    assert operator.look(f"{here}/edit").status_code == 303, "no draft any more"
    operator.fill(f"{here}/recall", {})
    assert operator.look(f"{here}/edit").status_code == 200


def test_names_in_the_letter_are_for_those_who_may_see_them(browse: Browse, shop: Ground, segment: str) -> None:
    from siyu import content

    with shop.db.tx() as conn:
        made = content.keep(shop, conn, name="named", channel="email", subject="Hi {{ name | fallback: 'you' }}", body="Hello **you**")
        person, names = next((p, n) for p, n in pool.personal_traits(shop, conn, list(range(1, 60))).items() if n.get("name"))
    operator, viewer = browse("operator"), browse("viewer")
    here = composed(operator, segment, str(made.content_id))
    assert names["name"] in operator.look(f"{here}/reader?person={person}").text
    assert names["name"] not in viewer.look(f"{here}/reader?person={person}").text
    letter = operator.look(f"{here}/letter?person={person}")
    assert "default-src 'none'" in letter.headers["content-security-policy"]
    assert "<strong>you</strong>" in letter.text or "<b>you</b>" in letter.text or "you" in letter.text
    failed = operator.fill(f"{here}/test", {"to": "not an address", "person": str(person)})
    assert failed.status_code == 422


def test_a_large_report_is_counted_beside_the_page(
    browse: Browse, shop: Ground, segment: str, letter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("siyu.web.broadcasts.result.MOST_LIVE", 3)
    monkeypatch.setattr("siyu.web.broadcasts.looks._PATIENCE", 0.0)
    operator = browse("operator")
    here = composed(operator, segment, letter)
    operator.fill(f"{here}/start", {})
    world.enrol(shop)
    assert "正在数" in operator.look(here).text
    assert "还太早" in done(operator, here)
