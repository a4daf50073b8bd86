"""From permits to tasks: many at once, one task for each guide and text, so that guides confirm few and large ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from siyu import content, gate
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.channels.facts import fact, tell
from siyu.channels.store import Q as SENDS
from siyu.channels.wecom.store import Q
from siyu.channels.wecom.words import MOST_CUSTOMERS, NAME, Stands
from siyu.channels.words import Answer, Result
from siyu.gate import Outcome, Permit, Settlement
from siyu.pool import relations
from siyu.vendors import AccountState, VendorKind, accounts

_AT_ONCE = 2_000
_MOST_ROUNDS = 25
_TO_PLAN = timedelta(minutes=5)  # the lease of a claim until its task is written
_BEYOND = timedelta(days=7)  # how long past a task's end its claims are kept, should nobody ask what became of it
_NO_ACCOUNT = timedelta(minutes=10)  # until a permit without a WeCom account is looked at again


class Sameness(NamedTuple):
    """What the receivers of one task share."""

    account_id: int
    guide: str
    origin: str
    origin_id: int
    purpose: str
    content_id: int
    content_version: int
    body: str


@dataclass(frozen=True)
class Placed:
    """A permit with the task it belongs to, or why there is none."""

    permit: Permit
    subject: int
    corp: str = ""
    same: Sameness | None = None
    refusal: Result | None = None


def plan(ground: Ground) -> int:
    """Take what the gate permits now into planned tasks; says how many permits that was."""
    taken = 0
    for _ in range(_MOST_ROUNDS):
        permits = gate.claim(ground, NAME, _AT_ONCE, _TO_PLAN)
        if permits:
            with ground.db.tx() as conn:
                conn.execute(Q.lock_planning, {"channel": NAME})
                _plan(ground, conn, permits)
        taken += len(permits)
        if len(permits) < _AT_ONCE:
            break
    return taken


def _plan(ground: Ground, conn: Connection, permits: Sequence[Permit]) -> None:
    now = ground.clock.now()
    claims = [(one.intent_id, one.token) for one in permits]
    longest = max(one.expires_at for one in permits) - now + _BEYOND
    mine = gate.prolong(conn, claims, max(longest, _BEYOND))
    permits = _take_over(ground, conn, [one for one in permits if one.intent_id in mine])
    placed = place(ground, conn, permits)
    _refuse(ground, conn, [one for one in placed if one.refusal and one.refusal.answer is Answer.REFUSED])
    later = [one.permit for one in placed if one.refusal and one.refusal.answer is not Answer.REFUSED]
    gate.settle(ground, conn, [Settlement(one.intent_id, one.token, Outcome.RETURNED, now + _NO_ACCOUNT) for one in later])
    groups: dict[Sameness, list[Placed]] = defaultdict(list)
    for one in placed:
        if one.same:
            groups[one.same].append(one)
    if not groups:
        return
    begun = {Sameness(*row[1:9]): (int(row[0]), int(row[9])) for row in conn.execute(Q.open_tasks, {"channel": NAME})}
    for same, members in groups.items():
        _fill(ground, conn, same, members, begun.get(same))


def _take_over(ground: Ground, conn: Connection, permits: Sequence[Permit]) -> list[Permit]:
    """Leave out those that stand in a task already: it goes on under the new claim. Whoever had been reached is said so."""
    tokens = {one.intent_id: one.token for one in permits}
    words = {"intent_ids": list(tokens), "tokens": list(tokens.values()), "now": ground.clock.now()}
    known = conn.execute(Q.take_over, words).fetchall()
    if known:
        conn.execute(Q.take_over_sends, words)
        done = [Settlement(row[0], tokens[row[0]], Outcome.SENT, row[2]) for row in known if row[1] == Stands.SENT]
        gate.settle(ground, conn, done)
    there = {row[0] for row in known}
    return [one for one in permits if one.intent_id not in there]


def place(ground: Ground, conn: Connection, permits: Sequence[Permit]) -> list[Placed]:
    """Where each permit belongs: its guide, the corp's account, the text. Reads only."""
    people = list({one.person_id for one in permits})
    look = content.look(conn)
    versions = {number: content.kept(conn, *number) for number in {(one.content_id, one.content_version) for one in permits}}
    values = content.people(ground, conn, people)
    guides = relations.guide_of(conn, people)
    corps = {one.app_id: one.account_id for one in reversed(accounts(conn, VendorKind.WECOM)) if one.state is AccountState.ON}
    found = []
    for permit in permits:
        contact = guides.get(permit.person_id)
        version = versions[permit.content_id, permit.content_version]
        base = Placed(permit, contact.subject if contact else permit.person_id, contact.corp if contact else "")
        if version is None:
            found.append(replace(base, refusal=Result(Answer.REFUSED, "no_content")))
        elif contact is None:
            found.append(replace(base, refusal=Result(Answer.REFUSED, "not_contact")))
        elif contact.corp not in corps:
            found.append(replace(base, refusal=Result(Answer.LATER, "no_account")))
        else:
            made = content.render(
                replace(version, channel=NAME, purpose=permit.purpose),
                values.get(permit.person_id, {}),
                links=content.PlainLinks(),
                look=look,
            )
            if made.missing:
                found.append(replace(base, refusal=Result(Answer.REFUSED, "value_missing", ", ".join(made.missing)[:200])))
                continue
            same = Sameness(
                corps[contact.corp], contact.guide, permit.origin, permit.origin_id, permit.purpose, permit.content_id,
                permit.content_version, made.text.strip(),
            )  # fmt: skip
            found.append(replace(base, same=same))
    return found


def _fill(ground: Ground, conn: Connection, same: Sameness, members: Sequence[Placed], begun: tuple[int, int] | None) -> None:
    """Put receivers into the task that is begun for them, and into new ones where it is full."""
    now = ground.clock.now()
    rest = list(members)
    while rest:
        room = MOST_CUSTOMERS - (begun[1] if begun else 0)
        part, rest = rest[:room], rest[room:]
        if part:
            expires_at = max(one.permit.expires_at for one in part)
            if begun:
                task_id = begun[0]
                conn.execute(Q.task_lasts, {"task_id": task_id, "expires_at": expires_at})
            else:
                words = {**same._asdict(), "channel": NAME, "corp": part[0].corp, "now": now, "expires_at": expires_at}
                row = conn.execute(Q.make_task, words).fetchone()
                assert row is not None  # noqa: S101  an insert gives its row
                task_id = int(row[0])
            _add(conn, task_id, part)
        begun = None


def _add(conn: Connection, task_id: int, part: Sequence[Placed]) -> None:
    conn.execute(
        Q.add_recipients,
        {
            "task_id": task_id,
            "intent_ids": [one.permit.intent_id for one in part],
            "tokens": [one.permit.token for one in part],
            "person_ids": [one.permit.person_id for one in part],
            "subjects": [one.subject for one in part],
        },
    )


def _refuse(ground: Ground, conn: Connection, refused: Sequence[Placed]) -> None:
    """What cannot be said to somebody: rejected without asking WeCom, each with its reason."""
    if not refused:
        return
    at = ground.clock.now()
    why = {one.permit.intent_id: one.refusal for one in refused if one.refusal}
    rows = conn.execute(
        SENDS.refuse_sends,
        {
            "intent_ids": [one.permit.intent_id for one in refused],
            "tokens": [one.permit.token for one in refused],
            "person_ids": [one.permit.person_id for one in refused],
            "address_ids": [one.subject for one in refused],
            "codes": [one.code for one in why.values()],
            "whys": [one.why for one in why.values()],
            "at": at,
        },
    )
    mine = {row[0] for row in rows}
    told = []
    for one in refused:
        permit = one.permit
        if permit.intent_id in mine:
            data = {"channel": NAME, "purpose": permit.purpose, "origin": permit.origin, "origin_id": permit.origin_id,
                    "content_id": permit.content_id, "content_version": permit.content_version, "address_id": one.subject,
                    "code": why[permit.intent_id].code}  # fmt: skip
            told.append(fact("rejected", permit.intent_id, at, one.subject, data))
    tell(ground, conn, NAME, told)
    gate.settle(ground, conn, [Settlement(one.permit.intent_id, one.permit.token, Outcome.REJECTED, at) for one in refused])
