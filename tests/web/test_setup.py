"""Settings: what an owner saves is what the rooms read; every wrong word has its place; the key of a source is shown once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from tests.web.conftest import Browse

from siyu import gate, pool
from siyu.base import jobs, settings
from siyu.base.ground import Ground
from siyu.channels import wecom
from siyu.gate import Purpose
from siyu.sources import callbacks, sync


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


def test_single_channels_have_nights_and_windows_and_refusals_name_line_field_and_remedy(browse: Browse, staffed: Ground) -> None:
    owner = browse("owner")
    nights = {"channel": ["sms", "sms", "wecom", "sms"], "from": ["20:00", "", "22:30", ""], "to": ["08:00", "", "09:00", ""],
              "for": ["marketing", "marketing", "marketing,service", "marketing"]}  # fmt: skip
    assert owner.fill("/settings/rules/nights", nights).status_code == 303
    windows = {"channel": ["kf", "mini"], "of": ["kf", "mini"], "after": ["message", "accept"], "n": ["4", "1"], "window": ["47", "30"],
               "unit": ["h", "d"]}  # fmt: skip
    assert owner.fill("/settings/rules/windows", windows).status_code == 303
    assert owner.fill("/settings/rules/contact_is_consent", {}).status_code == 303
    with staffed.db.tx() as conn:
        rules = gate.rules(conn)
    assert [(one.channel, one.hours.start, one.hours.end, one.hours.purposes) for one in rules.nights] == [
        ("sms", "20:00", "08:00", ("marketing",)), ("wecom", "22:30", "09:00", ("marketing", "service")),
    ]  # fmt: skip
    assert rules.windows == (
        gate.Window("kf", gate.Deed.MESSAGE, "kf", 4, timedelta(hours=47)),
        gate.Window("mini", gate.Deed.ACCEPT, "mini", 1, timedelta(days=30)),
    )
    assert rules.contact_is_consent == ()
    text = owner.look("/settings/rules").text
    assert 'value="22:30"' in text and 'value="marketing,service" selected' in text and 'value="47"' in text

    cases = [
        ("nights", nights | {"to": ["08:00", "", "9 o'clock", ""]}, "第 3 行：结束时间不对", "写成 08:00 的样子", "9 o&#39;clock"),
        ("windows", windows | {"window": ["47", "91"]}, "第 2 行：时间窗不对", "最长 90 天", 'value="91"'),
        ("caps", {"window": ["24", ""], "unit": ["h", "d"], "n": ["5000", ""], "channel": ["kf", ""], "purpose": ["", ""],
                  "when_full": ["refuse", "refuse"]}, "第 1 行：条数不对", "0 到 1000", 'value="5000"'),
        ("quiet", {"is_on": "on", "from": "24:00", "to": "08:00", "purposes": ["marketing"]}, "开始时间不对", "21:00", 'value="24:00"'),
    ]  # fmt: skip
    for name, form, what, remedy, given in cases:
        refused = owner.fill(f"/settings/rules/{name}", form)
        assert refused.status_code == 422 and what in refused.text and remedy in refused.text and given in refused.text, name
    owner.fill("/language", {"language": "en", "back": "/settings/me"})
    english = owner.fill("/settings/rules/nights", nights | {"to": ["20:00", "", "09:00", ""]})
    assert "Line 1: The end is not a time of day, or it is the same as the beginning." in english.text and "web.rule" not in english.text
    with staffed.db.tx() as conn:
        assert gate.rules(conn) == rules, "nothing of what was refused is kept"


def test_how_the_connected_part_behaves_is_kept(browse: Browse, staffed: Ground) -> None:
    owner, operator = browse("owner"), browse("operator")
    home = "/settings/connected"
    assert operator.fill(f"{home}/mass", {"rule": "daily1"}).status_code == 403
    assert owner.fill(f"{home}/mass", {"rule": "daily1"}).status_code == 303
    assert owner.fill(f"{home}/sync", {"hour": "5", "phones": "on"}).status_code == 303
    assert owner.fill(f"{home}/inbox", {"days": "30"}).status_code == 303
    with staffed.db.tx() as conn:
        assert wecom.see_mass_settings(conn).rule is wecom.MassRule.DAILY_1
        assert settings.get(conn, sync.SETTING_HOUR, 0) == 5 and settings.get(conn, sync.SETTING_PHONES, False) is True
        assert settings.get(conn, callbacks.SETTING_KEEP_DAYS, 0) == 30
    for path, form, said in (("mass", {"rule": "hourly"}, "没有这种群发规则"), ("sync", {"hour": "24"}, "填 0 到 23 的整数"),
                             ("inbox", {"days": "0"}, "填 1 到 3650 的整数")):  # fmt: skip
        refused = owner.fill(f"{home}/{path}", form)
        assert refused.status_code == 422 and said in refused.text and "is-wrong" in refused.text, path
    text = operator.look(home).text
    assert 'value="30"' in text and "<fieldset disabled>" in text


def test_the_key_of_a_source_is_shown_once(browse: Browse, staffed: Ground) -> None:
    owner = browse("owner")
    made = owner.fill("/settings/sources", {"name": "官网", "owner": "数字化"})
    key = re.search(r"wk_[\w-]+", made.text)
    assert key is not None and made.headers["cache-control"] == "no-store"
    assert "wk_" not in owner.look("/settings/sources").text and "官网" in owner.look("/settings/sources").text
    with staffed.db.tx() as conn:
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
        jobs.end(conn, jobs.begin(conn, "check", "企业"), "failed", "This vendor account is switched off.")
    text = viewer.look("/jobs").text
    assert "the file ended in the middle" in text and "这个平台账号已停用。" in text and "every 2s" not in text
