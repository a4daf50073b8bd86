"""Answering: behind a place of its own in the log of facts, so that nothing is answered twice and nothing is passed over."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidTag

from siyu import gate, pool
from siyu.base.cursor import Place, keep_place, take_place
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.base.vault import unseal
from siyu.journeys.answers import store
from siyu.journeys.answers.asking import Versions, intents_of
from siyu.journeys.answers.coming import is_greeting
from siyu.journeys.answers.deciding import FORGET_MISSES_AFTER, Decision, Past, after, decide, is_used
from siyu.journeys.answers.greeting import greet_waiting
from siyu.journeys.answers.store import Q
from siyu.journeys.answers.words import CHANNELS, Came, Heard, Outcome

READER = "journeys.answers"
WITHIN = timedelta(minutes=15)  # an answer that comes later answers nothing
STAFF_FOR = timedelta(hours=12)  # a person has a conversation, unless it is ended before
_COMINGS = {"account.followed": "official", "desk.entered": "kf"}
_TYPES = ("message.received", "desk.session_changed", *_COMINGS)
_ENDED = "3"  # change_type of a conversation that was ended
_LONGEST_COOLDOWN = timedelta(days=7)


def advance(ground: Ground, limit: int = 2_000) -> int:
    """One step: look at up to `limit` facts and ask the gate for the answers and greetings; gives how many facts were read and comings
    looked at, 0 = up to date.
    """
    return ground.db.again(lambda conn: _advance(ground, conn, limit))


def _advance(ground: Ground, conn: Connection, limit: int) -> int:
    place = take_place(conn, READER)
    if place is None:
        return 0
    now = ground.clock.now()
    found = conn.execute(Q.read_log, {"xid": str(place.xid), "seq": place.seq, "limit": limit, "types": list(_TYPES)}).fetchall()
    if found:
        _read(ground, conn, found, now)
        keep_place(conn, READER, Place(int(found[-1][0]), found[-1][1]))
    return len(found) + greet_waiting(ground, conn, now - STAFF_FOR)


def _read(ground: Ground, conn: Connection, found: Sequence[tuple[Any, ...]], now: datetime) -> None:
    """What a stretch of the log says: messages are answered at once, comings noted."""
    heard: list[Heard] = []
    came: list[tuple[Came, int]] = []
    ended: list[tuple[int, str, datetime]] = []
    for _, _, key, type_, subject, person, at, data, sealed, wrapped, about in found:
        if data is None or subject is None or person is None:
            continue
        if type_ in _COMINGS:
            if at > now - WITHIN:
                channel = _COMINGS[type_]
                came.append((Came(0, key, subject, channel, str(data.get("account") or about or ""), at), person))
        elif type_ == "desk.session_changed":
            if str(data.get("change_type")) == _ENDED:
                ended.append((subject, str(data.get("channel") or "kf"), at))
        elif data.get("channel") in CHANNELS and at > now - WITHIN:
            said = data.get("keyword") or _open(ground, wrapped, sealed)
            if said:
                heard.append(Heard(key, subject, person, data["channel"], str(data.get("account") or ""), said, at))
    if ended:
        conn.execute(Q.end_talks, {"subjects": [e[0] for e in ended], "channels": [e[1] for e in ended], "ats": [e[2] for e in ended]})
    if heard:
        _answer(ground, conn, heard, now)
    if came:
        rules = store.rules(conn)
        noted = [(one, person) for one, person in came if is_greeting(rules, one.channel, one.account)]
        if noted:
            store.keep_comings(conn, noted, now)


def _answer(ground: Ground, conn: Connection, heard: Sequence[Heard], now: datetime) -> None:
    rules = store.rules(conn)
    heard = [one for one in heard if is_used(rules, one.channel, one.account)]
    if not heard:
        return
    zone = ZoneInfo(pool.brand(conn).time_zone)
    past = _past(conn, heard, now)
    decided: list[tuple[Heard, Decision, int]] = []
    intents: list[gate.Intent] = []
    versions: Versions = {}
    for one in sorted(heard, key=lambda h: h.at):
        who = (one.subject, one.channel)
        decision = decide(rules, one, past[who], f"{one.at.astimezone(zone):%H:%M}")
        past[who] = after(past[who], decision, one.at)
        speaks = decision.rule if decision.outcome in (Outcome.ANSWERED, Outcome.HANDED_OVER, Outcome.MISSED) else None
        mine = intents_of(conn, one, speaks, versions, now, one.at + WITHIN) if speaks else []
        intents += mine
        decided.append((one, decision, len(mine)))
    if intents:
        gate.ask(ground, conn, intents)
    store.keep_hits(conn, decided, now)
    store.call_staff(conn, [(one, decision.why) for one, decision, _ in decided if decision.outcome is Outcome.HANDED_OVER])


def _past(conn: Connection, heard: Sequence[Heard], now: datetime) -> dict[tuple[int, str], Past]:
    subjects = sorted({one.subject for one in heard})
    found = {(one.subject, one.channel): Past() for one in heard}
    with_staff = set(conn.execute(Q.see_with_staff, {"subjects": subjects, "since": now - STAFF_FOR}).fetchall())
    since = now - max(_LONGEST_COOLDOWN, FORGET_MISSES_AFTER)
    for subject, channel, outcome, answer_id, at in conn.execute(Q.see_past, {"subjects": subjects, "since": since}):
        who = (subject, channel)
        before = found.get(who)
        if before is None or outcome in (Outcome.RESTING, Outcome.REPEATED):
            continue
        if outcome == Outcome.MISSED:
            is_recent = before.missed_at is not None and at - before.missed_at < FORGET_MISSES_AFTER
            spoken = before.spoken
            if answer_id is not None:
                spoken = (*(pair for pair in spoken if pair[0] != answer_id), (answer_id, at))
            found[who] = Past((before.misses if is_recent else 0) + 1, at, spoken)
        elif outcome == Outcome.ANSWERED and answer_id is not None:
            found[who] = Past(0, None, (*(pair for pair in before.spoken if pair[0] != answer_id), (answer_id, at)))
        else:
            found[who] = Past(0, None, before.spoken)
    return {who: Past(p.misses, p.missed_at, p.spoken, who in with_staff) for who, p in found.items()}


def _open(ground: Ground, wrapped: bytes | None, sealed: str | None) -> str:
    """What somebody wrote; empty where it was erased, or was no text."""
    if wrapped is None or sealed is None:
        return ""
    try:
        return unseal(ground.vault.open_key(bytes(wrapped)), b64decode(sealed))
    except InvalidTag:
        return ""
