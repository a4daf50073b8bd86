"""Rows of answers <-> words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from siyu.base.db import Connection, queries
from siyu.journeys.answers.deciding import Decision
from siyu.journeys.answers.words import Came, Heard, Matching, Occasion, Rule

Q = queries(__name__)


def rules(conn: Connection, answer_id: int | None = None) -> list[Rule]:
    """All rules, the strongest first, or one."""
    rows = conn.execute(Q.rules, {"answer_id": answer_id})
    return [
        Rule(r[0], r[1], r[2], tuple(r[3]), tuple(r[4]), Matching(r[5]), r[6], r[7], r[8], tuple(r[9]), r[10], r[11], r[12], r[13], r[14],
             Occasion(r[15])) for r in rows
    ]  # fmt: skip


def keep_hits(conn: Connection, decided: Sequence[tuple[Heard, Decision, int]], now: datetime) -> None:
    """Write what became of messages: (message, decision, how many messages were asked for)."""
    conn.execute(
        Q.keep_hits,
        {
            "keys": [h.key for h, _, _ in decided], "answers": [d.rule.answer_id if d.rule else None for _, d, _ in decided],
            "people": [h.person_id for h, _, _ in decided], "subjects": [h.subject for h, _, _ in decided],
            "channels": [h.channel for h, _, _ in decided], "accounts": [h.account for h, _, _ in decided],
            "outcomes": [str(d.outcome) for _, d, _ in decided], "asked": [n for _, _, n in decided],
            "ats": [h.at for h, _, _ in decided], "now": now,
        },
    )  # fmt: skip


def call_staff(conn: Connection, calls: Sequence[tuple[Heard, str]]) -> None:
    """Note conversations that a person should take, each with why."""
    if calls:
        conn.execute(
            Q.call_staff,
            {
                "subjects": [h.subject for h, _ in calls], "channels": [h.channel for h, _ in calls],
                "accounts": [h.account for h, _ in calls], "whys": [why for _, why in calls], "ats": [h.at for h, _ in calls],
            },
        )  # fmt: skip


def keep_comings(conn: Connection, came: Sequence[tuple[Came, int]], now: datetime) -> None:
    """Note comings that wait to be looked at, each with whose it is; one that was noted before is left as it is."""
    conn.execute(
        Q.keep_comings,
        {
            "keys": [c.key for c, _ in came], "people": [person for _, person in came], "subjects": [c.subject for c, _ in came],
            "channels": [c.channel for c, _ in came], "accounts": [c.account for c, _ in came], "ats": [c.at for c, _ in came], "now": now,
        },
    )  # fmt: skip


def waiting(conn: Connection, chat: str) -> list[Came]:
    """Comings that wait, the oldest first. `chat` is the channel of official accounts whose no may be of before the follow."""
    return [Came(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7]) for r in conn.execute(Q.waiting, {"chat": chat})]


def end_waiting(conn: Connection, decided: Sequence[tuple[Came, Decision, int, UUID | None]], now: datetime) -> None:
    """Write what became of comings: (coming, decision, how many messages were asked for, the key of the one that goes by the code)."""
    conn.execute(
        Q.end_waiting,
        {
            "hits": [c.hit_id for c, _, _, _ in decided], "answers": [d.rule.answer_id if d.rule else None for _, d, _, _ in decided],
            "outcomes": [str(d.outcome) for _, d, _, _ in decided], "asked": [n for _, _, n, _ in decided],
            "firsts": [key for _, _, _, key in decided], "now": now,
        },
    )  # fmt: skip
