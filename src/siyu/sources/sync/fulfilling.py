"""Wishes: callbacks that only said "look for yourself", looked for. One customer, one chat, the list of tags, the guides; and many at once:
who followers are (fan), and who customers were before they were added (pending).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from siyu.base.db import Connection
from siyu.base.errors import NotFoundError
from siyu.base.ground import Ground
from siyu.pool import relations
from siyu.sources import kin
from siyu.sources.sync import corp, followers, keeping
from siyu.sources.sync.fields import told
from siyu.sources.sync.flow import asking_of
from siyu.sources.sync.keeping import Kept, Raced
from siyu.sources.sync.leaving import NOT_THERE, walk_waiting
from siyu.sources.sync.walking import Walk
from siyu.sources.sync.words import Part, Told
from siyu.sources.wishes import DueWish, due, fulfil, put_off
from siyu.vendors import Account, AccountState, VendorError, VendorKind, account
from siyu.vendors.wecom import Client, Page, pages

KINDS = ("contact", "chat", "tags", "guides", "unassigned")
AT_ONCE = ("fan", "pending")  # many are answered by one question
_A_STEP = 50


def fulfil_wishes(ground: Ground, limit: int = _A_STEP) -> int:
    """Fetch what is wished for and due, up to `limit`; gives how many were fetched. What the vendor refuses waits longer each time."""
    with ground.db.tx() as conn:
        found = due(conn, KINDS, ground.clock.now(), limit=limit)
    if any(one.kind in ("contact", "chat") for one in found):
        keeping.catch_up(ground)
    return sum(_some(ground, [wish]) for wish in found) + sum(_many(ground, kind) for kind in AT_ONCE)


def _many(ground: Ground, kind: str) -> int:
    """Wishes of a kind that the vendor answers many at a time, by account."""
    with ground.db.tx() as conn:
        found = due(conn, (kind,), ground.clock.now(), limit=kin.A_CALL)
    by_account: dict[int, list[DueWish]] = {}
    for one in found:
        by_account.setdefault(one.account_id, []).append(one)
    return sum(_some(ground, wishes) for wishes in by_account.values())


def _some(ground: Ground, wishes: Sequence[DueWish]) -> int:
    """Wishes of one kind to one account, answered together."""
    first = wishes[0]
    of = _able(ground, wishes)
    if of is None:
        return 0
    with ground.db.tx() as conn:
        asking = asking_of(ground, conn, of, mark=f"w{first.up_to}", found_by="wish")
    walk = Walk(ground, of, None, Part(0, 0, first.kind, first.ref), asking)
    try:
        if first.kind == "fan":
            followers.look(walk, [str(one.ref.get("openid", "")) for one in wishes])
        elif first.kind == "pending":
            kin.meet(ground, Client(ground, of), of, [str(one.ref.get("external_userid", "")) for one in wishes])
        else:
            _KINDS[first.kind](walk, Client(ground, of))
    except VendorError as err:
        with ground.db.tx() as conn:
            for wish in wishes:
                put_off(conn, wish, err.code, now=ground.clock.now(), wait=err.retry_after)
        return 0
    except Raced:
        return 0  # at once again
    with ground.db.tx() as conn:
        for wish in wishes:
            fulfil(conn, wish)
    return len(wishes)


def _able(ground: Ground, wishes: Sequence[DueWish]) -> Account | None:
    """The account that can be asked; where it is gone the wishes are, where it is switched off they wait."""
    with ground.db.tx() as conn:
        try:
            of = account(conn, wishes[0].account_id)
        except NotFoundError:
            of = None
        if of is None or of.kind is not (VendorKind.OFFICIAL if wishes[0].kind == "fan" else VendorKind.WECOM):
            for wish in wishes:
                fulfil(conn, wish)  # nobody is there any more who could be asked
            return None
        if of.state != AccountState.ON:
            for wish in wishes:
                put_off(conn, wish, "off", now=ground.clock.now(), wait=timedelta(hours=1))
            return None
    return of


def _contact(walk: Walk, client: Client) -> None:
    """One customer with all who follow them. Who is there no more is no matter: an ending is told by its own callback, or at night."""
    who = str(walk.part.ref.get("external_userid", ""))
    found: list[Told] = []
    names: dict[str, str] = {}
    try:
        for page in pages(lambda cursor: _page(client, who, cursor, names)):
            found += page.items
    except VendorError as err:
        if err.code not in NOT_THERE:
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


_KINDS: dict[str, Callable[[Walk, Client], None]] = {
    "contact": _contact,
    "chat": _chat,
    "tags": _tags,
    "guides": _guides,
    "unassigned": walk_waiting,
}
