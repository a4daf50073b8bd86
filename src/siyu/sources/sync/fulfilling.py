"""Wishes: callbacks that only said "look for yourself", looked for. One customer, one chat, the list of tags, the guides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from siyu.base.db import Connection
from siyu.base.errors import NotFoundError
from siyu.base.ground import Ground
from siyu.pool import relations
from siyu.sources.sync import corp, keeping
from siyu.sources.sync.fields import told
from siyu.sources.sync.flow import asking_of
from siyu.sources.sync.keeping import Kept, Raced
from siyu.sources.sync.walking import Walk
from siyu.sources.sync.words import Part, Told
from siyu.sources.wishes import DueWish, due, fulfil, put_off
from siyu.vendors import AccountState, VendorError, VendorKind, account
from siyu.vendors.wecom import Client, Page, pages

KINDS = ("contact", "chat", "tags", "guides")
_A_STEP = 50
_NOT_THERE = frozenset({"84061", "40096"})


def fulfil_wishes(ground: Ground, limit: int = _A_STEP) -> int:
    """Fetch what is wished for and due, up to `limit`; gives how many were fetched. What the vendor refuses waits longer each time."""
    with ground.db.tx() as conn:
        found = due(conn, KINDS, ground.clock.now(), limit=limit)
    if any(one.kind in ("contact", "chat") for one in found):
        keeping.catch_up(ground)
    return sum(_one(ground, wish) for wish in found)


def _one(ground: Ground, wish: DueWish) -> int:
    with ground.db.tx() as conn:
        try:
            of = account(conn, wish.account_id)
        except NotFoundError:
            of = None
        if of is None or of.kind is not VendorKind.WECOM:
            fulfil(conn, wish)  # nobody is there any more who could be asked
            return 1
        if of.state != AccountState.ON:
            put_off(conn, wish, "off", now=ground.clock.now(), wait=timedelta(hours=1))
            return 0
        asking = asking_of(ground, conn, of, mark=f"w{wish.up_to}", found_by="wish")
    walk = Walk(ground, of, None, Part(0, 0, wish.kind, wish.ref), asking)
    try:
        _KINDS[wish.kind](walk, Client(ground, of))
    except VendorError as err:
        with ground.db.tx() as conn:
            put_off(conn, wish, err.code, now=ground.clock.now(), wait=err.retry_after)
        return 0
    except Raced:
        return 0  # at once again
    with ground.db.tx() as conn:
        fulfil(conn, wish)
    return 1


def _contact(walk: Walk, client: Client) -> None:
    """One customer with all who follow them. Who is there no more is no matter: an ending is told by its own callback, or at night."""
    who = str(walk.part.ref.get("external_userid", ""))
    found: list[Told] = []
    names: dict[str, str] = {}
    try:
        for page in pages(lambda cursor: _page(client, who, cursor, names)):
            found += page.items
    except VendorError as err:
        if err.code not in _NOT_THERE:
            raise
        return
    walk.write(lambda conn: _kept(walk, conn, found, names))


def _page(client: Client, who: str, cursor: str, names: dict[str, str]) -> Page[Told]:
    got = client.customer(who, cursor)
    names.update({tag.tag_id: tag.tag_name for follow in got.follow_user for tag in follow.tags if tag.tag_id})
    return Page([told(got.external_contact, follow) for follow in got.follow_user], got.next_cursor)


def _kept(walk: Walk, conn: Connection, found: list[Told], names: dict[str, str]) -> Kept:
    gone = {tag.tag_id: tag.name for tag in relations.tags(conn, walk.asking.corp, only_live=False)}
    return keeping.keep_contacts(walk.ground, conn, walk.account, found, gone | names, walk.asking)


def _chat(walk: Walk, client: Client) -> None:
    corp.keep_chat(walk, client, str(walk.part.ref.get("chat_id", "")), is_dismissed=bool(walk.part.ref.get("is_dismissed")))


def _tags(walk: Walk, client: Client) -> None:
    corp.keep_tags(walk, client.tags())


def _guides(walk: Walk, client: Client) -> None:
    corp.keep_guides(walk, client, client.follow_users())


_KINDS: dict[str, Callable[[Walk, Client], None]] = {"contact": _contact, "chat": _chat, "tags": _tags, "guides": _guides}
