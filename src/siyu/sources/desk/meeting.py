"""Asking a corp who those are that write to its desks: a unionid makes them one with the follower, the mini-program's user, the customer.

The question is asked outside any transaction, and its answer recorded in one. Who is asked about is held meanwhile; a death in between
asks again when that is over.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from siyu import vendors
from siyu.base.db import Connection
from siyu.base.errors import SiyuError
from siyu.base.ground import Ground
from siyu.pool import Fact
from siyu.sources.desk import deciding, store
from siyu.sources.desk.words import Met, Visitor
from siyu.sources.recording import record_told
from siyu.vendors import Account, Trouble, VendorError
from siyu.vendors.wecom import Client

log = logging.getLogger(__name__)

_HELD_FOR = timedelta(minutes=5)
_PATIENCE = 1.0  # seconds: messages wait in the same lane
_THEIR_OWN = (Trouble.ITEM, Trouble.RELATION)


def note(ground: Ground, conn: Connection, account: Account, facts: Sequence[Fact]) -> None:
    """Keep who is to be asked about of those who wrote or came in, in the transaction that records it."""
    seen = store.visitors(ground.vault, conn, account.app_id, deciding.came(facts))
    now = ground.clock.now()
    store.ask(conn, account.account_id, deciding.to_ask(seen, now), now)


def meet(ground: Ground) -> int:
    """One step: a question for each app whose desks have visitors to be asked about; gives how many were settled. Several workers may do
    it at once: who is asked about is held.
    """
    with ground.db.tx() as conn:
        able = [(vendors.account(conn, account_id), tries) for account_id, tries in store.able(conn, ground.clock.now())]
    return sum(_ask(ground, account, tries) for account, tries in able)


def _ask(ground: Ground, account: Account, tries: int) -> int:
    now = ground.clock.now()
    with ground.db.tx() as conn:
        taken = store.take(conn, account.account_id, now, now + _HELD_FOR, deciding.at_once(tries))
        asked = [one for one in taken if one.external_userid and not one.has_unionid]
        store.let_be(conn, [one.identifier_id for one in taken if one not in asked])
    if not asked:
        return len(taken)
    try:
        told = Client(ground, account, patience=_PATIENCE).desk_customers([one.external_userid for one in asked])
    except SiyuError as err:
        _refused(ground, account, asked, tries + 1, err)
        return len(taken) - len(asked)
    ground.db.again(partial(_keep, ground, account, deciding.met(ground.vault, account.app_id, asked, told, ground.clock.now())))
    return len(taken)


def _keep(ground: Ground, account: Account, found: Met, conn: Connection) -> None:
    record_told(ground, conn, account.kind, account.app_id, found.facts)
    store.answer(conn, found.is_told, ground.clock.now())
    store.work_again(conn, account.account_id)


def _refused(ground: Ground, account: Account, asked: Sequence[Visitor], tries: int, err: SiyuError) -> None:
    """Nobody was told of: they stay to be asked about. One who was refused alone, for their own sake, was asked about."""
    code, wait = (err.code, err.retry_after) if isinstance(err, VendorError) else (type(err).__name__, None)
    now = ground.clock.now()
    with ground.db.tx() as conn:
        if len(asked) == 1 and isinstance(err, VendorError) and err.kind in _THEIR_OWN:
            store.answer(conn, {asked[0].identifier_id: False}, now)
        else:
            store.give_back(conn, [one.identifier_id for one in asked], now)
        store.rest(conn, account.account_id, now + deciding.rest_for(tries, wait), tries, code)
    log.warning("who writes to a desk is not told", extra={"code": code, "account": account.account_id})
