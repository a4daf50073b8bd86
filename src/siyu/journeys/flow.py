"""The story of a broadcast's members: they are taken and divided once, then put to the gate batch by batch.

`advance` is the river's step. It may be killed anywhere: members are taken in one transaction, and each batch is asked for and noted as
asked in one transaction, so that going on finds what is left and nobody is asked about twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np

from siyu import content, gate, pool, segments
from siyu.base import jobs
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.base.ids import key_of
from siyu.journeys import store
from siyu.journeys.draw import draw, seconds_to
from siyu.journeys.enrolment import divided
from siyu.journeys.moves import after
from siyu.journeys.store import Q
from siyu.journeys.words import ORIGIN, Arm, Broadcast, Drawn, Member, Past, State

log = logging.getLogger(__name__)

ASK_BATCH = 5_000


def advance(ground: Ground) -> int:
    """Move every broadcast on that has something to do by one batch; says how many members (or broadcasts) that was, 0 = nothing to do."""
    with ground.db.tx() as conn:
        due = [int(row[0]) for row in conn.execute(Q.due_broadcasts, {"now": ground.clock.now()})]
    return sum(_advance(ground, broadcast_id) for broadcast_id in due)


def _advance(ground: Ground, broadcast_id: int) -> int:
    with ground.db.tx() as conn:
        row = conn.execute(Q.try_advance, {"broadcast_id": broadcast_id}).fetchone()
        if not row or not row[0]:
            return 0  # another worker is at it
        now = ground.clock.now()
        broadcast = store.see(conn, broadcast_id)
        if broadcast.state == State.SCHEDULED and broadcast.start_at and broadcast.start_at <= now:
            return _begin(conn, broadcast_id, now)
        if broadcast.state == State.ENROLLING:
            return _ask(ground, conn, broadcast_id, now) if broadcast.drawn_at else _take(ground, conn, broadcast, now)
        if broadcast.state == State.RUNNING and broadcast.measured_at and broadcast.measured_at <= now:
            return _finish(conn, broadcast_id, now)
    return 0


def _begin(conn: Connection, broadcast_id: int, now: datetime) -> int:
    broadcast = store.take(conn, broadcast_id)
    if broadcast.state != State.SCHEDULED:
        return 0
    conn.execute(Q.set_state, {"broadcast_id": broadcast_id, "state": after(broadcast.state, "begin"), "now": now})
    job_id = jobs.begin(conn, "broadcast", broadcast.name)
    conn.execute(Q.keep_job, {"broadcast_id": broadcast_id, "job_id": job_id})
    return 1


def _take(ground: Ground, conn: Connection, broadcast: Broadcast, now: datetime) -> int:
    """Take the segment's members of this moment, divide them, keep them: one transaction, so that a kill leaves all or nothing.

    The row of the broadcast is not locked meanwhile (it takes a while for a million), so that a person can pause or cancel.
    """
    past = members_of(ground, conn, broadcast, lambda taken: _beat(ground, broadcast, taken, None, "drawing"))
    taken = len(past.person_ids)
    drawn = draw(past, float(broadcast.holdout_share), broadcast.salt)
    start = max(now, broadcast.start_at or now)
    entered = [start + timedelta(seconds=seconds_to(int(place), broadcast.rate_per_minute)) for place in drawn.places]
    store.copy_members(conn, _rows(broadcast.broadcast_id, past, drawn, entered))
    words = {"broadcast_id": broadcast.broadcast_id, "now": now, "members_n": taken}
    conn.execute(Q.drawn, words | {"measured_at": max(entered, default=now) + broadcast.measure_for})
    log.info("drew a broadcast", extra={"broadcast": broadcast.broadcast_id, "members": taken, "control": int(drawn.is_control.sum())})
    _beat(ground, broadcast, 0, taken, "asking")
    return max(taken, 1)


def members_of(ground: Ground, conn: Connection, broadcast: Broadcast, progress: Callable[[int], None] | None = None) -> Past:
    """The people who are in the broadcast's segment now, with what was known about them before; `progress` is told how many are read."""
    brand, now = pool.brand(conn), ground.clock.now()
    parts: list[Past] = []
    taken = 0
    for person_ids in segments.members(ground, conn, segments.parse(broadcast.rule)):
        parts.append(store.past(conn, person_ids, now - broadcast.look_back_for, now, brand.currency))
        taken += len(person_ids)
        if progress:
            progress(taken)
    return _joined(parts)


def _joined(parts: list[Past]) -> Past:
    empty = np.array([], dtype=np.int64)
    if not parts:
        return Past(empty, np.array([], dtype=str), empty, empty)
    ids, first = np.unique(np.concatenate([p.person_ids for p in parts]), return_index=True)
    return Past(
        ids,
        np.concatenate([p.stages for p in parts])[first],
        np.concatenate([p.before_minor for p in parts])[first],
        np.concatenate([p.before_n for p in parts])[first],
    )


def _rows(broadcast_id: int, past: Past, drawn: Drawn, entered: list[datetime]) -> list[tuple[object, ...]]:
    arms = np.where(drawn.is_control, Arm.CONTROL.value, Arm.TREATED.value)
    columns = (past.person_ids, arms, drawn.strata, drawn.places, past.before_minor, past.before_n)
    return [(broadcast_id, *row) for row in zip(*(c.tolist() for c in columns), entered, strict=True)]


def _ask(ground: Ground, conn: Connection, broadcast_id: int, now: datetime) -> int:
    """Put the next batch to the gate, held-out members too: their no has its reason, and it is the same way for both arms."""
    broadcast = store.take(conn, broadcast_id)  # a pause waits for this batch, and then takes it back
    if broadcast.state != State.ENROLLING:
        return 0
    batch = store.unasked(conn, broadcast, ASK_BATCH)
    if not batch:
        conn.execute(Q.set_state, {"broadcast_id": broadcast_id, "state": after(broadcast.state, "asked"), "now": now})
        if broadcast.job_id:
            jobs.end(conn, broadcast.job_id)
        return 1
    currents = pool.current_person(conn, [m.person_id for m in batch])
    same = store.same_people(conn, broadcast_id, currents.values())
    ask, aside = divided(batch, currents, same)
    version = content.kept(conn, broadcast.content_id, broadcast.content_version)
    template = content.template_of(version) if version else ""
    intents = [_intent(broadcast, m, currents[m.person_id], now, template) for m in ask]
    gate.ask(ground, conn, intents)
    store.note_asked(conn, broadcast_id, {m.person_id: i.key for m, i in zip(ask, intents, strict=True)}, aside)
    conn.execute(Q.keep_next_place, {"broadcast_id": broadcast_id, "next_place": batch[-1].place})
    if broadcast.job_id:
        so_far = min(broadcast.members_n, _counted(conn, broadcast.job_id) + len(batch))
        jobs.beat(conn, broadcast.job_id, so_far, total=broadcast.members_n)
    return len(batch)


def _counted(conn: Connection, job_id: int) -> int:
    """How many members the job has counted."""
    job = jobs.see(conn, job_id)
    return job.done if job else 0


def _intent(broadcast: Broadcast, member: Member, person_id: int, now: datetime, template: str) -> gate.Intent:
    not_before = max(member.entered_at, now)
    return gate.Intent(
        key=key_of(ORIGIN, broadcast.broadcast_id, member.person_id, member.round),
        person_id=person_id,
        channel=broadcast.channel,
        purpose=broadcast.purpose,
        origin=ORIGIN,
        origin_id=broadcast.broadcast_id,
        content_id=broadcast.content_id,
        content_version=broadcast.content_version,
        topic=broadcast.topic,
        is_control=member.arm == Arm.CONTROL,
        priority=broadcast.priority,
        cost_minor=broadcast.cost_minor,
        template=template,
        not_before=not_before,
        expires_at=not_before + broadcast.expire_for,
    )


def _finish(conn: Connection, broadcast_id: int, now: datetime) -> int:
    broadcast = store.take(conn, broadcast_id)
    row = conn.execute(Q.count_in_flight, {"broadcast_id": broadcast_id}).fetchone()
    if broadcast.state != State.RUNNING or (row and row[0]):
        return 0
    conn.execute(Q.set_state, {"broadcast_id": broadcast_id, "state": after(broadcast.state, "finish"), "now": now})
    return 1


def _beat(ground: Ground, broadcast: Broadcast, done: int, total: int | None, phase: str) -> None:
    """Say how far the draw is, on a connection of its own: its transaction shows nothing to others until it is done."""
    if broadcast.job_id:
        with ground.db.tx() as conn:
            jobs.beat(conn, broadcast.job_id, done, total=total, detail={"phase": phase})
