"""Somebody came: the adding is read from the log, its code found, the welcome asked of the gate, tags and remark put on the list of deeds.

Everything is written with the reader's place in one transaction; the intent's key is the welcome code, so a callback that comes twice, is
replayed, or is read again after a crash makes one welcome. Who is half added (the guide has yet to confirm) is greeted like anybody; when
the guide confirms, the same adding is told a second time: it is not counted again, and not greeted again where the first welcome went out
or may have.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from siyu import pool
from siyu.base.cursor import Place, keep_place, take_place
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.growth import greeting
from siyu.growth.codes import default_welcomes
from siyu.growth.greeting import Came, Choice
from siyu.growth.store import Q
from siyu.growth.words import LiveCode, Who

READER = "growth.arrivals"


@dataclass(frozen=True)
class _Before:
    """What was known before somebody came. `twin` is the other fact of the same adding, `is_greeted` whether it was or may have been."""

    is_returning: bool
    known_guide: str
    twin: UUID | None
    twin_code: int | None
    is_greeted: bool


def advance(ground: Ground, limit: int = 5_000) -> int:
    """One step: read up to `limit` facts and greet those who came; the number read, or greeted late, 0 = up to date."""
    return ground.db.again(lambda conn: _advance(ground, conn, limit))


def _advance(ground: Ground, conn: Connection, limit: int) -> int:
    place = take_place(conn, READER)
    if place is None:
        return 0
    late = greeting.decide_waiting(ground, conn)
    found = conn.execute(Q.read_log, {"xid": str(place.xid), "seq": place.seq, "limit": limit}).fetchall()
    if not found:
        return late
    arrivals = [Came(*row[2:11]) for row in found if row[11] and row[6]]
    for some in _apart(arrivals):
        _take_in(ground, conn, some)
    keep_place(conn, READER, Place(int(found[-1][0]), found[-1][1]))
    return len(found) + late


def _apart(arrivals: list[Came]) -> Iterator[list[Came]]:
    """The same in their order, cut so that the two facts of one adding are not taken in at once: the second must see the first."""
    some: list[Came] = []
    seen: set[tuple[str, str, int]] = set()
    for one in arrivals:
        if (one.corp, one.guide, one.subject) in seen:
            yield some
            some, seen = [], set()
        some.append(one)
        seen.add((one.corp, one.guide, one.subject))
    if some:
        yield some


def _take_in(ground: Ground, conn: Connection, arrivals: list[Came]) -> None:
    now, zone = ground.clock.now(), pool.brand(conn).time_zone
    named = {(a.corp, a.state) for a in arrivals if a.state}
    asked = {"corps": [corp for corp, _ in named], "states": [state for _, state in named]}
    numbers = {(row[0], row[1]): int(row[2]) for row in conn.execute(Q.codes_of_states, asked)} if named else {}
    before = _known_before(conn, arrivals)
    codes = greeting.codes_of(conn, {*numbers.values(), *(one.twin_code for one in before.values() if one.twin_code)})
    general = default_welcomes(conn) if any(a.welcome_code for a in arrivals) else ()
    code_of = {one.key: codes.get(numbers.get((one.corp, one.state)) or before[one.key].twin_code or 0) for one in arrivals}
    rules = {one.person_id: greeting.rules_of(code_of[one.key], general) for one in arrivals if one.welcome_code}
    known = greeting.whos(ground, conn, rules)
    rows: list[dict[str, Any]] = []
    for one in arrivals:
        code, was = code_of[one.key], before[one.key]
        if was.is_greeted:
            choice = Choice("greeted")
        elif not one.welcome_code:
            choice = Choice("no_code")
        else:
            who = replace(known.get(one.person_id, Who(is_known=True)), is_returning=was.is_returning)
            choice = greeting.choose(one, greeting.rules_of(code, general), who, zone, now)
        rows.append(_row(one, code, was, choice))
    new = {row[0] for row in conn.execute(Q.insert_scans, {"rows": json.dumps(rows, default=str), "now": now})}
    fresh = [(one, row) for one, row in zip(arrivals, rows, strict=True) if one.key in new]
    greeted = [(one, row["code_id"] or 0, row["content_id"]) for one, row in fresh if row["welcome"] == "asked"]
    if greeted:
        greeting.ask(ground, conn, greeted, now)
    deeds = [deed for one, row in fresh if not one.is_half for deed in _deeds(one, codes.get(row["code_id"]))]
    if deeds:
        conn.execute(Q.insert_deeds, {"rows": json.dumps(deeds, default=str), "now": now})


def _known_before(conn: Connection, arrivals: list[Came]) -> dict[UUID, _Before]:
    asked = {
        "keys": [a.key for a in arrivals], "people": [a.person_id for a in arrivals], "corps": [a.corp for a in arrivals],
        "ats": [a.added_at for a in arrivals], "guides": [a.guide for a in arrivals], "subjects": [a.subject for a in arrivals],
        "halves": [a.is_half for a in arrivals],
    }  # fmt: skip
    return {row[0]: _Before(bool(row[1]), str(row[2]), row[3], row[4], bool(row[5])) for row in conn.execute(Q.known_before, asked)}


def _row(one: Came, code: LiveCode | None, was: _Before, choice: Choice) -> dict[str, Any]:
    return {
        "fact_key": one.key, "code_id": code.code_id if code else None, "corp": one.corp, "guide": one.guide, "subject": one.subject,
        "added_at": one.added_at, "is_returning": was.is_returning, "known_guide": was.known_guide, "welcome": choice.state,
        "welcome_code": "" if was.is_greeted else one.welcome_code, "is_half": one.is_half, "twin_key": was.twin,
        "decide_at": choice.decide_at, "intent_key": greeting.intent_key(one) if choice.welcome else None,
        "content_id": choice.welcome.content_id if choice.welcome else None,
    }  # fmt: skip


def _deeds(one: Came, code: LiveCode | None) -> list[dict[str, Any]]:
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
