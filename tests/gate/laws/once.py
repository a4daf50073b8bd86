"""Laws of once: nothing is asked, judged, claimed or sent twice."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from tests.gate import world as w
from tests.gate.laws.stage import HOUR, Stage, claim_all, loose, together

from siyu import gate
from siyu.gate import flow, store


def asked_twice_is_once(stage: Stage) -> None:
    """Eight askers with the same keys, at once and one after the other."""
    loose(stage.ground)
    with stage.ground.db.tx() as conn:
        ids = w.people(conn, 20)
    asked = [w.intent(stage.ground, p) for p in ids]
    grounds = [stage.make() for _ in range(4)]
    assert sum(together(*(lambda g=g: w.ask(g, *asked) for g in grounds))) == len(ids), "asked twice was counted twice"
    assert w.ask(stage.ground, *asked) == 0
    w.judged(stage.ground, *asked)
    claimed = claim_all(stage.ground)
    assert sorted(p.person_id for p in claimed) == ids


def a_late_commit_is_judged(stage: Stage) -> None:
    """An intent that is asked first and committed last."""
    with stage.ground.db.tx() as conn:
        a, b = w.people(conn, 2)
    late, early = w.intent(stage.ground, a), w.intent(stage.ground, b)
    other = stage.make()
    with other.db.tx() as conn:
        gate.ask(other, conn, [late])
        w.ask(stage.ground, early)
        gate.judge(stage.ground)
    while gate.judge(stage.ground):
        pass
    assert w.answers(stage.ground, [late.key, early.key]) == ["permit", "permit"]


def answers_and_place_move_together(stage: Stage) -> None:
    """A judge that dies anywhere before its commit has done nothing; the next one does it all, once."""
    with stage.ground.db.tx() as conn:
        ids = w.people(conn, 6, consent=None)
        w.say(conn, ids[:3], True)
    asked = [w.intent(stage.ground, p) for p in ids]
    w.ask(stage.ground, *asked)
    for what, where in (("write_verdicts", store), ("write_permits", store), ("fill_lanes", store), ("keep_place", flow)):
        real = getattr(where, what)

        def and_die(*args: Any, real: Any = real, **others: Any) -> Any:
            real(*args, **others)
            raise KeyboardInterrupt

        with stage.patch.context() as patch:
            patch.setattr(where, what, and_die)
            with suppress(KeyboardInterrupt):
                gate.judge(stage.ground, 4)
    while gate.judge(stage.ground, 4):
        pass
    assert w.answers(stage.ground, [i.key for i in asked]) == ["permit"] * 3 + ["no_consent"] * 3
    with stage.ground.db.tx() as conn:
        row = conn.execute("select count(*), count(distinct intent_id) from verdicts").fetchone()
    assert row == (6, 6)


def a_late_worker_is_fenced(stage: Stage) -> None:
    """A worker that slept through its lease cannot settle what another has claimed since."""
    loose(stage.ground)
    with stage.ground.db.tx() as conn:
        (person,) = w.people(conn)
    asked = w.intent(stage.ground, person, channel="webhook")
    w.judged(stage.ground, asked)
    (sleeper,) = w.claim(stage.ground, "webhook", lease_for=timedelta(microseconds=1))
    (other,) = w.claim(stage.make(), "webhook")
    assert other.intent_id == sleeper.intent_id
    assert other.token > sleeper.token
    assert not w.settle(stage.ground, sleeper, "rejected"), "a stale token was accepted"
    assert w.states(stage.ground, [asked.key]) == ["claimed"]
    assert w.settle(stage.ground, other)
    assert not w.settle(stage.ground, sleeper, "rejected"), "a stale token was accepted"
    assert w.states(stage.ground, [asked.key]) == ["sent"]


def an_unknown_is_not_sent_again(stage: Stage) -> None:
    """A lease runs out on a channel without keys: nobody knows, nobody repeats, and it still counts."""
    loose(stage.ground, caps=[{"n": 1, "window": "24h"}])
    with stage.ground.db.tx() as conn:
        (person,) = w.people(conn)
    asked = w.intent(stage.ground, person)
    w.judged(stage.ground, asked)
    assert len(w.claim(stage.ground, lease_for=timedelta(microseconds=1))) == 1
    stage.clock.move(HOUR)
    while gate.judge(stage.ground):
        pass
    assert not w.claim(stage.ground), "sent again"
    assert w.states(stage.ground, [asked.key]) == ["unknown"]
    stage.clock.move(23 * HOUR - timedelta(minutes=1))
    assert w.judged(stage.ground, w.intent(stage.ground, person)) == ["capped"], "an unknown outcome does not count"
