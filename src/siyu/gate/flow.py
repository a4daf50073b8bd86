"""Asking and judging: intents come in, and a batch at a time gets its verdicts and permits, with the cursor, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from siyu import pool
from siyu.base.cursor import Place, keep_place, take_place
from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.gate import store, tidying, withdrawing
from siyu.gate.columns import fetch, us
from siyu.gate.decide import NUMBER, decide
from siyu.gate.load import Wish, load
from siyu.gate.locking import lock_people
from siyu.gate.store import Q
from siyu.gate.words import Code, Intent, Purpose

READER = "gate.judge"
LARGEST_BATCH = 50_000
LATEST = timedelta(days=400)  # how far ahead an intent may expire
_ASKED_AT_ONCE = 20_000
_PRIORITIES = range(0, 101)


def ask(ground: Ground, conn: Connection, intents: Sequence[Intent]) -> int:
    """Post intents in the caller's transaction; gives how many were new (their keys had never been asked).

    All or nothing: raises `InputError` with `field` like `intents[3].purpose` when one of them cannot be meant. They are answered by
    `judge`, soon after the caller's commit.
    """
    now = ground.clock.now()
    for number, intent in enumerate(intents):
        wrong = _wrong(intent)
        if wrong is None and intent.expires_at - now > LATEST:
            wrong = InputError("It would wait for more than 400 days.", "Ask later.", field="expires_at")
        if wrong:
            raise InputError(f"Intent {number}: {wrong.what}", wrong.remedy, field=f"intents[{number}].{wrong.field}")
    return sum(store.ask(conn, intents[start : start + _ASKED_AT_ONCE], now) for start in range(0, len(intents), _ASKED_AT_ONCE))


def _wrong(intent: Intent) -> InputError | None:
    """What cannot be meant, with its field and the remedy."""
    if intent.purpose not in _PURPOSES:
        return InputError("The purpose does not exist.", f"Use {', '.join(Purpose)}.", field="purpose")
    if not intent.channel or not intent.origin:
        return InputError("The name is empty.", "Name the channel and the origin.", field="origin" if intent.channel else "channel")
    if intent.priority not in _PRIORITIES:
        return InputError("The priority is not between 0 and 100.", "Use 50 for the usual.", field="priority")
    if intent.cost_minor < 0:
        return InputError("The cost is negative.", "Give it in minor units, 0 or more.", field="cost_minor")
    if intent.not_before.tzinfo is None or intent.expires_at.tzinfo is None:
        return InputError("A moment has no time zone.", "Give aware moments.", field="not_before")
    return None


_PURPOSES = frozenset(str(purpose) for purpose in Purpose)


def judge(ground: Ground, limit: int = 5_000) -> int:
    """Answer the next intents, or where there are none keep the gate tidy; gives how many things were done, 0 = up to date.

    Verdicts, permits and the place in the log are committed together. Only one worker judges at a time; the others get 0.
    """
    with ground.db.tx() as conn:
        place = take_place(conn, READER)
        if place is None:
            return 0
        done = _judge(ground, conn, place, min(limit, LARGEST_BATCH))
    return done or tidy(ground)


def tidy(ground: Ground) -> int:
    """Take in withdrawals, end leases, put away what is over; gives how many things were done. For a gate that is never idle."""
    withdrawing.hear(ground)
    with ground.db.tx() as conn:
        done = tidying.end_leases(conn, store.rules(conn), ground.clock.now())
    with ground.db.tx() as conn:
        if take_place(conn, READER) is not None:  # nobody judges while things are put away
            done += tidying.tidy(ground, conn, store.rules(conn))
    return done


def _judge(ground: Ground, conn: Connection, place: Place, limit: int) -> int:
    intent, person, lane_id, is_control, not_before, expires, xid = fetch(
        conn, Q.take_intents, {"xid": str(place.xid), "seq": place.seq, "limit": limit}
    )
    if not len(intent):
        return 0
    conn.execute(Q.begin_deciding)
    lock_people(conn, person)  # not all of who is merged meanwhile; the claim judges again
    now = us(ground.clock.now())
    rules = store.rules(conn)
    wish = Wish(intent, person, lane_id, is_control, not_before, expires)
    loaded = load(conn, wish, rules, pool.brand(conn).time_zone, now, is_claim=False)
    verdicts = decide(loaded.batch, loaded.touches, rules, now)
    is_plain = verdicts.code == NUMBER[Code.PERMIT]
    store.write_verdicts(conn, "ask", verdicts, ~is_plain, intent, lane_id, now, rules, loaded.batch.lanes)
    yes = np.flatnonzero(verdicts.is_yes)
    keep_place(conn, READER, Place(int(xid), int(intent[-1])))
    store.write_permits(conn, intent[yes], loaded.person(yes), lane_id[yes], is_plain[yes], now, verdicts.at[yes], expires[yes])
    return len(intent)
