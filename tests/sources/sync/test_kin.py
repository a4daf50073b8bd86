"""One person in an official account, a mini-program and a corp: whatever they did first, and whether or not the corp tells unionids."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tests.sources.sync.conftest import fold, hear, pass_by, walked

from siyu import pool
from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.pool import Fact, Identifier, Kind
from siyu.sandbox.conformance import Bench, Trial
from siyu.sources import connected, kin, mini, sync, wishes
from siyu.sources.kin.store import answer
from siyu.sources.kin.words import Answered
from siyu.vendors import Account, keep_account

START_OF_WORLD = 86_400


class World:
    """A corp, an official account and a mini-program of one open-platform account, and what people do in them."""

    def __init__(self, ground: Ground, bench: Bench, trial: Trial, account: Account) -> None:
        self.ground, self.bench, self.trial, self.account = ground, bench, trial, account
        base = f"http://{bench._host}/wechat"
        with ground.db.tx() as conn:
            self.official, self.mini = (
                keep_account(ground, conn, kind=kind, name=name, app_id=made["appid"], secret=made["secret"], base_url=base)
                for kind, name, made in (
                    (kind, name, bench.json("POST", "/sandbox/wechat/accounts", {"kind": given, "name": name, "open_platform": "v"}))
                    for kind, given, name in (("official", "service", "茶铺"), ("mini", "mini", "小茶铺"))
                )
            )
        self.door = TestClient(Starlette(routes=mini.routes(ground)))
        self.names: dict[str, dict[str, Identifier]] = {}

    def do(self, of: Account, who: str, does: str) -> Any:
        return self.bench.json("POST", "/sandbox/wechat/do", {"appid": of.app_id, "person_id": who, "does": does})

    def born(self, *people: str) -> None:
        told = [{"person_id": who, "name": "客", "unionid": f"o6_{who}"} for who in people]
        self.bench.json("POST", "/sandbox/wechat/people", {"people": told})
        self.names |= {who: {} for who in people}

    def follow(self, who: str) -> None:
        """Their callback says an openid and nothing else."""
        openid = self.do(self.official, who, "follow")["openid"]
        self.names[who]["official"] = Identifier(Kind.OPENID, openid, self.official.app_id)
        fields = {
            "MsgType": "event", "Event": "subscribe", "FromUserName": openid, "CreateTime": str(self.trial.now()), "EventKey": "",
        }  # fmt: skip
        meant = connected.understand(connected.Event(self.official.kind, self.official.app_id, fields, self.ground.clock.now()))
        self._record(self.official, meant.facts)
        with self.ground.db.tx() as conn:
            wishes.wish(conn, [(self.official.account_id, one) for one in meant.wishes], at=self.ground.clock.now())

    def open(self, who: str) -> None:
        """The mini-program sends its code to the door for log-ins."""
        code = self.do(self.mini, who, "login")["code"]
        assert self.door.post(f"/in/mini/{self.mini.account_id}/login", json={"code": code}).status_code == 200
        with self.ground.db.tx() as conn:
            row = conn.execute("select value from identifiers where scope = %s order by identifier_id desc", (self.mini.app_id,)).fetchone()
        assert row is not None
        self.names[who]["mini"] = Identifier(Kind.OPENID, row[0], self.mini.app_id)

    def add(self, who: str) -> None:
        told = self.trial.hand("/deeds/add", userid="zs", customer={"unionid": f"o6_{who}"})
        self.names[who]["corp"] = Identifier(Kind.EXTERNAL_USERID, told["external_userid"], self.trial.corpid)

    def _record(self, of: Account, facts: tuple[Fact, ...]) -> None:
        with self.ground.db.tx() as conn:
            name, kind = connected.source_name(of.kind, of.app_id)
            pool.record(self.ground, conn, pool.ensure_source(conn, name, kind, now=self.ground.clock.now()), facts)

    def rest(self) -> None:
        """Until nothing is left to be done."""
        fold(self.ground)
        while sync.advance(self.ground):
            fold(self.ground)

    def people(self) -> dict[str, set[int | None]]:
        """The numbers of the persons that each is taken for."""
        with self.ground.db.tx() as conn:
            return {
                who: {pool.person_of(self.ground, conn, one) for one in names.values()} for who, names in self.names.items()
            }  # fmt: skip


@pytest.fixture
def world(ground: Ground, clock: StillClock, bench: Bench, trial: Trial, account: Account) -> World:
    trial.staff("zs")
    pass_by(clock, trial, START_OF_WORLD)
    return World(ground, bench, trial, account)


@pytest.mark.parametrize("is_told", [True, False], ids=["unionid", "pending_id"])
def test_three_ways_in_are_one_person_in_every_order(world: World, clock: StillClock, trial: Trial, is_told: bool) -> None:
    trial.hand("/settings", unionid_is_told=is_told)
    box = trial.listen()
    orders = dict(enumerate(permutations(("follow", "open", "add"))))
    world.born(*(f"{is_told}{n}" for n in orders))
    for step in range(3):
        for number, order in orders.items():
            getattr(world, order[step])(f"{is_told}{number}")
        hear(world.ground, world.account, trial, box)
        world.rest()
        pass_by(clock, trial, 3600)
    found = world.people()
    assert all(len(numbers) == 1 and None not in numbers for numbers in found.values()), found
    assert len({number for numbers in found.values() for number in numbers}) == len(orders), "and nobody else"
    with world.ground.db.tx() as conn:
        kinds = {r[0] for r in conn.execute("select distinct kind from identifiers")}
        assert conn.execute("select count(*) from identity_conflicts").fetchone() == (0,)
        [counts] = kin.counts(conn)
    assert ("pending_id" in kinds) and counts.new == counts.refused == 0


def test_a_pending_id_is_good_for_ninety_days_and_the_night_finds_what_was_missed(world: World, clock: StillClock, trial: Trial) -> None:
    trial.hand("/settings", unionid_is_told=False)
    world.born("early", "raced", "late", "never")
    box = trial.listen()
    walked(world.ground, world.account)
    for who in world.names:
        world.follow(who)
    world.rest()
    pass_by(clock, trial, 3600)
    world.add("early")
    trial.settle()
    box.heard.clear()  # no callback tells of it
    with world.ground.db.tx() as conn:  # somebody is added while the answer that gave a pending id is still on its way here
        conn.execute("update sync_strangers set asked_at = asked_at + interval '1 day'")
    world.add("raced")
    hear(world.ground, world.account, trial, box)
    world.rest()
    with world.ground.db.tx() as conn:
        conn.execute("update sync_strangers set asked_at = asked_at - interval '1 day'")
    assert len(world.people()["raced"]) == 2
    pass_by(clock, trial, 3600)
    night = walked(world.ground, world.account, "nightly")
    with world.ground.db.tx() as conn:
        found = {(d.kind, d.ref.split()[-1]) for d in sync.differences(conn, run_id=night.run_id)}
    assert found == {("added", world.names["early"]["corp"].value), ("kin", world.names["raced"]["corp"].value)}
    assert [len(world.people()[who]) for who in ("early", "raced")] == [1, 1]
    pass_by(clock, trial, 3600)

    clock.move(timedelta(days=91))
    trial.wait(91 * 86_400)
    with world.ground.db.tx() as conn:
        [before] = kin.counts(conn)
        assert before.pending and kin.oldest_pending(conn, trial.corpid, clock.now()) is None, "run out: joins nobody"
    world.add("late")
    world.rest()  # asked anew, and the corp knows them by now
    with world.ground.db.tx() as conn:
        rows = conn.execute("select state, count(*) from sync_strangers group by 1 order by 1").fetchall()
        ends = conn.execute("select min(ends_at) from sync_strangers where state = 'pending'").fetchone()
    assert rows == [("customer", 3), ("pending", 1)] and ends is not None and ends[0] > clock.now()
    walked(world.ground, world.account, "nightly")
    assert [len(numbers) for numbers in world.people().values()] == [1, 1, 1, 1]


def test_the_corp_is_asked_no_faster_than_it_takes(world: World, clock: StillClock, trial: Trial) -> None:
    trial.hand("/settings", convert_per_hour=3, unionid_is_told=False)
    world.born(*"abcde")
    for who in world.names:
        world.follow(who)
    world.rest()
    with world.ground.db.tx() as conn:
        [counts] = kin.counts(conn)
        held = conn.execute("select union_id, pending_id from sync_strangers where state = 'pending' order by 1").fetchall()
        given = Answered(held[0][0], "pending", held[1][1], clock.now() + timedelta(days=90))  # a corp that was founded anew does so
        answer(conn, trial.corpid, [given], clock.now())
        now_held = conn.execute("select pending_id from sync_strangers where union_id = any(%s) order by union_id", [[r[0] for r in held]])
        assert [row[0] for row in now_held] == [held[1][1], None, held[2][1]], "a pending id stands for one person"
    assert (counts.pending, counts.new, counts.error) == (3, 2, "45009")
    world.add("e")
    for _ in range(3):
        pass_by(clock, trial, 3700)
        world.rest()
    with world.ground.db.tx() as conn:
        [counts] = kin.counts(conn)
    assert (counts.pending + counts.customers, counts.new, counts.error) == (5, 0, "")
