"""Somebody came: the adding is read from the log, its code found, the welcome asked of the gate, tags and remark put on the list of deeds.

Everything is written with the reader's place in one transaction; the intent's key is the welcome code, so a callback that comes twice, is
replayed, or is read again after a crash makes one welcome.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from siyu import content, gate, pool
from siyu.base.cursor import Place, keep_place, take_place
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.base.ids import key_of
from siyu.growth import store
from siyu.growth.codes import CHANNEL, default_welcomes
from siyu.growth.store import Q
from siyu.growth.turn import welcome_of
from siyu.growth.words import LiveCode, Welcome

READER = "growth.arrivals"
ORIGIN = "code"
WELCOME_WITHIN = timedelta(seconds=20)  # of the adding, says WeCom


@dataclass(frozen=True)
class _Arrival:
    key: UUID
    subject: int
    person_id: int
    corp: str
    guide: str
    added_at: datetime
    state: str
    welcome_code: str


def advance(ground: Ground, limit: int = 5_000) -> int:
    """One step: read up to `limit` facts and greet those who came; the number read, 0 = up to date."""
    return ground.db.again(lambda conn: _advance(ground, conn, limit))


def _advance(ground: Ground, conn: Connection, limit: int) -> int:
    place = take_place(conn, READER)
    if place is None:
        return 0
    found = conn.execute(Q.read_log, {"xid": str(place.xid), "seq": place.seq, "limit": limit}).fetchall()
    if not found:
        return 0
    arrivals = [_Arrival(*row[2:10]) for row in found if row[10] and row[6]]
    if arrivals:
        _take_in(ground, conn, arrivals)
    keep_place(conn, READER, Place(int(found[-1][0]), found[-1][1]))
    return len(found)


def _take_in(ground: Ground, conn: Connection, arrivals: list[_Arrival]) -> None:
    now, zone = ground.clock.now(), pool.brand(conn).time_zone
    named = {(a.corp, a.state) for a in arrivals if a.state}
    asked = {"corps": [corp for corp, _ in named], "states": [state for _, state in named]}
    numbers = {(row[0], row[1]): int(row[2]) for row in conn.execute(Q.codes_of_states, asked)} if named else {}
    codes = {one.code_id: one for one in store.codes(conn, numbers.values(), with_closed=True)} if numbers else {}
    before = _known_before(conn, arrivals)
    general = default_welcomes(conn) if any(a.welcome_code for a in arrivals) else ()
    rows: list[dict[str, Any]] = []
    for one in arrivals:
        code = codes.get(numbers.get((one.corp, one.state), 0))
        is_returning, known_guide = before[one.key]
        rows.append(_row(one, code, general, zone, is_returning, known_guide))
    new = {row[0] for row in conn.execute(Q.insert_scans, {"rows": json.dumps(rows, default=str), "now": now})}
    fresh = [(one, row) for one, row in zip(arrivals, rows, strict=True) if one.key in new]
    versions = {number: content.kept(conn, number) for number in {row["content_id"] for _, row in fresh if row["welcome"] == "asked"}}
    intents = [_intent(one, row, version, now) for one, row in fresh if (version := versions.get(row["content_id"]))]
    gate.ask(ground, conn, intents)
    deeds = [deed for one, row in fresh for deed in _deeds(one, codes.get(row["code_id"]))]
    if deeds:
        conn.execute(Q.insert_deeds, {"rows": json.dumps(deeds, default=str), "now": now})


def _known_before(conn: Connection, arrivals: list[_Arrival]) -> dict[UUID, tuple[bool, str]]:
    asked = {
        "keys": [a.key for a in arrivals], "people": [a.person_id for a in arrivals], "corps": [a.corp for a in arrivals],
        "ats": [a.added_at for a in arrivals],
    }  # fmt: skip
    return {row[0]: (bool(row[1]), str(row[2])) for row in conn.execute(Q.known_before, asked)}


def _row(
    one: _Arrival, code: LiveCode | None, general: tuple[Welcome, ...], zone: str, is_returning: bool, known_guide: str
) -> dict[str, Any]:
    welcomes = code.draft.welcomes if code else general
    chosen = welcome_of(welcomes, one.added_at, zone, is_returning=is_returning) if one.welcome_code else None
    state = "asked" if chosen else "no_code" if not one.welcome_code else "no_match" if welcomes else "no_content"
    return {
        "fact_key": one.key, "code_id": code.code_id if code else None, "corp": one.corp, "guide": one.guide, "subject": one.subject,
        "added_at": one.added_at, "is_returning": is_returning, "known_guide": known_guide, "welcome": state,
        "welcome_code": one.welcome_code, "intent_key": key_of("welcome", one.corp, one.welcome_code) if chosen else None,
        "content_id": chosen.content_id if chosen else None,
    }  # fmt: skip


def _intent(one: _Arrival, row: dict[str, Any], version: content.Version, now: datetime) -> gate.Intent:
    return gate.Intent(
        key=row["intent_key"],
        person_id=one.person_id,
        channel=CHANNEL,
        purpose=gate.Purpose.SERVICE,
        origin=ORIGIN,
        origin_id=row["code_id"] or 0,
        content_id=version.content_id,
        content_version=version.version,
        not_before=min(one.added_at, now),
        expires_at=one.added_at + WELCOME_WITHIN,
        priority=100,
    )


def _deeds(one: _Arrival, code: LiveCode | None) -> list[dict[str, Any]]:
    if code is None:
        return []
    kinds = (["tags"] if code.draft.corp_tags else []) + (["remark"] if code.draft.remark_pattern else [])
    return [
        {
            "fact_key": one.key, "kind": kind, "account_id": code.draft.account_id, "corp": one.corp, "guide": one.guide,
            "subject": one.subject, "code_id": code.code_id,
        }
        for kind in kinds
    ]  # fmt: skip
