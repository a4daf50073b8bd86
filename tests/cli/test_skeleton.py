"""The command line's own manners: help, errors, exit codes, the river under it."""

from __future__ import annotations

import json
import threading
import time
from types import SimpleNamespace

import pytest

from siyu import cli, river
from siyu.base.ground import Ground
from siyu.cli import screen


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["--help"])
    assert left.value.code == 0
    assert "serve" in capsys.readouterr().out


def test_an_unknown_command_is_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["frobnicate"])
    assert left.value.code == 2
    out, err = capsys.readouterr()
    assert out == "" and "frobnicate" in err


def test_a_fault_is_one_sentence_with_its_remedy_and_exit_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--json", "--data", "/proc/nowhere", "work", "--until-idle"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["remedy"].startswith("Give --data")
    assert "cannot be created" in err and "Traceback" not in err


def test_a_table_lines_up_chinese_and_latin() -> None:
    lines = screen.table(["name", "n"], [["林", 1], ["Wei", 200]], right=[1])
    assert len({screen.width(line) for line in lines}) == 1


def test_one_failing_step_backs_off_and_stops_nobody_else(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def good() -> int:
        ran.append("good")
        return 0

    def bad() -> int:
        ran.append("bad")
        raise ValueError("13800138000")

    monkeypatch.setattr(river, "steps", lambda _: [river.Step("bad", bad), river.Step("good", good)])
    stop = threading.Event()
    thread = threading.Thread(target=river.loop, args=(ground, stop))
    thread.start()
    time.sleep(0.3)
    for _ in range(20):
        with ground.db.tx() as conn:
            conn.execute(f"notify {river.BELL}")
        time.sleep(0.02)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert ran.count("bad") == 1 and ran.count("good") > 3


def test_notify_wakes_the_loop_long_before_the_poll(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(river, "_POLL_FOR", 30.0)
    rounds = threading.Semaphore(0)

    def step() -> int:
        rounds.release()
        return 0

    monkeypatch.setattr(river, "steps", lambda _: [river.Step("step", step)])
    stop = threading.Event()
    thread = threading.Thread(target=river.loop, args=(ground, stop), daemon=True)
    thread.start()
    assert rounds.acquire(timeout=5)
    woken = False
    for _ in range(50):  # the ear may still be opening its connection
        with ground.db.tx() as conn:
            conn.execute(f"notify {river.BELL}")
        if rounds.acquire(timeout=0.1):
            woken = True
            break
    stop.set()
    assert woken


def test_run_until_idle_counts_and_refuses_to_run_for_ever(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    left = iter([5, 3, 0])
    monkeypatch.setattr(river, "steps", lambda _: [river.Step("some", lambda: next(left))])
    assert river.run_until_idle(ground) == {"some": 8}
    monkeypatch.setattr(river, "steps", lambda _: [river.Step("endless", lambda: 1)])
    with pytest.raises(RuntimeError):
        river.run_until_idle(ground, limit=3)


def test_reports_say_moments_and_dataclasses_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    screen.report(SimpleNamespace(json=True), {"step": river.Step("x", int).name, "of": {1: (2, 3)}}, [])  # type: ignore[arg-type]
    assert json.loads(capsys.readouterr().out) == {"step": "x", "of": {"1": [2, 3]}}
