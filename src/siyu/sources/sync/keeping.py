"""What was told, recorded: one transaction a page, the log asked first what it knows already."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from siyu import pool
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.base.ids import keys_of
from siyu.pool import Fact
from siyu.sources import kin
from siyu.sources.connected import source_name
from siyu.sources.sync import contacts, store
from siyu.sources.sync.contacts import YOUNG_FOR, Asking
from siyu.sources.sync.fields import digest_of
from siyu.sources.sync.words import Decided, Differing, Known, Told
from siyu.sources.wishes import Wish, wish
from siyu.vendors import Account

_MOST_STEPS = 200  # of the relations' reader, before a walk


class Raced(Exception):
    """Somebody else recorded one of the facts between our look and our writing: look again."""


@dataclass
class Kept:
    """What became of a page."""

    facts_n: int = 0
    noted_n: int = 0  # differences that were written down
    differences: list[Differing] = field(default_factory=list)


def source_of(ground: Ground, conn: Connection, account: Account) -> int:
    """The number of the source under which an account's facts stand."""
    name, kind = source_name(account.kind, account.app_id)
    return pool.ensure_source(conn, name, kind, now=ground.clock.now(), class_="first-party relation")


def catch_up(ground: Ground) -> None:
    """Let the relations read what the log holds, so that what is known here is compared as it stands now."""
    for _ in range(_MOST_STEPS):
        if pool.relations.follow(ground) == 0:
            return


def keep_contacts(
    ground: Ground, conn: Connection, account: Account, told: Sequence[Told], tag_names: Mapping[str, str], asking: Asking
) -> Kept:
    """Make what is known of these relations equal to what was told. A relation that is too young is wished for later. Raises `Raced`."""
    if not told:
        return Kept()
    source_id = source_of(ground, conn, account)
    key_of = keys_of(source_id)
    once = _each_once(told)
    keys = [key_of(contacts.added_id(one.guide, one.external_userid, one.added_at)) for one in once]
    there = store.recorded(conn, keys)
    known = store.known_contacts(conn, ground.vault, asking.corp, told)
    kept = Kept()
    facts: list[Fact] = []
    fresh: set[str] = set()
    seen: list[tuple[str, str, bytes]] = []
    young: list[Told] = []
    nameless: set[str] = set()
    since = kin.oldest_pending(conn, asking.corp, asking.asked_at)
    for one, key in zip(once, keys, strict=True):
        digest = digest_of(ground.vault, one)
        here = known.get((one.guide, one.external_userid), Known())
        decided = contacts.decide(one, here, digest, is_recorded=key in there, tag_names=tag_names, asking=asking)
        if decided.is_too_young:
            young.append(one)
            continue
        if key not in there:
            fresh.add(contacts.added_id(one.guide, one.external_userid, one.added_at))
        facts += decided.facts
        kept.differences += decided.differences
        if here.digest is None and not one.unionid and since is not None and one.added_at >= since:
            nameless.add(one.external_userid)
        if digest != here.digest:
            seen.append((one.guide, one.external_userid, digest))
    kept.facts_n = keep_facts(ground, conn, source_id, facts, fresh=fresh)
    store.keep_seen(conn, asking.corp, seen, asking.asked_at)
    wishes = [
        (account.account_id, Wish("contact", {"guide": one.guide, "external_userid": one.external_userid}, after=YOUNG_FOR))
        for one in young
    ]
    # Whoever came without a unionid may be somebody for whom a pending id stands.
    wishes += [(account.account_id, Wish("pending", {"external_userid": who})) for who in sorted(nameless)]
    wish(conn, wishes, at=ground.clock.now())
    return kept


def keep_facts(ground: Ground, conn: Connection, source_id: int, facts: Sequence[Fact], *, fresh: Collection[str] = ()) -> int:
    """Record facts; gives how many were new. `fresh` are ids that the log did not hold a moment ago. Raises `Raced` when it does now."""
    ours = [fact for fact in facts if fact.id in fresh]
    others = [fact for fact in facts if fact.id not in fresh]
    new = 0
    if ours:
        done = pool.record(ground, conn, source_id, ours)
        if done.known:
            raise Raced
        new += done.new
    return new + (pool.record(ground, conn, source_id, others).new if others else 0)


def keep(ground: Ground, conn: Connection, account: Account, decided: Decided) -> Kept:
    """Record what was decided of a chat or an ending."""
    if not decided.facts:
        return Kept()
    new = keep_facts(ground, conn, source_of(ground, conn, account), decided.facts)
    return Kept(new, differences=list(decided.differences))


def _each_once(told: Sequence[Told]) -> list[Told]:
    return list({(one.guide, one.external_userid): one for one in told}.values())
