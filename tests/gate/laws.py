"""The laws of the gate, each as a story that ends in a check by other means than the gate's own.

`tests/gate/test_laws.py` says that they hold; `tests/planted/test_gate_bugs.py` says that each planted bug breaks the law that it must.
A broken law raises `AssertionError`.
"""

from __future__ import annotations

import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.gate import world as w
from tests.gate.naive import wall_is_quiet

from siyu import gate, pool
from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.gate import claiming, flow, store

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WORKERS = 8


@dataclass
class Stage:
    """Where a story plays."""

    ground: Ground
    make: Callable[[], Ground]
    clock: StillClock
    patch: pytest.MonkeyPatch


@dataclass
class Journal:
    """What was claimed, as the claimers saw it: (person, channel, purpose, moment, intent)."""

    entries: list[tuple[int, str, str, datetime, int]] = field(default_factory=list)
    released: set[int] = field(default_factory=set)  # definitely not sent

    def note(self, permits: Iterable[gate.Permit], at: datetime) -> None:
        """Write down a claim."""
        self.entries += [(p.person_id, p.channel, p.purpose, at, p.intent_id) for p in permits]

    def check(self, caps: Sequence[gate.Cap], people: dict[int, int] | None = None) -> None:
        """Every message against every other: no window of any cap may hold more than the cap allows."""
        of: dict[int, list[tuple[int, str, str, datetime, int]]] = defaultdict(list)
        for entry in self.entries:
            if entry[4] not in self.released:
                of[(people or {}).get(entry[0], entry[0])].append(entry)
        for mine in of.values():
            for cap in caps:
                fit = [e[3] for e in mine if cap.channel in (None, e[1]) and cap.purpose in (None, e[2])]
                for start in fit:
                    many = sum(start <= at < start + cap.window for at in fit)
                    assert many <= cap.n, f"{many} messages within {cap.window}, the cap is {cap.n}"


def together(*works: Callable[[], Any]) -> list[Any]:
    """Run all at the same moment, each in a thread; gives their results."""
    start = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        start.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as threads:
        return [future.result(timeout=60) for future in [threads.submit(run, work) for work in works]]


@contextmanager
def meeting(stage: Stage, seconds: float = 0.5) -> Iterator[None]:
    """The first claim that has decided waits a while for another to decide, too: where no lock keeps them apart, they meet."""
    lease, arrived, another = claiming._lease, iter(range(1_000_000)), threading.Event()

    def slowly(*args: Any) -> list[gate.Permit]:
        if next(arrived) == 0:
            another.wait(seconds)
        else:
            another.set()
        return lease(*args)

    with stage.patch.context() as patch:
        patch.setattr(claiming, "_lease", slowly)
        yield


def loose(ground: Ground, **other: Any) -> None:
    """No rule in the way but those given."""
    w.set_rules(ground, **({"caps": [], "quiet": None, "same_topic": None} | other))


def caps_of(ground: Ground) -> tuple[gate.Cap, ...]:
    """The caps as set."""
    with ground.db.tx() as conn:
        return gate.rules(conn).caps


def claim_all(ground: Ground, channel: str = "email", lease_for: timedelta = w.LEASE) -> list[gate.Permit]:
    """Claim until nothing is left."""
    found: list[gate.Permit] = []
    while more := w.claim(ground, channel, 50, lease_for):
        found += more
    return found


# --- caps


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


# --- who


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


# --- when


def nobody_is_woken(stage: Stage) -> None:
    """Three days and nights around a change of clocks, people in four zones: no claim in anybody's night, and all of it arrives."""
    loose(stage.ground, quiet={"from": "21:00", "to": "08:00"})
    zones = ["Asia/Shanghai", "America/New_York", "Europe/Berlin", "America/Los_Angeles"]
    for start in (datetime(2026, 10, 24, tzinfo=UTC), datetime(2027, 3, 13, tzinfo=UTC)):
        stage.clock.at = start
        with stage.ground.db.tx() as conn:
            ids = w.people(conn, len(zones))
            conn.cursor().executemany(
                "insert into profiles (person_id, traits) values (%s, jsonb_build_object('time_zone', %s::text))",
                list(zip(ids[1:], zones[1:], strict=True)),  # the first has no trait: the brand's zone holds
            )
        where = dict(zip(ids, zones, strict=True))
        expected, found = Counter[int](), Counter[int]()
        for step in range(3 * 8):
            now = stage.clock.now()
            if now < start + 2 * DAY:
                w.ask(stage.ground, *(w.intent(stage.ground, p) for p in ids))
                expected.update(ids)
            gate.judge(stage.ground)
            for permit in w.claim(stage.ground, limit=1000) if step % 2 else ():  # some wait into the night
                assert not wall_is_quiet("21:00", "08:00", where[permit.person_id], now), (where[permit.person_id], now)
                found[permit.person_id] += 1
            stage.clock.move(3 * HOUR)
        assert found == expected


# --- once


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


# --- stops and scarcity


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


CHAT = [  # what the customer does, how many answers are asked for, from how many hours on they may go, how long it is until the next
    ("text", 6, 0, timedelta(seconds=20)),  # five may go, and not one more
    ("", 0, 0, 49 * HOUR),
    ("", 2, 0, timedelta(seconds=20)),  # it was open once
    ("event", 4, 0, timedelta(minutes=2)),  # a press of a button opens for three, and for a minute
    ("", 2, 0, 49 * HOUR),
    ("text", 2, 30, 49 * HOUR),
    ("", 0, 0, HOUR),  # open when it was asked, and shut when it would be claimed
]


def nobody_is_written_to_unopened(stage: Stage) -> None:
    """Two months of a chat: what was claimed is held against what the customer did, message by message."""
    ground, dice = stage.ground, random.Random(5)
    waits = [timedelta(seconds=20), timedelta(minutes=2), HOUR, 20 * HOUR, 49 * HOUR]
    drawn = [
        (dice.choice(["text", "event", "", "", ""]), dice.randint(0, 4), dice.choice([0, 0, 1, 30]), dice.choice(waits)) for _ in range(45)
    ]
    loose(ground)
    with ground.db.tx() as conn:
        (person,) = w.people(conn, kind="openid")
        source = pool.ensure_source(conn, "official:wx", "wechat", now=stage.clock.now())
    deeds: list[tuple[str, datetime]] = []
    sent: list[datetime] = []
    for number, (did, asked, hours, wait) in enumerate(CHAT + drawn):
        if did:
            deeds.append((did, stage.clock.now()))
            fact = pool.Fact(
                "message.received", f"d{number}", stage.clock.now(), data={"channel": "official", "kind": did}, subject_id=person
            )
            with ground.db.tx() as conn:
                pool.record(ground, conn, source, [fact])
        late = stage.clock.now() + hours * HOUR
        w.ask(ground, *(w.intent(ground, person, channel="official_chat", purpose="service", not_before=late) for _ in range(asked)))
        while gate.judge(ground):
            pass
        for permit in w.claim(ground, "official_chat"):
            sent.append(stage.clock.now())
            w.settle(ground, permit)
        stage.clock.move(wait)
    for place, at in enumerate(sent):
        open_ = False
        for kind, n, within in (("text", 5, 48 * HOUR), ("event", 3, timedelta(minutes=1))):
            last = max((when for what, when in deeds if what == kind and when <= at), default=None)
            if last is not None and at < last + within:
                open_ |= sum(last <= when for when in sent[: place + 1]) <= n
        assert open_, f"message {place} went out unasked, or was one too many"
    assert len(sent) > 10, "hardly anything was sent: the story shows nothing"


LAWS: dict[str, Callable[[Stage], None]] = {
    law.__name__: law
    for law in (
        caps_hold_in_a_race,
        caps_hold_over_time,
        a_day_is_any_day,
        plans_keep_the_caps,
        what_is_under_way_counts,
        a_no_since_the_yes_is_heard,
        a_no_is_heard_before_any_fold,
        a_no_waits_for_who_is_claiming,
        held_out_people_get_nothing,
        two_names_are_one_person,
        a_merge_finds_no_gap,
        nobody_is_woken,
        asked_twice_is_once,
        a_late_commit_is_judged,
        answers_and_place_move_together,
        a_late_worker_is_fenced,
        an_unknown_is_not_sent_again,
        who_is_stopped_waits,
        quotas_hold,
        budgets_hold,
        nobody_is_written_to_unopened,
    )
}

__all__ = ["LAWS", "Stage"]
