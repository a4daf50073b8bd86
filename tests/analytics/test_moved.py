"""Whom a broadcast moved, after a whole story: those who drifted away come back, the others would have come anyway."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from tests.journeys import world

from siyu import analytics, journeys, segments
from siyu.analytics.experiments.uplift import NotLearned
from siyu.base.clock import StillClock
from siyu.base.ground import Ground

N = 5_000


def a_moving_broadcast(ground: Ground, clock: StillClock, *, n: int = N, holdout: float = 0.4, effect: float = 0.22) -> int:
    """`n` people with orders behind them, put there as the pool would have folded them; the message moves whoever was away 90 days."""
    dice = np.random.default_rng(17)
    now = clock.now()
    with ground.db.tx() as conn:
        source = world.source(ground, conn)
        ids = (
            "insert into identifiers (kind, lookup, mask, person_id) select 'member_id', int8send(k), 'm', 0 from generate_series(1, %s) k"
        )
        conn.execute(ids, [n])
        conn.execute("update identifiers set person_id = identifier_id")
        people = [row[0] for row in conn.execute("select identifier_id from identifiers order by 1")]
        away = dice.choice([10, 50, 120, 200], n) + dice.random(n) * 20
        rows = [
            (source, f"{person}-{k}", person, now - timedelta(days=float(away[at] + 40 * k)), int(dice.lognormal(8, 0.6)))
            for at, person in enumerate(people)
            for k in range(int(dice.integers(1, 5)))
        ]
        copied = "copy orders (source_id, order_no, subject, first_key, paid_at, touched_at, paid_minor, lines_n, currency) from stdin"
        put(conn, copied, rows)
        conn.execute(
            """insert into profiles (person_id, is_known, stage, orders_n, spent_minor, first_order_at, last_order_at)
               select subject, true, 'repeat', count(*), sum(paid_minor), min(paid_at), max(paid_at) from orders group by 1"""
        )
    number = world.started(ground, holdout_share=holdout)
    world.enrol(ground)
    with ground.db.tx() as conn:
        treated = {row[0] for row in conn.execute("select person_id from broadcast_members where arm = 'treated'")}
        bought = [
            (source, f"new-{person}", person, now + timedelta(days=float(dice.uniform(0.1, 13))), int(dice.lognormal(8, 0.6)))
            for at, person in enumerate(people)
            if dice.random() < 0.12 + effect * (person in treated and away[at] > 90)
        ]
        put(conn, copied, bought)
    clock.move(timedelta(days=20))
    return number


def put(conn, query, rows) -> None:  # type: ignore[no-untyped-def]
    with conn.cursor().copy(query) as copy:
        for source, number, person, at, minor in rows:
            copy.write_row((source, number, person, "00000000-0000-0000-0000-000000000000", at, at, minor, 1, "CNY"))


def test_the_moved_are_named_by_a_rule_that_makes_a_segment(ground: Ground, clock: StillClock) -> None:
    number = a_moving_broadcast(ground, clock)
    with ground.db.tx() as conn:
        found = analytics.moved(ground, conn, number)
        assert found.refusal is None
        assert found.differs
        assert found.apart is not None
        assert found.apart.top.difference > 0.1 > found.apart.rest.difference + 0.02
        assert found.rule is not None
        assert any(term.key.startswith("days_since_last") for term in found.rule.terms)
        assert found.rule.apart.is_clear
        rule = segments.parse(analytics.moved_rule(found.rule))
        assert segments.count(ground, conn, rule) > 100
        by_name = {policy.name: policy for policy in found.policies}
        assert by_name["uplift"].value > by_name["value"].value
        again = analytics.moved(ground, conn, number)
        assert again.curve == found.curve, "the same broadcast, the same answer"


def test_it_says_why_it_cannot(ground: Ground, clock: StillClock) -> None:
    world.open_shop(ground, 40)
    alone = world.started(ground, holdout_share=0.0)
    few = world.started(ground, holdout_share=0.5)
    world.enrol(ground)
    with ground.db.tx() as conn:
        draft = world.made(ground, holdout_share=0.2)
        assert analytics.moved(ground, conn, draft).refusal is NotLearned.TOO_EARLY
        assert analytics.moved(ground, conn, few).refusal is NotLearned.TOO_EARLY
    clock.move(timedelta(days=30))
    with ground.db.tx() as conn:
        assert analytics.moved(ground, conn, alone).refusal is NotLearned.NO_HOLDOUT
        found = analytics.moved(ground, conn, few)
        assert found.refusal is NotLearned.TOO_FEW
        assert sum(found.counts) == 40
        assert journeys.see(conn, few).holdout_share
