"""Settings: each is judged by the room that owns it; secrets go in and never come out."""

from __future__ import annotations

import io
import json

import pytest
from tests.cli.test_contract import Run, env, lin, run  # noqa: F401  fixtures

from siyu import channels, gate, pool
from siyu.base.ground import Ground


def test_every_setting_is_listed_and_can_be_read(run: Run) -> None:  # noqa: F811
    _, found, _ = run("setting", "list")
    names = set(found["settings"])
    assert {"brand.currency", "gate.caps", "http.batch_bytes", "pool.stages.lost_days", "email.server", "content.ad_prefix"} <= names
    for name in ("brand.currency", "gate.caps", "http.batch_bytes"):
        assert run("setting", "get", name)[1]["value"] == found["settings"][name]


def test_settings_change_what_the_rooms_read(run: Run, ground: Ground) -> None:  # noqa: F811
    assert run("setting", "set", "brand.currency", "GBP")[0] == 0
    assert run("setting", "set", "http.batch_bytes", "4194304")[1]["value"] == 4194304
    assert run("setting", "set", "pool.stages.lost_days", "400")[0] == 0
    assert run("setting", "set", "pool.identity.limits", '{"phone": 2}')[1]["value"] == {"phone": 2}
    with ground.db.tx() as conn:
        assert pool.brand(conn).currency == "GBP" and pool.stage_rules(conn).lost_days == 400
        before = gate.shown(conn)["quiet"]
    assert run("setting", "set", "gate.quiet", json.dumps(before))[0] == 0
    assert run("setting", "drop", "gate.quiet")[1]["value"] == before
    assert run("setting", "drop", "http.batch_bytes")[1]["value"] == 512000
    with ground.db.tx() as conn:
        assert conn.execute("select count(*) from staff_log where what = 'setting_changed'").fetchone() == (7,)


def test_what_cannot_be_meant_is_refused(run: Run) -> None:  # noqa: F811
    for name, value in (
        ("brand.currency", "pounds"), ("http.batch_bytes", "5000000"), ("http.batch_bytes", "many"), ("gate.caps", '{"x": 1}'),
        ("email.server", '{"host": "x", "pasword": "y"}'), ("email.server", "{"), ("nothing", "1"), ("pool.stages.lost_days", "1"),
        ("sms.sender", '{"signature": "茶铺"}'), ("sms.sender", '{"account_id": 7, "signature": "茶铺"}'), ("welcome.timeout_seconds", "0"),
        ("pool.identity.limits", '{"phone": 0}'), ("pool.identity.limits", '{"device_id": 2}'), ("pool.identity.partners", "1"),
    ):  # fmt: skip
        code, answer, _ = run("setting", "set", name, value)
        assert code == 1 and answer["error"]["what"], (name, value)
    assert run("setting", "drop", "brand.name")[0] == 1


def test_a_password_comes_from_stdin_and_is_never_shown(run: Run, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    server = {"host": "smtp.brand.example", "port": 587, "user": "siyu", "password": "s3cret-tea", "sender": "hello@brand.example"}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(server)))
    code, shown, err = run("setting", "set", "email.server", "-")
    assert code == 0 and "s3cret-tea" not in json.dumps(shown) + err
    assert run("setting", "set", "email.server", json.dumps(shown["value"] | {"port": 2525}))[0] == 0
    with ground.db.tx() as conn:
        kept = channels.see_email(ground, conn)
        assert kept is not None and (kept.password, kept.port) == ("s3cret-tea", 2525)
        assert "s3cret" not in str(conn.execute("select value from settings").fetchall())
    assert run("setting", "drop", "email.server")[1]["value"] is None
