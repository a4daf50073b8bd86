"""Delivering: take permits, write each attempt, call the vendor, write what became of it.

    gate.claim          a lease with a token                                      (the gate's transaction)
    finish and begin    what came back: the row's new state, facts, gate.settle;
                        and the next rows `sending`, before their calls           (one transaction)
    the call            outside any transaction, in as many threads as the line has

For each thread one message may be under way and one more be begun, so that nobody waits while answers are written down, and no further.
One that had to wait for its thread is looked at once more before its call: somebody may have said no meanwhile. After a crash at most two
messages a thread are in doubt; everything else was never begun, or is known. A message in doubt is not sent again unless the vendor knows
it by its key: it is `unknown`, counts against caps, and is shown to people.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from siyu import gate
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.channels import attempts, breaker, store
from siyu.channels.attempts import Done
from siyu.channels.breaker import WELL, Health
from siyu.channels.lines import line
from siyu.channels.loading import Item, load
from siyu.channels.registry import channel_of
from siyu.channels.words import Channel, Courier, Line

_WORK_FOR = timedelta(seconds=60)  # of a lease, beside the longest call
_AHEAD = 2  # messages a thread that may be begun and not yet written down
_AT_ONCE = 0.02  # seconds from its beginning to its call for which a message needs no second look


def deliver(ground: Ground, channel_name: str, limit: int = 200) -> int:
    """Send up to `limit` permitted messages of a channel; says how many claims were worked off. 0 = nothing due, or it rests.

    Never raises for what a vendor or the network does. Safe to run in many processes at once.
    """
    channel = channel_of(channel_name)
    if isinstance(channel, Courier):
        return channel.deliver(ground, limit)
    with ground.db.tx() as conn:
        lost = attempts.give_up_lost(ground, conn, channel)
        is_due = gate.is_due(ground, conn, channel_name)
        health = store.health(conn, channel_name) if is_due else WELL
    the_line = line(ground, channel) if is_due else None
    if the_line is None:
        return lost
    limit = breaker.allowed(health, limit, ground.clock.now())
    if limit <= 0:
        return lost
    lease_for = the_line.patience + _WORK_FOR
    work_until = time.monotonic() + _WORK_FOR.total_seconds()
    permits = gate.claim(ground, channel_name, limit, lease_for)
    if not permits:
        return lost
    items = load(ground, channel, the_line, permits)
    refused = [item for item in items if item.refusal]
    if refused:
        with ground.db.tx() as conn:
            attempts.refuse(ground, conn, channel_name, refused)
    _Batch(ground, channel, the_line, deque(item for item in items if not item.refusal), work_until, health).run()
    return lost + len(permits)


@dataclass
class _Batch:
    """One batch on its way: threads call for begun items, this thread writes what they bring back and begins more."""

    ground: Ground
    channel: Channel
    line: Line
    waiting: deque[Item]
    work_until: float  # by the monotonic clock: nothing is begun after it
    health: Health
    begun: queue.SimpleQueue[tuple[Item, int, float] | None] = field(default_factory=queue.SimpleQueue)
    results: queue.SimpleQueue[Done | BaseException] = field(default_factory=queue.SimpleQueue)

    def run(self) -> None:
        """Send everything, then give back what could not be begun."""
        width = min(self.line.width, len(self.waiting))
        threads = [threading.Thread(target=self._work, name=f"{self.channel.name}-{n}", daemon=True) for n in range(width)]
        for thread in threads:
            thread.start()
        try:
            self._send_all(_AHEAD * width)
        finally:
            self._take_back()
            for _ in threads:
                self.begun.put(None)
            for thread in threads:
                thread.join()

    def _send_all(self, room: int) -> None:
        """Write what came back and begin as many more as there is room for, until nothing is under way and nothing is left."""
        under_way = 0
        done: list[Done] = []
        while True:
            begun: list[tuple[Item, int]] = []
            if done or self.waiting:
                with self.ground.db.tx() as conn:
                    self.health = attempts.finish(self.ground, conn, self.channel, done, self.health)
                    if not self._must_stop():
                        begun, done = self._begin(conn, room - under_way)
                    else:
                        now = self.ground.clock.now()
                        done = [Done(item, None, 0, now, self.health.resting_until or now) for item in self.waiting]
                        self.waiting.clear()
            now_is = time.monotonic()
            for item, tries in begun:
                self.begun.put((item, tries, now_is))
            under_way += len(begun)
            if self._must_stop():
                uncalled = self._take_back()
                under_way -= len(uncalled)
                done += uncalled
            if done:
                continue
            if not under_way:
                return
            done = self._hear()
            under_way -= len(done)

    def _must_stop(self) -> bool:
        until = self.health.resting_until
        return (until is not None and until > self.ground.clock.now()) or time.monotonic() >= self.work_until

    def _begin(self, conn: Connection, most: int) -> tuple[list[tuple[Item, int]], list[Done]]:
        """The next items, begun, each with its earlier tries; and those that need no call, with what is to become of them."""
        now = self.ground.clock.now()
        asked: list[Item] = []
        done: list[Done] = []
        while self.waiting and len(asked) < most:
            item = self.waiting.popleft()
            assert item.parcel is not None  # noqa: S101  refused ones are not here
            pause = self.line.pause(item.parcel)
            if pause > timedelta(0):
                done.append(Done(item, None, 0, now, now + pause))
            else:
                asked.append(item)
        begun, others = attempts.begin(conn, self.channel, self.line, asked, now)
        return begun, done + others

    def _hear(self) -> list[Done]:
        """At least one answer, and all that are there. Raises what a thread failed with."""
        heard = [self.results.get()]
        while not self.results.empty():
            heard.append(self.results.get())
        for one in heard:
            if isinstance(one, BaseException):
                raise one
        return [one for one in heard if isinstance(one, Done)]

    def _take_back(self) -> list[Done]:
        """What was begun and nobody has called for."""
        found: list[Done] = []
        with suppress(queue.Empty):
            while one := self.begun.get_nowait():
                found.append(Done(one[0], attempts.UNCALLED, one[1], self.ground.clock.now()))
        return found

    def _work(self) -> None:
        try:
            while one := self.begun.get():
                item, tries, begun_at = one
                is_wanted = time.monotonic() - begun_at < _AT_ONCE or self._is_wanted(item)
                result = self.line.send(item.prepared) if is_wanted else attempts.UNCALLED
                self.results.put(Done(item, result, tries, self.ground.clock.now()))
        except BaseException as err:  # told to the thread that waits, which raises it
            self.results.put(err)

    def _is_wanted(self, item: Item) -> bool:
        with self.ground.db.tx() as conn:
            return attempts.is_wanted(conn, self.line, item)
