"""Attempts: the row of a message before its vendor is called, and what is written when the answer is known, or never comes.

Everything here happens in the caller's transaction: the row's state, the facts and the gate's settlement are committed together.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from siyu import gate
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.channels import breaker, store
from siyu.channels.breaker import Health
from siyu.channels.facts import fact, tell
from siyu.channels.loading import Item
from siyu.channels.store import Finished, Q
from siyu.channels.words import Answer, Channel, Line, Result, State
from siyu.gate import Outcome, Permit, Settlement
from siyu.pool import Fact

log = logging.getLogger(__name__)

_ENDED = {State.SENT: Outcome.SENT, State.REJECTED: Outcome.REJECTED}
_CRASHED = Result(Answer.LOST, "crashed", "The sender died while it was sending.")
UNCALLED = Result(Answer.DOWN, "")  # begun, and then somebody said no, or the channel went to rest, before anybody called


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


def begin(
    conn: Connection, channel: Channel, the_line: Line, items: Sequence[Item], now: datetime
) -> tuple[list[tuple[Item, int]], list[Done]]:
    """Write the attempts that may begin now. Gives those items, each with its earlier tries; and the others, with what becomes of them:
    somebody said no since the claim, its origin was stopped, or an earlier claim's attempt is still in doubt.
    """
    if not items:
        return [], []
    rows = conn.execute(
        Q.begin_sends,
        {
            "intent_ids": [item.permit.intent_id for item in items],
            "tokens": [item.permit.token for item in items],
            "person_ids": [item.permit.person_id for item in items],
            "address_ids": [item.address_id for item in items],
            "patience": the_line.patience,
            "is_idempotent": channel.is_idempotent,
            "at": now,
        },
    )
    tries: dict[int, int] = dict(rows.fetchall())
    others = [item for item in items if item.permit.intent_id not in tries]
    seen: dict[int, tuple[str, int]] = {}
    if others:
        found = conn.execute(Q.see_states, {"intent_ids": [item.permit.intent_id for item in others]})
        seen = {row[0]: (row[1], row[2]) for row in found}
    done: list[Done] = []
    for item in others:
        state, token = seen.get(item.permit.intent_id, ("", 0))
        before = State(state) if state and token < item.permit.token else None
        if before is State.SENDING or before is State.UNKNOWN:
            done.append(Done(item, _CRASHED, 0, now))
        else:
            done.append(Done(item, None, 0, now, now, _ENDED.get(before) if before else None))
    return [(item, tries[item.permit.intent_id]) for item in items if item.permit.intent_id in tries], done


def is_wanted(conn: Connection, the_line: Line, item: Item) -> bool:
    """Whether a begun attempt may still be called for: nobody said no meanwhile, nothing was stopped, the lease lasts."""
    words = {"intent_id": item.permit.intent_id, "token": item.permit.token, "patience": the_line.patience}
    return conn.execute(Q.is_wanted, words).fetchone() is not None


def finish(ground: Ground, conn: Connection, channel: Channel, done: Sequence[Done], health: Health) -> Health:
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
        if result is not _CRASHED and result is not UNCALLED:
            after = breaker.after(after, result, one.at)
        state, tries, outcome, at = _decide(channel, permit, result, one.tries, one.at, after)
        rows.append(Finished(permit.intent_id, permit.token, state, tries, result.vendor_id, result.code, result.why, one.at))
        facts[permit.intent_id] = _facts(one.item, state, result, one.at)
        settlements.append(Settlement(permit.intent_id, permit.token, outcome, at))
    mine = store.finish(conn, rows)
    tell(ground, conn, channel.name, [f for number, some in facts.items() if number in mine for f in some])
    stale = gate.settle(ground, conn, settlements)
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


def refuse(ground: Ground, conn: Connection, channel: str, items: Sequence[Item]) -> None:
    """Messages that cannot be made: rejected without asking any vendor, each with its reason."""
    at = ground.clock.now()
    refusals = [(item, item.refusal) for item in items if item.refusal]
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
    gate.settle(ground, conn, [Settlement(item.permit.intent_id, item.permit.token, Outcome.REJECTED, at) for item, _ in refusals])


def give_up_lost(ground: Ground, conn: Connection, channel: Channel) -> int:
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
    gate.settle(ground, conn, [Settlement(number, token, Outcome.UNKNOWN, at) for number, token in lost])
    log.warning("sends ended without an answer", extra={"channel": channel, "sends": len(lost)})


def give_up_outlived(ground: Ground, limit: int = 500) -> int:
    """One step: messages that were put off until their time was over are rejected with the vendor's last word; says how many."""
    with ground.db.tx() as conn:
        at = ground.clock.now()
        ended = [row[0] for row in conn.execute(Q.end_outlived, {"at": at, "limit": limit})]
        told: dict[str, list[Fact]] = {}
        for held in filter(None, (store.hold(conn, number) for number in sorted(ended))):
            data = {**held.data, "code": held.code}
            told.setdefault(held.channel, []).append(fact(held.state, held.intent_id, at, held.address_id, data))
        for channel, facts in sorted(told.items()):
            tell(ground, conn, channel, facts)
    return len(ended)


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
    gate.settle(ground, conn, [Settlement(intent_id, held.token, outcome, at)])
    return True
