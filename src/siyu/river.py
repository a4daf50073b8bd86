"""The running order: the rooms' steps and one loop; nothing else.

A step takes a batch, does its work in transactions of its own, and says how many things it did; 0 means that it is up to date. Steps
of one lane run one after the other in one thread; lanes run beside each other, so that a slow mail server holds up nobody who only
counts. NOTIFY wakes the loop and polling keeps it true. A step that fails is logged, waits longer each time, and stops nobody else; a
row that fails for ever is the step's own matter (`parked`).
"""

from __future__ import annotations

import logging
import random
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from siyu import channels, gate, growth, journeys, pool
from siyu.analytics import lake, ledger, scores
from siyu.base.ground import Ground
from siyu.channels import group_sends, moments, wecom
from siyu.journeys import answers
from siyu.sources import callbacks, connecting, desk, files, pulling, sync
from siyu.vendors import probes

log = logging.getLogger(__name__)

BELL = "siyu"  # the name that writers NOTIFY
_POLL_FOR = 0.5  # seconds between looks when nobody rings
_REST = (0.005, 0.2)  # seconds that a lane keeps from looking again, after one vain look and after many: others ring all the time
_LONGEST_WAIT = 60.0  # seconds between tries of a step that keeps failing


@dataclass(frozen=True)
class Step:
    """One step of the river. `run` does one batch and gives the number of things done."""

    name: str
    run: Callable[[], int]
    lane: str = "pool"
    is_daily: bool = False  # begun by the hour, not by work that lies there: `run_until_idle` leaves it out
    rest_for: float = 0.0  # seconds that the loop lets it rest after each run, where many bells are one piece of work
    threads: int = 1  # of its lane, at least: two where one must take the next messages while the other sends


def steps(ground: Ground) -> list[Step]:
    """All steps in running order."""
    return [
        Step("pool.fold", lambda: pool.fold(ground), "pool"),
        Step("pool.relations", lambda: pool.relations.follow(ground), "relations", rest_for=0.1),
        Step("pool.restage", lambda: pool.restage(ground), "pool", rest_for=1.0),
        Step("sources.callbacks.work", lambda: callbacks.work(ground), "callbacks"),
        Step("sources.callbacks.tidy", lambda: callbacks.tidy(ground), "callbacks", is_daily=True, rest_for=60.0),
        Step("sources.desk.pull", lambda: desk.pull(ground), "desk"),
        Step("sources.desk.meet", lambda: desk.meet(ground), "desk", rest_for=1.0),
        Step("sources.sync.advance", lambda: sync.advance(ground), "sync"),
        Step("sources.sync.nightly", lambda: sync.begin_nightly(ground), "sync", is_daily=True),
        Step("growth.advance", lambda: growth.advance(ground), "arrivals"),
        Step("growth.tell", lambda: growth.tell(ground), "codes", rest_for=0.5),
        Step("growth.deeds", lambda: growth.do_deeds(ground), "codes", rest_for=0.2),
        Step("growth.end_tags", lambda: growth.end_tags(ground), "growth", is_daily=True, rest_for=300.0),
        Step("growth.lots", lambda: growth.see_lots(ground), "growth", is_daily=True),
        Step("channels.media", lambda: wecom.warm_media(ground), "growth", rest_for=1.0),
        Step("growth.costs", lambda: growth.record_costs(ground), "growth", is_daily=True, rest_for=60.0),
        Step("journeys.advance", lambda: journeys.advance(ground), "journeys"),
        Step("journeys.answers", lambda: answers.advance(ground), "answers", rest_for=0.1),
        Step("gate.judge", lambda: gate.judge(ground), "gate"),
        Step("gate.tidy", lambda: gate.tidy(ground), "gate", rest_for=1.0),
        Step("analytics.ledger.post", lambda: ledger.post(ground), "ledger", rest_for=1.0),
        Step("analytics.lake", lake.Keeper(ground).step, "lake", is_daily=True),
        Step("channels.receipts", lambda: channels.follow(ground), "receipts", rest_for=0.3),
        Step("sources.pulling", lambda: pulling.pull(ground), "pulling", is_daily=True, rest_for=10.0),
        Step("channels.hand_over", lambda: channels.hand_over(ground), "receipts", rest_for=0.3),
        Step("channels.outlived", lambda: channels.give_up_outlived(ground), "receipts", rest_for=5.0),
        Step("sources.files.advance", lambda: files.advance(ground), "imports"),
        Step("analytics.scores.advance", lambda: scores.advance(ground), "scores", is_daily=True),
        Step("channels.moments", lambda: moments.advance(ground), "moments"),
        Step("channels.group_sends", lambda: group_sends.advance(ground), "moments"),
        Step("sources.connecting", lambda: connecting.advance(ground), "checks"),
        Step("vendors.probes", lambda: probes.advance(ground), "checks"),
        *(
            Step(f"channels.deliver {name}", _deliver(ground, name), name, threads=2 if name == growth.CHANNEL else 1)
            for name in channels.channels()
        ),
    ]


def _deliver(ground: Ground, channel: str) -> Callable[[], int]:
    return lambda: channels.deliver(ground, channel)


def run_until_idle(ground: Ground, limit: int = 100_000) -> dict[str, int]:
    """Run the steps, round after round, until a whole round finds nothing to do; says how much each did.

    Errors are raised, not logged: this is for tests, the demo and commands. `limit` is the most rounds to run, against a step that
    never ends; `RuntimeError` beyond.
    """
    order = [step for step in steps(ground) if not step.is_daily]
    done = {step.name: 0 for step in order}
    for _ in range(limit):
        did = {step.name: step.run() for step in order}
        for name, count in did.items():
            done[name] += count
        if not any(did.values()):
            return done
    raise RuntimeError(f"the river does not come to rest after {limit} rounds")


def loop(ground: Ground, stop: threading.Event, threads: int = 1) -> None:
    """Run the steps until `stop` is set; returns when the step under way is done.

    `threads` is how many threads each channel gets: sending is mostly waiting for others. The other lanes have one each.
    """
    order = steps(ground)
    bells: list[threading.Event] = []
    lanes: dict[str, list[Step]] = {}
    for step in order:
        lanes.setdefault(step.lane, []).append(step)
    workers = []
    for name, its in lanes.items():
        for number in range(max(threads if name in channels.channels() else 1, *(step.threads for step in its))):
            bell = threading.Event()
            bells.append(bell)
            lane = _Lane(its, bell, bells, stop)
            workers.append(threading.Thread(target=lane.run, name=f"river-{name}-{number}", daemon=True))
    ear = threading.Thread(target=_listen, args=(ground, stop, bells), name="river-ear", daemon=True)
    for thread in [*workers, ear]:
        thread.start()
    stop.wait()
    for bell in bells:
        bell.set()
    for thread in [*workers, ear]:
        thread.join()
    channels.hang_up(ground)
    files.let_go(ground)


@dataclass
class _Lane:
    """The steps of one thread."""

    steps: list[Step]
    bell: threading.Event
    all_bells: list[threading.Event]
    stop: threading.Event
    failures: dict[str, int] = field(default_factory=dict)
    resume_at: dict[str, float] = field(default_factory=dict)  # monotonic
    vain: int = 0  # looks that found nothing, in a row

    def run(self) -> None:
        while not self.stop.is_set():
            self.bell.clear()
            did = 0
            for step in self.steps:
                if self.stop.is_set():
                    return
                did += self._once(step)
            if did:
                self.vain = 0
                for bell in self.all_bells:  # whatever was done may be work for the steps below
                    bell.set()
            else:
                rest = min(_REST[0] * 2 ** min(self.vain, 16), _REST[1])
                self.vain += 1
                self.stop.wait(rest)
                self.bell.wait(_POLL_FOR - rest)

    def _once(self, step: Step) -> int:
        if time.monotonic() < self.resume_at.get(step.name, 0.0):
            return 0
        try:
            did = step.run()
        except Exception as error:
            count = self.failures[step.name] = self.failures.get(step.name, 0) + 1
            wait = min(_LONGEST_WAIT, 0.5 * 2 ** min(count, 10)) * random.uniform(0.75, 1.25)  # noqa: S311  spreading, not secrecy
            self.resume_at[step.name] = time.monotonic() + wait
            log.error("a step failed", extra=_about(error) | {"step": step.name, "failures": count, "again_in_s": round(wait, 1)})
            return 0
        if step.rest_for:
            self.resume_at[step.name] = time.monotonic() + step.rest_for
        if self.failures.pop(step.name, 0):
            log.info("a step works again", extra={"step": step.name})
        return did


def _about(error: Exception) -> dict[str, Any]:
    """What a log may know of an error: its class, the database's code, where it was; not its text, which may hold somebody's data."""
    known: dict[str, Any] = {"error": type(error).__name__}
    if isinstance(error, psycopg.Error) and error.sqlstate:
        known["sqlstate"] = error.sqlstate
    known["where"] = [f"{frame.filename.rpartition('/siyu/')[2]}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)][
        -6:
    ]
    return known


def _listen(ground: Ground, stop: threading.Event, bells: list[threading.Event]) -> None:
    """Ring every bell when a writer NOTIFYs. Without a connection the lanes go on by polling, and this tries again."""
    while not stop.is_set():
        try:
            with ground.db.autocommit() as conn:
                conn.execute(f"listen {BELL}")
                while not stop.is_set():
                    for _ in conn.notifies(timeout=_POLL_FOR, stop_after=1):
                        for bell in bells:
                            bell.set()
        except psycopg.Error as error:
            log.warning("the bell is not heard; polling goes on", extra=_about(error))
            stop.wait(5)
