"""Customers go from one guide to another: asked for here, done by the corp in its time, and refused before it would refuse."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.sources.sync.conftest import fold, hear, here, pass_by, there, walked

from siyu.base.clock import StillClock
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.sandbox.conformance import Trial
from siyu.sources import handing, sync
from siyu.sources.handing import Handing, HandingCase, HandingState, verdict
from siyu.vendors import Account
from siyu.vendors.wecom import Client, shapes

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def rest(ground: Ground) -> None:
    while sync.advance(ground):
        fold(ground)
    fold(ground)


def states(ground: Ground) -> dict[str, tuple[str, str]]:
    """The newest hand-over of each customer: its state and why not."""
    with ground.db.tx() as conn:
        return {one.external_userid: (str(one.state), one.code) for one in reversed(handing.handings(conn))}


def facts(ground: Ground, *types: str) -> list[tuple[Any, ...]]:
    sql = """select f.type, i.value, f.object, coalesce(f.data->>'reason', f.data->>'from', '') from facts f
        join identifiers i on i.identifier_id = f.subject where f.type = any(%s) order by f.occurred_at, i.value"""
    with ground.db.tx() as conn:
        return list(conn.execute(sql, (list(types),)))


@pytest.mark.parametrize(
    ("standing", "why", "until"),
    [
        (HandingCase("w", True, None, ()), None, None),
        (HandingCase("w", False, None, ()), "not_theirs", None),
        (HandingCase("w", True, NOW - timedelta(hours=3), ()), "under_way", NOW + timedelta(hours=21)),
        (HandingCase("w", True, None, (NOW - 91 * DAY, NOW - 2 * DAY)), None, None),
        (HandingCase("w", True, None, (NOW - 89 * DAY, NOW - 2 * DAY)), "twice", NOW + DAY),
        (HandingCase("w", True, None, (NOW - 80 * DAY, NOW - 20 * DAY, NOW - 2 * DAY)), "twice", NOW + 70 * DAY),
    ],
)
def test_what_the_corp_would_refuse_is_refused_here(standing: HandingCase, why: str | None, until: datetime | None) -> None:
    found = handing.refusal(standing, NOW)
    assert (found and found.why, found and found.until) == (why, until)


@pytest.mark.parametrize(
    ("state", "begun", "status", "at", "becomes", "code"),
    [
        ("calling", 1, 1, 200, "asked", ""),  # done, but long before: nobody knows of ours
        ("calling", 1, 0, 0, "asked", ""),
        ("calling", 1, 2, 0, "waiting", ""),
        ("waiting", 30, 2, 0, "waiting", ""),  # it takes its time
        ("waiting", 30, 1, 6, "done", ""),
        ("waiting", 3, 3, 1, "refused", "customer_refused"),
        ("waiting", 30, 4, 6, "failed", "taker_full"),
        ("waiting", 30, 5, 0, "waiting", ""),
        ("waiting", 50, 5, 0, "failed", "no_record"),
    ],
)
def test_what_the_corp_says_of_a_hand_over(state: str, begun: int, status: int, at: int, becomes: str, code: str) -> None:
    """`begun` and `at` are hours ago; 0 = not said."""
    one = Handing(1, 1, "c", "zs", "ls", "w", False, HandingState(state), "", "", NOW, NOW - timedelta(hours=begun), None, 0)
    seconds = int((NOW - timedelta(hours=at)).timestamp()) if at else 0
    told = shapes.HandoverResult(external_userid="w", status=status, takeover_time=seconds) if status else None
    found = verdict(one, told, NOW)
    assert (found.state, found.code) == (becomes, code)
    assert found.due_at >= NOW and (found.state != "waiting" or found.due_at > NOW), "no busy looking"


def test_customers_go_over_and_each_refusal_has_its_reason(ground: Ground, clock: StillClock, trial: Trial, account: Account) -> None:
    corp = trial.corpid
    trial.staff("zs", "ls")
    goes, stays, busy, theirs = (trial.customer(guide) for guide in ("zs", "zs", "zs", "ls"))
    both = trial.hand("/deeds/add", userid="zs", customer={"name": "两边"}, state="shop1")["external_userid"]
    trial.hand("/deeds/add", userid="ls", customer=both, state="shop2")
    pass_by(clock, trial, 86_400)
    box = trial.listen()
    walked(ground, account)
    with pytest.raises(InputError):
        handing.ask(ground, corp, "zs", "zs")
    with pytest.raises(InputError):
        handing.ask(ground, corp, "zs", "nobody")
    # Another program hands one of them on: only the corp can say so.
    trial.ok(trial.post("externalcontact/transfer_customer", {"handover_userid": "zs", "takeover_userid": "ls", "external_userid": [busy]}))

    asked = handing.ask(ground, corp, "zs", "ls", [goes, stays, busy, theirs, both], by="店长")
    assert len(asked.handing_ids) == 4 and [(one.external_userid, one.why) for one in asked.refused] == [(theirs, "not_theirs")]
    rest(ground)
    assert states(ground) == {goes: ("waiting", ""), stays: ("waiting", ""), busy: ("failed", "40100"), both: ("waiting", "")}
    pass_by(clock, trial, 7200)
    [again] = handing.ask(ground, corp, "zs", "ls", [goes]).refused
    assert (again.why, again.until) == ("under_way", clock.now() + timedelta(hours=22))
    trial.hand("/deeds/refuse_transfer", customer=stays)
    hear(ground, account, trial, box)
    pass_by(clock, trial, 7200)
    rest(ground)
    assert states(ground)[stays] == ("refused", "customer_refused")

    pass_by(clock, trial, 86_400)
    hear(ground, account, trial, box)
    rest(ground)
    assert states(ground)[goes] == ("done", "")
    assert here(ground, corp) == there(trial) and ("ls", goes) in here(ground, corp)
    assert here(ground, corp)["ls", both] == ("shop2",), "who was the new guide's already stays by the code they came to them by"
    assert sorted(facts(ground, "contact.moved")) == sorted(("contact.moved", who, "ls", "zs") for who in (goes, both))
    assert Counter(f[1] for f in facts(ground, "contact.move_failed")) == {stays: 1, busy: 1}, "the callback and we are one"

    handing.ask(ground, corp, "ls", "zs", [goes])
    rest(ground)
    pass_by(clock, trial, 90_000)
    rest(ground)  # no callback: the result alone says it
    assert ("zs", goes) in here(ground, corp) and ("ls", goes) not in here(ground, corp)
    calls = trial.look("/truth/sum")
    [twice] = handing.ask(ground, corp, "zs", "ls", [goes]).refused
    rest(ground)
    assert twice.why == "twice" and twice.until is not None and twice.until > clock.now() + 85 * DAY
    assert trial.look("/truth/sum") == calls
    with ground.db.tx() as conn:
        assert handing.counts(conn, corp) == {HandingState.DONE: 3, HandingState.REFUSED: 1, HandingState.FAILED: 1}
    pass_by(clock, trial, 86_400)
    assert walked(ground, account, "nightly").differences_n == 0


def test_who_is_left_by_a_guide_is_seen_and_taken_over(ground: Ground, clock: StillClock, trial: Trial, account: Account) -> None:
    corp = trial.corpid
    trial.staff("zs", "ls", "ww")
    mine = sorted(trial.customer("zs") for _ in range(3))
    lost = trial.customer("ww")
    gold = Client(ground, account).add_tags(["金"], group_name="等级").tag[0].id
    trial.hand("/deeds/edit", userid="zs", customer=mine[0], add_tags=[gold])
    pass_by(clock, trial, 86_400)
    box = trial.listen()
    walked(ground, account)
    trial.hand("/deeds/resign", userid="zs")
    pass_by(clock, trial, 60)
    hear(ground, account, trial, box)
    rest(ground)
    with ground.db.tx() as conn:
        [waits] = handing.waiting(conn)
    assert (waits.guide, waits.count, waits.under_way) == ("zs", 3, 0)
    assert [f[1] for f in facts(ground, "contact.unassigned")] == mine

    # The one who is dead in the middle of telling the corp: nobody knows what it heard.
    assert len(handing.ask(ground, corp, "zs", "ls", most=1).handing_ids) == 1
    with ground.db.tx() as conn:
        conn.execute("update handings set state = 'calling', begun_at = %s, due_at = %s", (clock.now(), clock.now()))
    asked = handing.ask(ground, corp, "zs", "ls")
    assert (len(asked.handing_ids), [one.why for one in asked.refused]) == (2, ["under_way"])
    rest(ground)
    assert set(states(ground).values()) == {("waiting", "")}, "looked for, not found, told"
    trial.hand("/deeds/resign", userid="ww")  # and no callback tells of it
    trial.settle()
    box.heard.clear()
    pass_by(clock, trial, 90_000)
    night = walked(ground, account, "nightly")
    rest(ground)
    assert set(states(ground).values()) == {("done", "")}
    with ground.db.tx() as conn:
        assert [(d.kind, d.ref) for d in sync.differences(conn, run_id=night.run_id) if d.kind == "unassigned"] == [
            ("unassigned", f"ww {lost}")
        ]
        [waits] = handing.waiting(conn)
    assert (waits.guide, waits.count) == ("ww", 1)
    assert {pair for pair in here(ground, corp) if pair[0] != "ww"} == {("ls", who) for who in mine}
    assert here(ground, corp)["ls", mine[0]] == ("", gold), "tags go over too, and no callback says so"

    # Somebody hands the last one on in the corp's own console.
    body = {"handover_userid": "ww", "takeover_userid": "ls", "external_userid": [lost]}
    trial.ok(trial.post("externalcontact/resigned/transfer_customer", body))
    pass_by(clock, trial, 90_000)
    walked(ground, account, "nightly")
    rest(ground)
    with ground.db.tx() as conn:
        assert handing.waiting(conn) == []
    assert set(here(ground, corp)) == {("ls", who) for who in (*mine, lost)} == set(there(trial))
