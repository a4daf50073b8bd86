"""Nightly reconciliation: after lost callbacks the pool ends equal to the corp's truth, and says what differed."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from tests.sources.sync.conftest import account_of, chats_here, chats_there, fold, hear, here, pass_by, there, walked

from siyu import pool
from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.pool import Identifier, Kind
from siyu.sandbox.conformance import Bench, Trial
from siyu.sources import sync
from siyu.vendors import Account, CallbackKeys
from siyu.vendors.wecom import Client

GUIDES = ["zs", "ls", "ww"]


@pytest.fixture
def account(ground: Ground, bench: Bench, trial: Trial) -> Account:
    return account_of(ground, bench, trial, callback=CallbackKeys("QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"))


def a_day(trial: Trial, clock: StillClock, tags: list[str], chat: str, dice: random.Random) -> None:
    """Customers come, go, are tagged, join and leave a chat."""
    mine = sorted(there(trial))
    for number in range(70):
        guide, who = mine[dice.randrange(len(mine))]
        deed = dice.choice(["add", "add", "member", "customer", "edit", "edit", "join", "leave"])
        told: dict[str, Any] = {"userid": guide, "customer": who}
        try:
            if deed == "add":
                trial.hand("/deeds/add", userid=dice.choice(GUIDES), customer={"name": f"新客{number}"}, state="ch_9")
            elif deed in ("member", "customer"):
                trial.hand("/deeds/delete", by=deed, **told)
                mine.remove((guide, who))
            elif deed == "edit":
                trial.hand("/deeds/edit", add_tags=[dice.choice(tags)], remark=f"备注{number}", **told)
            elif deed == "join":
                trial.hand("/deeds/group", chat_id=chat, do="join", customer=who)
            else:
                inside = sorted(chats_there(trial).get(chat, ()))
                trial.hand("/deeds/group", chat_id=chat, do="leave", who=inside[0])
        except AssertionError:
            continue  # already in the chat, or nobody is left in it
        if number % 10 == 0:
            pass_by(clock, trial, 60)


def test_lost_callbacks_are_found_and_healed(ground: Ground, clock: StillClock, trial: Trial, account: Account) -> None:
    trial.staff(*GUIDES)
    trial.hand("/settings", lost_stays_listed=False)
    trial.hand("/contacts", n=80, userids=GUIDES, days=100)
    pass_by(clock, trial, 86_400)
    client = Client(ground, account)
    tags = [tag.id for tag in client.add_tags(["金", "银", "铜"], group_name="等级").tag]
    chat = trial.hand("/groups", owner="zs", name="福利群", customers=[who for _, who in sorted(there(trial))[:8]])["chat_id"]
    box = trial.listen()
    walked(ground, account)
    assert here(ground, trial.corpid) == there(trial)

    trial.hand("/faults", lost=0.2, doubled=0.1, reordered=0.2)
    dice = random.Random(7)
    a_day(trial, clock, tags, chat, dice)
    pass_by(clock, trial, 60)
    assert hear(ground, account, trial, box)
    sync.advance(ground)  # what is wished for
    pass_by(clock, trial, 3600)
    truth = there(trial)
    assert here(ground, trial.corpid) != truth, "something was lost on the way, or this proves nothing"

    run = walked(ground, account, "nightly")

    assert here(ground, trial.corpid) == truth
    assert chats_here(ground, trial.corpid) == chats_there(trial)
    with ground.db.tx() as conn:
        found = sync.differences(conn, run_id=run.run_id, limit=1000)
        counted = {kind: n for kind, n, _, _ in sync.counted(conn, run.run_id)}
    assert run.differences_n == len(found) == sum(counted.values()) > 0
    assert Counter(d.kind for d in found) == counted and {"added", "removed"} <= set(counted)
    assert all(d.times == 1 for d in found)

    pass_by(clock, trial, 86_400)
    again = walked(ground, account, "nightly")
    assert (again.differences_n, again.facts_n) == (0, 0), "healed is healed"

    # A callback that comes at last, after its loss was healed, changes nothing.
    late = next(d for d in found if d.kind == "added")
    guide, who = late.ref.split()
    with ground.db.tx() as conn:
        source_id = next(s.source_id for s in pool.sources(conn) if s.name == f"wecom:{trial.corpid}")
        assert late.since_at is not None
        customer = Identifier(Kind.EXTERNAL_USERID, who, trial.corpid)
        fact = pool.Fact("contact.added", late.fact_id, late.since_at, (customer,), object=guide, data={"guide": guide})
        assert pool.record(ground, conn, source_id, [fact]).known == 1
    fold(ground)
    assert here(ground, trial.corpid) == there(trial)


def test_who_left_a_guide_is_not_brought_back_by_the_corps_list(ground: Ground, clock: StillClock, trial: Trial, account: Account) -> None:
    trial.staff("zs")
    who = trial.customer("zs")
    pass_by(clock, trial, 86_400)
    box = trial.listen()
    walked(ground, account)
    trial.hand("/deeds/delete", userid="zs", customer=who, by="customer")
    hear(ground, account, trial, box)
    assert here(ground, trial.corpid) == {}
    pass_by(clock, trial, 86_400)
    run = walked(ground, account, "nightly")
    assert list(there(trial, "lost")) == [("zs", who)], "the corp still lists them"
    assert (here(ground, trial.corpid), run.differences_n) == ({}, 0)
    trial.hand("/deeds/add", userid="zs", customer=who)
    pass_by(clock, trial, 3600)
    box.heard.clear()
    run = walked(ground, account, "nightly")
    assert list(here(ground, trial.corpid)) == [("zs", who)] and run.differences_n == 1, "they came back, and nobody told"


def test_a_code_that_is_wrong_here_is_mended_once(ground: Ground, clock: StillClock, trial: Trial, account: Account) -> None:
    """The story: a hand-over wrote another code over the one they came by, and the corp, which told the same as ever, was not heard."""
    trial.staff("zs")
    who = trial.hand("/deeds/add", userid="zs", customer={"name": "阿香"}, state="shop1")["external_userid"]
    pass_by(clock, trial, 86_400)
    walked(ground, account)
    with ground.db.tx() as conn:
        conn.execute("update contacts set state = 'shop9'")
    pass_by(clock, trial, 86_400)
    run = walked(ground, account, "nightly")
    with ground.db.tx() as conn:
        assert [(d.kind, d.ref) for d in sync.differences(conn, run_id=run.run_id)] == [("came_by", f"zs {who}")]
    assert here(ground, trial.corpid) == there(trial)
    pass_by(clock, trial, 86_400)
    assert walked(ground, account, "nightly").facts_n == 0


def test_who_was_added_a_moment_ago_is_left_to_their_callback(ground: Ground, clock: StillClock, trial: Trial, account: Account) -> None:
    trial.staff("zs")
    pass_by(clock, trial, 86_400)
    box = trial.listen()
    trial.hand("/deeds/add", userid="zs", customer={"name": "新客"})
    walked(ground, account)
    assert here(ground, trial.corpid) == {}, "the welcome's code is in the callback: a fact of ours would stand in its way"
    hear(ground, account, trial, box)
    assert here(ground, trial.corpid) == there(trial)
    sync.advance(ground)
    clock.move(timedelta(minutes=6))
    while sync.advance(ground):
        pass
    fold(ground)
    with ground.db.tx() as conn:
        rows = conn.execute("select type, data ? 'welcome_code' from facts where type like 'contact.%' order by type").fetchall()
        assert ("contact.added", True) in rows and sum(1 for row in rows if row[0] == "contact.added") == 1
        assert conn.execute("select count(*) from sync_wishes").fetchone() == (0,)
        [(_, who)] = there(trial)
        person = pool.person_of(ground, conn, Identifier(Kind.EXTERNAL_USERID, who, trial.corpid))
        assert person is not None
        seen = pool.see(ground, conn, person)
        assert seen is not None and "unionid" in {i.kind for i in seen.identifiers} and seen.personal["name"], "looked for by the wish"


def test_the_hour_comes_once_a_day(ground: Ground, clock: StillClock, trial: Trial, account: Account) -> None:
    trial.staff("zs")
    pass_by(clock, trial, 86_400)  # 10 in the morning in China
    assert sync.begin_nightly(ground) == 0, "what was never walked is not compared"
    walked(ground, account)
    assert sync.begin_nightly(ground) == 0, "the first run stands for its day"
    clock.move(timedelta(hours=16))
    assert sync.begin_nightly(ground) == 0, "2 at night"
    clock.move(timedelta(hours=2))
    assert sync.begin_nightly(ground) == 1
    assert sync.begin_nightly(ground) == 0
    clock.move(timedelta(hours=12))
    assert sync.begin_nightly(ground) == 0
