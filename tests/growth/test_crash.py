"""Kill -9 while somebody is greeted: nobody is greeted twice, and who was not is known."""

from __future__ import annotations

import multiprocessing
import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from tests.conftest import KEYS
from tests.growth.corp import Corp

from siyu import channels, gate, growth
from siyu.base.clock import StillClock
from siyu.base.config import Config
from siyu.base.db import Database
from siyu.base.ground import Ground
from siyu.channels.welcome.channel import WelcomeLine
from siyu.growth import CodeGuide, Welcome
from siyu.sandbox.conformance import Bench

DEATHS = ("after_ask", "after_call")  # a death just before the call is held in the channels' contract


def _life(url: str, folder: str, at: str, now: object, told: Connection) -> None:
    """Greet whoever is there, and die at the named moment."""

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    ground = Ground(Database(url, size=3), StillClock(now), KEYS, Config(Path(folder), url, "127.0.0.1", 0, "http://127.0.0.1", "info"))  # type: ignore[arg-type]
    plain_ask, plain_send = gate.ask, WelcomeLine.send
    if at.endswith("ask"):

        def ask(*given: object) -> int:
            made = plain_ask(*given)  # type: ignore[arg-type]
            die()
            return made

        gate.ask = ask  # type: ignore[assignment]
    if at.endswith("call"):

        def send(self: WelcomeLine, prepared: object) -> channels.Result:
            plain_send(self, prepared)  # type: ignore[arg-type]
            die()
            raise AssertionError

        WelcomeLine.send = send  # type: ignore[method-assign,assignment]
    told.send("ready")
    growth.advance(ground)
    gate.judge(ground)
    channels.deliver(ground, "welcome")


@pytest.mark.parametrize("at", DEATHS)
def test_a_death_greets_nobody_twice(ground: Ground, bench: Bench, clock: StillClock, at: str, database_url: str, tmp_path: Path) -> None:
    corp = Corp(ground, bench.trial(), clock)
    corp.staff("zs")
    code = corp.code("台卡", (CodeGuide("zs"),), welcomes=(Welcome(corp.content("您好。")),))
    who = corp.scan(code)
    here, there = multiprocessing.Pipe()
    life = multiprocessing.get_context("spawn").Process(target=_life, args=(database_url, str(tmp_path), at, clock.now(), there))
    life.start()
    life.join(120)
    assert here.poll() and life.exitcode == -signal.SIGKILL
    corp.flow()
    with ground.db.tx() as conn:
        conn.execute("update sends set lease_until = now() - interval '1 minute' where state = 'sending'")
        conn.execute("update permit_queue set lease_until = now() - interval '1 minute' where state = 'claimed'")
    corp.flow()
    with ground.db.tx() as conn:
        log = [one.state for one in channels.message_log(conn, channel="welcome")]
    if at.endswith("ask"):
        assert corp.welcomes(who) == ["您好。"] and log == ["sent"], "nothing had been committed: it is done again, in time"
    else:
        assert corp.welcomes(who) == ["您好。"] and log == ["unknown"]
    channels.hang_up(ground)
