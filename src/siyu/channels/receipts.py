"""What comes back: opened, clicked, unsubscribed, bounced, complained. Each becomes a fact, once, and is noted on its send.

An answer of the reader also proves that a send of unknown outcome arrived.
"""

from __future__ import annotations

import logging
from enum import StrEnum

from siyu import content, gate
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.channels import store
from siyu.channels.attempts import resolve_unknown
from siyu.channels.email import bounces
from siyu.channels.email.letter import intent_of
from siyu.channels.email.words import Kind, Notice
from siyu.channels.facts import fact, tell
from siyu.channels.store import Held, Q
from siyu.channels.words import State
from siyu.pool import Fact

log = logging.getLogger(__name__)

_RECEIPT = "receipt"


class Choice(StrEnum):
    """What somebody chose on the page behind the unsubscribe link."""

    THIS = "this"  # no more of this kind by this channel
    ALL = "all"  # no more marketing by any channel
    BACK = "back"  # please write again after all


def opened(ground: Ground, intent_id: int) -> bool:
    """The invisible picture was fetched; False when there is no such message."""
    with ground.db.tx() as conn:
        held = store.hold(conn, intent_id)
        if held is None:
            return False
        at = ground.clock.now()
        if tell(ground, conn, held.channel, [fact("opened", intent_id, at, held.address_id, held.data)]):
            conn.execute(Q.note_opened, {"intent_id": intent_id, "at": at})
        _prove(ground, conn, held)
    return True


def clicked(ground: Ground, intent_id: int, link_id: int, *, is_counted: bool = True) -> str | None:
    """A link was followed: gives where it leads, None when there is no such link. `is_counted` False only looks it up."""
    with ground.db.tx() as conn:
        target = content.target_of(conn, link_id)
        held = store.hold(conn, intent_id) if target and is_counted and intent_id else None
        if held is not None:
            at = ground.clock.now()
            data = {**held.data, "link_id": link_id}
            if tell(ground, conn, held.channel, [fact("clicked", intent_id, at, held.address_id, data, part=str(link_id))]):
                conn.execute(Q.note_clicked, {"intent_id": intent_id, "at": at})
            _prove(ground, conn, held)
    return target


def unsubscribed(ground: Ground, intent_id: int, choice: Choice, *, by: str) -> bool:
    """Somebody said no (or yes again) on the page of a message. Holds from this commit on: no claim after it can send what was refused.

    `by` says how: 'one-click' or 'page'; it is kept as evidence. False when there is no such message.
    """
    with ground.db.tx() as conn:
        held = store.hold(conn, intent_id)
        if held is None:
            return False
        at = ground.clock.now()
        purpose = held.purpose if held.purpose != "transactional" else "marketing"
        evidence = {"by": by, "intent": intent_id}
        stamp = at.isoformat()  # somebody may say no, yes and no again: each is a statement of its own
        if choice is Choice.BACK:
            data = {"channel": held.channel, "purpose": purpose, **evidence}
            given = Fact("consent.given", f"back:{intent_id}:{stamp}", at, object=str(intent_id), data=data, subject_id=held.address_id)
            tell(ground, conn, held.channel, [given])
            return True
        data = {**held.data, "purpose": purpose, **evidence}
        told = [fact("unsubscribed", intent_id, at, held.address_id, data, part=stamp)]
        if choice is Choice.ALL:
            every = {"channel": "*", "purpose": "marketing", **evidence}
            told.append(Fact("consent.withdrawn", f"all:{intent_id}:{stamp}", at, data=every, subject_id=held.address_id))
        tell(ground, conn, held.channel, told)
        conn.execute(Q.note_unsubscribed, {"intent_id": intent_id, "at": at})
        gate.withdraw_person(ground, conn, held.address_id, held.channel, purpose, at=at)
        if choice is Choice.ALL:
            gate.withdraw_person(ground, conn, held.address_id, "*", "marketing", at=at)
        _prove(ground, conn, held)
    return True


def take_bounce(ground: Ground, raw: bytes) -> int:
    """Take in a notice about undelivered mail (RFC 3464) or a complaint (RFC 5965); says how many of our letters it was about."""
    taken = 0
    for notice in bounces.read(raw):
        intent_id = intent_of(ground.vault, notice.message_id)
        if intent_id is None:
            continue
        with ground.db.tx() as conn:
            held = store.hold(conn, intent_id)
            if held is not None:
                _take(ground, conn, held, notice)
                taken += 1
    log.info("a notice about mail came in", extra={"letters": taken})
    return taken


def _take(ground: Ground, conn: Connection, held: Held, notice: Notice) -> None:
    at, number = ground.clock.now(), held.intent_id
    code = f"{notice.kind}_{notice.status}" if notice.status else str(notice.kind)
    if notice.action == "complained":
        tell(ground, conn, held.channel, [fact("complained", number, at, held.address_id, {**held.data, "purpose": "marketing"})])
        gate.withdraw_person(ground, conn, held.address_id, "*", "marketing", at=at)
    elif notice.action == "failed":
        data = {**held.data, "hard": notice.kind is Kind.HARD, "code": code}
        if tell(ground, conn, held.channel, [fact("bounced", number, at, held.address_id, data)]):
            conn.execute(Q.note_bounced, {"intent_id": number, "at": at, "code": code, "why": notice.why})
    elif notice.action in ("delivered", "relayed"):
        if tell(ground, conn, held.channel, [fact("delivered", number, at, held.address_id, held.data)]):
            conn.execute(Q.note_delivered, {"intent_id": number, "at": at})
    else:
        return  # delayed: the other office goes on trying
    _prove(ground, conn, held)


def _prove(ground: Ground, conn: Connection, held: Held) -> None:
    if held.state == State.UNKNOWN:
        resolve_unknown(ground, conn, held.intent_id, was_sent=True, by=_RECEIPT)
