"""How far a mass send is, per guide and store: planned, made, confirmed, sent, why not, answered, bought."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.channels.wecom.store import Q
from siyu.channels.wecom.words import NAME
from siyu.pool import relations

_PEOPLE_AT_ONCE = 20_000


@dataclass(frozen=True)
class GuideFunnel:
    """One guide's part of an origin. Counts are customers, but for `tasks`, `confirmed` (tasks), `waiting` (tasks) and `reminders`.

    `created`: in a task that WeCom has. `open`: nothing is known yet. `answered` and `bought`: within the time given, after the message.
    """

    corp: str
    guide: str
    name: str
    store: str
    tasks: int
    confirmed: int
    waiting: int
    reminders: int
    confirmed_at: datetime | None
    expires_at: datetime
    planned: int
    created: int
    open: int
    sent: int
    not_friend: int
    quota: int
    unconfirmed: int
    cancelled: int
    refused: int
    answered: int
    bought: int
    has_left: bool


@dataclass(frozen=True)
class TaskLine:
    """One task as lists show it."""

    task_id: int
    guide: str
    state: str
    msgid: str
    code: str
    why: str
    planned_at: datetime
    made_at: datetime | None
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    expires_at: datetime
    receivers: int


def funnel(
    ground: Ground, conn: Connection, origin: str, origin_id: int, *, measure_for: timedelta = timedelta(days=7)
) -> list[GuideFunnel]:
    """Every guide's part, by store and then the fewest sent first: those who need a word stand on top."""
    words = {
        "origin": origin, "origin_id": origin_id, "channel": NAME, "measure_for": measure_for,
        "day_ago": ground.clock.now() - timedelta(days=1),
    }  # fmt: skip
    return conn.cursor(row_factory=class_row(GuideFunnel)).execute(Q.funnel, words).fetchall()


def tasks_of(conn: Connection, origin: str, origin_id: int, limit: int = 500, *, channel: str = NAME) -> list[TaskLine]:
    """An origin's tasks, in the order in which they were planned."""
    words = {"origin": origin, "origin_id": origin_id, "channel": channel, "limit": limit}
    return conn.cursor(row_factory=class_row(TaskLine)).execute(Q.tasks_of, words).fetchall()


def guides_of_members(conn: Connection, person_ids: Sequence[int]) -> dict[tuple[str, str], int]:
    """How many of these people each guide would write to: (corp, guide) -> people. Who has no guide is under ("", "")."""
    found: Counter[tuple[str, str]] = Counter()
    for first in range(0, len(person_ids), _PEOPLE_AT_ONCE):
        part = [int(one) for one in person_ids[first : first + _PEOPLE_AT_ONCE]]
        guides = relations.guide_of(conn, part)
        found.update((one.corp, one.guide) for one in guides.values())
        found[("", "")] += len(part) - len(guides)
    return {key: n for key, n in found.items() if n}
