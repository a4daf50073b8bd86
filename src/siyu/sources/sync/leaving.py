"""Customers whose guide left the corp (离职待分配): listed, and whether somebody still follows them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from siyu.base.db import Connection
from siyu.pool import Fact, relations
from siyu.sources import handing
from siyu.sources.sync import contacts, keeping, store
from siyu.sources.sync.contacts import customer
from siyu.sources.sync.keeping import Kept
from siyu.sources.sync.walking import Walk, catch_up
from siyu.sources.sync.words import Decided, Differing
from siyu.sources.wishes import Wish, wish
from siyu.vendors import Trouble, VendorError
from siyu.vendors.wecom import Client, Page, pages

NOT_THERE = frozenset({"84061", "40096"})


def walk_waiting(walk: Walk, client: Client) -> None:
    """All who wait for somebody because their guide left. Who waits no more was handed on, or is nobody's customer: the corp is asked."""
    listed: list[tuple[str, str, datetime]] = []
    try:
        for page in pages(lambda cursor: walk.ask(lambda: client.unassigned(cursor))):
            listed += [(row.handover_userid, row.external_userid, datetime.fromtimestamp(row.dimission_time, UTC)) for row in page.items]
    except VendorError as err:
        if err.kind not in (Trouble.CONFIG, Trouble.ITEM):
            raise
        walk.skipped.append({"what": "unassigned", "code": err.code})  # the app may not see them: nothing else depends on it
        return
    catch_up(walk)
    gone: list[handing.Vanished] = []
    walk.write(lambda conn: _kept(walk, conn, listed, gone))
    for one in gone:
        with walk.ground.db.tx() as conn:
            known = store.active_of(conn, walk.asking.corp, [one.guide])[one.guide].get(one.external_userid)
        if known is not None and not is_followed(walk, client, one.external_userid, one.guide):
            ended = contacts.ending(one.guide, one.external_userid, known, walk.asking)
            walk.write(lambda conn, ended=ended: keeping.keep(walk.ground, conn, walk.account, ended))  # type: ignore[misc]


def _kept(walk: Walk, conn: Connection, listed: list[tuple[str, str, datetime]], gone: list[handing.Vanished]) -> Kept:
    corp, now = walk.asking.corp, walk.asking.asked_at
    new, vanished = handing.keep_waiting(conn, corp, listed, now)
    under_way = handing.under_way(conn, corp)
    gone[:] = [one for one in vanished if (one.guide, one.external_userid) not in under_way]
    handing.look_again(conn, corp, now)
    known = {one.guide: one for one in relations.guides(conn, corp, only_active=False)}
    left = {guide: at for guide, _, at in listed}
    relations.keep_guides(
        conn, [replace(known.get(guide, relations.Guide(corp, guide)), left_at=at) for guide, at in sorted(left.items())], now
    )
    facts: list[Fact] = []
    found: list[Differing] = []
    for guide, external_userid, at in new:
        who = customer(corp, external_userid)
        if who is not None:
            number = f"contact.unassigned:{guide}:{external_userid}:{int(at.timestamp())}"
            data = {"guide": guide, "corp": corp, "found_by": walk.asking.found_by}
            facts.append(Fact("contact.unassigned", number, min(at, now), (who,), object=guide, data=data))
            found.append(Differing("unassigned", f"{guide} {external_userid}", {}, {}, number, at))
    active = store.active_of(conn, corp, sorted(left))
    unknown = [Wish("contact", {"guide": guide, "external_userid": who}) for guide, who, _ in new if who not in active[guide]]
    wish(conn, [(walk.account.account_id, one) for one in unknown], at=walk.ground.clock.now())
    return keeping.keep(walk.ground, conn, walk.account, Decided(tuple(facts), tuple(found)))


def is_followed(walk: Walk, client: Client, external_userid: str, guide: str) -> bool:
    """Whether the corp, asked about this customer alone, still names the guide: pages may slip while customers come and go."""
    try:
        for page in pages(lambda cursor: _followers(walk, client, external_userid, cursor)):
            if guide in page.items:
                return True
    except VendorError as err:
        if err.code not in NOT_THERE:
            raise
    return False


def _followers(walk: Walk, client: Client, external_userid: str, cursor: str) -> Page[str]:
    got = walk.ask(lambda: client.customer(external_userid, cursor))
    return Page([one.userid for one in got.follow_user], got.next_cursor)
