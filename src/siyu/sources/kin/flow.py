"""Asking a corp who somebody is, both ways round.

Each way asks outside any transaction and records what it was told in one. To be cut off in between is to ask again: questions change
nothing, and the facts have ids of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from siyu import pool
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.pool import Fact, Identifier, Kind, normal
from siyu.sources.connected import source_name
from siyu.sources.kin import store
from siyu.sources.kin.words import Answered, Stranger
from siyu.vendors import Account, AccountState, Trouble, VendorError, VendorKind, accounts
from siyu.vendors.wecom import Client

PENDING_FOR = timedelta(days=90)
A_CALL = 100  # customers who are asked about at once
_LINKS_A_STEP = 20_000
_ASKED_A_STEP = 50
_SOON = timedelta(minutes=5)  # a pending id this near to its end is told of no more: clocks differ
_REFUSED_FOR = timedelta(days=90)
_LONGEST_REST = timedelta(days=1)
_PATIENCE = 1.0  # seconds: the sync has other things to do meanwhile


def advance(ground: Ground) -> int:
    """One step: look through new links for people known by a unionid, and ask each corp about the next of them. Gives how many links and
    answers; 0 = nothing to do now.
    """
    with ground.db.tx() as conn:
        corps: dict[str, Account] = {}
        for one in accounts(conn):
            if one.kind is VendorKind.WECOM and one.state == AccountState.ON:
                corps.setdefault(one.app_id, one)  # apps of one corp are told the same
    return sum(_ask(ground, account) for account in corps.values())


def _ask(ground: Ground, account: Account) -> int:
    corp, now = account.app_id, ground.clock.now()
    with ground.db.tx() as conn:
        place = store.take_place(conn, corp, now)
        if place is None:
            return 0
        read = store.follow_links(conn, corp, place[0], now, _LINKS_A_STEP)
        strangers = store.due(conn, corp, now, _ASKED_A_STEP)
    if not strangers:
        return read
    answered, facts, stopped = _answers(Client(ground, account, patience=_PATIENCE), account, strangers, now)
    with ground.db.tx() as conn:
        _record(ground, conn, account, facts)
        store.answer(conn, corp, answered, now)
        if stopped is None:
            store.rest(conn, corp, None, 0, "")
        else:
            tries = place[1] + 1
            pause = stopped.retry_after or timedelta(minutes=1) * 2 ** min(tries - 1, 11)
            store.rest(conn, corp, now + min(_LONGEST_REST, pause), tries, stopped.code)
    return read + len(answered)


def _answers(
    client: Client, account: Account, strangers: Sequence[Stranger], now: datetime
) -> tuple[list[Answered], list[Fact], VendorError | None]:
    """What the corp says of each, and the error that ended the asking."""
    answered: list[Answered] = []
    facts: list[Fact] = []
    for one in strangers:
        if not one.names:
            answered.append(Answered(one.union_id, "refused", error="erased"))
            continue
        if one.is_customer:
            answered.append(Answered(one.union_id, "customer"))
            continue
        try:
            got = client.external_userid_of(one.names[0].value, one.names[1].value)
        except VendorError as err:
            if err.kind is not Trouble.ITEM:
                return answered, facts, err
            answered.append(Answered(one.union_id, "refused", due_at=now + _REFUSED_FOR, error=err.code))
            continue
        customer = normal.identifier(Kind.EXTERNAL_USERID, got.external_userid, account.app_id)
        pending = normal.identifier(Kind.PENDING_ID, got.pending_id, account.app_id)
        if customer is not None:
            answered.append(Answered(one.union_id, "customer"))
            facts.append(_same(account.app_id, (*one.names, customer), one.names[0].value, customer.value, now, by="unionid"))
        elif pending is not None:
            ends_at = now + PENDING_FOR
            answered.append(Answered(one.union_id, "pending", pending.value, ends_at, ends_at))
            stated = _same(account.app_id, (*one.names, pending), one.names[0].value, pending.value, now, by="unionid")
            facts.append(stated)
        else:
            answered.append(Answered(one.union_id, "refused", due_at=now + _REFUSED_FOR, error="unreadable"))
    return answered, facts, None


def meet(ground: Ground, client: Client, account: Account, external_userids: Sequence[str]) -> list[tuple[str, str]]:
    """Ask which of these customers (up to 100) somebody was before whom we know, and record it. Gives (external_userid, id of the fact)
    of facts that are new and join. Raises `VendorError`.
    """
    told = client.pending_ids_of(external_userids)
    now = ground.clock.now()
    with ground.db.tx() as conn:
        known = store.behind(conn, account.app_id, sorted(told.values()), now + _SOON)
        facts = met(account.app_id, told, known, now)
        joined = []
        for who, fact in facts.items():
            if _record(ground, conn, account, [fact]) and told[who] in known:
                joined.append((who, fact.id))
    return joined


def met(corp: str, told: Mapping[str, str], known: Mapping[str, tuple[Identifier, ...]], now: datetime) -> dict[str, Fact]:
    """The facts of customers and the pending ids that they were. One that stands for somebody known makes them one; any other is only
    noted: alone it joins nobody.
    """
    facts = {}
    for external_userid, pending_id in told.items():
        customer = normal.identifier(Kind.EXTERNAL_USERID, external_userid, corp)
        pending = normal.identifier(Kind.PENDING_ID, pending_id, corp)
        if customer is not None and pending is not None:
            names = (customer, pending, *known.get(pending_id, ()))
            how = "pending_id" if pending_id in known else "noted"
            facts[external_userid] = _same(corp, names, customer.value, f"{pending.value}:{len(names)}", now, by=how)
    return facts


def _same(corp: str, names: tuple[Identifier, ...], one: str, other: str, now: datetime, *, by: str) -> Fact:
    data = {"corp": corp, "by": by}
    if any(name.kind is Kind.PENDING_ID for name in names) and by == "unionid":
        data["until"] = (now + PENDING_FOR).isoformat()
    return Fact("identity.stated", f"identity.stated:{one}:{other}", now, names, data=data)


def _record(ground: Ground, conn: Connection, account: Account, facts: Sequence[Fact]) -> int:
    if not facts:
        return 0
    name, kind = source_name(account.kind, account.app_id)
    source_id = pool.ensure_source(conn, name, kind, now=ground.clock.now(), class_="first-party relation")
    return pool.record(ground, conn, source_id, facts).new
