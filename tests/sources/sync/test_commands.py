"""`siyu sync` as a person uses it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.sources.sync.conftest import gone_on

from siyu import cli
from siyu.base.ground import Ground
from siyu.sandbox.conformance import Trial
from siyu.sources import sync
from siyu.vendors import Account

Say = Callable[..., str]


@pytest.fixture
def say(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command in Chinese; gives what it printed. `code` is the exit code that it must have."""
    monkeypatch.setenv("SIYU_DATABASE_URL", database_url)
    monkeypatch.setenv("SIYU_DATA", str(tmp_path))
    monkeypatch.setenv("SIYU_LANG", "zh")

    def say(*words: str, code: int = 0) -> str:
        assert cli.main(list(words)) == code
        told = capsys.readouterr()
        return told.out + told.err

    return say


def test_a_sync_is_begun_watched_and_its_differences_are_read(ground: Ground, trial: Trial, account: Account, say: Say) -> None:
    trial.staff("zs")
    trial.customer("zs")

    begun = json.loads(say("sync", "start", trial.corpid, "--json"))
    [run_id] = [one["run_id"] for one in begun["runs"]]
    gone_on(ground, run_id)
    [run] = json.loads(say("sync", "status", "--json"))["runs"]
    assert (run["state"], run["done_n"], run["total_n"], run["allowed_per_minute"]) == ("done", 1, 1, 9000)
    assert "1 / 1 人" in (told := say("sync", "status")) and "待绑定 0" in told
    trial.customer("zs")
    [second] = [one["run_id"] for one in json.loads(say("sync", "now", "--json"))["runs"]]
    gone_on(ground, second)
    found = json.loads(say("sync", "differences", "--json"))
    assert (found["total"], found["counts"], len(found["lost_between"])) == (1, {"added": 1}, 2)
    assert "漏了：加为客户" in say("sync", "differences")
    say("sync", "cancel", str(second), code=1)  # it is over
    say("sync", "start", "nobody", code=1)


def test_customers_are_handed_on_by_hand(ground: Ground, trial: Trial, account: Account, say: Say) -> None:
    trial.staff("zs", "ls")
    mine, theirs = trial.customer("zs"), trial.customer("ls")
    chat = str(trial.hand("/groups", owner="zs", name="会员群")["chat_id"])
    trial.hand("/deeds/resign", userid="zs")
    gone_on(ground, sync.start(ground, account.account_id))

    assert "zs" in say("handover", "waiting") and json.loads(say("handover", "waiting", "--json"))["waiting"][0]["count"] == 1
    assert (
        "未受理 1 位" in (told := say("handover", "ask", "zs", "ls", "--customer", mine, "--customer", theirs))
        and "不是这位导购的客户" in told
    )
    assert "待提交" in say("handover", "list")
    assert "另选一位" in say("handover", "ask", "zs", "zs", code=1)
    assert "已离职" in say("handover", "ask", "ls", "zs", code=1)
    assert "--corp" in say("handover", "ask", "zs", "ls", "--corp", "wwnone", code=1)
    told = say("handover", "waiting")
    assert "会员群" in told and "建议新群主" in told and json.loads(say("handover", "waiting", "--json"))["chats"][0]["chat_id"] == chat
    assert "还没有交接过客户群" in say("handover", "list", "--chats")
    told = say("handover", "chats", "zs", "ls", "--chat", chat, "--chat", "wrNone")
    assert "已受理 1 个群，未受理 1 个" in told and "没有这个客户群" in told
    assert "待提交" in say("handover", "list", "--chats") and json.loads(say("handover", "list", "--chats", "--json"))["counts"] == {
        "asked": 1
    }
    assert "另选一位" in say("handover", "chats", "zs", "zs", code=1)
