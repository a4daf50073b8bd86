"""Keeping persons: after a change to links or decisions, the part of the graph it touches is resolved again and written.

Everything here runs under the pool's lock (`lock_pool`), so that two changes never resolve overlapping parts at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Json

from siyu.base import settings
from siyu.base.db import Connection, queries
from siyu.base.errors import InputError
from siyu.pool.identity import Decision, Link, Node, Resolved, resolve
from siyu.pool.store import array
from siyu.pool.words import WEAK, Kind

Q = queries(__name__, "identity.sql")

LIMITS = "pool.identity.limits"  # setting: kind -> how many of it a person may have without asking; 1 where not named
PARTNERS = "pool.identity.partners"  # setting: with more partners than this an identifier is shared
PARTNERS_KEPT = 200


def identity_limits(conn: Connection) -> dict[str, int]:
    """Of which kinds a person may have more than one without asking: kind -> how many."""
    return dict(settings.get(conn, LIMITS, {}))


def set_identity_limits(conn: Connection, limits: Any, *, at: datetime) -> None:
    """Keep these limits, for links that are judged from now on. Raises `InputError`."""
    strong = [str(kind) for kind in Kind if kind not in WEAK]
    if not isinstance(limits, dict) or not all(
        kind in strong and isinstance(most, int) and not isinstance(most, bool) and 1 <= most <= 100 for kind, most in limits.items()
    ):
        raise InputError("The limits are not kinds with numbers.", f"Give 1 to 100 for some of {', '.join(strong)}.", field=LIMITS)
    settings.put(conn, LIMITS, limits, at=at)


def note_links(conn: Connection, links: Mapping[tuple[int, int, int, int], tuple[datetime, UUID]]) -> set[int]:
    """Keep links (a, b, source, import) with their earliest fact; gives the identifiers for which something is new."""
    if not links:
        return set()
    rows = [
        {"a": a, "b": b, "source_id": source, "import_id": import_id, "fact_key": key, "seen_at": at}
        for (a, b, source, import_id), (at, key) in links.items()
    ]
    changed = conn.execute(Q.note_links, {"rows": Json(rows, dumps=msgspec.json.encode), "weak": sorted(WEAK)})
    return {number for pair in changed for number in pair}


def regroup(
    conn: Connection, touched: Iterable[int], at: datetime, because: Mapping[str, Any] | None = None, *, were_links_removed: bool = False
) -> set[int]:
    """Resolve again whatever hangs together with these identifiers; gives every person_id whose set of identifiers changed (old and new).

    `because` goes into the log of what was merged and split.
    """
    seeds = set(touched)
    if not seeds:
        return set()
    limit = int(settings.get(conn, PARTNERS, PARTNERS_KEPT))
    flipped = [
        row[0]
        for row in conn.execute(Q.judge_shared, {"ids": array(seeds), "limit": limit, "weak": sorted(WEAK), "may_fall": were_links_removed})
    ]
    if flipped:
        seeds |= {row[0] for row in conn.execute(Q.partners, {"ids": array(flipped)})}
    nodes = [Node(i, Kind(k), s, p, bytes(look), sh) for i, k, s, p, look, sh in conn.execute(Q.reach, {"ids": array(seeds)})]
    ids = [node.identifier_id for node in nodes]
    links = [Link(*row) for row in conn.execute(Q.links_among, {"ids": array(ids)})]
    decisions = [Decision(*row) for row in conn.execute(Q.decisions_among, {"ids": array(ids)})]
    out = resolve(nodes, links, decisions, identity_limits(conn))
    return _write(conn, nodes, out, at, dict(because or {}))


def _write(conn: Connection, nodes: list[Node], out: Resolved, at: datetime, because: dict[str, Any]) -> set[int]:
    before = {node.identifier_id: node.person_id for node in nodes}
    moved = {number: person for number, person in out.person_of.items() if before[number] != person}
    _write_conflicts(conn, list(before), out, at)
    if not moved:
        return set()
    order = sorted(moved)
    conn.execute(Q.move_identifiers, {"ids": order, "people": [moved[number] for number in order]})
    people = set(moved.values()) | {before[number] for number in moved}
    known = {row[0] for row in conn.execute(Q.with_profiles, {"people": array(people)})}
    log: list[dict[str, Any]] = []
    for a, b, strength in out.joins:
        left, right = before[a], before[b]
        if left != right and left in known and right in known:
            person = out.person_of[a]
            other = right if right != person else left
            log.append({"what": "merged", "person_id": person, "other_id": other, "a": a, "b": b, "reason": {"link": strength} | because})
    parts: dict[int, set[int]] = {}
    for number, person in before.items():
        parts.setdefault(person, set()).add(out.person_of[number])
    for person, into in parts.items():
        if len(into) > 1:
            stays = out.person_of.get(person, min(into))
            log += [{"what": "split", "person_id": stays, "other_id": other, "reason": because} for other in sorted(into - {stays})]
    _log(conn, log, at)
    return people


def _write_conflicts(conn: Connection, ids: list[int], out: Resolved, at: datetime) -> None:
    found = {(c.a, c.b): c for c in out.conflicts}
    pairs = {"a": [a for a, _ in found], "b": [b for _, b in found]}
    conn.execute(Q.drop_conflicts, {"ids": array(ids)} | pairs)
    if not found:
        return
    noted = conn.execute(
        Q.note_conflicts,
        pairs
        | {
            "kinds": [c.kind for c in found.values()],
            "left": [c.left for c in found.values()],
            "right": [c.right for c in found.values()],
            "at": at,
        },
    )
    fresh = [found[a, b] for a, b, is_new in noted if is_new]
    _log(
        conn,
        [
            {"what": "conflict", "person_id": c.left, "other_id": c.right, "a": c.a, "b": c.b, "reason": {"kind": c.kind}}
            for c in fresh
        ],
        at,
    )  # fmt: skip


def _log(conn: Connection, rows: list[dict[str, Any]], at: datetime) -> None:
    if rows:
        conn.execute(Q.log_identity, {"rows": Json(rows, dumps=msgspec.json.encode), "at": at})


def decide(conn: Connection, kind: str, a: int, b: int, *, by: str, why: str, at: datetime) -> tuple[int, set[int]]:
    """Keep a decision about two identifiers and apply it; gives its number and the people it changed."""
    a, b = sorted((a, b))
    row = conn.execute(Q.decide, {"kind": kind, "a": a, "b": b, "by": by, "why": why, "at": at}).fetchone()
    assert row is not None  # noqa: S101
    what = "cut" if kind == "cut" else "confirmed"
    _log(conn, [{"what": what, "person_id": a, "a": a, "b": b, "reason": {"decision_id": row[0], "by": by, "why": why}}], at)
    return int(row[0]), regroup(conn, [a, b], at, {"decision_id": row[0]})


def revoke(conn: Connection, decision_id: int, *, by: str, at: datetime) -> set[int] | None:
    """Take a decision back; gives the people it changed, None when there is no such standing decision."""
    row = conn.execute(Q.revoke, {"decision_id": decision_id, "at": at}).fetchone()
    if row is None:
        return None
    a, b, kind = row
    reason = {"decision_id": decision_id, "by": by, "kind": kind}
    _log(conn, [{"what": "revoked", "person_id": a, "a": a, "b": b, "reason": reason}], at)
    return regroup(conn, [a, b], at, {"revoked": decision_id})
