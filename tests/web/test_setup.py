"""Settings: what an owner saves is what the rooms read; every wrong word has its place; the key of a source is shown once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from tests.web.conftest import Browse

from siyu import gate, pool
from siyu.base import jobs
from siyu.base.ground import Ground
from siyu.gate import Purpose
from siyu.sources import http


def test_the_brand_is_kept_and_shown(browse: Browse, staffed: Ground) -> None:
    owner = browse("owner")
    value = {"name": "山茶集", "currency": "GBP", "time_zone": "Europe/London", "language": "en", "region": "gb"}
    assert owner.fill("/settings/brand", value).status_code == 303
    with staffed.db.tx() as conn:
        assert pool.brand(conn) == pool.Brand("山茶集", "GBP", "Europe/London", "en", "GB")
    assert "<title>" in owner.look("/settings").text and "山茶集" in owner.look("/jobs").text
    for wrong in ({"name": " "}, {"currency": "pounds"}, {"time_zone": "Mars/Base"}, {"language": "fr"}):
        assert owner.fill("/settings/brand", value | wrong).status_code == 422


def test_the_stages_are_kept(browse: Browse, staffed: Ground) -> None:
    form = {"repeat_orders": "2", "vip_orders": "5", "vip_amount": "1,234.50", "drifting_days": "60", "lost_days": "120"}
    assert browse("owner").fill("/settings/stages", form).status_code == 303
    with staffed.db.tx() as conn:
        assert pool.stage_rules(conn) == pool.StageRules(2, 5, 123_450, 60, 120)
    for wrong in ({"vip_amount": "much"}, {"lost_days": "30"}, {"vip_orders": ""}):
        assert browse("owner").fill("/settings/stages", form | wrong).status_code == 422


def test_the_rules_of_the_gate_are_kept_as_written(browse: Browse, staffed: Ground) -> None:
    owner = browse("owner")
    caps = {
        "window": ["24", "7", ""], "unit": ["h", "d", "d"], "n": ["1", "3", ""], "channel": ["", "email", ""],
        "purpose": ["marketing", "", "marketing"], "when_full": ["refuse", "wait", "refuse"],
    }  # fmt: skip
    assert owner.fill("/settings/rules/caps", caps).status_code == 303
    assert (
        owner.fill(
            "/settings/rules/quiet", {"is_on": "on", "from": "22:00", "to": "07:30", "purposes": ["marketing", "service"]}
        ).status_code
        == 303
    )
    assert owner.fill("/settings/rules/same_topic", {"window": "48", "unit": "h", "purposes": ["marketing"]}).status_code == 303  # not on
    assert owner.fill("/settings/rules/control", {"share": "2.5", "purposes": ["marketing"]}).status_code == 303
    assert owner.fill("/settings/rules/quotas", {"channel": ["email"], "window": ["1"], "unit": ["h"], "n": ["5000"]}).status_code == 303
    budget = {"window": ["30"], "unit": ["d"], "limit": ["1234.5"], "channel": [""], "purpose": [""]}
    assert owner.fill("/settings/rules/budgets", budget).status_code == 303
    assert owner.fill("/settings/rules/need_consent", {"purposes": ["marketing", "service"]}).status_code == 303
    with staffed.db.tx() as conn:
        rules = gate.rules(conn)
    assert rules.caps == (
        gate.Cap(1, timedelta(hours=24), purpose=Purpose.MARKETING), gate.Cap(3, timedelta(days=7), channel="email", is_patient=True),
    )  # fmt: skip
    assert rules.quiet == gate.QuietHours("22:00", "07:30", ("marketing", "service"))
    assert rules.same_topic == timedelta(0)
    assert rules.control_share == pytest.approx(0.025)
    assert rules.quotas == (gate.Quota("email", 5000, timedelta(hours=1)),)
    assert rules.budgets[0].limit_minor == 123_450
    assert rules.need_consent == ("marketing", "service")
    text = owner.look("/settings/rules").text
    assert 'value="22:00"' in text and 'value="1234.50"' in text and 'value="2.5"' in text
    assert owner.fill("/settings/rules/quiet", {"from": "22:00", "to": "07:30"}).status_code == 303
    with staffed.db.tx() as conn:
        assert gate.rules(conn).quiet is None


def test_a_rule_that_cannot_be_meant_is_refused(browse: Browse, staffed: Ground) -> None:
    owner = browse("owner")
    wrong: list[tuple[str, dict[str, object]]] = [
        ("caps", {"window": ["24"], "unit": ["h"], "n": ["many"]}),
        ("caps", {"window": ["0"], "unit": ["h"], "n": ["1"]}),
        ("quiet", {"is_on": "on", "from": "25:00", "to": "08:00"}),
        ("control", {"share": "90"}),
        ("quotas", {"channel": ["email"], "window": ["x"], "unit": ["h"], "n": ["5"]}),
        ("budgets", {"window": ["1"], "unit": ["d"], "limit": ["12.345"]}),
        ("nothing", {}),
    ]
    for name, form in wrong:
        assert owner.fill(f"/settings/rules/{name}", form).status_code == 422, (name, form)
    with staffed.db.tx() as conn:
        assert gate.rules(conn) == gate.GateRules()


def test_the_key_of_a_source_is_shown_once(browse: Browse, staffed: Ground) -> None:
    owner = browse("owner")
    made = owner.fill("/settings/sources", {"name": "官网", "owner": "数字化"})
    key = re.search(r"wk_[\w-]+", made.text)
    assert key is not None and made.headers["cache-control"] == "no-store"
    assert "wk_" not in owner.look("/settings/sources").text and "官网" in owner.look("/settings/sources").text
    with staffed.db.tx() as conn:
        assert pool.source_of_key(conn, http.flow.digest_of(key[0])) is not None
        logged = conn.execute("select detail::text from staff_log where what = 'source.made'").fetchone()
    assert key[0] not in logged[0]
    assert owner.fill("/settings/sources", {"name": "官网"}).status_code == 422


def test_staff_come_change_and_go(browse: Browse, staffed: Ground) -> None:
    owner = browse("owner")
    mei = {"login": "Mei", "name": "梅", "role": "viewer", "password": "ten or more"}
    assert owner.fill("/settings/staff", mei).status_code == 303
    assert owner.fill("/settings/staff", mei).status_code == 422, "taken"
    number = re.search(r'action="/settings/staff/(\d+)"(?=(?:(?!action).)*梅)', owner.look("/settings/staff").text, re.DOTALL)
    assert number is not None
    browser = browse().sign_in("mei", "ten or more")
    assert owner.fill(f"/settings/staff/{number[1]}", {"name": "梅", "role": "operator"}).status_code == 303
    assert browser.look("/settings/staff").status_code == 403
    assert owner.fill(f"/settings/staff/{number[1]}/password", {"password": "another one"}).status_code == 303
    assert browser.look("/jobs").status_code == 303, "signed out"
    assert owner.fill(f"/settings/staff/{number[1]}/close", {}).status_code == 303
    assert owner.fill(f"/settings/staff/{number[1]}/reopen", {}).status_code == 303
    text = owner.look("/settings/log").text
    for what in ("staff.added", "staff.changed", "staff.password_set", "staff.closed", "staff.reopened"):
        assert what in text
    assert "ten or more" not in text and "another one" not in text


def test_jobs_say_how_far_they_are_and_look_again(browse: Browse, staffed: Ground) -> None:
    viewer = browse("viewer")
    assert "hx-trigger" not in viewer.look("/jobs").text.split('id="jobs"', 1)[1]
    with staffed.db.tx() as conn:
        job = jobs.begin(conn, "import", "online-retail.csv", total=541_909)
        jobs.beat(conn, job, 200_000)
    busy = viewer.look("/jobs", **{"hx-request": "true"}).text
    assert 'hx-trigger="every 2s"' in busy and 'value="0.3691"' in busy and "200,000 / 541,909" in busy and "<html" not in busy
    with staffed.db.tx() as conn:
        jobs.end(conn, job, "failed", "the file ended in the middle")
    text = viewer.look("/jobs").text
    assert "the file ended in the middle" in text and "every 2s" not in text
