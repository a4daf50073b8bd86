"""A broadcast's report, after a whole story by the two doors, against a plain counting of the same rows."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from tests.journeys import world
from tests.journeys.world import DAY

from siyu import analytics, gate, journeys, pool
from siyu.analytics import experiments as ex
from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.pool import Fact

N = 600


def story(ground: Ground, clock: StillClock) -> int:
    """600 people, 60 of them silent, a fifth held out; who opens is likelier to buy; some bounce, some unsubscribe, one is unknown."""
    people = world.open_shop(ground, N, silent=range(60))
    number = world.started(ground, holdout_share=0.2, cost_minor=3)
    world.enrol(ground)
    rng, began = np.random.default_rng(3), clock.now()
    fates: dict[int, str] = {}

    def fate(permit: gate.Permit) -> str:
        fates[permit.person_id] = str(rng.choice(["sent", "rejected", "unknown"], p=[0.97, 0.02, 0.01]))
        return fates[permit.person_id]

    permits = world.deliver(ground, outcome=fate)
    clock.move(timedelta(hours=2))
    sent = [p for p in permits if fates[p.person_id] == "sent"]
    chances = [("delivered", 0.95), ("opened", 0.5), ("clicked", 0.2), ("unsubscribed", 0.03), ("bounced", 0.02)]
    with ground.db.tx() as conn:
        world.receipts(ground, conn, [(p, what) for p in sent for what, chance in chances if rng.random() < chance], clock.now())
    clicked = {row[0] for row in rows(ground, "select subject from facts where type = 'message.clicked'")}
    facts = []
    for n in range(N):
        for k in range(int(rng.binomial(2, 0.45 if people[n] in clicked else 0.15))):
            at = began + timedelta(days=float(rng.uniform(0.1, 20)))  # some after the window of 14 days
            facts.append(Fact("order.paid", f"new {n} {k}", at, world.who(n), f"new-{n}-{k}", int(rng.lognormal(8, 0.8))))
            if rng.random() < 0.1:
                facts.append(Fact("order.refunded", f"back {n} {k}", at + DAY, world.who(n), f"new-{n}-{k}", -100))
    facts.append(Fact("order.paid", "usd", began + DAY, world.who(1), "usd", 7_700, "USD"))
    clock.move(25 * DAY)
    with ground.db.tx() as conn:
        pool.record(ground, conn, world.source(ground, conn), facts)
    world.settle(ground)
    world.enrol(ground)
    return number


def rows(ground: Ground, query: str, *args: object) -> list[tuple[Any, ...]]:
    with ground.db.tx() as conn:
        return conn.execute(query, args).fetchall()


def counted(ground: Ground, number: int) -> tuple[dict[str, list[tuple[int, bool, int, str]]], dict[int, datetime]]:
    """(spent, bought, before, stratum) of every person by arm, read row by row."""
    today = dict(rows(ground, "select identifier_id, person_id from identifiers"))
    bought: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for subject, at, paid, refunded in rows(
        ground, "select subject, paid_at, paid_minor, refunded_minor from orders where paid_minor > 0 and currency = 'CNY'"
    ):
        bought[today[subject]].append((at, paid - refunded))
    arms: dict[str, list[tuple[int, bool, int, str]]] = {"treated": [], "control": []}
    entered = {}
    for person, arm, stratum, before, at in rows(
        ground, "select person_id, arm, stratum, before_minor, entered_at from broadcast_members where broadcast_id = %s", number
    ):
        mine = [net for paid, net in bought[today[person]] if at <= paid < at + 14 * DAY]
        arms[arm].append((sum(mine), bool(mine), before, stratum))
        entered[person] = at
    return arms, entered


def test_the_report_is_what_plain_counting_gives(ground: Ground, clock: StillClock) -> None:
    number = story(ground, clock)
    with ground.db.tx() as conn:
        got = analytics.report(ground, conn, number)
    arms, _ = counted(ground, number)
    treated, control = arms["treated"], arms["control"]

    assert (got.state, got.is_over, got.mixed) == ("done", True, 0)
    funnel = got.funnel
    assert (funnel.enrolled, funnel.control) == (N, 120) == (len(treated) + len(control), len(control))
    assert funnel.asked == 480
    states = Counter(row[0] for row in rows(ground, "select state from permits"))
    assert (funnel.sent, funnel.rejected, funnel.unknown) == (states["sent"], states["rejected"], states["unknown"])
    assert funnel.unknown > 0
    assert funnel.refused == {"no_consent": 480 - sum(states.values())}
    for what in ("delivered", "opened", "clicked", "unsubscribed", "bounced"):
        told = rows(ground, "select count(distinct subject) from facts where type = %s", f"message.{what}")
        assert getattr(funnel, what) == told[0][0] > 0
    assert got.cost_minor == 3 * (funnel.sent + funnel.unknown)

    buyers_t, buyers_c = sum(p[1] for p in treated), sum(p[1] for p in control)
    assert funnel.bought == buyers_t
    assert got.effect.buyers.estimate == ex.of_shares((buyers_t, len(treated)), (buyers_c, len(control)))
    assert got.effect.buyers.total.value == pytest.approx(buyers_t - buyers_c * len(treated) / len(control))
    plain = got.effect.readings[0].estimate
    mean_t, mean_c = sum(p[0] for p in treated) / len(treated), sum(p[0] for p in control) / len(control)
    assert (plain.treated.mean, plain.control.mean) == (pytest.approx(mean_t), pytest.approx(mean_c))
    everyone = treated + control
    y, x = np.array([p[0] for p in everyone], float), np.array([p[2] for p in everyone], float)
    theta = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
    assert got.effect.readings[2].theta == pytest.approx(theta)
    assert got.effect.split.counts == (480, 120)
    assert got.other_currencies == {"USD": 7_700}

    assert [point.day for point in got.curve] == list(range(14))
    assert got.curve[-1].treated == pytest.approx(mean_t)
    assert got.curve[-1].control == pytest.approx(mean_c)
    assert all(a.treated <= b.treated for a, b in zip(got.curve, got.curve[1:], strict=False))


def test_attribution_counts_orders_after_clicks_and_says_so(ground: Ground, clock: StillClock) -> None:
    number = story(ground, clock)
    with ground.db.tx() as conn:
        got = analytics.report(ground, conn, number).attribution
    clicks = dict(rows(ground, "select subject, min(occurred_at) from facts where type = 'message.clicked' group by 1"))
    found = [
        (subject, net)
        for subject, at, net in rows(
            ground,
            """select i.person_id, o.paid_at, o.paid_minor - o.refunded_minor from orders o
               join identifiers i on i.identifier_id = o.subject where o.paid_minor > 0 and o.currency = 'CNY'""",
        )
        if subject in clicks and timedelta(0) <= at - clicks[subject] <= 7 * DAY
    ]
    assert (got.days, got.orders, got.buyers) == (7, len(found), len({s for s, _ in found}))
    assert got.revenue_minor == sum(net for _, net in found) > 0


def test_while_it_runs_it_says_too_early_and_a_program_gets_the_same(ground: Ground, clock: StillClock) -> None:
    world.open_shop(ground, 50)
    number = world.made(ground, holdout_share=0.2)
    with ground.db.tx() as conn:
        empty = analytics.report(ground, conn, number)
        assert empty.funnel.enrolled == 0
        assert math.isinf(empty.effect.revenue.estimate.error)
        assert "Nobody has entered" in empty.sentence["en"]
        flat = analytics.report_json(empty)
        assert json.loads(json.dumps(flat, default=str, allow_nan=False))["revenue"]["per_head"]["low"] is None
        journeys.start(ground, conn, number)
    world.enrol(ground)
    world.deliver(ground)
    clock.move(2 * DAY)
    with ground.db.tx() as conn:
        got = analytics.report(ground, conn, number)
    flat = analytics.report_json(got)
    assert got.effect.buyers.verdict == "too_early"
    assert len(got.curve) == 2
    assert flat["verdict"] == "too_early"
    assert flat["funnel"]["sent"] == got.funnel.sent == 40
    assert flat["buyers"]["treated"]["n"] == 40
    assert flat["revenue"]["total"].keys() == {"value", "low", "high"}


def test_who_is_two_members_counts_once_in_the_arm_of_the_smaller_id(ground: Ground, clock: StillClock) -> None:
    people = world.open_shop(ground, 40)
    number = world.started(ground, holdout_share=0.5)
    world.enrol(ground)
    arm = dict(rows(ground, "select person_id, arm from broadcast_members"))
    held = next(n for n in range(40) if arm[people[n]] == "control")
    other = next(n for n in range(held + 1, 40) if arm[people[n]] == "treated")
    clock.move(DAY)
    with ground.db.tx() as conn:
        pool.confirm(ground, conn, people[held], people[other], by="Mei")
        pool.record(ground, conn, world.source(ground, conn), [Fact("order.paid", "n", clock.now(), world.who(other), "n", 500)])
    world.settle(ground)
    with ground.db.tx() as conn:
        got = analytics.report(ground, conn, number)
    assert got.mixed == 1
    assert (got.effect.buyers.estimate.treated.n, got.effect.buyers.estimate.control.n) == (19, 20)
    assert got.effect.buyers.estimate.control.total == 1
    assert got.funnel.bought == 0
