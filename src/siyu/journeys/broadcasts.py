"""What people do with broadcasts: make, change, look ahead, set going, hold, stop. All in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from siyu import content, gate, segments
from siyu.base import jobs
from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.journeys import store
from siyu.journeys.draw import draw, seconds_to
from siyu.journeys.flow import members_of
from siyu.journeys.moves import after
from siyu.journeys.pricing import price_of
from siyu.journeys.store import Q
from siyu.journeys.words import ORIGIN, Broadcast, Draft, Plan, Progress, State

LOOK_BACK_FOR = timedelta(days=365)
LARGEST_HOLDOUT = 0.5
LONGEST_NAME = 120
LONGEST_MEASURE = timedelta(days=180)
_AT_ONCE = 20_000


def make(ground: Ground, conn: Connection, draft: Draft) -> int:
    """Keep a draft; gives its number. Raises `InputError` with the field that is wrong."""
    words = _checked(conn, draft)
    row = conn.execute(Q.make_broadcast, words | {"created_at": ground.clock.now()}).fetchone()
    assert row is not None  # noqa: S101
    return int(row[0])


def change(conn: Connection, broadcast_id: int, draft: Draft) -> None:
    """Change a draft. Raises `InputError` when it is one no longer."""
    now = store.take(conn, broadcast_id)
    if now.state != State.DRAFT:
        raise InputError("Only a draft can be changed.", "Recall the broadcast first, or copy it.", field="state")
    conn.execute(Q.change_broadcast, _checked(conn, draft) | {"broadcast_id": broadcast_id})


def draft_of(broadcast: Broadcast) -> Draft:
    """The broadcast as somebody could make it anew."""
    return Draft(
        name=broadcast.name,
        rule=broadcast.rule,
        channel=broadcast.channel,
        content_id=broadcast.content_id,
        segment_id=broadcast.segment_id,
        purpose=broadcast.purpose,
        topic="" if broadcast.topic == f"{ORIGIN}:{broadcast.broadcast_id}" else broadcast.topic,
        priority=broadcast.priority,
        cost_minor=None if broadcast.is_cost_by_price else broadcast.cost_minor,
        holdout_share=float(broadcast.holdout_share),
        expire_for=broadcast.expire_for,
        measure_for=broadcast.measure_for,
        rate_per_minute=broadcast.rate_per_minute,
        created_by=broadcast.created_by,
    )


def schedule(ground: Ground, conn: Connection, broadcast_id: int, start_at: datetime | None = None) -> None:
    """Set it going at `start_at` (now when not given). The content's version of this moment is the one that is sent."""
    broadcast, now = store.take(conn, broadcast_id), ground.clock.now()
    state = after(broadcast.state, "schedule")
    version = content.kept(conn, broadcast.content_id)
    if version is None:
        raise InputError("The content of the broadcast does not exist any more.", "Choose another content.", field="content_id")
    words = {"broadcast_id": broadcast_id, "state": state, "start_at": max(start_at or now, now), "content_version": version.version}
    words["cost_minor"] = price_of(conn, version) if broadcast.is_cost_by_price else broadcast.cost_minor
    conn.execute(Q.set_going, words)


def start(ground: Ground, conn: Connection, broadcast_id: int) -> None:
    """Set it going now."""
    schedule(ground, conn, broadcast_id)


def recall(ground: Ground, conn: Connection, broadcast_id: int) -> None:
    """Take a scheduled broadcast back to a draft, to change it."""
    _set(ground, conn, store.take(conn, broadcast_id), "recall")


def pause(ground: Ground, conn: Connection, broadcast_id: int) -> None:
    """Hold everything: from the moment this commits the gate hands out no message of it any more. What a channel already has goes out."""
    broadcast = store.take(conn, broadcast_id)
    _set(ground, conn, broadcast, "pause")
    gate.pause(ground, conn, ORIGIN, broadcast_id)


def go_on(ground: Ground, conn: Connection, broadcast_id: int) -> None:
    """Go on after a pause.

    What had not gone out is taken back and asked for anew in another round, so that the rate holds and nothing has expired in the
    meantime; the turns that were held up, and their measuring windows with them, move by as long as the pause lasted.
    """
    broadcast, now = store.take(conn, broadcast_id), ground.clock.now()
    words: dict[str, Any] = {"broadcast_id": broadcast_id}
    if broadcast.started_at is None:
        after(broadcast.state, "go_on")
        conn.execute(Q.set_state, words | {"state": State.SCHEDULED, "now": now})
        gate.resume(ground, conn, ORIGIN, broadcast_id)
        return
    _set(ground, conn, broadcast, "go_on")
    gate.withdraw(ground, conn, ORIGIN, broadcast_id)
    conn.execute(Q.take_back_withdrawn, words)
    row = conn.execute(Q.first_open_place, words).fetchone()
    if broadcast.paused_at and row and row[0] is not None:
        conn.execute(Q.keep_next_place, words | {"next_place": row[0]})
        conn.execute(Q.put_off, words | {"place": row[0], "by": now - broadcast.paused_at})
        conn.execute(Q.measured_at, words)
    gate.resume(ground, conn, ORIGIN, broadcast_id)


def cancel(ground: Ground, conn: Connection, broadcast_id: int) -> int:
    """Stop for good; says how many messages were taken back. What went out stays out, and is still measured."""
    broadcast = store.take(conn, broadcast_id)
    _set(ground, conn, broadcast, "cancel")
    if broadcast.job_id:
        jobs.end(conn, broadcast.job_id, "cancelled")
    return gate.withdraw(ground, conn, ORIGIN, broadcast_id)


def plan(ground: Ground, conn: Connection, broadcast_id: int, progress: Callable[[int], None] | None = None) -> Plan:
    """The contact budget: if it began now (or at its start), who would be held out, who would be left out and why, and what it would cost.

    Reads every member, so it takes seconds for hundreds of thousands; `progress` is told how many people are done.
    """
    broadcast = store.see(conn, broadcast_id)
    past = members_of(ground, conn, broadcast)
    drawn = draw(past, float(broadcast.holdout_share), broadcast.salt)
    treated = past.person_ids[~drawn.is_control]
    start_at = max(broadcast.start_at or ground.clock.now(), ground.clock.now())
    version = content.kept(conn, broadcast.content_id)
    ends_at = start_at + timedelta(seconds=seconds_to(len(treated), broadcast.rate_per_minute))
    forecast = gate.forecast(
        ground,
        (treated[n : n + _AT_ONCE] for n in range(0, len(treated), _AT_ONCE)),
        channel=broadcast.channel,
        purpose=broadcast.purpose,
        topic=broadcast.topic,
        content_id=broadcast.content_id,
        priority=broadcast.priority,
        cost_minor=price_of(conn, version) if version and broadcast.is_cost_by_price else broadcast.cost_minor,
        template=content.template_of(version) if version else "",
        at=start_at,
        expires_at=ends_at + broadcast.expire_for,
        progress=progress,
    )
    return Plan(len(past.person_ids), int(drawn.is_control.sum()), forecast, ends_at)


def progress(ground: Ground, conn: Connection, broadcast_id: int) -> Progress:
    """How far it is."""
    broadcast = store.see(conn, broadcast_id)
    row = conn.execute(Q.see_progress, {"broadcast_id": broadcast_id}).fetchone()
    assert row is not None  # noqa: S101  a row of sub-selects always comes
    made = Progress(broadcast.state, row[0], row[1], row[2], row[3], broadcast.job_id)
    if broadcast.state == State.ENROLLING:
        return replace(made, phase="asking" if broadcast.drawn_at else "drawing")
    if broadcast.state == State.RUNNING:
        return replace(made, phase="sending" if made.in_flight else "measuring")
    return made


def _set(ground: Ground, conn: Connection, broadcast: Broadcast, move: str) -> None:
    words = {"broadcast_id": broadcast.broadcast_id, "state": after(broadcast.state, move), "now": ground.clock.now()}
    conn.execute(Q.set_state, words)


def _checked(conn: Connection, draft: Draft) -> dict[str, Any]:
    """The draft as parameters. Raises `InputError` for the first thing that is wrong."""
    name = draft.name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise InputError("A broadcast needs a name.", f"Give it one of at most {LONGEST_NAME} characters.", field="name")
    rule = segments.frozen(conn, segments.parse(draft.rule))
    version = content.kept(conn, draft.content_id)
    if version is None:
        raise InputError("The content does not exist.", "Choose one from the list of contents.", field="content_id")
    if version.channel != draft.channel:
        raise InputError(
            f"The content is written for {version.channel}, not for {draft.channel}.", "Choose another content.", field="content_id"
        )
    if not 0 <= draft.holdout_share <= LARGEST_HOLDOUT:
        raise InputError("The holdout is out of range.", "Hold out between 0 and 50 %; 10 % is a good start.", field="holdout_share")
    if not timedelta(hours=1) <= draft.measure_for <= LONGEST_MEASURE:
        raise InputError("The measuring window is out of range.", "Measure for an hour to 180 days.", field="measure_for")
    if not timedelta(minutes=1) <= draft.expire_for <= timedelta(days=30):
        raise InputError("The time a message may wait is out of range.", "Let it wait a minute to 30 days.", field="expire_for")
    if draft.rate_per_minute is not None and draft.rate_per_minute < 1:
        raise InputError("The rate is not a number above zero.", "Leave it empty to send as fast as the channel allows.", field="rate")
    if draft.purpose not in list(gate.Purpose):
        raise InputError("The purpose is not known.", f"Use one of {', '.join(gate.Purpose)}.", field="purpose")
    if draft.cost_minor is not None and draft.cost_minor < 0:
        raise InputError("The cost of a message is below zero.", "Give what one message costs, or 0.", field="cost_minor")
    words = asdict(draft)
    by_price = draft.cost_minor is None
    words |= {"cost_minor": price_of(conn, version) if by_price else draft.cost_minor, "is_cost_by_price": by_price}
    words |= {"name": name, "rule": Jsonb(segments.dump(rule)), "content_version": version.version, "look_back_for": LOOK_BACK_FOR}
    return words
