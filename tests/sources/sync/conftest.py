"""A corp of the sandbox's, reached over HTTP, and its account here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from siyu import pool
from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.sandbox.conformance import Bench, Trial
from siyu.sandbox.conformance.__main__ import served
from siyu.sandbox.conformance.bench import Mailbox
from siyu.sources import connected, sync, wishes
from siyu.vendors import Account, keep_account


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    with served() as address:
        made = Bench(address)
        yield made
        made.close()


@pytest.fixture
def trial(bench: Bench) -> Trial:
    return bench.trial()


@pytest.fixture
def account(ground: Ground, bench: Bench, trial: Trial) -> Account:
    return account_of(ground, bench, trial)


def account_of(ground: Ground, bench: Bench, trial: Trial, **more: Any) -> Account:
    """The account of a trial's corp."""
    with ground.db.tx() as conn:
        return keep_account(
            ground, conn, kind="wecom", name="沙盒", app_id=trial.corpid, agent_id=str(trial.agentid), secret=trial.secret,
            base_url=f"http://{bench._host}/wecom", **more,
        )  # fmt: skip


def walked(ground: Ground, account: Account, kind: str = "first", most: int = 400) -> sync.Run:
    """A run from its beginning to its end, and what it recorded folded."""
    run_id = sync.start(ground, account.account_id, kind)
    return gone_on(ground, run_id, most)


def gone_on(ground: Ground, run_id: int, most: int = 400) -> sync.Run:
    """A run to its end."""
    for _ in range(most):
        sync.advance(ground)
        with ground.db.tx() as conn:
            run = next(one for one in sync.runs(conn, limit=50) if one.run_id == run_id)
            conn.execute("update sync_runs set due_at = now() where state = 'running'")  # a test does not wait for pauses
        if run.state != "running":
            fold(ground)
            return run
    raise AssertionError(f"the run does not end: {run}")


def fold(ground: Ground) -> None:
    """Let the pool read all that was recorded."""
    while pool.fold(ground):
        pass
    while pool.relations.follow(ground):
        pass


def here(ground: Ground, corp: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """The active relations as the pool has them: (guide, external_userid) -> the code they came by, tags."""
    sql = """select c.guide, i.value, c.state, c.tags from contacts c join identifiers i on i.identifier_id = c.subject
        where c.corp = %s and c.is_active"""
    with ground.db.tx() as conn:
        return {(r[0], r[1]): (r[2], *sorted(r[3])) for r in conn.execute(sql, (corp,))}


def there(trial: Trial, *stages: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """The relations as they truly are."""
    rows, after = [], 0
    while after is not None:
        told = trial.look("/truth/contacts", after=after, limit=50_000)
        rows += told["follows"]
        after = told["next"]
    wanted = stages or ("both",)
    return {(r["userid"], r["external_userid"]): (r["state"], *sorted(r["tags"])) for r in rows if r["stage"] in wanted}


def chats_here(ground: Ground, corp: str) -> dict[str, set[str]]:
    """Who is in which chat, as the pool has it."""
    sql = (
        """select m.chat_id, i.value from group_members m join identifiers i on i.identifier_id = m.subject where m.corp = %s and m.is_in"""
    )
    found: dict[str, set[str]] = {}
    with ground.db.tx() as conn:
        for chat_id, who in conn.execute(sql, (corp,)):
            found.setdefault(chat_id, set()).add(who)
    return found


def chats_there(trial: Trial) -> dict[str, set[str]]:
    """Who truly is in which chat, of those outside."""
    told = {g["chat_id"]: {who for who, m in g["members"].items() if m["kind"] == 2} for g in trial.look("/truth/groups")}
    return {chat: whom for chat, whom in told.items() if whom}


def pass_by(clock: StillClock, trial: Trial, seconds: int) -> None:
    """Let time go by in both worlds."""
    trial.wait(seconds)
    clock.at = datetime.fromtimestamp(trial.now(), UTC)


def hear(ground: Ground, account: Account, trial: Trial, box: Mailbox) -> int:
    """What arrived of the corp's callbacks since, understood and recorded as the inbox does; gives how many."""
    trial.settle()
    heard, box.heard[:] = list(box.heard), []
    with ground.db.tx() as conn:
        name, kind = connected.source_name(account.kind, account.app_id)
        source_id = pool.ensure_source(conn, name, kind, now=ground.clock.now())
        for one in heard:
            event = connected.Event(account.kind, account.app_id, one.fields, ground.clock.now())
            meant = connected.understand(event)
            pool.record(ground, conn, source_id, meant.facts)
            wishes.wish(conn, [(account.account_id, wish) for wish in meant.wishes], at=ground.clock.now())
    fold(ground)
    return len(heard)
