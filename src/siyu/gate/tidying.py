"""Putting away: leases that ran out, permits that nobody claimed in time, permits whose origin took them back."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.gate import store
from siyu.gate.columns import NEVER, Ints, fetch, us
from siyu.gate.decide import NUMBER, Verdicts
from siyu.gate.store import Q
from siyu.gate.words import Code, GateRules

_AT_ONCE = 5_000
_REMEMBERED = timedelta(days=100)  # outlays: longer than any window


def tidy(ground: Ground, conn: Connection, rules: GateRules) -> int:
    """One batch of what was taken back and what is over; gives how many permits were put away. Only while nobody judges."""
    now = ground.clock.now()
    done = _sweep(conn, rules, now) + _expire(conn, rules, now)
    conn.execute(Q.forget_outlays, {"before": now - _REMEMBERED})
    return done


def end_leases(conn: Connection, rules: GateRules, now: datetime) -> int:
    """Claims that nobody settled in time become `unknown`; on channels that carry a key they wait again. In a transaction of its own:
    it locks lanes last, and so does everybody."""
    rows = conn.execute(Q.end_leases, {"idempotent": list(rules.idempotent), "now": now, "limit": _AT_ONCE}).fetchall()
    store.wait_again(conn, [(row[2], row[3], row[4]) for row in rows if row[1] == "waiting"])
    return len(rows)


def _expire(conn: Connection, rules: GateRules, now: datetime) -> int:
    done = 0
    for lane_id, channel, purpose, stamp in conn.execute(Q.see_expired_lanes, {"now": now}).fetchall():
        (intents,) = fetch(conn, Q.take_expired, {"lane_id": lane_id, "now": now, "limit": _AT_ONCE})
        if len(intents):
            _refuse(conn, rules, intents, lane_id, _why_late(conn, rules, channel, purpose, now), now)
            done += len(intents)
        if len(intents) < _AT_ONCE:
            conn.execute(Q.renew_expiry, {"lane_id": lane_id, "stamp": stamp})
        if done >= _AT_ONCE:
            break
    return done


def _why_late(conn: Connection, rules: GateRules, channel: str, purpose: str, now: datetime) -> Code:
    """A full quota or budget is the reason, if there is one; else it was simply late."""
    for quota in rules.quotas:
        if quota.channel == channel and store.outlay(conn, now - quota.window, channel, None)[0] >= quota.n:
            return Code.QUOTA
    for budget in rules.budgets:
        if budget.channel in (None, channel) and budget.purpose in (None, purpose):
            spent = store.outlay(conn, now - budget.window, budget.channel, budget.purpose)[1]
            if spent >= budget.limit_minor:
                return Code.BUDGET
    return Code.EXPIRED


def _sweep(conn: Connection, rules: GateRules, now: datetime) -> int:
    done = 0
    rows = conn.execute(Q.see_unswept).fetchall()
    clean = {(origin, origin_id): up_to for _, up_to, origin, origin_id in rows}
    for lane_id, up_to, origin, origin_id in rows:
        if lane_id is None:
            continue
        if done >= _AT_ONCE:
            clean.pop((origin, origin_id), None)
            continue
        (intents,) = fetch(conn, Q.take_unswept, {"lane_id": lane_id, "up_to": up_to, "limit": _AT_ONCE})
        if len(intents):
            _refuse(conn, rules, intents, lane_id, Code.WITHDRAWN, now)
            done += len(intents)
            clean.pop((origin, origin_id), None)  # there may be more: look again next time
    for (origin, origin_id), up_to in clean.items():
        conn.execute(Q.swept, {"origin": origin, "origin_id": origin_id, "up_to": up_to})
    return done


def _refuse(conn: Connection, rules: GateRules, intents: Ints, lane_id: int, code: Code, now: datetime) -> None:
    n = len(intents)
    verdicts = Verdicts(
        code=np.full(n, NUMBER[code]),
        waits=np.zeros(n, dtype=np.bool_),
        at=np.full(n, NEVER),
        cap=np.full(n, -1),
        other=np.full(n, -1),
    )
    store.withdraw_permits(conn, intents, now)
    store.write_verdicts(conn, "claim", verdicts, np.ones(n, dtype=np.bool_), intents, np.full(n, lane_id), us(now), rules)
