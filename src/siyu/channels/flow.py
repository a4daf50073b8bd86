"""Delivering: take permits, write each attempt, call the vendor, write what became of it.

    gate.claim              a lease with a token                                       (the gate's transaction)
    begin, a few            the rows `sending`, committed before the calls             (a transaction for all that may begin,
    the call                outside any transaction, in as many threads as the line has       and for all that have ended)
    finish, as they come    the rows' new state, facts and gate.settle together

For each thread one message may be under way and one more be begun, so that nobody waits while answers are written down, and no further.
So after a crash at most two messages a thread are in doubt; everything else was never begun, or is known. A message in doubt is not
sent again unless the vendor knows it by its key: it is `unknown`, counts against caps, and is shown to people.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from siyu import gate
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.channels import breaker, store
from siyu.channels.breaker import WELL, Health
from siyu.channels.facts import fact, tell
from siyu.channels.lines import line
from siyu.channels.loading import Item, load
from siyu.channels.registry import channel_of
from siyu.channels.store import Finished, Q
from siyu.channels.words import Answer, Channel, Courier, Line, Result, State
from siyu.gate import Outcome, Permit, Settlement
from siyu.pool import Fact

log = logging.getLogger(__name__)

_WORK_FOR = timedelta(seconds=60)  # of a lease, beside the longest call
_IN_DOUBT = 2  # messages a thread
_ENDED = {State.SENT: Outcome.SENT, State.REJECTED: Outcome.REJECTED}
_CRASHED = Result(Answer.LOST, "crashed", "The sender died while it was sending.")
_UNCALLED = Result(Answer.DOWN, "")  # begun, and then the channel went to rest before anybody called


@dataclass(frozen=True)
class Done:
    """One item with its answer. `tries` is how often the vendor had said "not now" before.

    No result = not begun: it goes back to the queue until `back_at`, or an earlier claim's attempt has `ended` one way or the other.
    """

    item: Item
    result: Result | None
    tries: int
    at: datetime
    back_at: datetime | None = None
    ended: Outcome | None = None


def deliver(ground: Ground, channel_name: str, limit: int = 200) -> int:
    """Send up to `limit` permitted messages of a channel; says how many claims were worked off. 0 = nothing due, or it rests.

    Never raises for what a vendor or the network does. Safe to run in many processes at once.
    """
    channel = channel_of(channel_name)
    if isinstance(channel, Courier):
        return channel.deliver(ground, limit)
    with ground.db.tx() as conn:
        lost = _give_up_lost(ground, conn, channel)
        is_due = gate.is_due(ground, conn, channel_name)
        health = store.health(conn, channel_name) if is_due else WELL
    the_line = line(ground, channel) if is_due else None
    if the_line is None:
        return lost
    limit = breaker.allowed(health, limit, ground.clock.now())
    if limit <= 0:
        return lost
    lease_for = the_line.patience * _IN_DOUBT + _WORK_FOR
    work_until = time.monotonic() + _WORK_FOR.total_seconds()
    permits = gate.claim(ground, channel_name, limit, lease_for)
    if not permits:
        return lost
    items = load(ground, channel, the_line, permits)
    refused = [item for item in items if item.refusal]
    if refused:
        _refuse(ground, channel_name, refused)
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
    begun: queue.SimpleQueue[tuple[Item, int] | None] = field(default_factory=queue.SimpleQueue)
    results: queue.SimpleQueue[Done | BaseException] = field(default_factory=queue.SimpleQueue)

    def run(self) -> None:
        """Send everything, then give back what could not be begun."""
        width = min(self.line.width, len(self.waiting))
        threads = [threading.Thread(target=self._work, name=f"{self.channel.name}-{n}", daemon=True) for n in range(width)]
        for thread in threads:
            thread.start()
        try:
            self._send_all(_IN_DOUBT * width)
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
                    self.health = _finish(self.ground, conn, self.channel, done, self.health)
                    if not self._must_stop():
                        begun, done = self._begin(conn, room - under_way)
                    else:
                        now = self.ground.clock.now()
                        done = [Done(item, None, 0, now, self.health.resting_until or now) for item in self.waiting]
                        self.waiting.clear()
            for one in begun:
                self.begun.put(one)
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
        begun: list[tuple[Item, int]] = []
        for item, (tries, before) in zip(asked, _begin(conn, self.channel, self.line, asked, now), strict=True):
            if before is State.SENDING or before is State.UNKNOWN:
                done.append(Done(item, _CRASHED, 0, now))
            elif tries is None:
                done.append(Done(item, None, 0, now, now, _ENDED.get(before) if before else None))
            else:
                begun.append((item, tries))
        return begun, done

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
                found.append(Done(one[0], _UNCALLED, one[1], self.ground.clock.now()))
        return found

    def _work(self) -> None:
        try:
            while one := self.begun.get():
                item, tries = one
                result = self.line.send(item.prepared)
                self.results.put(Done(item, result, tries, self.ground.clock.now()))
        except BaseException as err:  # told to the thread that waits, which raises it
            self.results.put(err)


def _begin(
    conn: Connection, channel: Channel, the_line: Line, items: Sequence[Item], now: datetime
) -> list[tuple[int | None, State | None]]:
    """Write the attempts. Gives the earlier tries of each, None when it is not to be sent; then where an earlier claim's attempt stands,
    if any."""
    if not items:
        return []
    numbers = [item.permit.intent_id for item in items]
    begun: dict[int, int] = dict(
        conn.execute(
            Q.begin_sends,
            {
                "intent_ids": numbers,
                "tokens": [item.permit.token for item in items],
                "person_ids": [item.permit.person_id for item in items],
                "address_ids": [item.address_id for item in items],
                "patience": the_line.patience * _IN_DOUBT,
                "is_idempotent": channel.is_idempotent,
                "at": now,
            },
        ).fetchall()
    )
    found: list[tuple[int | None, State | None]] = [(begun.get(number), None) for number in numbers]
    missing = [number for number in numbers if number not in begun]
    if missing:
        seen = {row[0]: row[1:] for row in conn.execute(Q.see_states, {"intent_ids": missing})}
        for place, item in enumerate(items):
            state, token = seen.get(item.permit.intent_id, (None, 0))
            if item.permit.intent_id not in begun and state and token < item.permit.token:
                found[place] = (None, State(state))
    return found


def _finish(ground: Ground, conn: Connection, channel: Channel, done: Sequence[Done], health: Health) -> Health:
    """Write what became of claims: rows, facts, settlements and the channel's health, together."""
    if not done:
        return health
    settlements: list[Settlement] = []
    rows: list[Finished] = []
    facts: dict[int, list[Fact]] = {}
    after = health
    for one in done:
        permit, result = one.item.permit, one.result
        if result is None:
            settlements.append(Settlement(permit.intent_id, permit.token, one.ended or Outcome.RETURNED, one.back_at or one.at))
            continue
        if result is not _CRASHED and result is not _UNCALLED:
            after = breaker.after(after, result, one.at)
        state, tries, outcome, at = _decide(channel, permit, result, one.tries, one.at, after)
        rows.append(Finished(permit.intent_id, permit.token, state, tries, result.vendor_id, result.code, result.why, one.at))
        facts[permit.intent_id] = _facts(one.item, state, result, one.at)
        settlements.append(Settlement(permit.intent_id, permit.token, outcome, at))
    mine = store.finish(conn, rows)
    tell(ground, conn, channel.name, [f for number, some in facts.items() if number in mine for f in some])
    stale = gate.settle_many(ground, conn, settlements)
    if after != health:
        store.keep_health(conn, channel.name, after, ground.clock.now())
    if after.resting_until and after != health:
        log.warning("the channel rests", extra={"channel": channel.name, "failures": after.failures, "code": after.code})
    if stale or len(mine) < len(rows):
        log.warning("claims had ended", extra={"channel": channel.name, "stale": len(stale), "not_mine": len(rows) - len(mine)})
    return after


def _decide(
    channel: Channel, permit: Permit, result: Result, tries: int, at: datetime, health: Health
) -> tuple[State, int, Outcome, datetime]:
    """The state of the send, its count of tries, what the gate is told, and the moment of that."""
    if result.answer is Answer.TAKEN:
        return State.SENT, tries, Outcome.SENT, at
    if result.answer is Answer.REFUSED:
        return State.REJECTED, tries, Outcome.REJECTED, at
    if result.answer is Answer.DOWN:
        return State.DEFERRED, tries, Outcome.RETURNED, max(at, health.resting_until or at)
    if result.answer is Answer.LOST and not (channel.is_idempotent and result is not _CRASHED):
        return State.UNKNOWN, tries, Outcome.UNKNOWN, at
    again = breaker.retry_at(tries + 1, result, at, permit.expires_at)
    if again is not None:
        return State.DEFERRED, tries + 1, Outcome.RETURNED, again
    if result.answer is Answer.LOST:
        return State.UNKNOWN, tries + 1, Outcome.UNKNOWN, at
    return State.REJECTED, tries + 1, Outcome.REJECTED, at


def _facts(item: Item, state: State, result: Result, at: datetime) -> list[Fact]:
    number = item.permit.intent_id
    if state is State.SENT:
        return [fact("sent", number, at, item.address_id, item.data)]
    if state is State.UNKNOWN:
        return [fact("unknown", number, at, item.address_id, {**item.data, "code": result.code})]
    if state is State.REJECTED:
        data = {**item.data, "code": result.code}
        dead = [fact("bounced", number, at, item.address_id, {**data, "hard": True})] if result.is_hard else []
        return [fact("rejected", number, at, item.address_id, data), *dead]
    return []


def _refuse(ground: Ground, channel: str, items: Sequence[Item]) -> None:
    """Messages that cannot be made: rejected without asking any vendor, each with its reason."""
    at = ground.clock.now()
    refusals = [(item, item.refusal) for item in items if item.refusal]
    with ground.db.tx() as conn:
        rows = conn.execute(
            Q.refuse_sends,
            {
                "intent_ids": [item.permit.intent_id for item, _ in refusals],
                "tokens": [item.permit.token for item, _ in refusals],
                "person_ids": [item.permit.person_id for item, _ in refusals],
                "address_ids": [item.address_id for item, _ in refusals],
                "codes": [refusal.code for _, refusal in refusals],
                "whys": [refusal.why for _, refusal in refusals],
                "at": at,
            },
        )
        mine = {row[0] for row in rows}
        told = [f for item, why in refusals if item.permit.intent_id in mine for f in _facts(item, State.REJECTED, why, at)]
        tell(ground, conn, channel, told)
        gate.settle_many(ground, conn, [Settlement(item.permit.intent_id, item.permit.token, Outcome.REJECTED, at) for item, _ in refusals])


def _give_up_lost(ground: Ground, conn: Connection, channel: Channel) -> int:
    """Attempts whose sender is gone become `unknown`; says how many. Where the vendor knows the key they are left to be tried again."""
    lost = conn.execute(Q.lost_sends, {"channel": channel.name, "is_idempotent": channel.is_idempotent}).fetchall()
    _note_unknown(ground, conn, channel.name, lost, ground.clock.now())
    return len(lost)


def _note_unknown(ground: Ground, conn: Connection, channel: str, lost: Sequence[tuple[int, ...]], at: datetime) -> None:
    if not lost:
        return
    code, why = _CRASHED.code, _CRASHED.why
    mine = store.finish(conn, [Finished(number, token, State.UNKNOWN, 0, "", code, why, at) for number, token in lost])
    told = [(number, store.hold(conn, number)) for number in sorted(mine)]
    tell(ground, conn, channel, [fact("unknown", n, at, held.address_id, {**held.data, "code": code}) for n, held in told if held])
    gate.settle_many(ground, conn, [Settlement(number, token, Outcome.UNKNOWN, at) for number, token in lost])
    log.warning("sends ended without an answer", extra={"channel": channel, "sends": len(lost)})


def resolve_unknown(ground: Ground, conn: Connection, intent_id: int, *, was_sent: bool, by: str) -> bool:
    """A person says what became of a send that nobody knew about; False when it is not unknown (any more).

    Nothing is sent again by this: who wants to, asks anew. `by` is who says so, 'receipt' when the reader's own answer proves it.
    """
    held = store.hold(conn, intent_id)
    if held is None or held.state != State.UNKNOWN:
        return False
    at = ground.clock.now()
    state, outcome = (State.SENT, Outcome.SENT) if was_sent else (State.REJECTED, Outcome.REJECTED)
    conn.execute(Q.resolve_send, {"intent_id": intent_id, "state": state, "by": by, "code": "" if was_sent else "resolved"})
    what, data = ("sent", held.data) if was_sent else ("rejected", {**held.data, "code": "resolved"})
    tell(ground, conn, held.channel, [fact(what, intent_id, at, held.address_id, {**data, "resolved_by": by})])
    gate.settle_many(ground, conn, [Settlement(intent_id, held.token, outcome, at)])
    return True
