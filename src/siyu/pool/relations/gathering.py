"""Adding up what facts say of relations: the newest adding and the newest ending of each, whatever order they come in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

TYPES = (
    "contact.added", "contact.removed", "contact.changed", "contact.moved", "group.joined", "group.left",
)  # fmt: skip
_Stamp = tuple[datetime, UUID]


class Row(NamedTuple):
    """A fact about a relation. `subject` is the customer's identifier of the corp, whatever else the fact came with."""

    key: UUID
    type: str
    subject: int
    corp: str
    occurred_at: datetime
    object: str | None
    data: dict[str, Any]


@dataclass
class Bond:
    """What some facts say of one relation: the newest adding, telling of how they came, ending and tagging."""

    added: _Stamp | None = None
    add_way: int | None = None
    state: str = ""
    inviter: str = ""
    told: _Stamp | None = None
    ended: _Stamp | None = None
    ended_by: str = ""
    tagged: _Stamp | None = None
    tags: tuple[str, ...] = ()


@dataclass
class Gathered:
    """What a batch of facts says. Keys are (subject, corp, guide) and (subject, corp, chat)."""

    contacts: dict[tuple[int, str, str], Bond] = field(default_factory=dict)
    members: dict[tuple[int, str, str], Bond] = field(default_factory=dict)


def gather(rows: Iterable[Row]) -> Gathered:
    """Add facts up. A fact that does not name its guide or chat says nothing of a relation."""
    out = Gathered()
    for row in rows:
        stamp = (row.occurred_at, row.key)
        place = row.object or str(row.data.get("guide") or "")
        if not place:
            continue
        if row.type.startswith("group."):
            bond = out.members.setdefault((row.subject, row.corp, place), Bond())
            if row.type == "group.joined":
                _join(bond, stamp, row.data)
            else:
                _end(bond, stamp, str(row.data.get("how") or ""))
            continue
        bond = out.contacts.setdefault((row.subject, row.corp, place), Bond())
        if row.type == "contact.removed":
            _end(bond, stamp, str(row.data.get("by") or ""))
            continue
        if row.type == "contact.added" or "state" in row.data:
            _tell(bond, stamp, row.data)
        if row.type == "contact.added" or (row.type == "contact.moved" and not row.data.get("was_theirs")):
            bond.added = max(bond.added or stamp, stamp)
        before = str(row.data.get("from") or "") if row.type == "contact.moved" else ""
        if before and before != place:
            _end(out.contacts.setdefault((row.subject, row.corp, before), Bond()), stamp, "transfer")
        tags = row.data.get("tags")
        if isinstance(tags, list) and (bond.tagged is None or stamp > bond.tagged):
            bond.tagged, bond.tags = stamp, tuple(sorted({str(tag) for tag in tags}))
    return out


def _join(bond: Bond, stamp: _Stamp, data: dict[str, Any]) -> None:
    if bond.added is not None and stamp <= bond.added:
        return
    bond.added = stamp
    bond.add_way = _number(data.get("join_scene"))
    bond.state = str(data.get("state") or "")
    bond.inviter = str(data.get("inviter") or "")


def _tell(bond: Bond, stamp: _Stamp, data: dict[str, Any]) -> None:
    """How they came, by the newest fact that says so; of two of one moment the one that knows the way: callbacks do not."""
    way = _number(data.get("add_way"))
    if bond.told is not None and (stamp[0], way is not None, stamp[1]) <= (bond.told[0], bond.add_way is not None, bond.told[1]):
        return
    bond.told, bond.add_way, bond.state = stamp, way, str(data.get("state") or "")


def _number(given: Any) -> int | None:
    return int(given) if isinstance(given, int) or (isinstance(given, str) and given.isdigit()) else None


def _end(bond: Bond, stamp: _Stamp, by: str) -> None:
    if bond.ended is None or stamp > bond.ended:
        bond.ended, bond.ended_by = stamp, by
