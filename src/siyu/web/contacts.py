"""The card of the 360 page that says whose customer somebody is: guides, the codes they came by, chats, tags of the corp."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from siyu import growth
from siyu.base.db import Connection
from siyu.base.text import say
from siyu.pool import relations

_WAYS = frozenset({1, 2, 3, 4, 5, 6, 8, 9, 10, 16, 202})  # the ways that have a name here; others are shown by their number


@dataclass(frozen=True)
class ShownGuide:
    """A guide as the card shows them. `is_owner`: the customer counts as theirs; `state` the code they came by, by its name."""

    name: str
    store: str
    since: datetime | None
    way: str
    state: str
    tags: tuple[str, ...]
    is_active: bool
    is_owner: bool
    ended_at: datetime | None
    ended: str


@dataclass(frozen=True)
class ShownChat:
    """A chat that the customer is in."""

    name: str
    since: datetime | None
    state: str


@dataclass(frozen=True)
class Contacts:
    """Guides (also former ones) and chats of one customer; both empty for somebody who is in no contact."""

    guides: tuple[ShownGuide, ...] = ()
    chats: tuple[ShownChat, ...] = ()


def contacts(conn: Connection, person_id: int, lang: str) -> Contacts:
    """What the card says of one customer."""
    known = relations.contacts_of(conn, [person_id], only_active=False).get(person_id, [])
    inside = relations.groups_of(conn, [person_id]).get(person_id, [])
    if not known and not inside:
        return Contacts()
    guides = {(one.corp, one.guide): one for one in relations.guides(conn, only_active=False)}
    chats = {(one.corp, one.chat_id): one for one in relations.groups(conn)} if inside else {}
    tags = {(tag.corp, tag.tag_id): tag.name for tag in relations.tags(conn)} if any(one.tags for one in known) else {}
    codes = {one.state: one.draft.name for one in growth.codes(conn, with_closed=True)} if any(one.state for one in known) else {}
    owner = relations.guide_of(conn, [person_id]).get(person_id)
    shown = []
    for one in sorted(known, key=lambda one: not one.is_active):
        guide = guides.get((one.corp, one.guide))
        shown.append(
            ShownGuide(
                name=(guide.name if guide else "") or one.guide,
                store=guide.store if guide else "",
                since=one.added_at,
                way=way(one.add_way, lang),
                state=codes.get(one.state, one.state),
                tags=tuple(tags[one.corp, tag] for tag in one.tags if (one.corp, tag) in tags),
                is_active=one.is_active,
                is_owner=owner is not None and (owner.corp, owner.guide) == (one.corp, one.guide),
                ended_at=None if one.is_active else one.ended_at,
                ended="" if one.is_active else ended(one.ended_by, lang),
            )
        )
    named = [(chats.get((one.corp, one.chat_id)), one) for one in inside]
    return Contacts(
        tuple(shown),
        tuple(
            ShownChat((chat.name if chat else "") or say("web.contact_chat_unnamed", lang), one.joined_at, one.state) for chat, one in named
        ),
    )


def way(number: Any, lang: str) -> str:
    """How somebody came to a guide, by the vendor's number of it; empty where it is not known."""
    if not isinstance(number, int) or not number:
        return ""
    return say(f"web.contact_way_{number}", lang) if number in _WAYS else say("web.contact_way_other", lang, way=number)


def ended(by: Any, lang: str) -> str:
    """Who ended it; empty where it is not known."""
    return say(f"web.contact_by_{by}", lang) if by in ("guide", "customer", "transfer") else ""


def names(conn: Connection) -> dict[str, str]:
    """What guides and chats are called, by userid and chat id, those who left too."""
    found = {one.chat_id: one.name for one in relations.groups(conn) if one.name}
    return found | {one.guide: one.name for one in relations.guides(conn, only_active=False) if one.name}
