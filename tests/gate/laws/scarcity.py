"""Laws of stops, quotas and budgets."""

from __future__ import annotations

from datetime import timedelta

from tests.gate import world as w
from tests.gate.laws.stage import DAY, HOUR, Stage, claim_all, loose, meeting, together

from siyu import gate


def who_is_stopped_waits(stage: Stage) -> None:
    """An origin that is held or taken back is not claimed from; another is, and so is what it asks later."""
    ground = stage.ground
    loose(ground)
    with ground.db.tx() as conn:
        ids = w.people(conn, 6)
    a, b = {"origin": "broadcast", "origin_id": 1}, {"origin": "broadcast", "origin_id": 2}
    w.judged(ground, *(w.intent(ground, p, **a) for p in ids[:4]), *(w.intent(ground, p, **b) for p in ids[4:]))
    with ground.db.tx() as conn:
        gate.pause(ground, conn, "broadcast", 1)
    assert {p.person_id for p in claim_all(ground)} == set(ids[4:]), "claimed from an origin on hold"
    with ground.db.tx() as conn:
        gate.resume(ground, conn, "broadcast", 1)
    first = w.claim(ground, limit=1)
    assert len(first) == 1
    unjudged = w.intent(ground, ids[4], **a)
    w.ask(ground, unjudged)
    with ground.db.tx() as conn:
        assert gate.withdraw(ground, conn, "broadcast", 1) == 3
    assert not claim_all(ground), "claimed what was taken back"
    while gate.judge(ground):
        pass
    assert not claim_all(ground), "claimed what was taken back"
    assert w.answers(ground, [unjudged.key]) == ["withdrawn"]
    anew = [w.intent(ground, p, **a) for p in ids[1:4]]
    assert w.judged(ground, *anew) == ["permit"] * 3
    assert {p.person_id for p in claim_all(ground)} == set(ids[1:4])


def quotas_hold(stage: Stage) -> None:
    """Four workers of one channel and a platform that allows ten an hour; the higher priority goes first."""
    loose(stage.ground, quotas=[{"channel": "email", "n": 10, "window": "1h"}])
    with stage.ground.db.tx() as conn:
        ids = w.people(conn, 40)
    w.judged(stage.ground, *(w.intent(stage.ground, p, priority=90 if n >= 25 else 10) for n, p in enumerate(ids)))
    grounds, when = [stage.make() for _ in range(4)], []
    order: list[int] = []
    for _ in range(10):
        now = stage.clock.now()
        with meeting(stage, 0.2):
            for permits in together(*(lambda g=g: w.claim(g, limit=4) for g in grounds)):
                when += [now] * len(permits)
                order += [p.person_id for p in permits]
        for start in when:
            many = sum(start <= at < start + HOUR for at in when)
            assert many <= 10, f"{many} within an hour, the quota is 10"
        stage.clock.move(timedelta(minutes=25))
    assert len(order) == 40
    assert set(order[:10]) < set(ids[25:]) < set(order[:20]), "the lower priority went first"


def budgets_hold(stage: Stage) -> None:
    """A hundred a day for everything: what is spent on two channels together stays below it in any day."""
    loose(stage.ground, budgets=[{"limit_minor": 100, "window": "24h"}])
    with stage.ground.db.tx() as conn:
        ids = w.people(conn, 40)
    w.judged(stage.ground, *(w.intent(stage.ground, p, cost_minor=15, channel=f"c{n % 2}") for n, p in enumerate(ids)))
    grounds, spent = [stage.make() for _ in range(2)], []
    for _ in range(9):
        now = stage.clock.now()
        with meeting(stage, 0.2):
            claims = together(*(lambda g=g, n=n: w.claim(g, f"c{n}") for n, g in enumerate(grounds)))
        for permits in claims:
            spent += [(now, permit.cost_minor) for permit in permits]
        for start, _ in spent:
            total = sum(cost for at, cost in spent if start <= at < start + DAY)
            assert total <= 100, f"{total} within a day, the budget is 100"
        stage.clock.move(7 * HOUR)
    assert len(spent) > 12
