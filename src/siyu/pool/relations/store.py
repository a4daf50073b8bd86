"""What is asked of relations, and the corp's own lists as they are kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from psycopg.rows import class_row

from siyu.base.db import Connection
from siyu.pool.relations.flow import Q, as_json
from siyu.pool.relations.words import ChatGroup, Contact, CorpTag, GroupMember, Guide


def keep_guides(conn: Connection, guides: Sequence[Guide], now: datetime, *, whole_of: str = "") -> list[str]:
    """Keep what a corp says of its guides. With `whole_of` (a corp) the list is all there are: gives the userids that are gone since."""
    if guides:
        conn.execute(
            Q.keep_guides,
            {"rows": as_json(list(guides), "corp", "guide", "name", "store", "position", "may_serve", "left_at"), "now": now},
        )
    if not whole_of:
        return []
    return [row[0] for row in conn.execute(Q.guides_gone, {"corp": whole_of, "guides": [g.guide for g in guides], "now": now})]


def keep_groups(conn: Connection, groups: Sequence[ChatGroup], now: datetime) -> None:
    """Keep what a corp says of its chats."""
    if groups:
        conn.execute(
            Q.keep_groups, {"rows": as_json(list(groups), "corp", "chat_id", "name", "owner", "made_at", "dismissed_at"), "now": now}
        )


def keep_tags(conn: Connection, tags: Sequence[CorpTag], now: datetime, *, whole_of: str = "") -> list[str]:
    """Keep a corp's tags; the brand's words about them stay. With `whole_of` the list is all there are: gives the ids that are gone."""
    if tags:
        conn.execute(
            Q.keep_tags,
            {"rows": as_json(list(tags), "corp", "tag_id", "name", "group_id", "group_name", "position", "deleted_at"), "now": now},
        )
    if not whole_of:
        return []
    return [row[0] for row in conn.execute(Q.tags_gone, {"corp": whole_of, "tags": [t.tag_id for t in tags], "now": now})]


def guides(conn: Connection, corp: str | None = None, *, only_active: bool = True) -> list[Guide]:
    """The guides, by shop."""
    return conn.cursor(row_factory=class_row(Guide)).execute(Q.guides, {"corp": corp, "only_active": only_active}).fetchall()


def groups(conn: Connection, corp: str | None = None) -> list[ChatGroup]:
    """The chats, the oldest first; dismissed ones too."""
    return conn.cursor(row_factory=class_row(ChatGroup)).execute(Q.groups, {"corp": corp}).fetchall()


def tags(conn: Connection, corp: str | None = None, *, only_live: bool = True) -> list[CorpTag]:
    """The corp's tags by group and place."""
    return conn.cursor(row_factory=class_row(CorpTag)).execute(Q.tags, {"corp": corp, "only_live": only_live}).fetchall()


def contacts_of(conn: Connection, person_ids: Iterable[int], *, only_active: bool = True) -> dict[int, list[Contact]]:
    """Each person's guides, the newest first. People without any are left out."""
    found: dict[int, list[Contact]] = defaultdict(list)
    asked = {"people": list(person_ids), "only_active": only_active}
    for one in conn.cursor(row_factory=class_row(Contact)).execute(Q.contacts_of, asked):
        found[one.person_id].append(replace(one, tags=tuple(one.tags)))
    return dict(found)


def guide_of(conn: Connection, person_ids: Iterable[int]) -> dict[int, Contact]:
    """Whose customer each person is: of the active guides who may serve, the one added first. People without any are left out."""
    found = conn.cursor(row_factory=class_row(Contact)).execute(Q.guide_of, {"people": list(person_ids)})
    return {one.person_id: replace(one, tags=tuple(one.tags)) for one in found}


def groups_of(conn: Connection, person_ids: Iterable[int], *, only_in: bool = True) -> dict[int, list[GroupMember]]:
    """The chats each person is in, the newest first. People in none are left out."""
    found: dict[int, list[GroupMember]] = defaultdict(list)
    for one in (
        conn.cursor(row_factory=class_row(GroupMember)).execute(Q.groups_of, {"people": list(person_ids), "only_in": only_in}).fetchall()
    ):
        found[one.person_id].append(one)
    return dict(found)
