"""The story of a broadcast, by the two doors, on a real database."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.journeys import world
from tests.journeys.world import DAY

from siyu import content, gate, journeys, pool
from siyu.base import jobs, settings
from siyu.base.clock import StillClock
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.pool import Fact


def rows(ground: Ground, query: str, *args: object) -> list[tuple[object, ...]]:
    with ground.db.tx() as conn:
        return conn.execute(query, args).fetchall()


def state(ground: Ground, number: int) -> str:
    with ground.db.tx() as conn:
        return journeys.see(conn, number).state


def test_a_broadcast_from_draft_to_done(ground: Ground, clock: StillClock) -> None:
    people = world.open_shop(ground, 200, silent=range(30))
    number = world.started(ground, holdout_share=0.1)
    world.enrol(ground)
    assert state(ground, number) == "running"
    members = rows(ground, "select person_id, arm, stratum, place, before_minor from broadcast_members where broadcast_id = %s", number)
    assert {m[0] for m in members} == set(people.values())
    assert Counter(m[1] for m in members) == {"treated": 180, "control": 20}
    for _stratum, held, n in rows(
        ground,
        "select stratum, count(*) filter (where arm = 'control'), count(*) from broadcast_members where broadcast_id = %s group by 1",
        number,
    ):
        assert abs(held - n * 0.1) < 1
    held = {m[0] for m in members if m[1] == "control"}
    permits = world.deliver(ground)
    assert len(permits) == len({p.person_id for p in permits})
    assert not held & {p.person_id for p in permits}, "nobody held out is sent to"
    silent = {people[k] for k in range(30)} - held
    assert {p.person_id for p in permits} == set(people.values()) - held - silent
    with ground.db.tx() as conn:
        tally = gate.tally(conn, "broadcast", number)
        assert journeys.progress(ground, conn, number).phase == "measuring"
        job = jobs.see(conn, journeys.see(conn, number).job_id or 0)
    assert tally.verdicts["holdout"] == 20
    assert tally.verdicts["no_consent"] == len(silent)
    assert job is not None
    assert (job.state, job.done, job.total) == ("done", 200, 200)
    assert journeys.advance(ground) == 0, "measuring waits for time"
    clock.move(14 * DAY + timedelta(minutes=1))
    world.enrol(ground)
    assert state(ground, number) == "done"


def test_the_covariate_is_what_was_spent_in_the_year_before(ground: Ground, clock: StillClock) -> None:
    people = world.open_shop(ground, 3)
    now = clock.now()
    with ground.db.tx() as conn:
        shop = world.source(ground, conn)
        paid = [(400 * DAY, 99_000), (364 * DAY, 1_000), (timedelta(hours=1), 200), (-timedelta(hours=1), 50_000)]
        facts = [Fact("order.paid", f"x{n}", now - ago, world.who(0), f"x{n}", minor) for n, (ago, minor) in enumerate(paid)]
        facts.append(Fact("order.refunded", "x1 back", now - DAY, world.who(0), "x1", -300))
        pool.record(ground, conn, shop, facts)
    world.settle(ground)
    before = rows(ground, "select sum(paid_minor) from orders where subject = %s and order_no like '0-%%'", people[0])[0][0]
    number = world.started(ground)
    world.enrol(ground)
    got = rows(ground, "select before_minor from broadcast_members where broadcast_id = %s and person_id = %s", number, people[0])
    assert got[0][0] == before + 1_000 - 300 + 200


def test_the_plan_says_beforehand_what_then_happens(ground: Ground) -> None:
    world.open_shop(ground, 120, silent=range(40))
    number = world.made(ground, holdout_share=0.2, cost_minor=5, rate_per_minute=60)
    with ground.db.tx() as conn:
        plan = journeys.plan(ground, conn, number)
    assert (plan.members, plan.control) == (120, 24)
    with ground.db.tx() as conn:
        journeys.start(ground, conn, number)
    world.enrol(ground)
    with ground.db.tx() as conn:
        verdicts = gate.tally(conn, "broadcast", number).verdicts
    assert verdicts.pop("holdout") == 24
    assert {str(code): n for code, n in plan.forecast.counts.items() if n} == verdicts
    assert plan.forecast.cost_minor == 5 * verdicts["permit"]
    assert plan.ends_at - ground.clock.now() == timedelta(minutes=96 / 60)


def test_a_rate_spreads_the_sending(ground: Ground, clock: StillClock) -> None:
    world.open_shop(ground, 60)
    world.started(ground, holdout_share=0, rate_per_minute=10)
    world.enrol(ground)
    sent = []
    for _ in range(7):
        sent.append(len(world.deliver(ground)))
        clock.move(timedelta(minutes=1))
    assert sent[0] == 1
    assert sent[1:6] == [10] * 5
    assert sum(sent) == 60


def test_pause_holds_at_once_and_going_on_keeps_the_rate(ground: Ground, clock: StillClock) -> None:
    world.open_shop(ground, 60)
    number = world.started(ground, holdout_share=0.2, rate_per_minute=10)
    world.enrol(ground)
    clock.move(timedelta(minutes=1, seconds=59))
    first = world.deliver(ground)
    with ground.db.tx() as conn:
        journeys.pause(ground, conn, number)
    clock.move(5 * DAY)  # longer than a message may wait
    world.enrol(ground)
    assert world.deliver(ground) == []
    with ground.db.tx() as conn:
        journeys.go_on(ground, conn, number)
    world.enrol(ground)
    late = [len(world.deliver(ground))]
    for _ in range(4):
        clock.move(timedelta(minutes=1))
        late.append(len(world.deliver(ground)))
    assert max(late) <= 11, "the held-up messages do not all go at once"
    assert len(first) + sum(late) == 48
    entered = rows(ground, "select arm, place, entered_at - %s from broadcast_members where broadcast_id = %s", clock.now(), number)
    moved = {(arm, place): ago > -timedelta(days=1) for arm, place, ago in entered}
    assert {side for (side, _), late in moved.items() if late} == {"treated", "control"}, "both arms' windows move"
    assert all(late == (place >= len(first)) for (_, place), late in moved.items())
    with ground.db.tx() as conn:
        broadcast = journeys.see(conn, number)
    assert broadcast.state == "running"
    assert broadcast.measured_at is not None
    assert broadcast.measured_at > clock.now() + 13 * DAY


def test_cancel_takes_back_what_waits(ground: Ground, clock: StillClock) -> None:
    world.open_shop(ground, 40)
    number = world.started(ground, holdout_share=0, rate_per_minute=10)
    world.enrol(ground)
    clock.move(timedelta(minutes=1))
    sent = world.deliver(ground)
    with ground.db.tx() as conn:
        assert journeys.cancel(ground, conn, number) == 40 - len(sent)
    clock.move(timedelta(minutes=10))
    world.enrol(ground)
    assert world.deliver(ground) == []
    assert state(ground, number) == "cancelled"
    with ground.db.tx() as conn, pytest.raises(InputError, match="cancelled cannot"):
        journeys.go_on(ground, conn, number)


def test_a_schedule_waits_and_can_be_recalled(ground: Ground, clock: StillClock) -> None:
    world.open_shop(ground, 10)
    number = world.made(ground)
    with ground.db.tx() as conn:
        journeys.schedule(ground, conn, number, clock.now() + DAY)
    world.enrol(ground)
    assert state(ground, number) == "scheduled"
    with ground.db.tx() as conn, pytest.raises(InputError, match="Only a draft"):
        journeys.change(conn, number, world.draft(world.letter(ground, conn)))
    with ground.db.tx() as conn:
        journeys.recall(ground, conn, number)
        journeys.schedule(ground, conn, number, clock.now() + 2 * DAY)
        journeys.pause(ground, conn, number)
        journeys.go_on(ground, conn, number)
    assert state(ground, number) == "scheduled"
    clock.move(DAY + timedelta(hours=1))
    world.enrol(ground)
    assert state(ground, number) == "scheduled"
    clock.move(DAY)
    world.enrol(ground)
    assert state(ground, number) == "running"


def test_who_is_two_members_and_one_person_is_asked_once(ground: Ground) -> None:
    people = world.open_shop(ground, 12)
    number = world.started(ground, holdout_share=0)
    journeys.advance(ground)  # begins
    journeys.advance(ground)  # draws
    with ground.db.tx() as conn:
        fact = Fact("profile.stated", "same", ground.clock.now(), (world.who(3)[0], world.who(7)[0]), data={"city": "Wuhan"})
        pool.record(ground, conn, world.source(ground, conn), [fact])
    world.settle(ground)
    with ground.db.tx() as conn:
        current = pool.current_person(conn, [people[3], people[7]])
        if len(set(current.values())) == 2:
            pool.confirm(ground, conn, people[3], people[7], by="Mei")
            current = pool.current_person(conn, [people[3], people[7]])
    assert len(set(current.values())) == 1
    world.enrol(ground)
    permits = world.deliver(ground)
    assert Counter(p.person_id for p in permits)[current[people[3]]] == 1
    assert len(permits) == 11
    aside = rows(ground, "select person_id, set_aside from broadcast_members where broadcast_id = %s and set_aside <> ''", number)
    assert aside == [(max(people[3], people[7]), "merged")]


def test_what_a_draft_must_say(ground: Ground) -> None:
    with ground.db.tx() as conn:
        letter = world.letter(ground, conn)
        for more, field in [
            ({"name": " "}, "name"),
            ({"holdout_share": 0.7}, "holdout_share"),
            ({"content_id": 999}, "content_id"),
            ({"channel": "webhook"}, "content_id"),
            ({"measure_for": timedelta(0)}, "measure_for"),
            ({"rate_per_minute": 0}, "rate"),
            ({"purpose": "spam"}, "purpose"),
            ({"cost_minor": -1}, "cost_minor"),
        ]:
            with pytest.raises(InputError) as told:
                journeys.make(ground, conn, world.draft(letter, **more))
            assert told.value.field == field
        number = journeys.make(ground, conn, world.draft(letter))
        kept = journeys.see(conn, number)
        assert journeys.draft_of(kept) == world.draft(letter, rule=kept.rule)
        journeys.change(conn, number, world.draft(letter, name="Other", holdout_share=0.25))
        assert [b.name for b in journeys.newest(conn)] == ["Other"]


def test_an_empty_segment_ends_quietly(ground: Ground, clock: StillClock) -> None:
    number = world.started(ground)
    world.enrol(ground)
    assert state(ground, number) == "running"
    clock.move(15 * DAY)
    world.enrol(ground)
    assert state(ground, number) == "done"


def test_a_text_costs_what_its_segments_cost_unless_somebody_says(ground: Ground) -> None:
    world.open_shop(ground, 5)

    def price(micro: int) -> None:
        with ground.db.tx() as conn:
            settings.put(conn, "sms.sender", {"account_id": 1, "signature": "茶铺", "unit_price_micro": micro}, at=ground.clock.now())

    def text(name: str, middle: str) -> journeys.Draft:
        with ground.db.tx() as conn:
            body = "您好{{ name | fallback: '您' }}，" + middle + "。拒收请回复R"
            kept = content.keep(ground, conn, name, "sms", "1001", body).content_id
            return replace(world.draft(kept), channel="sms", name=name)

    price(45_000)
    short, long = text("短", "春茶到店"), text("长", "春茶到店" * 13 + "好茶")  # 70 characters with nobody's name: a name makes it two
    with ground.db.tx() as conn:
        numbers = [journeys.make(ground, conn, one) for one in (short, long, replace(short, name="定", cost_minor=3))]
        costs = [journeys.see(conn, one).cost_minor for one in numbers]
        assert costs == [5, 9, 3]
        assert [journeys.draft_of(journeys.see(conn, one)).cost_minor for one in numbers] == [None, None, 3]
    price(60_000)  # a new price counts from the next broadcast that begins
    with ground.db.tx() as conn:
        for one in numbers:
            journeys.start(ground, conn, one)
    world.enrol(ground)
    with ground.db.tx() as conn:
        asked = conn.execute("select origin_id, min(cost_minor), max(cost_minor) from intents group by 1 order by 1").fetchall()
    assert asked == [(number, cost, cost) for number, cost in zip(numbers, (6, 12, 3), strict=True)]
