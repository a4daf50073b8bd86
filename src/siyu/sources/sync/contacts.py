"""What is to be written of a relation: the corp's word against what is known here. Pure; all moments are arguments.

A fact has the vendor's own key where the vendor has one, so that a callback that was lost, late or doubled meets it in the same fact.
Only endings have none (nobody says when they were): their ids name the run that found them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from siyu.pool import Fact, Identifier, Kind, normal
from siyu.sources.sync.fields import named
from siyu.sources.sync.words import Decided, Differing, Known, Told

SAME_WITHIN = timedelta(minutes=5)  # the moment of a callback and that of the relation are one moment
YOUNG_FOR = timedelta(minutes=5)  # a callback may still be under way, with the code of a welcome in it
SETTLED_AFTER = timedelta(minutes=10)  # what the corp lists may be this old


@dataclass(frozen=True)
class Asking:
    """For whom a walk asks, and when. `mark` ends the ids of facts that it alone knows of: run 7, wish 12."""

    corp: str
    mark: str
    asked_at: datetime  # before the vendor was asked
    found_by: str  # first, nightly, wish
    has_callbacks: bool = False
    links_phones: bool = False


def customer(corp: str, external_userid: str) -> Identifier | None:
    """A customer's identifier in a corp; None for what cannot be one."""
    return normal.identifier(Kind.EXTERNAL_USERID, external_userid, corp)


def added_id(guide: str, external_userid: str, added_at: datetime) -> str:
    """The id under which an adding is recorded, whoever tells of it."""
    return f"contact.added:{guide}:{external_userid}:{int(added_at.timestamp())}"


def decide(one: Told, known: Known, digest: bytes, *, is_recorded: bool, tag_names: Mapping[str, str], asking: Asking) -> Decided:
    """The facts that make what is known here equal to what the corp tells. `is_recorded`: the adding stands in the log already.

    An ending here that is newer than the corp's adding stays: the customer removed the guide, who still sees them, or a callback came
    while the corp was being asked. Only what the guide ended, and the corp lists all the same long after, has begun again.
    """
    who = customer(asking.corp, one.external_userid)
    if who is None or not one.guide:
        return Decided()
    names = [who]
    union = normal.identifier(Kind.UNIONID, one.unionid) if one.unionid else None
    if union is not None:
        names.append(union)
    if asking.links_phones:
        names += [phone for phone in (normal.identifier(Kind.PHONE, raw) for raw in one.phones) if phone is not None]
    ref = f"{one.guide} {one.external_userid}"
    data: dict[str, Any] = {
        "guide": one.guide, "corp": asking.corp, "add_way": one.add_way, "state": one.state, "oper": one.oper,
        "tags": list(one.tags), "found_by": asking.found_by,
    }  # fmt: skip
    begun = _begun(one, known, is_recorded, asking)
    if begun is not None:
        if not is_recorded and asking.has_callbacks and one.added_at > asking.asked_at - YOUNG_FOR:
            return Decided(is_too_young=True)
        number, at = begun
        # What somebody calls themselves is true of the day they were added: a name that they state later stands above it.
        added = Fact(
            "contact.added", number, at, tuple(names), object=one.guide, data=data, personal=named(one.private, is_new=known.digest is None)
        )
        here = {"is_active": known.is_active, "ended_by": known.ended_by} if known.added_at or known.ended_at else {}
        there = {"add_way": one.add_way, "state": one.state}
        found = Differing("added", ref, here, there, number, one.added_at)
        return Decided((added, *_tag_facts(one, known, who, tag_names, asking)), (found,))
    is_retagged = known.is_active and one.tags != known.tags
    came_otherwise = known.is_active and one.state != known.state
    if digest == known.digest and not is_retagged and not came_otherwise:
        return Decided()
    is_first = known.digest is None
    stamp = str(int(one.added_at.timestamp())) if is_first else asking.mark
    number = f"contact.changed:{one.guide}:{one.external_userid}:{stamp}"
    changed = Fact(
        "contact.changed", number, one.added_at if is_first else asking.asked_at, tuple(names), object=one.guide,
        data=data | {"remark_set": bool(one.private.get("remark"))}, personal=named(one.private, is_new=is_first),
    )  # fmt: skip
    tagged: tuple[Fact, ...] = ()
    if is_first and is_retagged:
        # Told first of all, and yet tagged otherwise since: the tags are of today.
        retag = Fact(
            "contact.changed", f"{number}:{asking.mark}", asking.asked_at, (who,), object=one.guide,
            data={"guide": one.guide, "corp": asking.corp, "tags": list(one.tags), "found_by": asking.found_by},
        )  # fmt: skip
        tagged = (retag,)
    differences = []
    if is_retagged:
        differences.append(Differing("tags", ref, {"tags": list(known.tags)}, {"tags": list(one.tags)}, (tagged or (changed,))[0].id))
    if came_otherwise:
        differences.append(Differing("came_by", ref, {"state": known.state}, {"state": one.state}, number))
    if digest != known.digest and not came_otherwise:
        kind = "unfetched" if is_first else "profile"
        differences.append(Differing(kind, ref, {}, {}, number))
    tags = _tag_facts(one, known, who, tag_names, asking) if is_retagged else ()
    return Decided((changed, *tagged, *tags), tuple(differences))


def _begun(one: Told, known: Known, is_recorded: bool, asking: Asking) -> tuple[str, datetime] | None:
    """The id and moment of an adding that is not known here; None where the relation stands, or ended after."""
    number = added_id(one.guide, one.external_userid, one.added_at)
    if known.added_at is None and (known.ended_at is None or one.added_at > known.ended_at):
        return None if is_recorded else (number, one.added_at)
    if known.is_active:
        is_later = known.added_at is not None and one.added_at > known.added_at + SAME_WITHIN
        return (number, one.added_at) if is_later and not is_recorded else None
    if known.ended_at is None or one.added_at > known.ended_at:
        return None if is_recorded else (number, one.added_at)
    if known.ended_by != "customer" and known.ended_at < asking.asked_at - SETTLED_AFTER:
        return f"{number}:{asking.mark}", asking.asked_at
    return None


def _tag_facts(one: Told, known: Known, who: Identifier, tag_names: Mapping[str, str], asking: Asking) -> tuple[Fact, ...]:
    """The tags as the profile knows them, by their names. A tag taken off one guide's relation is taken off the customer."""
    before = set(known.tags) if known.is_active else set()
    made = []
    for type_, ids in (("tag.added", sorted(set(one.tags) - before)), ("tag.removed", sorted(before - set(one.tags)))):
        for tag_id in ids:
            if tag_id in tag_names:
                number = f"{type_}:{one.guide}:{one.external_userid}:{tag_id}:{asking.mark}"
                data = {"tag": tag_names[tag_id], "tag_id": tag_id, "guide": one.guide, "corp": asking.corp, "found_by": asking.found_by}
                made.append(Fact(type_, number, asking.asked_at, (who,), object=one.guide, data=data))
    return tuple(made)


def ended(corp_lists: Iterable[str], known: Mapping[str, Known], asking: Asking) -> list[str]:
    """The customers whom the corp does not list with a guide and who are active here since before it was asked."""
    listed = set(corp_lists)
    return sorted(
        who for who, one in known.items() if who not in listed and one.is_active and (one.added_at or asking.asked_at) < asking.asked_at
    )


def ending(guide: str, external_userid: str, known: Known, asking: Asking) -> Decided:
    """A relation that is there no more, as a fact. Nobody says who ended it: the corp still lists those whom the customer left."""
    who = customer(asking.corp, external_userid)
    if who is None:
        return Decided()
    number = f"contact.removed:{guide}:{external_userid}:{asking.mark}"
    data = {"guide": guide, "corp": asking.corp, "by": "guide", "found_by": asking.found_by}
    fact = Fact("contact.removed", number, asking.asked_at, (who,), object=guide, data=data)
    return Decided((fact,), (Differing("removed", f"{guide} {external_userid}", {"added_at": str(known.added_at)}, {}, number),))
