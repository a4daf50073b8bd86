"""What goes wrong on the way: a killed process, tokens that die, storms of 45009 and 120033, guides that may not be asked about."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from tests.sources.sync.conftest import fold, gone_on, here, pass_by, there, walked

from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.sandbox.conformance import Trial
from siyu.sources import sync
from siyu.sources.handing import chats
from siyu.vendors import Account
from siyu.vendors.wecom import Client


def test_a_killed_first_sync_goes_on_and_records_nothing_twice(
    ground: Ground, database_url: str, trial: Trial, account: Account, tmp_path: Path
) -> None:
    trial.staff("zs", "ls")
    trial.hand("/contacts", n=1200, userids=["zs", "ls"], days=200)
    run_id = sync.start(ground, account.account_id)
    facts_n = "select count(*) filter (where type = 'contact.added'), count(distinct object || others::text) from facts"
    stood = 0
    for when, number in (("after", "2"), ("before", "1")):
        ended = subprocess.run(
            [sys.executable, "-m", "tests.sources.sync.mortal", database_url, str(tmp_path), when, number], check=False, timeout=240
        )
        assert ended.returncode == -signal.SIGKILL
        with ground.db.tx() as conn:
            row = conn.execute(facts_n).fetchone()
        assert row is not None and stood <= row[0] < 1200
        stood = row[0]
    assert stood > 0, "it died in the middle, with pages behind it"
    run = gone_on(ground, run_id)
    assert (run.state, run.done_n) == ("done", 1200)
    assert here(ground, trial.corpid) == there(trial)
    with ground.db.tx() as conn:
        assert conn.execute(facts_n).fetchone() == (1200, 1200)


def test_a_hand_over_of_chats_that_the_corp_took_before_the_kill_is_not_told_again(
    ground: Ground, clock: StillClock, database_url: str, trial: Trial, account: Account, tmp_path: Path
) -> None:
    trial.staff("zs", "ls")
    made = [str(trial.hand("/groups", owner="zs")["chat_id"]) for _ in range(3)]
    pass_by(clock, trial, 60)
    walked(ground, account)
    trial.hand("/deeds/resign", userid="zs")
    pass_by(clock, trial, 60)
    walked(ground, account, "nightly")
    assert len(chats.ask(ground, trial.corpid, "zs", "ls").chat_handing_ids) == 3
    words = [sys.executable, "-m", "tests.sources.sync.mortal", database_url, str(tmp_path), "told", "1", clock.now().isoformat()]
    assert subprocess.run(words, check=False, timeout=240).returncode == -signal.SIGKILL

    def stand() -> list[tuple[str, int]]:
        with ground.db.tx() as conn:
            return sorted((str(one.state), one.tries) for one in chats.handings(conn))

    assert stand() == [("calling", 0)] * 3, "nobody here knows what the corp said"
    pass_by(clock, trial, 180)
    with patch.object(Client, "transfer_groups", side_effect=AssertionError("told twice")):
        while sync.advance(ground):
            fold(ground)
    assert stand() == [("done", 0)] * 3
    assert {one["chat_id"]: one["owner"] for one in trial.look("/truth/groups")} == dict.fromkeys(made, "ls")


def test_dying_tokens_and_storms_are_lived_through(
    ground: Ground, another_ground: Callable[[], Ground], trial: Trial, account: Account
) -> None:
    trial.staff("zs", "ls")
    trial.hand("/contacts", n=230, userids=["zs", "ls"], days=200)
    run_id = sync.start(ground, account.account_id)
    sync.advance(ground)
    trial.hand("/tokens/expire", **{"as": "invalid"})
    sync.advance(ground)
    trial.hand("/faults", limited=1.0)
    for _ in range(20):
        if not sync.advance(ground):
            break
    with ground.db.tx() as conn:
        [run] = sync.runs(conn)
        [wait] = conn.execute("select extract(epoch from due_at - now()) from sync_runs").fetchone() or ()
        assert (run.state, run.error, run.tries) == ("running", "45009", 1)
        assert wait > 40, "the vendor blocks for a minute: nobody asks before"
    assert sync.advance(ground) == 0
    trial.hand("/faults", none=True)
    trial.hand("/faults", crowded=0.2, busy=0.1)
    with ground.db.tx() as conn:
        conn.execute("update vendor_paces set blocked_until = null")
    run = gone_on(ground, run_id)
    trial.hand("/faults", none=True)
    assert (run.state, run.error) == ("done", "")
    assert here(ground, trial.corpid) == there(trial)


def test_a_guide_who_may_not_be_asked_about_keeps_nobody_from_the_others(ground: Ground, trial: Trial, account: Account) -> None:
    trial.staff("zs", "ls", "ww")
    for guide in ("zs", "ls", "ww"):
        trial.customer(guide)
    walked(ground, account)
    with ground.db.tx() as conn:
        [first] = sync.runs(conn)
    assert first.skipped_n == 0
    trial.hand("/members", members=[{"userid": "ls", "has_licence": False}])
    run = walked(ground, account, "nightly")
    assert (run.state, run.skipped_n) == ("done", 1)
    assert here(ground, trial.corpid) == there(trial), "who cannot be seen is not taken for gone"


def test_one_account_is_walked_once_at_a_time(ground: Ground, another_ground: Callable[[], Ground], trial: Trial, account: Account) -> None:
    from siyu.sources.sync.flow import alone

    trial.staff("zs")
    run_id = sync.start(ground, account.account_id)
    assert sync.start(ground, account.account_id, "nightly") == run_id, "one is under way"
    with alone(another_ground(), account.account_id) as is_ours:
        assert is_ours
        assert sync.advance(ground) == 0
    assert sync.advance(ground) == 1
