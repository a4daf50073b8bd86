"""Greeting those who come: what a follow or an entering of a desk leads to, in the transaction of the caller."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from siyu import gate, pool
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.journeys.answers import store
from siyu.journeys.answers.asking import Versions, intents_of
from siyu.journeys.answers.coming import greet, opening
from siyu.journeys.answers.deciding import Decision
from siyu.journeys.answers.store import Q
from siyu.journeys.answers.words import CHANNELS, Came, DeskTicket, Outcome

_YES_WITHIN = timedelta(seconds=10)  # the yes that comes with a follow is folded by then; if not, the gate says why nothing goes
_LONGEST_PAUSE = timedelta(days=7)


def greet_waiting(ground: Ground, conn: Connection, staff_since: datetime) -> int:
    """Look at the comings that wait; gives how many were settled. Whom a person took since `staff_since` is not greeted."""
    now = ground.clock.now()
    came = [one for one in store.waiting(conn, CHANNELS["official"]) if not one.has_old_no or now - one.at >= _YES_WITHIN]
    if not came:
        return 0
    zone, rules, windows = ZoneInfo(pool.brand(conn).time_zone), store.rules(conn), gate.rules(conn).windows
    subjects = sorted({one.subject for one in came})
    with_staff = set(conn.execute(Q.see_with_staff, {"subjects": subjects, "since": staff_since}).fetchall())
    greeted: dict[tuple[int, str], datetime] = {
        (subject, channel): at
        for subject, channel, at in conn.execute(Q.see_greeted, {"subjects": subjects, "since": now - _LONGEST_PAUSE})
    }
    decided: list[tuple[Came, Decision, int, UUID | None]] = []
    intents: list[gate.Intent] = []
    versions: Versions = {}
    for one in came:
        who, open_for = (one.subject, one.channel), opening(windows, one.channel)
        clock = f"{one.at.astimezone(zone):%H:%M}"
        decision = greet(rules, one, clock, now, open_for, greeted.get(who), who in with_staff)
        mine: list[gate.Intent] = []
        if decision.outcome is Outcome.GREETED and decision.rule is not None:
            greeted[who] = one.at
            mine = intents_of(conn, one, decision.rule, versions, now, one.at + open_for)
        intents += mine
        decided.append((one, decision, len(mine), mine[0].key if mine and one.channel == "kf" else None))
    if intents:
        gate.ask(ground, conn, intents)
    store.end_waiting(conn, decided, now)
    return len(decided)


def tickets_of(conn: Connection, intent_ids: Collection[int]) -> dict[int, DeskTicket]:
    """The codes by which intents go to a desk (`kf/send_msg_on_event`); those that are not the first of a greeting are left out."""
    return {row[0]: DeskTicket(*row[1:]) for row in conn.execute(Q.tickets, {"intent_ids": list(intent_ids)})}
