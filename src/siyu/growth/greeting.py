"""Which welcome somebody gets, and the wish for it at the gate.

Rules by code, day, hour, and new or returning are answered at once. A rule by person (buyer, tag, segment) can be answered only of those
whom we know; who comes by a name that is linked to no other yet is waited for a moment, because the corp is being asked who they are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from siyu import content, gate, pool, segments
from siyu.base.db import Connection
from siyu.base.errors import SiyuError
from siyu.base.ground import Ground
from siyu.base.ids import key_of
from siyu.growth import store
from siyu.growth.codes import CHANNEL, default_welcomes
from siyu.growth.store import Q
from siyu.growth.turn import may_change, welcome_of
from siyu.growth.words import BY_PERSON, For, LiveCode, Welcome, Who

ORIGIN = "code"
WELCOME_WITHIN = timedelta(seconds=20)  # of the adding, says WeCom
_LEARN_FOR = timedelta(seconds=3)  # to hear from the corp who somebody is
_LEARN_UNTIL = timedelta(seconds=10)  # after the adding


@dataclass(frozen=True)
class Came:
    """Somebody who has come: one adding. `welcome_code` is a secret of seconds."""

    key: UUID
    subject: int
    person_id: int
    corp: str
    guide: str
    added_at: datetime
    state: str
    welcome_code: str
    is_half: bool = False

    def __repr__(self) -> str:
        return f"Came({self.key})"


@dataclass(frozen=True)
class Choice:
    """What is done about somebody's welcome: a state of `live_code_scans.welcome`, the welcome where it is asked, until when it waits."""

    state: str
    welcome: Welcome | None = None
    decide_at: datetime | None = None


def rules_of(code: LiveCode | None, general: tuple[Welcome, ...]) -> tuple[Welcome, ...]:
    """The rules for who came by a code, in order: its own, then everybody's."""
    return (code.draft.welcomes if code else ()) + general


def choose(one: Came, rules: Sequence[Welcome], who: Who, zone: str, now: datetime) -> Choice:
    """What to do about the welcome of somebody with a ticket."""
    until = min(now + _LEARN_FOR, one.added_at + _LEARN_UNTIL)
    if now < until and may_change(rules, one.added_at, zone, who):
        return Choice("waiting", decide_at=until)
    chosen = welcome_of(rules, one.added_at, zone, who)
    return Choice("asked", chosen) if chosen else Choice("no_match" if rules else "no_content")


def whos(ground: Ground, conn: Connection, people: Mapping[int, Sequence[Welcome]]) -> dict[int, Who]:
    """What is known of people, as far as the rules for each ask for it; who is asked nothing about is missing."""
    asked = {person: rules for person, rules in people.items() if any(one.whom in BY_PERSON for one in rules)}
    found = {}
    for person, is_known, is_buyer, tags in conn.execute(Q.whos, {"people": list(asked)}) if asked else ():
        wanted = {int(one.of) for one in asked[person] if one.whom == For.SEGMENT and one.of.isdigit()}
        its = frozenset(number for number in wanted if _is_in(ground, conn, number, person))
        found[person] = Who(False, is_buyer, frozenset(tags), its, is_known)
    return found


def _is_in(ground: Ground, conn: Connection, segment_id: int, person: int) -> bool:
    """A segment that was deleted, or cannot be asked any more, holds nobody: nobody else's welcome may wait for it."""
    try:
        with conn.transaction():
            return segments.has(ground, conn, segments.kept(conn, segment_id).rule, person)
    except SiyuError:
        return False


def intent_key(one: Came) -> UUID:
    """The key of the wish to greet: the welcome code's, so that a callback that comes twice makes one."""
    return key_of("welcome", one.corp, one.welcome_code)


def ask(ground: Ground, conn: Connection, greeted: Sequence[tuple[Came, int, int]], now: datetime) -> None:
    """Ask the gate for welcomes: who came, by which code (0 = none of ours), which content."""
    versions = {number: content.kept(conn, number) for number in {content_id for _, _, content_id in greeted}}
    intents = [
        gate.Intent(
            key=intent_key(one),
            person_id=one.person_id,
            channel=CHANNEL,
            purpose=gate.Purpose.SERVICE,
            origin=ORIGIN,
            origin_id=code_id,
            content_id=version.content_id,
            content_version=version.version,
            not_before=min(one.added_at, now),
            expires_at=one.added_at + WELCOME_WITHIN,
            priority=100,
        )
        for one, code_id, content_id in greeted
        if (version := versions.get(content_id))
    ]
    gate.ask(ground, conn, intents)


def decide_waiting(ground: Ground, conn: Connection) -> int:
    """Greet those who were waited for and are known now, or are waited for no longer; how many."""
    now = ground.clock.now()
    found = conn.execute(Q.take_waiting, {"now": now}).fetchall()
    if not found:
        return 0
    zone, general = pool.brand(conn).time_zone, default_welcomes(conn)
    codes = codes_of(conn, {row[9] for row in found if row[9]})
    came = [(Came(*row[:9]), codes.get(row[9]), bool(row[10])) for row in found]
    known = whos(ground, conn, {one.person_id: rules_of(code, general) for one, code, _ in came})
    greeted: list[tuple[Came, int, int]] = []
    for one, code, is_returning in came:
        who = replace(known.get(one.person_id, Who()), is_returning=is_returning, is_known=True)
        choice = choose(one, rules_of(code, general), who, zone, now)
        words: dict[str, Any] = {"fact_key": one.key, "welcome": choice.state, "intent_key": None, "content_id": None}
        if choice.welcome:
            words |= {"intent_key": intent_key(one), "content_id": choice.welcome.content_id}
            greeted.append((one, code.code_id if code else 0, choice.welcome.content_id))
        conn.execute(Q.end_waiting, words)
    ask(ground, conn, greeted, now)
    return len(found)


def codes_of(conn: Connection, numbers: Collection[int]) -> dict[int, LiveCode]:
    """Codes by their numbers, closed ones too."""
    return {one.code_id: one for one in store.codes(conn, numbers, with_closed=True)} if numbers else {}
