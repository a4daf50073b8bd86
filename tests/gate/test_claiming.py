"""Claiming and settling: what comes back, in which order, and what becomes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.gate import world as w

from siyu import gate
from siyu.base.clock import StillClock
from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.gate import claiming

HOUR = timedelta(hours=1)


def test_a_permit_says_everything_a_channel_needs(ground: Ground) -> None:
    with ground.db.tx() as conn:
        (person,) = w.people(conn)
    one = w.intent(ground, person, origin="broadcast", origin_id=7, content_id=3, content_version=2, topic="sale", cost_minor=4)
    w.judged(ground, one)
    (permit,) = w.claim(ground)
    assert (permit.person_id, permit.channel, permit.purpose, permit.topic) == (person, "email", "marketing", "sale")
    assert (permit.origin, permit.origin_id, permit.content_id, permit.content_version, permit.cost_minor) == ("broadcast", 7, 3, 2, 4)
    assert (permit.token, permit.attempts, permit.expires_at) == (1, 1, one.expires_at)
    assert permit.lease_until.tzinfo is not None
    assert w.claim(ground) == []


def test_a_lease_must_last(ground: Ground) -> None:
    with pytest.raises(InputError):
        gate.claim(ground, "email", 1, timedelta(0))


def test_the_queue_goes_by_priority_then_by_time(ground: Ground, clock: StillClock) -> None:
    w.set_rules(ground, caps=[])
    with ground.db.tx() as conn:
        ids = w.people(conn, 6)
    now = clock.now()
    asked = [
        w.intent(ground, p, priority=pr, not_before=now + due * HOUR)
        for p, pr, due in zip(ids, (10, 10, 90, 50, 90, 90), (0, 1, 1, 0, 0, 9), strict=True)
    ]
    w.judged(ground, *asked)
    clock.move(2 * HOUR)
    found = [p.person_id for _ in range(6) for p in w.claim(ground, limit=1)]
    assert found == [ids[4], ids[2], ids[3], ids[0], ids[1]]


def test_outcomes(ground: Ground, clock: StillClock) -> None:
    """Sent, unknown count; rejected does not; returned waits again until it may be tried."""
    w.set_rules(ground, caps=[{"n": 1, "window": "24h"}], quotas=[{"channel": "email", "n": 4, "window": "1h"}])
    with ground.db.tx() as conn:
        ids = w.people(conn, 5)
    asked = [w.intent(ground, p) for p in ids]
    w.judged(ground, *asked)
    permits = w.claim(ground)
    assert len(permits) == 4
    for permit, outcome in zip(permits, ("sent", "unknown", "rejected", "returned"), strict=True):
        assert w.settle(ground, permit, outcome, clock.now() + timedelta(minutes=5))
    assert w.states(ground, [i.key for i in asked]) == ["sent", "unknown", "rejected", "waiting", "waiting"]
    again = w.judged(ground, *(w.intent(ground, p) for p in ids[:4]))
    assert again == ["capped", "capped", "permit", "capped"]
    assert [p.person_id for p in w.claim(ground)] == [ids[4]]  # what was returned gave its place in the quota back
    clock.move(timedelta(hours=1, minutes=1))
    late = {p.person_id: p for p in w.claim(ground)}
    assert set(late) == {ids[2], ids[3]}
    assert (late[ids[3]].token, late[ids[3]].attempts) == (2, 2)
    assert not w.settle(ground, permits[3], "sent"), "the token of the first claim is stale"


def test_an_unknown_outcome_may_be_cleared_up(ground: Ground) -> None:
    with ground.db.tx() as conn:
        ids = w.people(conn, 2)
    asked = [w.intent(ground, p) for p in ids]
    w.judged(ground, *asked)
    first, second = w.claim(ground, lease_for=timedelta(microseconds=1))
    assert gate.judge(ground) == 2  # two leases ended
    keys = [i.key for i in asked]
    assert w.states(ground, keys) == ["unknown", "unknown"]
    assert not w.settle(ground, first, "returned"), "it may have been sent: it cannot wait again"
    assert w.settle(ground, first, "unknown")
    assert w.settle(ground, first, "sent")
    assert w.settle(ground, second, "rejected")
    assert w.states(ground, keys) == ["sent", "rejected"]


def test_a_doubtful_one_counts_while_it_waits_again(ground: Ground, clock: StillClock) -> None:
    """A channel with keys may send again; what it perhaps sent counts against others, not against itself."""
    w.set_rules(ground, caps=[], quiet=None)
    with ground.db.tx() as conn:
        (person,) = w.people(conn)
    w.judged(ground, w.intent(ground, person, channel="webhook"), w.intent(ground, person))
    w.set_rules(ground, caps=[{"n": 1, "window": "24h"}])
    (first,) = w.claim(ground, "webhook", lease_for=timedelta(microseconds=1))
    assert w.claim(ground, "other") == []
    while gate.judge(ground):
        pass
    assert w.claim(ground) == [], "the doubtful one counts"
    (again,) = w.claim(ground, "webhook")
    assert (again.intent_id, again.token) == (first.intent_id, 2)
    assert w.settle(ground, again)
    clock.move(timedelta(hours=25))
    assert len(w.claim(ground)) == 1


def test_what_the_claim_puts_off_and_refuses_has_its_reason(ground: Ground, clock: StillClock) -> None:
    with ground.db.tx() as conn:
        a, b = w.people(conn, 2)
    evening = clock.now() + timedelta(hours=8, minutes=30)  # 20:30
    one, short = w.intent(ground, a, not_before=evening), w.intent(ground, b, not_before=evening, expires_at=evening + HOUR)
    assert w.judged(ground, one, short) == ["permit", "permit"]
    clock.at = evening + timedelta(minutes=45)
    assert w.claim(ground) == []
    assert w.answers(ground, [one.key, short.key], "claim") == ["quiet+", "quiet"]
    assert w.states(ground, [one.key, short.key]) == ["waiting", "withdrawn"]
    clock.move(timedelta(hours=10, minutes=44))  # 7:59
    assert w.claim(ground) == []
    clock.move(timedelta(minutes=1))
    assert [p.person_id for p in w.claim(ground)] == [a]


def test_a_small_claim_is_not_held_up_by_many_that_must_wait(ground: Ground, clock: StillClock) -> None:
    """In the evening a thousand adverts stand before one letter about an order."""
    with ground.db.tx() as conn:
        ids = w.people(conn, 1001)
    evening = clock.now() + timedelta(hours=8)
    w.judged(ground, *(w.intent(ground, p, not_before=evening, origin_id=1) for p in ids[:-1]))
    clock.at = evening + timedelta(hours=2)
    w.judged(ground, w.intent(ground, ids[-1], purpose="transactional", priority=10))
    assert [p.person_id for p in w.claim(ground, limit=1)] == [ids[-1]]
    with ground.db.tx() as conn:
        waiting = conn.execute("select count(*) from permits where state = 'waiting' and due_at > %s", [clock.now()]).fetchone()
    assert waiting == (1000,)


def test_a_claim_does_not_wait_for_those_who_come_meanwhile(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody asks again each time that the claim looks: it gives what was there, not what it could gather in all its rounds."""
    with ground.db.tx() as conn:
        ids = w.people(conn, 40)
    rest = iter(ids)
    w.judged(ground, *(w.intent(ground, next(rest)) for _ in range(3)))
    rules = claiming.store.rules

    def and_one_more(conn: Connection) -> gate.GateRules:
        with monkeypatch.context() as quiet:
            quiet.setattr(claiming.store, "rules", rules)
            w.judged(ground, w.intent(ground, next(rest)))
        return rules(conn)

    monkeypatch.setattr(claiming.store, "rules", and_one_more)
    assert len(w.claim(ground, limit=30)) <= 5
    monkeypatch.undo()
    assert w.claim(ground, limit=30) == [], "who was there when it looked was claimed"


def test_time_runs_out_in_the_queue(ground: Ground, clock: StillClock) -> None:
    """A quota left no room: the verdict says so; without one it was simply late."""
    w.set_rules(ground, quiet=None, quotas=[{"channel": "email", "n": 1, "window": "7d"}])
    with ground.db.tx() as conn:
        ids = w.people(conn, 4)
    soon = clock.now() + HOUR
    mails = [w.intent(ground, p, expires_at=soon) for p in ids[:3]]
    hook = w.intent(ground, ids[3], channel="webhook", expires_at=soon)
    w.judged(ground, *mails, hook)
    assert len(w.claim(ground)) == 1
    assert w.claim(ground) == []
    clock.at = soon
    while gate.judge(ground):
        pass
    keys = [i.key for i in (*mails, hook)]
    assert w.answers(ground, keys, "claim") == ["", "quota", "quota", "expired"]
    assert w.states(ground, keys) == ["claimed", "withdrawn", "withdrawn", "withdrawn"]


def test_merged_people_get_one_message_once(ground: Ground) -> None:
    """A broadcast has permits for two names of one person: one goes out, the other has its reason."""
    w.set_rules(ground, caps=[])
    with ground.db.tx() as conn:
        a, b = w.people(conn, 2)
    asked = [w.intent(ground, p, origin="broadcast", origin_id=1) for p in (a, b)]
    assert w.judged(ground, *asked) == ["permit", "permit"]
    with ground.db.tx() as conn:
        w.merge(conn, a, b)
    assert [p.person_id for p in w.claim(ground)] == [a]
    assert w.answers(ground, [i.key for i in asked], "claim") == ["", "repeated"]


def test_held_permits_keep_counting_and_may_expire(ground: Ground, clock: StillClock) -> None:
    w.set_rules(ground, caps=[{"n": 1, "window": "24h"}], quiet=None)
    with ground.db.tx() as conn:
        (person,) = w.people(conn)
    one = w.intent(ground, person, origin="broadcast", origin_id=1, expires_at=clock.now() + HOUR)
    w.judged(ground, one)
    with ground.db.tx() as conn:
        gate.pause(ground, conn, "broadcast", 1)
        gate.pause(ground, conn, "broadcast", 1)
    assert w.judged(ground, w.intent(ground, person)) == ["capped"]
    with ground.db.tx() as conn:
        assert conn.execute("select is_held, state from permits").fetchall() == [(True, "waiting")]
    clock.move(HOUR)
    while gate.judge(ground):
        pass
    assert w.answers(ground, [one.key], "claim") == ["expired"]
    assert w.judged(ground, w.intent(ground, person)) == ["permit"]


def test_taking_back_frees_the_cap_at_once(ground: Ground) -> None:
    w.set_rules(ground, caps=[{"n": 1, "window": "24h"}])
    with ground.db.tx() as conn:
        (person,) = w.people(conn)
    one = w.intent(ground, person, origin="broadcast", origin_id=1)
    w.judged(ground, one)
    with ground.db.tx() as conn:
        assert gate.withdraw(ground, conn, "broadcast", 1) == 1
        assert gate.withdraw(ground, conn, "broadcast", 1) == 0
    assert w.states(ground, [one.key]) == ["withdrawn"]
    assert w.judged(ground, w.intent(ground, person)) == ["permit"]
    assert w.answers(ground, [one.key], "claim") == ["withdrawn"]
    with ground.db.tx() as conn:
        assert conn.execute("select is_swept from taken_back").fetchall() == [(True,)]


def test_a_person_says_no(ground: Ground) -> None:
    """By one channel and purpose: what waits is refused at once, the rest stays; a later yes under the same name lifts it."""
    w.set_rules(ground, caps=[])
    with ground.db.tx() as conn:
        a, b = w.people(conn, 2)
        w.merge(conn, a, b)
    mail, hook, order = w.intent(ground, a), w.intent(ground, a, channel="webhook"), w.intent(ground, b, purpose="transactional")
    w.judged(ground, mail, hook, order)
    with ground.db.tx() as conn:
        assert gate.withdraw_person(ground, conn, b, "email", "marketing") == 1
    assert w.states(ground, [i.key for i in (mail, hook, order)]) == ["withdrawn", "waiting", "waiting"]
    assert w.answers(ground, [mail.key], "claim") == ["unsubscribed"]
    assert len(w.claim(ground)) == 1
    assert w.judged(ground, w.intent(ground, a)) == ["unsubscribed"]
    with ground.db.tx() as conn:
        w.say(conn, [a], True, channel="email", purpose="marketing", at=ground.clock.now() + HOUR)
    assert w.judged(ground, w.intent(ground, a)) == ["unsubscribed"], "said under another name"
    with ground.db.tx() as conn:
        w.say(conn, [b], True, channel="email", purpose="marketing", at=ground.clock.now() + HOUR)
    assert w.judged(ground, w.intent(ground, a)) == ["permit"]


def test_budgets_are_spent_from_the_top(ground: Ground, clock: StillClock) -> None:
    w.set_rules(ground, caps=[], quiet=None, budgets=[{"limit_minor": 100, "window": "24h", "purpose": "marketing"}])
    with ground.db.tx() as conn:
        ids = w.people(conn, 5)
    asked = [w.intent(ground, p, cost_minor=c, priority=pr) for p, c, pr in zip(ids, (30, 60, 50, 101, 50), (1, 2, 3, 4, 5), strict=True)]
    asked.append(w.intent(ground, ids[0], cost_minor=500, purpose="transactional", priority=0))
    assert w.judged(ground, *asked) == ["permit", "permit", "permit", "budget", "permit", "permit"]
    assert [p.cost_minor for p in w.claim(ground)] == [50, 50, 500]
    clock.move(timedelta(hours=24))
    assert [p.cost_minor for p in w.claim(ground)] == [60, 30]
