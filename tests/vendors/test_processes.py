"""Several processes, one vendor: one token, one pace, and a killed process holds nobody up."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.vendors.conftest import Vendor

from siyu.base import settings
from siyu.base.ground import Ground
from siyu.vendors import Account
from siyu.vendors.wecom import Client

ROOT = Path(__file__).parents[2]
Start = Callable[[int, int, float], "subprocess.Popen[str]"]


@pytest.fixture
def start(database_url: str, corp: Account) -> Iterator[Start]:
    """Starts another process that asks; it waits for a line before it begins."""
    running: list[subprocess.Popen[str]] = []

    def begin(threads: int, calls: int, patience: float) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.vendors.asker", database_url, str(corp.account_id), str(threads), str(calls), str(patience)]
        made = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        running.append(made)
        return made

    yield begin
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _go(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        assert process.stdout and process.stdin
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()


def _codes(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout
    found: list[str] = json.loads(process.stdout.readline())
    return found


def test_two_processes_keep_one_pace(ground: Ground, vendor: Vendor, start: Start) -> None:
    """30 calls are allowed in a long time, 3 at once: 48 are wanted by two processes of 8 threads each."""
    with ground.db.tx() as conn:
        limits = {"externalcontact/get_follow_user_list": {"many": 30, "at_once": 30, "in_seconds": 86_400, "width": 3}}
        settings.put(conn, "vendors.limits", {"wecom": limits}, at=ground.clock.now())
    one, two = start(8, 24, 60), start(8, 24, 60)
    _go(one, two)
    codes = _codes(one) + _codes(two)
    well = codes.count("0")
    assert len(codes) == 48 and well + codes.count("pace") == 48
    assert 24 <= well <= 30, "at most a slot for each seat of a process is taken and not used"
    assert vendor.asked == {"gettoken": 1, "externalcontact/get_follow_user_list": well}
    assert vendor.most_inside <= 3
    with ground.db.tx() as conn:
        traced = conn.execute("select count(*) from vendor_calls").fetchone()
        held = conn.execute("select seats from vendor_paces where interface <> 'gettoken'").fetchone()
    assert traced == (well + 1,), "every call is traced, none twice"
    assert held is not None and set(held[0]) == {None}, "every seat was given back"


@pytest.mark.crash
def test_a_killed_refresher_holds_nobody_up(ground: Ground, corp: Account, vendor: Vendor, start: Start) -> None:
    """It is killed while it waits for the token. The server lets go of its lock; the next one fetches."""
    asked, go_on = threading.Event(), threading.Event()

    def hang() -> None:
        if vendor.asked["gettoken"] == 1:
            asked.set()
            go_on.wait(60)

    vendor.on_token = hang
    dying = start(2, 2, 60)
    _go(dying)
    assert asked.wait(60)
    dying.kill()
    dying.wait()
    try:
        assert Client(ground, corp, patience=30).follow_users() == []
    finally:
        go_on.set()
    assert vendor.asked["gettoken"] == 2
