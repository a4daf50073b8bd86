"""The connected part of the demo, by itself: what it leaves for people to look at."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from starlette.applications import Starlette
from tests.doors import opened

from siyu import channels, growth, river
from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.cli.demo.connected import connect
from siyu.cli.demo.sandbox import Sandbox
from siyu.cli.screen import word
from siyu.journeys import answers
from siyu.pool import relations
from siyu.sources import callbacks, handing
from siyu.vendors import VendorKind, accounts, probes


def test_a_code_with_scans_and_a_mass_send_that_waits_for_guides(ground: Ground, clock: StillClock, tmp_path: Path) -> None:
    def doors(url: str) -> Starlette:
        ground.config = replace(ground.config, base_url=url)
        return Starlette(routes=callbacks.routes(ground))

    def until(is_so: Callable[[], bool]) -> None:
        end = time.monotonic() + 180
        while not is_so():
            assert time.monotonic() < end
            river.run_until_idle(ground)

    with opened(doors), Sandbox(tmp_path / "sandbox", 7) as sandbox:

        def tasks() -> list[dict[str, object]]:
            with urllib.request.urlopen(f"{sandbox.url}/sandbox/corp/tasks") as answer:
                return list(json.loads(answer.read()))

        sandbox.set_clock(ground.clock.now(), 1.0)
        connect(ground, sandbox, until)
        until(lambda: {task["kind"] for task in tasks()} == {"single", "group", "moment"})
        connect(ground, sandbox, until)  # a second demo takes up what is there
        river.run_until_idle(ground)
        assert len({(task["kind"], task["text"]) for task in tasks()}) == 3
        scan = {"code": _code(ground).qr_code, "customer": {"name": "新客"}}
        guide = sandbox.ask("/sandbox/corp/deeds/scan", scan)["userid"]
        until(lambda: _state_of_newest(ground, str(guide)) == _code(ground).state)
        with ground.db.tx() as conn:
            assert len(relations.tags(conn)) == 9 and len(relations.groups(conn)) == 3
            assert len(probes.runs(conn)) == 5, "every account is checked"
            assert {one.state for one in probes.checks(conn)} == {"good"}, "and whoever opens the demo has nothing to mend"
            assert [one.count > 0 and bool(one.name) for one in handing.waiting(conn)] == [True], "one guide left, once"
            assert [one.is_handover for one in answers.all_kept(conn)].count(True) == 1
            [account] = accounts(conn, VendorKind.OFFICIAL)
        follower = _follower(sandbox, account.app_id)
        for words in word("cli.demo_says").split(","):
            sandbox.ask("/sandbox/wechat/do", {"person_id": follower, "appid": account.app_id, "does": "write", "text": words})
        river.run_until_idle(ground)
        clock.move(timedelta(minutes=2))  # a conversation is given away when the last words are out; the sandbox's clock went on meanwhile
        until(lambda: _answered(ground) == {"moved"})


def _follower(sandbox: Sandbox, appid: str) -> str:
    sandbox.ask("/sandbox/wechat/people", {"people": [{"person_id": "ada", "name": "小艾"}]})
    sandbox.ask("/sandbox/wechat/do", {"person_id": "ada", "appid": appid, "does": "follow"})
    return "ada"


def _answered(ground: Ground) -> set[str]:
    """What became of the conversations that a person was to take, once every rule has spoken."""
    with ground.db.tx() as conn:
        counts = answers.counts(conn, ground.clock.now() - timedelta(days=1))
        talks = answers.handovers(ground, conn)
        if not all(one.answer_id in counts for one in answers.all_kept(conn)):
            return set()
        return {state for state, _ in channels.handed_over(conn, [one.handover_id for one in talks]).values()}


def _code(ground: Ground) -> growth.LiveCode:
    with ground.db.tx() as conn:
        [code] = growth.codes(conn)
    return code


def _state_of_newest(ground: Ground, guide: str) -> str:
    with ground.db.tx() as conn:
        people = [row[0] for row in conn.execute("select person_id from profiles")]
        contacts = [one for its in relations.contacts_of(conn, people).values() for one in its if one.guide == guide and one.added_at]
    return max(contacts, key=lambda one: one.added_at or ground.clock.now()).state
