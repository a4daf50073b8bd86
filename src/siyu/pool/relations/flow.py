"""Folding relations: a reader of the fact log with a place of its own, so that a corp's first sync never slows the profiles."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from siyu.base.cursor import Place, keep_place, take_place
from siyu.base.db import Connection, queries
from siyu.base.ground import Ground
from siyu.pool.relations.gathering import TYPES, Bond, Gathered, Row, gather
from siyu.pool.relations.lives import follow_lives

Q = queries(__name__, "store.sql")
READER = "pool.relations"


def follow(ground: Ground, limit: int = 20_000) -> int:
    """One step: read up to `limit` facts and keep what they say of relations, then since when those carry tags that have a life.

    The number of facts read; 0 = up to date.
    """
    return ground.db.again(lambda conn: max(_follow(conn, limit), follow_lives(conn, READER, limit)))


def _follow(conn: Connection, limit: int) -> int:
    place = take_place(conn, READER)
    if place is None:
        return 0
    found = conn.execute(Q.read_log, {"xid": str(place.xid), "seq": place.seq, "limit": limit, "types": list(TYPES)}).fetchall()
    if not found:
        return 0
    rows = [Row(r[2], r[3], r[4], r[5] or "", r[6], r[7], r[8]) for r in found if r[8] is not None and r[4] is not None]
    _merge(conn, gather(rows))
    keep_place(conn, READER, Place(int(found[-1][0]), found[-1][1]))
    return len(found)


def _merge(conn: Connection, seen: Gathered) -> None:
    contacts = [
        {"subject": s, "corp": corp, "guide": guide, "add_way": b.add_way, "state": b.state, "ended_by": b.ended_by or None, "tags": b.tags}
        | _stamps(b, "added", "told", "ended", "tagged")
        for (s, corp, guide), b in sorted(seen.contacts.items(), key=lambda item: item[0])
    ]
    if contacts:
        conn.execute(Q.merge_contacts, {"rows": json.dumps(contacts, default=str)})
    members = [
        {"subject": s, "corp": corp, "chat_id": chat, "join_scene": b.add_way, "inviter": b.inviter, "state": b.state}
        | {{"added": "joined", "ended": "left"}[name[:5]] + name[5:]: value for name, value in _stamps(b, "added", "ended").items()}
        for (s, corp, chat), b in sorted(seen.members.items(), key=lambda item: item[0])
    ]
    if members:
        conn.execute(Q.merge_members, {"rows": json.dumps(members, default=str)})


def _stamps(bond: Bond, *names: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name in names:
        at, key = getattr(bond, name) or (None, None)
        made |= {f"{name}_at": at, f"{name}_key": key}
    return made


def as_json(rows: list[Any], *fields: str) -> str:
    """Some fields of words as the JSON that `json_to_recordset` reads."""
    return json.dumps([{name: value for name, value in asdict(row).items() if name in fields} for row in rows], default=str)
