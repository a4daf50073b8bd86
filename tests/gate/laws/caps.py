"""Laws of caps: in a race, over time, in plans."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

from tests.gate import world as w
from tests.gate.laws.stage import DAY, HOUR, WORKERS, Journal, Stage, caps_of, loose, meeting, together

from siyu import gate


def caps_hold_in_a_race(stage: Stage) -> None:
    """Eight workers, each with a channel of its own, claim for the same people at the same moment."""
    grounds = [stage.make() for _ in range(WORKERS)]
    for _ in range(2):
        loose(stage.ground)
        with stage.ground.db.tx() as conn:
            ids = w.people(conn, 5)
        asked = [w.intent(stage.ground, p, channel=f"c{n}") for p in ids for n in range(WORKERS)]
        assert set(w.judged(stage.ground, *asked)) == {"permit"}
        loose(stage.ground, caps=[{"n": 2, "window": "24h"}])  # tightened while they wait: only the claim can keep it
        journal = Journal()
        with meeting(stage):
            for permits in together(*(lambda g=g, n=n: w.claim(g, f"c{n}") for n, g in enumerate(grounds))):
                journal.note(permits, stage.clock.now())
        journal.check(caps_of(stage.ground))
        assert Counter(e[0] for e in journal.entries) == dict.fromkeys(ids, 2), "the cap's room was not used"


def caps_hold_over_time(stage: Stage) -> None:
    """Ten days of asking, judging, claiming, with every outcome, some of it around midnight."""
    dice = random.Random(7)
    loose(
        stage.ground,
        caps=[{"n": 2, "window": "24h", "purpose": "marketing"}, {"n": 4, "window": "72h"}, {"n": 1, "window": "5h", "channel": "webhook"}],
    )
    with stage.ground.db.tx() as conn:
        ids = w.people(conn, 4)
    journal, start, late = Journal(), stage.clock.now(), []
    for _ in range(45):
        now = stage.clock.now()
        asked = [
            w.intent(
                stage.ground,
                dice.choice(ids),
                channel=dice.choice(["email", "webhook"]),
                purpose=dice.choice(["marketing", "marketing", "service"]),
                not_before=now + dice.choice([0, 0, 1, 7, 30]) * HOUR,
                expires_at=now + 3 * DAY,
                priority=dice.choice([10, 50]),
            )
            for _ in range(dice.randint(0, 5))
        ]
        w.ask(stage.ground, *asked)
        gate.judge(stage.ground, dice.choice([1, 3, 1000]))
        for channel in ("email", "webhook"):
            permits = w.claim(stage.ground, channel, dice.choice([1, 100]))
            journal.note(permits, stage.clock.now())
            for permit in permits:
                outcome = dice.choice(["sent", "sent", "sent", "rejected", "unknown", "later"])
                if outcome == "later":
                    late.append(permit)
                    continue
                if outcome == "rejected":
                    journal.released.add(permit.intent_id)
                assert w.settle(stage.ground, permit, outcome)
        if late and dice.random() < 0.5:
            assert w.settle(stage.ground, late.pop())
        stage.clock.move(dice.choice([1, 2, 5]) * HOUR + timedelta(minutes=dice.randint(-20, 20)))
    assert stage.clock.now() - start > 4 * DAY
    assert len(journal.entries) > 25
    journal.check(caps_of(stage.ground))


def a_day_is_any_day(stage: Stage) -> None:
    """Two before midnight and two after, with two a day allowed."""
    loose(stage.ground, caps=[{"n": 2, "window": "24h"}])
    stage.clock.at = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)  # 23:30 in Shanghai
    with stage.ground.db.tx() as conn:
        (person,) = w.people(conn)
    journal = Journal()
    for _ in range(5):
        w.judged(stage.ground, w.intent(stage.ground, person))
        permits = w.claim(stage.ground)
        journal.note(permits, stage.clock.now())
        for permit in permits:
            w.settle(stage.ground, permit)
        stage.clock.move(timedelta(minutes=15))
    journal.check(caps_of(stage.ground))
    assert len(journal.entries) == 2


def plans_keep_the_caps(stage: Stage) -> None:
    """What is permitted for later is planned within the caps: each batch holds several wishes of a person, and so did the one before."""
    loose(stage.ground, caps=[{"n": 2, "window": "24h"}])
    with stage.ground.db.tx() as conn:
        ids = w.people(conn, 3)
    now = stage.clock.now()
    w.ask(stage.ground, *(w.intent(stage.ground, person, not_before=now + 5 * n * HOUR) for n in range(13) for person in ids))
    while gate.judge(stage.ground, 8):
        pass
    plan = Journal()
    with stage.ground.db.tx() as conn:
        rows = conn.execute("select person_id, channel, purpose, due_at, intent_id from permits where state = 'waiting'").fetchall()
        plan.entries += rows
    assert len(rows) > 5
    plan.check(caps_of(stage.ground))


def what_is_under_way_counts(stage: Stage) -> None:
    """Claimed, and nobody knows yet whether it was sent: it counts as if it were."""
    loose(stage.ground)
    with stage.ground.db.tx() as conn:
        (person,) = w.people(conn)
    asked = [w.intent(stage.ground, person, channel=c) for c in ("email", "webhook", "desk")]
    w.judged(stage.ground, *asked)
    loose(stage.ground, caps=[{"n": 1, "window": "24h"}])
    journal = Journal()
    for channel in ("email", "webhook", "desk"):
        journal.note(w.claim(stage.ground, channel), stage.clock.now())
        stage.clock.move(HOUR)
    journal.check(caps_of(stage.ground))
    assert len(journal.entries) == 1
