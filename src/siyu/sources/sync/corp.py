"""The parts of a corp's run: guides, tags, how many customers, customers, chats, codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from siyu.base.db import Connection
from siyu.pool import Fact, relations
from siyu.sources import kin
from siyu.sources.sync import chats, contacts, keeping, store
from siyu.sources.sync.fields import told
from siyu.sources.sync.keeping import Kept
from siyu.sources.sync.leaving import is_followed, walk_waiting
from siyu.sources.sync.walking import Walk, ahead, catch_up, moment
from siyu.sources.sync.words import Decided, Differing, Known, Told, Way
from siyu.vendors import Trouble, VendorError
from siyu.vendors.wecom import Client, pages, shapes

ROWS_A_WRITE = 500  # several pages share a commit
GUIDES_A_PART = 10  # of the 100 that may be asked of at once: what is cut off is walked again
CHATS_A_PART = 50
OWNERS_A_CALL = 100
COUNTED_A_PART = 50
_WAYS_SINCE = int(datetime(2021, 7, 10, tzinfo=UTC).timestamp())  # older codes are told by nobody
_NOT_THIS_GUIDE = frozenset({"40003", "41054", "60011", "60021", "60111", "84061", "84074", "84083", "84084", "701008"})
_TOO_MANY = "81017"
_OWNER_LEFT = 1  # a chat's status
_NO_SUCH_CHAT = frozenset({"40050", "90501"})

FIRST_PARTS: list[tuple[str, Mapping[str, Any]]] = [("guides", {}), ("tags", {})]


def walk_part(walk: Walk) -> None:
    """Do one part of a corp's run. Raises `VendorError` where it must be done again later."""
    client = Client(walk.ground, walk.account)
    _PARTS[walk.part.kind](walk, client)


def _guides(walk: Walk, client: Client) -> None:
    ids = walk.ask(client.follow_users)
    keep_guides(walk, client, ids)
    if walk.run is not None and walk.run.kind == "first":
        walk.more += [("count", {"guides": part}) for part in _cut(ids, COUNTED_A_PART)]
    walk.more += [("contacts", {"guides": part}) for part in _cut(ids, GUIDES_A_PART)]
    walk.more += [("lists", {"owners": part}) for part in _cut(ids, OWNERS_A_CALL)]
    walk.more += [("ownerless", {}), ("ways", {}), ("unassigned", {}), ("kin", {})]


def keep_guides(walk: Walk, client: Client, ids: list[str]) -> None:
    """All who may have customers; who is not among them has left."""
    found = _guides_of(walk, client, ids)
    with walk.ground.db.tx() as conn:
        relations.keep_guides(conn, found, walk.ground.clock.now(), whole_of=walk.asking.corp)


def _guides_of(walk: Walk, client: Client, ids: list[str]) -> list[relations.Guide]:
    """The guides with their names and shops, as far as the app may see them; their userids where it may not."""
    shops: dict[int, str] = {}
    known: dict[str, shapes.Colleague] = {}
    try:
        departments = walk.ask(client.departments)
        shops = {one.id: one.name for one in departments}
        below = {one.id for one in departments}
        for top in [one.id for one in departments if one.parentid not in below]:
            known |= {one.userid: one for one in walk.ask(lambda top=top: client.colleagues(top))}  # type: ignore[misc]
    except VendorError as err:
        if err.kind in (Trouble.LATER, Trouble.DOWN, Trouble.UNKNOWN, Trouble.TOKEN):
            raise
        walk.skipped.append({"what": "names", "code": err.code})
    made = []
    for userid in ids:
        one = known.get(userid, shapes.Colleague())
        shop = one.main_department or (one.department[0] if one.department else 0)
        made.append(relations.Guide(walk.asking.corp, userid, one.name, shops.get(shop, ""), one.position))
    return made


def _tags(walk: Walk, client: Client) -> None:
    keep_tags(walk, walk.ask(client.tags))


def keep_tags(walk: Walk, groups: list[shapes.TagGroup]) -> None:
    """All tags of the corp; what is not among them is gone."""
    corp = walk.asking.corp
    found = [
        relations.CorpTag(corp, tag.id, tag.name, group.group_id, group.group_name, tag.order)
        for group in groups if not group.deleted for tag in group.tag if not tag.deleted
    ]  # fmt: skip
    with walk.ground.db.tx() as conn:
        relations.keep_tags(conn, found, walk.ground.clock.now(), whole_of=corp)


def tag_names(walk: Walk) -> dict[str, str]:
    """The corp's tags by id; those that are gone too, so that taking one off can be told by its name."""
    with walk.ground.db.tx() as conn:
        return {tag.tag_id: tag.name for tag in relations.tags(conn, walk.asking.corp, only_live=False)}


def _count(walk: Walk, client: Client) -> None:
    for guide in walk.part.ref["guides"]:
        try:
            walk.more_total += len(walk.ask(lambda guide=guide: client.customer_ids(guide)))  # type: ignore[misc]
        except VendorError as err:
            if err.code not in _NOT_THIS_GUIDE:
                raise


def _contacts(walk: Walk, client: Client) -> None:
    guides: list[str] = list(walk.part.ref["guides"])
    corp = walk.asking.corp
    names: Mapping[str, str] = tag_names(walk)
    catch_up(walk)
    listed: dict[str, set[str]] = {guide: set() for guide in guides}
    missing: set[str] = set()
    try:
        waiting: list[Told] = []
        for page in ahead(walk, lambda cursor: client.customers_of(guides, cursor, limit=100)):
            missing.update(page.skipped)
            for row in page.items:
                one = told(row.external_contact, row.follow_info)
                if one.guide in listed:
                    listed[one.guide].add(one.external_userid)
                    waiting.append(one)
            if len(waiting) >= ROWS_A_WRITE:
                names = _write(walk, client, waiting, names)
                waiting = []
        names = _write(walk, client, waiting, names)
    except VendorError as err:
        if err.code not in _NOT_THIS_GUIDE:
            raise
        if len(guides) > 1:  # one of them is the reason: each by itself
            walk.more += [("contacts", {"guides": [guide]}) for guide in guides]
            return
        walk.skipped.append({"guide": guides[0], "code": err.code})
        return
    walk.skipped += [{"guide": guide, "code": "unlicensed"} for guide in sorted(missing)]
    with walk.ground.db.tx() as conn:
        here = store.active_of(conn, corp, [guide for guide in guides if guide not in missing])
    for guide, known in here.items():
        for who in contacts.ended(listed[guide], known, walk.asking):
            if not is_followed(walk, client, who, guide):
                gone = contacts.ending(guide, who, known[who], walk.asking)
                walk.write(lambda conn, gone=gone: keeping.keep(walk.ground, conn, walk.account, gone))  # type: ignore[misc]


def _write(walk: Walk, client: Client, rows: list[Told], names: Mapping[str, str]) -> Mapping[str, str]:
    """Record some pages; gives the names of tags, which may have become more."""
    if any(tag not in names for one in rows for tag in one.tags):  # made since the list was read
        keep_tags(walk, walk.ask(client.tags))
        names = {tag: "" for one in rows for tag in one.tags} | tag_names(walk)  # those that no list tells are asked for once
    walk.write(lambda conn: _kept(walk, conn, rows, names), done=len(rows))
    return names


def _kept(walk: Walk, conn: Connection, rows: list[Told], names: Mapping[str, str]) -> Kept:
    return keeping.keep_contacts(walk.ground, conn, walk.account, rows, {k: v for k, v in names.items() if v}, walk.asking)


def _lists(walk: Walk, client: Client) -> None:
    owners = list(walk.part.ref["owners"])
    found: list[str] = []
    try:
        for page in pages(lambda cursor: walk.ask(lambda: client.groups(cursor, owners=owners))):
            found += [row.chat_id for row in page.items]
    except VendorError as err:
        if err.code not in _NOT_THIS_GUIDE or len(owners) == 1:
            if err.code in _NOT_THIS_GUIDE:
                walk.skipped.append({"owner": owners[0], "code": err.code})
                return
            raise
        walk.more += [("lists", {"owners": [owner]}) for owner in owners]
        return
    with walk.ground.db.tx() as conn:
        ours = [one.chat_id for one in relations.groups(conn, walk.asking.corp) if one.owner in owners and one.dismissed_at is None]
    # Those of these owners that are not listed were handed on or dismissed: each is asked about, and then it is known.
    walk.more += [("chats", {"chats": part}) for part in _cut(list(dict.fromkeys([*found, *ours])), CHATS_A_PART)]


def _ownerless(walk: Walk, client: Client) -> None:
    """Chats whose owner left. The vendor takes nobody who left for a filter (40003), and without one it lists no corp of more than a
    thousand guides (81017): then there are those that are known here.
    """
    found: list[str] = []
    try:
        for page in pages(lambda cursor: walk.ask(lambda: client.groups(cursor, status=_OWNER_LEFT))):
            found += [row.chat_id for row in page.items]
    except VendorError as err:
        if err.kind not in (Trouble.CONFIG, Trouble.ITEM):
            raise
        if err.code != _TOO_MANY:
            walk.skipped.append({"what": "ownerless", "code": err.code})
    with walk.ground.db.tx() as conn:
        here = {one.guide for one in relations.guides(conn, walk.asking.corp)}
        chats = relations.groups(conn, walk.asking.corp)
    ours = [one.chat_id for one in chats if one.owner not in here and one.dismissed_at is None]
    walk.more += [("chats", {"chats": part, "owner_left": True}) for part in _cut(found, CHATS_A_PART)]
    walk.more += [("chats", {"chats": part}) for part in _cut([one for one in ours if one not in set(found)], CHATS_A_PART)]


def _chats(walk: Walk, client: Client) -> None:
    catch_up(walk)
    chats = list(walk.part.ref["chats"])
    for chat_id in chats:
        keep_chat(walk, client, chat_id)
    if walk.part.ref.get("owner_left"):
        with walk.ground.db.tx() as conn:
            corp = walk.asking.corp
            known = {one.guide for one in relations.guides(conn, corp, only_active=False)}
            owners = {one.owner for one in relations.groups(conn, corp) if one.chat_id in chats and one.dismissed_at is None}
            gone = [relations.Guide(corp, owner, left_at=walk.asking.asked_at) for owner in sorted(owners - known - {""})]
            relations.keep_guides(conn, gone, walk.asking.asked_at)  # they left before we knew the corp: the chat alone names them


def keep_chat(walk: Walk, client: Client, chat_id: str, *, is_dismissed: bool = False) -> None:
    """One chat as it is now: its name and owner, who joined and who left. Dismissed where the corp knows it no more."""
    try:
        chat = shapes.Group() if is_dismissed else walk.ask(lambda: client.group(chat_id, with_names=False))
    except VendorError as err:
        if err.code not in _NO_SUCH_CHAT:
            if err.kind not in (Trouble.ITEM, Trouble.CONFIG):
                raise
            walk.skipped.append({"chat": chat_id, "code": err.code})  # one chat that may not be seen keeps nobody from the others
            return
        chat = shapes.Group()
    walk.write(lambda conn: _kept_chat(walk, conn, chat_id, chat))


def _kept_chat(walk: Walk, conn: Connection, chat_id: str, chat: shapes.Group) -> Kept:
    corp, now = walk.asking.corp, walk.ground.clock.now()
    known = store.known_members(conn, corp, chat_id)
    if chat.chat_id:
        relations.keep_groups(conn, [relations.ChatGroup(corp, chat_id, chat.name, chat.owner, moment(chat.create_time))], now)
        return keeping.keep(walk.ground, conn, walk.account, chats.members(chat, known, walk.asking))
    old = next((one for one in relations.groups(conn, corp) if one.chat_id == chat_id), None)
    if old is not None:
        gone = relations.ChatGroup(corp, chat_id, old.name, old.owner, old.made_at, old.dismissed_at or walk.asking.asked_at)
        relations.keep_groups(conn, [gone], now)
    return keeping.keep(walk.ground, conn, walk.account, _all_left(chat_id, known, walk))


def _all_left(chat_id: str, known: Mapping[str, Known], walk: Walk) -> Decided:
    facts: list[Fact] = []
    found: list[Differing] = []
    for who, one in sorted(known.items()):
        if one.is_active:
            gone = chats.leaving(chat_id, who, one, walk.asking, how="dismissed")
            facts += gone.facts
            found += gone.differences
    return Decided(tuple(facts), tuple(found))


def _ways(walk: Walk, client: Client) -> None:
    found = []
    try:
        for page in pages(lambda cursor: walk.ask(lambda: client.contact_ways(cursor, start_time=_WAYS_SINCE))):
            for config_id in page.items:
                way = walk.ask(lambda config_id=config_id: client.contact_way(config_id))  # type: ignore[misc]
                found.append(Way(walk.account.account_id, config_id, way.type, way.scene, way.state, way.remark, tuple(way.user)))
    except VendorError as err:
        if err.kind not in (Trouble.CONFIG, Trouble.ITEM):
            raise
        walk.skipped.append({"what": "ways", "code": err.code})  # the app may not see codes: nothing else depends on them
        return
    with walk.ground.db.tx() as conn:
        store.keep_ways(conn, walk.account.account_id, found, walk.ground.clock.now())


def _kin(walk: Walk, client: Client) -> None:
    """Who is the same elsewhere: all who were never asked about, and customers who came since pending ids were given."""
    catch_up(walk)
    with walk.ground.db.tx() as conn:
        kin.sweep(conn, walk.asking.corp, walk.asking.asked_at)
        since = kin.oldest_pending(conn, walk.asking.corp, walk.asking.asked_at)
        customers = kin.newcomers(conn, walk.asking.corp, since) if since is not None else []
    for part in _cut(customers, kin.A_CALL):
        try:
            joined = walk.ask(lambda part=part: kin.meet(walk.ground, client, walk.account, part))  # type: ignore[misc]
        except VendorError as err:
            if err.kind not in (Trouble.CONFIG, Trouble.ITEM):
                raise
            walk.skipped.append({"what": "kin", "code": err.code})  # the app may not ask: nothing else depends on it
            return
        found = [Differing("kin", who, {}, {}, number) for who, number in joined]
        walk.write(lambda conn, found=found: Kept(len(found), differences=found))  # type: ignore[misc]


def _cut(items: list[str], size: int) -> list[list[str]]:
    return [items[at : at + size] for at in range(0, len(items), size)]


_PARTS: dict[str, Callable[[Walk, Client], None]] = {
    "guides": _guides, "tags": _tags, "count": _count, "contacts": _contacts, "lists": _lists, "chats": _chats, "ways": _ways, "kin": _kin,
    "ownerless": _ownerless, "unassigned": walk_waiting,
}  # fmt: skip
