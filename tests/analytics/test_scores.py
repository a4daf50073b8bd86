"""Scores flow back as facts: once per run, only where they changed, also when the run is broken off; segments can ask for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from tests.analytics.test_backtest import made
from tests.conftest import NOW

from siyu import pool, segments
from siyu.analytics import scores
from siyu.analytics.scores import changing, flow
from siyu.analytics.scores.words import Opinion
from siyu.base import jobs, settings
from siyu.base.clock import StillClock
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.pool import Fact, Identifier, Kind, ensure_source, fold, record

LAST = (NOW - timedelta(days=2)).date().toordinal() - datetime(1970, 1, 1, tzinfo=UTC).toordinal()


def shop(ground: Ground, people: int = 160) -> int:
    """A shop whose people leave for good at random; its last order was two days ago."""
    who, day, minor = made(5, people)
    day = day - day.max() + LAST
    facts = [
        Fact(
            "order.paid", f"o{n}", datetime(1970, 1, 1, 3, tzinfo=UTC) + timedelta(days=int(day[n])),
            (Identifier(Kind.BUYER_ID, f"b{who[n]}", "shop"),), object=f"n{n}", amount_minor=int(minor[n]) + 1, currency="CNY",
        )
        for n in range(len(who))
    ]  # fmt: skip
    with ground.db.tx() as conn:
        record(ground, conn, ensure_source(conn, "shop", "file", now=NOW), facts)
    settle(ground)
    return len(set(who.tolist()))


def settle(ground: Ground) -> None:
    while fold(ground):
        pass


def said(ground: Ground) -> int:
    with ground.db.tx() as conn:
        row = conn.execute("select count(*) from facts where type in ('score.clv', 'score.churn')").fetchone()
    return int(row[0]) if row else 0


def ran(ground: Ground) -> scores.ScoreRun:
    found = scores.run(ground, by="test")
    assert found is not None
    settle(ground)
    return found


def test_a_run_scores_everybody_and_segments_can_ask(ground: Ground) -> None:
    people = shop(ground)
    it = ran(ground)
    assert (it.state, it.customers_n, it.written_n, it.why) == ("done", people, people, "")
    assert it.observed_on == datetime.fromtimestamp(LAST * 86400, UTC).date()
    assert it.low_minor < it.pool_minor < it.high_minor  # type: ignore[operator]
    assert {row["model"] for row in it.backtest} == {"bg/nbd", "mbg/nbd", "pareto/nbd", "nbd"}
    assert it.model != it.runner_up
    with ground.db.tx() as conn:
        person = conn.execute("select subject from scores where name = 'clv' order by value desc limit 1").fetchone()[0]  # type: ignore[index]
        churn, clv = pool.scores_of(conn, person)
        total = conn.execute("select sum(value) from scores where name = 'clv'").fetchone()[0]  # type: ignore[index]
        rule = segments.parse({"siyu_rule": 1, "where": {"if": "score", "name": "clv", "op": "gte", "value": float(clv.value or 0)}})
        count = segments.count(ground, conn, rule)
        everybody = segments.parse({"siyu_rule": 1, "where": {"if": "score", "name": "churn", "op": "between", "value": [0, 1]}})
        assert segments.count(ground, conn, everybody) == people
        assert jobs.recent(conn)[0].state == "done"
    assert 1 <= count < people
    assert clv.data["model"] == it.model and clv.data["low_minor"] <= (clv.amount_minor or 0) <= clv.data["high_minor"]
    assert churn.data["quiet_days"] == 90
    # everybody's values add up to the pool's (each is rounded to a hundredth, and the sum takes the discount of a step's middle)
    assert float(total) * 100 == pytest.approx(it.pool_minor, rel=2e-3)


def test_what_did_not_change_is_not_said_again(ground: Ground) -> None:
    people = shop(ground)
    ran(ground)
    assert said(ground) == 2 * people
    second = ran(ground)
    assert (second.state, second.seen_n, second.written_n) == ("done", people, 0)
    assert said(ground) == 2 * people
    with ground.db.tx() as conn:  # somebody buys a lot: this one's scores, and few others', are worth a fact
        fact = Fact(
            "order.paid", "big", NOW, (Identifier(Kind.BUYER_ID, "b3", "shop"),), object="big", amount_minor=900_000, currency="CNY"
        )
        record(ground, conn, ensure_source(conn, "shop", "file", now=NOW), [fact])
    settle(ground)
    third = ran(ground)
    assert 1 <= third.written_n < people
    assert [one.run_id for one in history(ground)] == sorted({one.run_id for one in history(ground)})


def history(ground: Ground) -> list[scores.PoolPoint]:
    with ground.db.tx() as conn:
        return scores.history(conn)


class Killed(BaseException):
    """What kill -9 looks like from inside: no handler of errors runs."""


def test_a_broken_run_goes_on_where_it_was(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    people = shop(ground, 200)
    monkeypatch.setattr(flow, "BATCH", 40)

    def die(done: int, total: int) -> None:
        if done >= 80:
            raise Killed

    with pytest.raises(Killed):
        scores.run(ground, watch=die)
    assert said(ground) == 160
    with ground.db.tx() as conn:
        first = scores.newest(conn)
        settings.put(conn, "analytics.assumptions", {"margin": 0.9}, at=NOW)  # the run keeps the assumptions that it began with
    assert first is not None and first.state == "running"
    again = ran(ground)
    assert (again.run_id, again.state, again.seen_n, again.fits) == (first.run_id, "done", people, first.fits)
    assert said(ground) == 2 * people
    with ground.db.tx() as conn:
        assert conn.execute(
            "select count(distinct data->>'run'), max((data->>'margin')::float) from facts where type = 'score.clv'"
        ).fetchone() == (1, 0.35)


def test_two_processes_never_score_at_once(ground: Ground, another_ground: Callable[[], Ground]) -> None:
    shop(ground, 150)
    other = another_ground()
    seen = []
    scores.run(ground, watch=lambda done, total: seen.append(scores.run(other)))
    assert seen and set(seen) == {None}
    assert len(history(ground)) == 1


def test_too_few_people_are_not_judged(ground: Ground, clock: StillClock) -> None:
    assert ran(ground).why == "no orders"
    shop(ground, 60)
    it = ran(ground)
    assert (it.state, it.why, said(ground)) == ("skipped", "too few", 0)
    with ground.db.tx() as conn:
        assert jobs.recent(conn) == []  # nobody waits for what cannot be done
    assert scores.advance(ground) == 0
    clock.at += timedelta(hours=2)  # somebody may have imported orders meanwhile
    assert scores.advance(ground) == 1
    with ground.db.tx() as conn:
        assert conn.execute("select count(*) from score_runs").fetchone() == (1,)


def test_the_daily_run_waits_for_its_hour_and_can_be_switched_off(ground: Ground, clock: StillClock) -> None:
    shop(ground, 150)
    with ground.db.tx() as conn:
        scores.set_habit(conn, at=NOW, is_on=False)
    assert scores.advance(ground) == 0
    with ground.db.tx() as conn:
        scores.set_habit(conn, at=NOW, is_on=True)  # it is noon in Shanghai; four o'clock has passed
    assert scores.advance(ground) > 0
    assert scores.advance(ground) == 0
    clock.at = NOW + timedelta(hours=15)  # three at night
    assert scores.advance(ground) == 0
    clock.at = NOW + timedelta(hours=16, minutes=1)
    assert scores.advance(ground) > 0
    with pytest.raises(InputError), ground.db.tx() as conn:
        scores.set_habit(conn, at=NOW, hour=24)


def test_only_what_moved_enough_is_worth_a_fact() -> None:
    people = np.array([28, 57, 86, 115, 144])  # the remainder of 28 is 0, 1, 2, 3, 4
    nothing = np.zeros(5)
    clv, churn = np.array([100.0, 100, 100, 100, 100]), np.full(5, 0.5)
    o = Opinion(clv, clv, clv, churn, nothing, nothing, nothing, nothing, nothing, nothing, nothing, np.arange(5))
    now = datetime(2026, 11, 20, tzinfo=UTC)
    at = dict.fromkeys(people.tolist(), now - timedelta(days=1))

    def told(clv_was: list[float], churn_was: list[float], at: dict[int, datetime], average: float = 100) -> list[bool]:
        standing = changing.Standing(
            dict(zip(people.tolist(), clv_was, strict=True)), dict(zip(people.tolist(), churn_was, strict=True)), at
        )
        found: list[bool] = changing.changed(people, o, slice(0, 5), standing, average, now, 28).tolist()
        return found

    assert told([100, 96, 94, 106, 107], [0.5] * 5, at) == [False, False, True, True, True]
    assert told([0, 50, 94, 106, 150], [0.5] * 5, at, average=6_000) == [True, False, False, False, False]
    assert told([100] * 5, [0.5, 0.56, 0.44, 0.46, 0.54], at) == [False, True, True, False, False]
    assert told([100] * 5, [0.5] * 5, at | {57: now - timedelta(days=28)}) == [False, True, False, False, False]
    assert told([float("nan"), 100, 100, 100, 100], [0.5] * 5, at) == [True, False, False, False, False]
    on_its_day = now.toordinal() % 28
    ripe = dict.fromkeys(people.tolist(), now - timedelta(days=20))
    assert told([100] * 5, [0.5] * 5, ripe) == [person % 28 == on_its_day for person in people.tolist()]
