"""Laws of whom: a no is heard, names are one person, who is held out gets nothing."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.gate import world as w
from tests.gate.laws.stage import DAY, HOUR, Journal, Stage, caps_of, claim_all, loose

from siyu import gate, pool
from siyu.gate import claiming


def a_no_since_the_yes_is_heard(stage: Stage) -> None:
    """Consent is withdrawn, and folded, after the permit was given."""
    with stage.ground.db.tx() as conn:
        ids = w.people(conn, 2)
    asked = [w.intent(stage.ground, p) for p in ids]
    w.judged(stage.ground, *asked)
    with stage.ground.db.tx() as conn:
        w.say(conn, ids[:1], False, channel="email", purpose="marketing", at=stage.clock.now())
    claimed = [p.person_id for p in w.claim(stage.ground)]
    assert claimed == ids[1:], claimed
    assert w.answers(stage.ground, [asked[0].key], "claim") == ["unsubscribed"]
    assert w.states(stage.ground, [asked[0].key]) == ["withdrawn"]


def a_no_is_heard_before_any_fold(stage: Stage) -> None:
    """The fact of a withdrawal is committed by some source; nobody has folded it, and nobody told the gate."""
    ground = stage.ground
    with ground.db.tx() as conn:
        source = pool.ensure_source(conn, "shop", "http", now=stage.clock.now())
        names = [pool.Identifier(pool.Kind.EMAIL, f"x{n}@example.com") for n in range(4)]
        for n, name in enumerate(names):
            fact = pool.Fact(
                "consent.given", f"yes{n}", stage.clock.now() - DAY, (name,), data={"channel": "email", "purpose": "marketing"}
            )
            pool.record(ground, conn, source, [fact])
    while pool.fold(ground):
        pass
    with ground.db.tx() as conn:
        ids = [conn.execute("select max(identifier_id) from identifiers").fetchone()[0] - 3 + n for n in range(4)]  # type: ignore[index]
    asked = [w.intent(ground, p) for p in ids]
    assert set(w.judged(ground, *asked)) == {"permit"}
    said = [
        ("consent.withdrawn", {"channel": "email", "purpose": "marketing"}),
        ("message.unsubscribed", {"channel": "email"}),
        ("consent.withdrawn", {}),
    ]
    with ground.db.tx() as slow:  # an older transaction is still open: the log's readers may not pass it, a claim must look beyond
        slow.execute("select pg_current_xact_id()")
        with ground.db.tx() as conn:
            for n, (type_, data) in enumerate(said):
                pool.record(ground, conn, source, [pool.Fact(type_, f"no{n}", stage.clock.now(), (names[n],), data=data)])
        claimed = [p.person_id for p in w.claim(ground)]
    assert claimed == ids[3:], claimed


def a_no_waits_for_who_is_claiming(stage: Stage) -> None:
    """While a claim is being decided, the no of its person waits: it is never committed between the decision and the claim."""
    with stage.ground.db.tx() as conn:
        (person,) = w.people(conn)
    w.judged(stage.ground, w.intent(stage.ground, person))
    decided, go_on = threading.Event(), threading.Event()
    lease = claiming._lease

    def slowly(*args: Any) -> list[gate.Permit]:
        decided.set()
        go_on.wait(5)
        return lease(*args)

    other = stage.make()

    def refuser() -> None:
        with other.db.tx() as conn:
            gate.withdraw_person(other, conn, person, "email", "marketing")

    with stage.patch.context() as patch:
        patch.setattr(claiming, "_lease", slowly)
        with ThreadPoolExecutor(2) as threads:
            first = threads.submit(lambda: w.claim(stage.ground))
            assert decided.wait(5)
            second = threads.submit(refuser)
            second_is_early = _done_within(second, 1.0)
            go_on.set()
            assert len(first.result(timeout=20)) == 1
            second.result(timeout=20)
    assert not second_is_early, "the no was committed in the middle of a claim"


def _done_within(future: Any, seconds: float) -> bool:
    try:
        future.result(timeout=seconds)
    except TimeoutError:
        return False
    return True


def held_out_people_get_nothing(stage: Stage) -> None:
    """Held out of the origin, under another name of theirs, or of everything."""
    loose(stage.ground)
    with stage.ground.db.tx() as conn:
        ids = w.people(conn, 6)
    a, b, c, d, e, f = ids
    same = {"origin": "broadcast", "origin_id": 5}
    asked = [w.intent(stage.ground, p, **same, is_control=p in (a, d)) for p in (a, b, c, d)]
    assert w.judged(stage.ground, *asked) == ["holdout", "permit", "permit", "holdout"]
    with stage.ground.db.tx() as conn:
        w.merge(conn, c, d)  # one of them is held out, the other has a permit
    w.ask(stage.ground, w.intent(stage.ground, c, **same))
    gate.judge(stage.ground)
    claimed = claim_all(stage.ground)
    assert [p.person_id for p in claimed] == [b], "a held-out person was written to"
    w.set_rules(stage.ground, control={"share": 0.5, "salt": "lot"})
    from siyu.base.ids import bucket_of

    out = {p for p in (*ids, e, f) if bucket_of("lot", p, 1_000_000) < 500_000}
    again = [w.intent(stage.ground, p) for p in (a, b, e, f)]
    found = w.judged(stage.ground, *again)
    assert [code == "holdout" for code in found] == [p in out for p in (a, b, e, f)]
    assert out & {a, b, e, f}
    assert {p.person_id for p in claim_all(stage.ground)} == {a, b, e, f} - out


def two_names_are_one_person(stage: Stage) -> None:
    """People turn out to be one between asking, judging and claiming: caps count both of their pasts."""
    loose(stage.ground, caps=[{"n": 2, "window": "24h"}])
    with stage.ground.db.tx() as conn:
        a, b, c, d = w.people(conn, 4)
    journal = Journal()
    w.judged(stage.ground, *(w.intent(stage.ground, p) for p in (a, b, b)))
    first = claim_all(stage.ground)
    journal.note(first, stage.clock.now())
    for permit in first:
        w.settle(stage.ground, permit)
    w.judged(stage.ground, *(w.intent(stage.ground, p) for p in (c, c, d)))  # permits that wait while their people become one
    with stage.ground.db.tx() as conn:
        w.merge(conn, a, b)
        w.merge(conn, c, d)
    stage.clock.move(HOUR)
    w.judged(stage.ground, *(w.intent(stage.ground, a) for _ in range(2)))  # the other name is not named
    second = claim_all(stage.ground)
    journal.note(second, stage.clock.now())
    with stage.ground.db.tx() as conn:
        today = dict(conn.execute("select identifier_id, person_id from identifiers").fetchall())
    before = [e for e in journal.entries if e[3] < stage.clock.now()]
    assert len(before) == 3  # they were two people then
    after = Journal([e for e in journal.entries if today[e[0]] == c])
    after.check(caps_of(stage.ground), today)
    assert len(after.entries) == 2
    assert a not in {e[0] for e in journal.entries[3:]}, "the past of one name was forgotten"


def a_merge_finds_no_gap(stage: Stage) -> None:
    """Two claims for two people who become one in between: the second waits for the first, under the lock of an old name."""
    loose(stage.ground)
    with stage.ground.db.tx() as conn:
        a, b = w.people(conn, 2)
    w.judged(stage.ground, w.intent(stage.ground, a, channel="one"), w.intent(stage.ground, b, channel="two"))
    loose(stage.ground, caps=[{"n": 1, "window": "24h"}])
    decided, go_on = threading.Event(), threading.Event()
    lease = claiming._lease
    other, journal = stage.make(), Journal()

    def slowly(*args: Any) -> list[gate.Permit]:
        if threading.current_thread().name.endswith("_0"):
            decided.set()
            go_on.wait(5)
        return lease(*args)

    with stage.patch.context() as patch:
        patch.setattr(claiming, "_lease", slowly)
        with ThreadPoolExecutor(2, thread_name_prefix="claimer") as threads:
            first = threads.submit(lambda: w.claim(stage.ground, "two"))
            assert decided.wait(5)
            with other.db.tx() as conn:
                w.merge(conn, a, b)
            second = threads.submit(lambda: w.claim(other, "one"))
            _done_within(second, 1.0)
            go_on.set()
            journal.note(first.result(timeout=20), stage.clock.now())
            journal.note(second.result(timeout=20), stage.clock.now())
    journal.check(caps_of(stage.ground), {b: a})
    assert len(journal.entries) == 1
