"""The drill: back up, restore elsewhere, find everything again; the keys are needed, and nothing sends by itself."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from tests.cli.test_contract import Run, env, lin, run  # noqa: F401  fixtures

from siyu import content, journeys
from siyu.base import embedded
from siyu.base.ground import Ground


@pytest.fixture
def elsewhere(server: embedded.Embedded) -> str:
    """The address of a second, empty installation."""
    with psycopg.connect(server.url, autocommit=True) as conn:
        conn.execute("drop database if exists elsewhere with (force)")
        conn.execute("create database elsewhere template siyu_template strategy file_copy")
    return server.url.replace("/siyu?", "/elsewhere?")


def test_a_backup_comes_back_whole_and_sends_nothing_by_itself(
    run: Run, lin: int, ground: Ground, elsewhere: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    with ground.db.tx() as conn:
        made = content.keep(ground, conn, "Hello", "email", "Hello", "Hello, {{ name }}.")
        draft = journeys.Draft("Win back", {"siyu_rule": 1, "where": {"all": []}}, "email", made.content_id)
        number = journeys.make(ground, conn, draft)
        journeys.schedule(ground, conn, number, ground.clock.now() + timedelta(days=1))
    before = run("overview")[1]
    file = tmp_path / "siyu.dump"
    code, value, err = run("backup", str(file))
    assert code == 0 and value["facts"] == 5 and "keys" in err
    assert b"lin@example.com" not in file.read_bytes() and file.stat().st_mode & 0o077 == 0
    assert run("restore", str(file))[0] == 1, "never over data"
    monkeypatch.setenv("SIYU_DATABASE_URL", elsewhere)
    code, value, _ = run("restore", str(file))
    assert (code, value["facts"], value["paused_broadcasts"]) == (0, 5, [number]), value
    after = run("overview")[1]
    assert {k: v for k, v in after.items() if k != "as_of"} == {k: v for k, v in before.items() if k != "as_of"}
    assert run("person", "lin@example.com")[1]["person_id"] == lin


def test_the_keys_of_another_installation_are_noticed_at_once(
    run: Run, lin: int, elsewhere: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    file = tmp_path / "siyu.dump"
    run("backup", str(file))
    monkeypatch.setenv("SIYU_DATABASE_URL", elsewhere)
    keys = json.loads(__import__("os").environ["SIYU_KEYS"])
    monkeypatch.setenv("SIYU_KEYS", json.dumps(keys | {"master": keys["index"]}))
    code, _, err = run("restore", str(file))
    assert code == 1 and "master key" in err


def test_what_is_no_backup_is_a_clear_word(run: Run, tmp_path: Path) -> None:  # noqa: F811
    file = tmp_path / "x.dump"
    assert run("restore", str(file))[0] == 1
    file.write_text("not a dump")
    code, value, _ = run("restore", str(file))
    assert code == 1 and "pg_restore" in value["error"]["what"]
    assert run("source", "list")[0] == 0, "what was there is as it was"
