"""Rows <-> words: saved segments, and the evidence about people."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg.types.json import Jsonb

from siyu.base.db import Connection, queries
from siyu.segments import words as w
from siyu.segments.dump import dump
from siyu.segments.parse import parse
from siyu.segments.words import Evidence, Kept, Rule, SegmentId

Q = queries(__name__)


def insert(conn: Connection, name: str, about: str, rule: Rule, by: str, at: datetime) -> SegmentId | None:
    """Save a new segment; None when the name is taken."""
    values = {"name": name, "about": about, "rule": _json(rule), "by": by, "at": at}
    row = conn.execute(Q.insert_segment, values).fetchone()
    return None if row is None else SegmentId(row[0])


def update(conn: Connection, segment_id: SegmentId, name: str, about: str, rule: Rule, at: datetime) -> bool:
    """Change a segment; False when there is no such one, or it is archived."""
    values = {"segment_id": segment_id, "name": name, "about": about, "rule": _json(rule), "at": at}
    return conn.execute(Q.update_segment, values).rowcount == 1


def see(conn: Connection, segment_id: int) -> Kept | None:
    """One segment, archived ones too."""
    row = conn.execute(Q.see_segment, {"segment_id": segment_id}).fetchone()
    return None if row is None else _kept(row)


def all_kept(conn: Connection, archived_too: bool) -> list[Kept]:
    """All segments, lately changed ones first."""
    return [_kept(row) for row in conn.execute(Q.all_segments, {"archived_too": archived_too})]


def rules_of(conn: Connection, ids: Collection[SegmentId]) -> dict[SegmentId, tuple[str, Rule]]:
    """Names and rules of segments."""
    rows = conn.execute(Q.rules_of, {"ids": sorted(ids)})
    return {SegmentId(number): (name, parse(text)) for number, name, text in rows}


def _json(rule: Rule) -> Jsonb:
    return Jsonb(dump(rule), dumps=lambda value: json.dumps(value, ensure_ascii=False))


def _kept(row: tuple[Any, ...]) -> Kept:
    number, name, about, rule, *rest = row
    return Kept(SegmentId(number), name, about, parse(rule), *rest)


def evidence(conn: Connection, people: Collection[int], types: Collection[str]) -> dict[int, Evidence]:
    """What is known of people (by today's person_id) who have a profile; of their facts, those of some types."""
    asked = {"people": sorted(people)}
    consents: dict[int, list[w.SeenConsent]] = {}
    for person, *rest in conn.execute(Q.see_consents, asked):
        consents.setdefault(person, []).append(w.SeenConsent(*rest))
    scores: dict[int, list[w.SeenScore]] = {}
    for person, *rest in conn.execute(Q.see_scores, asked):
        scores.setdefault(person, []).append(w.SeenScore(*rest))
    identifiers: dict[int, list[w.SeenIdentifier]] = {}
    for person, *rest in conn.execute(Q.see_identifiers, asked):
        identifiers.setdefault(person, []).append(w.SeenIdentifier(*rest))
    contacts: dict[int, list[w.SeenContact]] = {}
    for person, side, *rest in conn.execute(Q.see_contacts, asked):
        contacts.setdefault(person, []).append(w.SeenContact(w.Side(side), *rest))
    orders: dict[int, list[w.SeenOrder]] = {}
    for person, *rest in conn.execute(Q.see_orders, asked):
        orders.setdefault(person, []).append(w.SeenOrder(*rest))
    facts: dict[int, list[w.SeenFact]] = {}
    if types:
        for person, key, type_, at, source, object_, amount, currency, data in conn.execute(Q.see_facts, asked | {"types": sorted(types)}):
            seen = w.SeenFact(key, type_, at, source, object_, amount, currency, _loaded(data))
            facts.setdefault(person, []).append(seen)
    found = {}
    for person, stage, stage_at, is_known, facts_n, first_seen_at, last_seen_at, traits, tags in conn.execute(Q.see_profiles, asked):
        found[person] = Evidence(
            person_id=person,
            stage=stage,
            stage_at=stage_at,
            is_known=is_known,
            facts_n=facts_n,
            first_seen_at=first_seen_at,
            last_seen_at=last_seen_at,
            traits=_loaded(traits),
            tags=frozenset(tags),
            scores=tuple(scores.get(person, ())),
            consents=tuple(consents.get(person, ())),
            identifiers=tuple(identifiers.get(person, ())),
            contacts=tuple(contacts.get(person, ())),
            orders=tuple(orders.get(person, ())),
            facts=tuple(facts.get(person, ())),
        )
    return found


def _loaded(text: str) -> Mapping[str, Any]:
    """JSON with its numbers as they are written there, not as floats."""
    found: Mapping[str, Any] = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    return found
