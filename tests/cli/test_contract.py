"""Each report is exactly one JSON object on stdout; everything else is on stderr; a fault is a sentence with its remedy."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import KEYS

from siyu import cli, pool, river
from siyu.base.ground import Ground
from siyu.pool import Fact, Kind, normal

Run = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def env(ground: Ground, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Commands of this test work on the test's database with the test's keys, and speak English."""
    keys = {name: base64.b64encode(getattr(KEYS, name)).decode() for name in ("master", "index", "signing")}
    monkeypatch.setenv("SIYU_DATABASE_URL", ground.db.url)
    monkeypatch.setenv("SIYU_DATA", str(tmp_path))
    monkeypatch.setenv("SIYU_KEYS", json.dumps(keys))
    monkeypatch.setenv("SIYU_LANG", "en")
    monkeypatch.delenv("SIYU_LOG", raising=False)


@pytest.fixture
def run(env: None, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run a command with --json; gives the exit code, the object, and stderr."""

    def call(*words: str) -> tuple[int, Any, str]:
        capsys.readouterr()
        code = cli.main([*words, "--json"])
        out, err = capsys.readouterr()
        lines = out.splitlines()
        assert len(lines) == 1, f"{words}: stdout holds {len(lines)} lines"
        value = json.loads(lines[0])
        assert isinstance(value, dict)
        assert "Traceback" not in err
        return code, value, err

    yield call


@pytest.fixture
def lin(ground: Ground) -> int:
    """A loyal customer with two orders; gives the person's number."""
    now = ground.clock.now()
    who = tuple(i for i in (normal.identifier(Kind.USER_ID, "lin"), normal.identifier(Kind.EMAIL, "lin@example.com")) if i)
    with ground.db.tx() as conn:
        source = pool.ensure_source(conn, "shop", "file", now=now)
        facts = [
            Fact("profile.stated", "1", now, who, data={"plan": "gold"}, personal={"name": "=Lin Hua"}),
            Fact("order.paid", "2", now - timedelta(days=40), who, object="A1", amount_minor=3000, currency="CNY"),
            Fact("order.paid", "3", now - timedelta(days=3), who, object="A2", amount_minor=4550, currency="CNY"),
            Fact("order.refunded", "4", now - timedelta(days=1), who, object="A2", amount_minor=-550, currency="CNY"),
            Fact("page.viewed", "5", now, (normal.identifier(Kind.ANONYMOUS_ID, "visitor-1", "1"),), object="=cmd|' /C calc'!A0"),  # type: ignore[arg-type]
        ]
        pool.record(ground, conn, source, facts)
    river.run_until_idle(ground)
    with ground.db.tx() as conn:
        person = pool.person_of(ground, conn, who[0])
    assert person is not None
    return person


def test_a_source_is_made_shown_once_and_renewed(run: Run, ground: Ground) -> None:
    code, made, _ = run("source", "add", "web", "--currency", "gbp")
    assert code == 0 and made["write_key"].startswith("wk_") and made["name"] == "web"
    with ground.db.tx() as conn:
        assert conn.execute("select currency from sources where name = 'web'").fetchone() == ("GBP",)
        dump = str(conn.execute("select * from sources").fetchall())
    assert made["write_key"] not in dump
    code, again, err = run("source", "add", "web")
    assert code == 1 and "renew" in again["error"]["remedy"] and "web" in err
    _, renewed, _ = run("source", "renew", "web")
    assert renewed["write_key"] != made["write_key"]
    assert run("source", "renew", "nothing")[0] == 1
    assert [one["name"] for one in run("source", "list")[1]["sources"]] == ["web"]
    assert run("source", "rejected", "web")[1]["rejected"] == []


def test_one_person_by_anything(run: Run, lin: int) -> None:
    for text in ("lin", "lin@example.com", "LIN@example.com", "A1", f"#{lin}", "=Lin Hua"):
        code, found, _ = run("person", text)
        assert code == 0 and found["person_id"] == lin, text
    assert (found["orders_n"], found["spent"], found["refunded"], found["stage"]) == (2, "75.50", "5.50", "repeat")
    assert {one["kind"] for one in found["identifiers"]} == {"user_id", "email"}
    text = json.dumps(found)
    assert "lin@example.com" not in text and "Lin Hua" not in text
    code, nobody, err = run("person", "13900000000")
    assert code == 1 and "Nobody" in nobody["error"]["what"] and "13900000000" not in err


def test_an_ambiguous_name_asks_for_a_number(run: Run, ground: Ground, lin: int) -> None:
    now = ground.clock.now()
    with ground.db.tx() as conn:
        source = pool.ensure_source(conn, "shop", "file", now=now)
        other = normal.identifier(Kind.USER_ID, "lin2")
        assert other is not None
        pool.record(ground, conn, source, [Fact("profile.stated", "9", now, (other,), personal={"name": "=Lin Hua"})])
    river.run_until_idle(ground)
    code, value, _ = run("person", "=Lin Hua")
    assert code == 1 and f"#{lin}" in value["error"]["remedy"]


def test_a_trace_tells_what_happened(run: Run, lin: int) -> None:
    code, found, _ = run("trace", "lin")
    assert code == 0 and found["messages"] == []
    assert [one["type"] for one in found["timeline"]][:2] == ["profile.stated", "order.refunded"]


def test_the_overview_gives_figures_to_a_program(run: Run, lin: int) -> None:
    code, found, _ = run("overview")
    assert code == 0 and found["sales"] == "75.50" and found["orders"] == 2 and found["cancellations"] == "-5.50"


def test_segments_are_counted_kept_and_explained(run: Run, lin: int, tmp_path: Path) -> None:
    rule = tmp_path / "rule.json"
    rule.write_text(json.dumps({"siyu_rule": 1, "where": {"if": "orders", "measure": "count", "op": "gte", "value": 2}}))
    code, counted, _ = run("segment", "count", str(rule))
    assert (code, counted["count"]) == (0, 1), counted
    _, saved, _ = run("segment", "save", "Loyal", str(rule))
    assert run("segment", "count", str(saved["segment_id"]))[1]["count"] == 1
    assert run("segment", "list")[1]["segments"][0]["counted"] == 1
    assert run("segment", "explain", str(rule), "lin")[1]["is_in"] is True
    assert run("segment", "count", str(tmp_path / "none.json"))[0] == 1
    rule.write_text("{")
    assert run("segment", "count", str(rule))[0] == 1


def test_staff_are_added_without_a_password_on_the_command_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    code, made, _ = run("user", "add", "lin", "--role", "owner", "--generate")
    assert code == 0 and len(made["password"]) >= 12
    monkeypatch.setattr("sys.stdin", io.StringIO("a quiet tea house\n"))
    code, made, err = run("user", "add", "mei")
    assert code == 0 and "password" not in made and "tea house" not in err
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert run("user", "add", "gu")[0] == 1
    assert run("user", "password", "mei", "--generate")[1]["login"] == "mei"
    assert run("user", "password", "nobody", "--generate")[0] == 1
    assert [one["login"] for one in run("user", "list")[1]["users"]] == ["lin", "mei"]


def test_the_workers_run_until_idle_and_say_what_they_did(run: Run, lin: int) -> None:
    code, did, _ = run("work", "--until-idle")
    assert code == 0 and did["did"]["pool.fold"] == 0


def test_reports_for_people_speak_chinese(env: None, lin: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIYU_LANG", "zh")
    assert cli.main(["overview"]) == 0
    assert "有名有效销售" in capsys.readouterr().out
    assert cli.main(["person", "lin"]) == 0
    assert "2 个订单" in capsys.readouterr().out
    assert cli.main(["broadcast", "start", "99"]) == 1
    assert capsys.readouterr().err == "siyu: 没有这次群发。请从群发列表里选一个。\n"


@pytest.mark.parametrize(
    "words", [["segment", "count"], ["source", "add"], ["broadcast", "start", "x"], ["serve", "--port", "no"], ["source"]]
)
def test_what_is_not_understood_is_exit_2_and_says_how(words: list[str], env: None, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(words)
    assert left.value.code == 2
    out, err = capsys.readouterr()
    assert out == "" and "usage:" in err


def test_a_taken_port_is_a_clear_word(run: Run) -> None:
    from siyu.cli.serve import listen

    with listen("127.0.0.1", 0) as taken:
        code, value, _ = run("serve", "--port", str(taken.getsockname()[1]))
    assert code == 1 and "taken" in value["error"]["what"] and "--port" in value["error"]["remedy"]
