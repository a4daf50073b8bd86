"""Claiming: a channel takes permits to send, each judged again under the lock of its person; and settling what became of them.

One claim of a channel runs at a time (its quota is a sum over all its people), claims of different channels run side by side and meet
only in the shards of the people they share. Locks are always taken in one order: channel, budget, origins, shards, rows, lanes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from siyu import pool
from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.base.locks import SHARDS
from siyu.gate import store, tidying
from siyu.gate.columns import Bools, Ints, execute, fetch, moment, us
from siyu.gate.decide import Verdicts, decide
from siyu.gate.load import Loaded, Wish, load
from siyu.gate.locking import lock_people
from siyu.gate.store import Q
from siyu.gate.words import GateRules, Outcome, Permit, Settlement

_LARGEST_CLAIM = 2_000
_LEAST_LOOK = 200  # permits looked at in a round, so that a small claim is not held up by many that must wait
_MOST_ROUNDS = 20


def is_due(ground: Ground, conn: Connection, channel: str) -> bool:
    """Whether `claim` may find something: one cheap look for channels that mostly have nothing to do."""
    row = conn.execute(Q.is_due, {"channel": channel, "now": ground.clock.now()}).fetchone()
    return bool(row and row[0])


def claim(ground: Ground, channel: str, limit: int, lease_for: timedelta) -> list[Permit]:
    """Take up to `limit` due permits of a channel, the highest priority first, each for `lease_for` of real time.

    Every one is judged again now: who withdrew meanwhile, is over a cap, or sleeps, is refused or moved to later, with a verdict. Fewer
    than `limit`, or none, come back when no more were due or a quota or budget has no more room. Commits before it returns, and does
    not wait for those that come in meanwhile: what it has would grow old.
    """
    if lease_for <= timedelta(0):
        raise InputError("A lease must last for some time.", "Give at least the time of one delivery.", field="lease_for")
    with ground.db.tx() as conn:
        tidying.end_leases(conn, store.rules(conn), ground.clock.now())
    found: list[Permit] = []
    for _ in range(_MOST_ROUNDS):
        with ground.db.tx() as conn:
            permits, is_more = _claim(ground, conn, channel, min(limit - len(found), _LARGEST_CLAIM), lease_for)
        found += permits
        if not is_more or len(found) >= limit:
            break
    return found


def _claim(ground: Ground, conn: Connection, channel: str, limit: int, lease_for: timedelta) -> tuple[list[Permit], bool]:
    """One round: what was claimed, and whether another may find more of what was due when this one looked."""
    conn.execute(Q.begin_deciding)
    rules = store.rules(conn)
    conn.execute(Q.lock_channel, {"name": f"channel:{channel}"})
    if any(budget.channel in (None, channel) for budget in rules.budgets):
        conn.execute(Q.lock_channel, {"name": "budgets"})
    now = ground.clock.now()
    limit = min(limit, _room(conn, rules, channel, now))
    if limit <= 0:
        return [], False
    stamps = conn.execute(Q.see_due_lanes, {"channel": channel, "now": now}).fetchall()
    if not stamps:
        return [], False
    most = max(limit, _LEAST_LOOK)
    intents, people, lane_ids = fetch(conn, Q.take_due, {"channel": channel, "now": now, "limit": most})
    is_whole = len(intents) < most
    known = np.isin(lane_ids, [row[0] for row in stamps])  # not those that have come in since: their origins would not be locked
    intents, people = intents[known], people[known]
    if len(intents):
        conn.execute(Q.lock_origins, {"origins": [row[1] for row in stamps], "origin_ids": [row[2] for row in stamps]})
        held = lock_people(conn, people)
        permits, has_moved, is_left = _claim_held(ground, conn, channel, intents, limit, held, rules, lease_for)
    else:
        permits, has_moved, is_left = [], False, False
    lanes = sorted((row[0], row[3]) for row in stamps)
    conn.execute(Q.lock_lanes, {"lane_ids": [lane for lane, _ in lanes]})
    conn.execute(Q.drain_lanes, {"lane_ids": [lane for lane, _ in lanes], "stamps": [stamp for _, stamp in lanes]})
    return permits, has_moved and (is_left or not is_whole)


def _claim_held(
    ground: Ground, conn: Connection, channel: str, intents: Ints, limit: int, held: Ints, rules: GateRules, lease_for: timedelta
) -> tuple[list[Permit], bool, bool]:
    """Judge again, with fresh eyes now that the locks are held. What is claimed, whether a further round would find another queue than
    this one did, and whether some were left without an answer."""
    now = ground.clock.now()
    intent, person, lane_id, due, expires = fetch(conn, Q.retake_due, {"intent_ids": intents, "now": now})
    if not len(intent):
        return [], True, True
    no_control = np.zeros(len(intent), dtype=np.bool_)
    wish = Wish(intent, person, lane_id, no_control, due, expires)
    loaded = load(conn, wish, rules, pool.brand(conn).time_zone, us(now), is_claim=True)
    verdicts = decide(loaded.batch, loaded.touches, rules, us(now), is_claim=True)
    # Rows stand in the order of the queue, and an answer depends only on rows before it: so the rest may be left for another time.
    ours = _is_held(loaded, held)
    safe = ours & (np.cumsum(ours & verdicts.is_yes & ~verdicts.waits) <= limit)
    taken = safe & verdicts.is_yes & ~verdicts.waits
    taken &= _within_budgets(conn, rules, channel, loaded, taken, now)
    later = safe & verdicts.waits
    refused = safe & ~verdicts.is_yes
    _write_changes(conn, rules, loaded, verdicts, intent, lane_id, later, refused, now)
    permits = _lease(conn, loaded, intent, taken, lease_for, now)
    if permits:
        _note_outlays(conn, channel, permits, now)
    has_moved = bool(permits) or bool(later.any() or refused.any()) or not ours.all()
    return permits, has_moved, len(intent) < len(intents) or not safe.all()


def _is_held(loaded: Loaded, held: Ints) -> Bools:
    """Rows whose person has no id outside the locked shards: all, but for those who were merged while we waited for the locks."""
    outside = ~np.isin(loaded.members % SHARDS, held)
    safe = np.ones(len(loaded.people) + 1, dtype=np.bool_)  # the last is nobody
    safe[loaded.member_who[outside]] = False
    return safe[loaded.batch.who]


def _room(conn: Connection, rules: GateRules, channel: str, now: datetime) -> int:
    """How many more the platform's quotas let us send now."""
    room = _LARGEST_CLAIM
    for quota in rules.quotas:
        if quota.channel == channel and quota.n > 0:  # nothing at all is a rule for the judge, who says so
            room = min(room, quota.n - store.outlay(conn, now - quota.window, channel, None)[0])
    return room


def _within_budgets(conn: Connection, rules: GateRules, channel: str, loaded: Loaded, taken: Bools, now: datetime) -> Bools:
    """Which of the taken rows the budgets still cover, in the order of the queue; behind the first that does not fit none does."""
    covered = np.ones(len(taken), dtype=np.bool_)
    lanes, lane = loaded.batch.lanes, loaded.batch.lane
    for budget in rules.budgets:
        if budget.channel not in (None, channel):
            continue
        mine = taken & covered & lanes.fits(budget.channel, budget.purpose)[lane]
        left = budget.limit_minor - store.outlay(conn, now - budget.window, budget.channel, budget.purpose)[1]
        covered &= ~mine | (np.cumsum(np.where(mine, lanes.cost[lane], 0)) <= left)
    return covered


def _write_changes(
    conn: Connection,
    rules: GateRules,
    loaded: Loaded,
    verdicts: Verdicts,
    intent: Ints,
    lane_id: Ints,
    later: Bools,
    refused: Bools,
    now: datetime,
) -> None:
    if later.any():
        dues = [moment(at) for at in verdicts.at[later].tolist()]
        execute(conn, Q.put_off, {"intent_ids": intent[later], "dues": dues})
    store.withdraw_permits(conn, intent[refused], now)
    store.write_verdicts(conn, "claim", verdicts, later | refused, intent, lane_id, us(now), rules, loaded.batch.lanes)


def _lease(conn: Connection, loaded: Loaded, intent: Ints, taken: Bools, lease_for: timedelta, now: datetime) -> list[Permit]:
    if not taken.any():
        return []
    rows = conn.execute(
        Q.lease,
        {
            "intent_ids": intent[taken].tolist(),
            "person_ids": loaded.person(np.flatnonzero(taken)).tolist(),
            "now": now,
            "lease_for": lease_for,
        },
    ).fetchall()
    order = {number: place for place, number in enumerate(intent.tolist())}
    return sorted((Permit(*row) for row in rows), key=lambda permit: order[permit.intent_id])


def _note_outlays(conn: Connection, channel: str, permits: Sequence[Permit], now: datetime) -> None:
    many = Counter(permit.purpose for permit in permits)
    cost: Counter[str] = Counter()
    for permit in permits:
        cost[permit.purpose] += permit.cost_minor
    purposes = sorted(many)
    conn.execute(
        Q.note_outlays,
        {"channel": channel, "now": now, "purposes": purposes, "ns": [many[p] for p in purposes], "costs": [cost[p] for p in purposes]},
    )


def prolong(conn: Connection, claims: Sequence[tuple[int, int]], lease_for: timedelta) -> set[int]:
    """Let claims (intent, token) run for `lease_for` of real time from now: where others must act before the outcome is known. Gives the
    intents that are still the caller's; the others were lost to somebody else."""
    words = {"intent_ids": [one for one, _ in claims], "tokens": [token for _, token in claims], "lease_for": lease_for}
    return {row[0] for row in conn.execute(Q.prolong, words)}


def note_spent(ground: Ground, conn: Connection, subjects: Sequence[int], channel: str, until: datetime) -> None:
    """The platform says that these identifiers get nothing more by the channel until a moment: the gate leaves them out till then."""
    if subjects:
        words = {"subjects": sorted(set(subjects)), "channel": channel, "until": until, "now": ground.clock.now()}
        conn.execute(Q.note_spent, words)


def settle(ground: Ground, conn: Connection, settlements: Sequence[Settlement]) -> list[Settlement]:
    """Say how claims ended, in the caller's transaction; gives those whose tokens are stale: somebody else has the permit now.

    `at` is when it was sent or refused; for `returned` (not tried) the moment from which it may be tried again. An unknown outcome may be
    settled again as sent or rejected, with the same token, when the truth is found out.
    """
    if not settlements:
        return []
    rows: list[Any] = conn.execute(
        Q.settle,
        {
            "intent_ids": [s.intent_id for s in settlements],
            "tokens": [s.token for s in settlements],
            "outcomes": [str(s.outcome) for s in settlements],
            "ats": [s.at for s in settlements],
        },
    ).fetchall()
    back = [row for row in rows if row[1] == Outcome.RETURNED]
    if back:
        conn.execute(
            Q.give_back,
            {
                "channels": [row[6] for row in back],
                "purposes": [row[7] for row in back],
                "claimed_ats": [row[5] for row in back],
                "ns": [-1] * len(back),
                "costs": [-row[8] for row in back],
            },
        )
        store.wait_again(conn, [(row[2], row[3], row[4]) for row in back])
    taken = {row[0] for row in rows}
    return [s for s in settlements if s.intent_id not in taken]
