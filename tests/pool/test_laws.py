"""The laws of the fold on a real database: any order, any batches, merges, undoing and rebuilding give the same answer."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import NOW
from tests.pool.cast import AN, LIN, LIN_MAIL, LIN_PHONE, MO, MO_PHONE, MO_TOO, STRANGER, WEI, paid, shop, tell
from tests.pool.digest import digest

from siyu import pool
from siyu.base import settings as kept
from siyu.base.ground import Ground
from siyu.pool import Fact, Identifier, Kind, fold, record

PEOPLE = [LIN, LIN_PHONE, LIN_MAIL, MO, MO_TOO, MO_PHONE, WEI, AN, STRANGER, Identifier(Kind.DEVICE_ID, "d-1", "app")]
TYPES: list[tuple[str, dict[str, Any]]] = [
    ("page.viewed", {"url": "/"}),
    ("profile.stated", {"city": "上海", "name": "林小满"}),
    ("profile.stated", {"city": "杭州", "level": 2}),
    ("profile.stated", {"city": None}),
    ("tag.added", {"tag": "咖啡"}),
    ("tag.removed", {"tag": "咖啡"}),
    ("consent.given", {"channel": "email", "purpose": "marketing"}),
    ("consent.withdrawn", {"channel": "email", "purpose": "marketing"}),
    ("message.bounced", {"channel": "email", "hard": True}),
    ("order.paid", {}),
    ("order.paid", {}),
    ("order.refunded", {}),
    ("order.adjusted", {}),
    ("score.churn", {"value": 0.25}),
    ("score.churn", {"value": 0.75}),
    ("score.grade", {"value": "A"}),
]
_names = itertools.count()


@st.composite
def facts(draw: st.DrawFn, most: int = 12) -> list[Fact]:
    found = []
    for _ in range(draw(st.integers(1, most))):
        type, data = draw(st.sampled_from(TYPES))
        who = draw(st.lists(st.sampled_from(PEOPLE), max_size=3, unique=True))
        trade = type.startswith("order.")
        found.append(
            Fact(
                type,
                f"law{next(_names)}",
                NOW - timedelta(days=draw(st.sampled_from([1, 2, 40, 100, 300]))),
                tuple(who),
                object=draw(st.sampled_from(["A", "B", "C"])) if trade else None,
                amount_minor=draw(st.integers(-5, 9)) if trade else None,
                currency=draw(st.sampled_from(["CNY", "CNY", "GBP"])) if trade else None,
                data=dict(data),
            )
        )
    return found


def wipe(ground: Ground) -> None:
    with ground.db.tx() as conn:
        conn.execute(
            "truncate facts, fact_keys, identifiers, links, identity_decisions, identity_conflicts, identity_log, folds, orders, consents, "
            "scores, profiles, trade_days, sources, cursors, settings restart identity cascade"
        )


def drop_subject(found: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """`orders` holds subject numbers, which depend on who came first; `order_subjects` compares them by name."""
    return {key: value for key, value in found.items() if key != "orders"}


LAW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(facts(), st.integers(), st.sampled_from([3, 200]))
@LAW
def test_order_and_batches_never_matter(ground: Ground, some: list[Fact], seed: int, partners: int) -> None:
    answers = []
    for way in range(3):
        wipe(ground)
        with ground.db.tx() as conn:
            kept.put(conn, "pool.identity.partners", partners, at=NOW)
        shuffled = list(some)
        if way:
            random.Random(seed + way).shuffle(shuffled)
        size = [len(some), 1, 3][way]
        number = shop(ground)
        for start in range(0, len(some), size):
            with ground.db.tx() as conn:
                record(ground, conn, number, shuffled[start : start + size])
            if way != 2 or start % 2:
                while fold(ground, limit=2 if way == 1 else 1000):
                    pass
        while fold(ground):
            pass
        answers.append(drop_subject(digest(ground)))
    assert answers[0] == answers[1]
    assert answers[0] == answers[2]
    before = digest(ground)
    pool.rebuild(ground)
    assert digest(ground) == before


@given(facts(8), facts(8), st.integers())
@LAW
def test_an_import_that_is_taken_back_was_never_there(ground: Ground, some: list[Fact], mistaken: list[Fact], seed: int) -> None:
    wipe(ground)
    with ground.db.tx() as conn:
        kept.put(conn, "pool.identity.partners", 3, at=NOW)
    tell(ground, *some)
    before = digest(ground)
    number = shop(ground)
    with ground.db.tx() as conn:
        record(ground, conn, number, mistaken, import_id=7)
    for _ in range(seed % 3):  # taken back unfolded, half folded, folded
        fold(ground, limit=max(1, len(mistaken) // 2))
    with ground.db.tx() as conn:
        assert pool.forget_import(ground, conn, 7) == len(mistaken)
    assert digest(ground) == before
    with ground.db.tx() as conn:
        assert record(ground, conn, number, mistaken, import_id=8).new == len(mistaken)
    tell(ground)
    after = digest(ground)
    pool.rebuild(ground)
    assert digest(ground) == after


@given(facts(), st.lists(st.tuples(st.booleans(), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=4), st.integers())
@LAW
def test_decisions_that_are_revoked_were_never_made(ground: Ground, some: list[Fact], made: list[tuple[bool, int, int]], seed: int) -> None:
    wipe(ground)
    tell(ground, *some)
    before = digest(ground)
    with ground.db.tx() as conn:
        ids = [row[0] for row in conn.execute("select identifier_id from identifiers order by 1")]
    decisions = []
    for is_cut, left, right in made:
        a, b = ids[left % len(ids)] if ids else 0, ids[right % len(ids)] if ids else 0
        if a == b:
            continue
        with ground.db.tx() as conn:
            decisions.append((pool.cut if is_cut else pool.confirm)(ground, conn, a, b, by="qi"))
    decided = digest(ground)
    pool.rebuild(ground)
    assert digest(ground) == decided
    random.Random(seed).shuffle(decisions)
    for decision in decisions:
        with ground.db.tx() as conn:
            pool.revoke(ground, conn, decision, by="qi")
    assert digest(ground) == before


def test_a_late_commit_is_not_skipped(ground: Ground, another_ground: Callable[[], Ground]) -> None:
    number = shop(ground)
    slow = another_ground()
    with slow.db.tx() as late:
        record(slow, late, number, [paid(1_00, LIN)])
        with ground.db.tx() as conn:
            record(ground, conn, number, [paid(2_00, WEI)])
        assert fold(ground) == 0  # something older is still running: what came after it waits
    assert fold(ground) == 2
    with ground.db.tx() as conn:
        assert conn.execute("select sum(spent_minor) from profiles").fetchone() == (3_00,)


def test_writers_and_folders_at_once_lose_nothing(ground: Ground, another_ground: Callable[[], Ground]) -> None:
    number = shop(ground)
    done = threading.Event()
    wrong: list[BaseException] = []
    everybody = [LIN, LIN_PHONE, MO, MO_TOO, MO_PHONE, WEI, AN, STRANGER]

    def write(mine: Ground, seed: int) -> None:
        dice = random.Random(seed)
        try:
            for _ in range(25):
                batch = [paid(1, *dice.sample(everybody, dice.randint(0, 3)), days=dice.randint(1, 90)) for _ in range(8)]
                with mine.db.tx() as conn:
                    record(mine, conn, number, batch)
        except BaseException as err:
            wrong.append(err)

    def read(mine: Ground) -> None:
        try:
            while not done.is_set():
                fold(mine, limit=37)
        except BaseException as err:
            wrong.append(err)

    writers = [threading.Thread(target=write, args=(another_ground(), seed)) for seed in range(4)]
    readers = [threading.Thread(target=read, args=(another_ground(),)) for _ in range(2)]
    for thread in writers + readers:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()
    while fold(ground):
        pass
    assert wrong == []
    with ground.db.tx() as conn:
        assert conn.execute("select sum(lines_n), sum(amount_minor) from trade_days").fetchone() == (800, 800)
    before = digest(ground)
    pool.rebuild(ground)
    assert digest(ground) == before


GAPS = st.sampled_from([0, 1, 29, 30, 31, 60, 89, 90, 91])  # days, about the rules' borders


@given(st.lists(st.tuples(GAPS, st.integers(0, 9)), min_size=1, max_size=7), st.booleans(), GAPS)
@settings(LAW, max_examples=40)
def test_the_stage_in_sql_is_the_stage_in_python(ground: Ground, orders: list[tuple[int, int]], is_lead: bool, since: int) -> None:
    wipe(ground)
    with ground.db.tx() as conn:
        pool.set_stage_rules(ground, conn, pool.StageRules(repeat_orders=3, vip_orders=6, vip_minor=20, drifting_days=30, lost_days=90))
    ago = [since + sum(gap for gap, _ in orders[n + 1 :]) for n in range(len(orders))]
    lines = [paid(amount, LIN, days=days) for days, (_, amount) in zip(ago, orders, strict=True)]
    if is_lead:
        lines.append(Fact("page.viewed", "first", NOW - timedelta(days=ago[0] + 3), (LIN,)))
    tell(ground, *lines)
    with ground.db.tx() as conn:
        person = pool.see(ground, conn, 1)
        assert (person.row.stage, person.stage_at) == (person.stages[-1].stage, person.stages[-1].at)


def test_a_fact_that_cannot_be_folded_is_put_aside_and_holds_up_nobody(ground: Ground) -> None:
    number = shop(ground)
    with ground.db.tx() as conn:
        record(ground, conn, number, [paid(1_00, LIN), paid(2_00, WEI), paid(4_00, AN)])
        conn.execute("update facts set data = '[1]', type = 'profile.stated' where amount_minor = 200")  # no source can do this
    while fold(ground):
        pass
    with ground.db.tx() as conn:
        assert conn.execute("select sum(spent_minor) from profiles").fetchone() == (5_00,)
        assert conn.execute("select room, what from parked").fetchall() == [("pool", "fact")]
