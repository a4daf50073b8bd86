"""Enrolment is killed with -9 again and again, and goes on: nobody is lost, nobody is asked about twice, nobody changes arms."""

from __future__ import annotations

import multiprocessing
import random
import time
from pathlib import Path

import pytest
from tests.journeys import crasher, world

from siyu import journeys
from siyu.base.ground import Ground


@pytest.mark.crash
def test_kill_9_while_enrolling(ground: Ground, database_url: str, tmp_path: Path) -> None:
    people = world.open_shop(ground, 120)
    number = world.started(ground, holdout_share=0.25)
    dice = random.Random(20)
    killed, arms = 0, None
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.journeys.crasher"])
    for turn in range(30):
        here, there = processes.Pipe()
        child = processes.Process(target=crasher.enrol, args=(database_url, str(tmp_path), there))
        child.start()
        assert here.recv() == "ready"
        time.sleep(dice.uniform(0, 0.03 * (turn + 1)))  # ever longer lives, on a slow machine too
        child.kill()
        child.join()
        killed += not here.poll()
        with ground.db.tx() as conn:
            now = dict(conn.execute("select person_id, arm from broadcast_members").fetchall())
            state = journeys.see(conn, number).state
        assert len(now) in (0, 120), "all of them or none"
        arms = arms or now
        assert now == arms, "nobody changes arms"
        if state == "running":
            break
    assert killed >= 3
    assert arms
    world.enrol(ground)
    with ground.db.tx() as conn:
        asked = conn.execute("select person_id, count(*), bool_or(is_control) from intents group by 1").fetchall()
        keys = conn.execute("select count(*) from broadcast_members m join intents i on i.key = m.intent_key").fetchone()
        assert journeys.see(conn, number).state == "running"
    assert {row[0]: row[1] for row in asked} == dict.fromkeys(people.values(), 1)
    assert {row[0] for row in asked if row[2]} == {p for p, arm in arms.items() if arm == "control"}
    assert keys == (120,)
    sent = world.deliver(ground)
    assert len({p.person_id for p in sent}) == len(sent) == 90
