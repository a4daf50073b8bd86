"""The story behind the answer: stored callbacks are opened in order, and each becomes facts and wishes in the transaction that marks it
done, so that it takes effect once, however often it was delivered or tried.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

import psycopg
from cryptography.exceptions import InvalidTag
from msgspec import structs
from psycopg_pool import PoolTimeout

from siyu.base import parked, settings
from siyu.base.db import Connection
from siyu.base.errors import NotFoundError, SiyuError
from siyu.base.ground import Ground
from siyu.sources import wishes
from siyu.sources.callbacks import opening, store
from siyu.sources.callbacks.words import KEEP_DAYS, MOST_TRIES, SETTING_KEEP_DAYS, Request, StoredCallback
from siyu.sources.connected import Understood, understand
from siyu.sources.recording import record_told
from siyu.vendors import Account, VendorKind, accounts

log = logging.getLogger(__name__)

_TROUBLE = (psycopg.OperationalError, PoolTimeout)  # the database's, not the callback's: nobody is to blame, all is tried again
_ROOM, _WHAT = "sources", "callback"


class _Opened(NamedTuple):
    """A callback with what it means."""

    stored: StoredCallback
    account: Account
    means: Understood


def work(ground: Ground, limit: int = 500) -> int:
    """One step: open up to `limit` callbacks that wait, oldest first. The number looked at; 0 = up to date, or another worker does it.

    One that cannot be turned into facts is tried again after 2, 4, 8 and 16 seconds, then parked and shown; it holds up nobody.
    """
    return ground.db.again(lambda conn: _work(ground, conn, limit))


def _work(ground: Ground, conn: Connection, limit: int) -> int:
    if not store.is_alone(conn):
        return 0
    now = ground.clock.now()
    waiting = store.due(conn, now, limit)
    if not waiting:
        return 0
    known = {one.account_id: one for one in accounts(conn)}
    opened: list[_Opened] = []
    failures: list[tuple[StoredCallback, Exception]] = []
    for stored in waiting:
        try:
            opened.append(_open(ground, stored, known))
        except Exception as err:
            failures.append((stored, err))
    kept = _take(ground, conn, opened, now, failures)
    if kept:
        store.done(conn, [(one.stored.callback_id, one.means.note, len(one.means.facts)) for one in kept], now)
        conn.execute(store.Q.ring)
    if failures:
        _put_off(conn, failures, now)
    return len(waiting)


def _open(ground: Ground, stored: StoredCallback, known: Mapping[int, Account]) -> _Opened:
    account = known.get(stored.account_id)
    if account is None:
        raise NotFoundError("The account is not there any more.", "Nothing to do, unless it was deleted by mistake.")
    text, app_id = opening.unsealed(ground.vault.master, stored.raw)
    is_former = bool(app_id) and app_id != account.app_id
    if is_former:  # the account was switched meanwhile: what it told stays its old corp's
        account = replace(account, app_id=app_id)
    event = opening.event_of(account, text, Request({}, b"", stored.received_at))
    means = understand(event)
    return _Opened(stored, account, replace(means, wishes=()) if is_former else means)  # there is nobody to ask any more


def _take(
    ground: Ground, conn: Connection, opened: Sequence[_Opened], now: datetime, failures: list[tuple[StoredCallback, Exception]]
) -> list[_Opened]:
    """Record all of them, halving until those that cannot be recorded stand alone; moves these to `failures`."""
    kept: list[_Opened] = []
    parts = [list(opened)] if opened else []
    while parts:
        some = parts.pop()
        try:
            with conn.transaction():
                _record(ground, conn, some, now)
            kept += some
        except _TROUBLE:
            raise
        except Exception as err:
            if len(some) > 1:
                half = len(some) // 2
                parts += [some[half:], some[:half]]
            else:
                failures.append((some[0].stored, err))
    return kept


def _record(ground: Ground, conn: Connection, some: Sequence[_Opened], now: datetime) -> None:
    by_account: dict[tuple[VendorKind, str], list[_Opened]] = {}
    for one in some:
        by_account.setdefault((one.account.kind, one.account.app_id), []).append(one)
    for (vendor, app_id), its in sorted(by_account.items()):
        facts = [structs.replace(fact, received_at=one.stored.received_at) for one in its for fact in one.means.facts]
        record_told(ground, conn, vendor, app_id, facts)
    wishes.wish(conn, [(one.account.account_id, wish) for one in some for wish in one.means.wishes], at=now)


def _put_off(conn: Connection, failures: Sequence[tuple[StoredCallback, Exception]], now: datetime) -> None:
    rows = []
    for stored, err in failures:
        tries = stored.tries + 1
        is_parked = tries >= MOST_TRIES
        rows.append((stored.callback_id, tries, _said(err), now + timedelta(seconds=2**tries), is_parked))
        if is_parked:
            parked.park(conn, _ROOM, _WHAT, str(stored.callback_id), type(err).__name__)
    store.failed(conn, rows)
    log.warning("callbacks cannot be understood", extra={"callbacks": len(rows), "error": type(failures[0][1]).__name__})


def _said(err: Exception) -> str:
    """What may be shown of an error: our own words, or its class and the database's code; never its text, which may hold a value."""
    if isinstance(err, SiyuError):
        return err.what[:300]
    if isinstance(err, InvalidTag):
        return "The installation's key does not open it."
    return " ".join(filter(None, (type(err).__name__, getattr(err, "sqlstate", None) or "")))


def replay(ground: Ground, ids: Sequence[int]) -> int:
    """Open these callbacks again with the next step, as if they had just come; gives how many. What is recorded already stays once."""
    with ground.db.tx() as conn:
        again = store.replay(conn, ids, ground.clock.now())
        for number in again:
            parked.release(conn, _ROOM, _WHAT, str(number))
        conn.execute(store.Q.ring)
    return len(again)


def tidy(ground: Ground, limit: int = 5_000) -> int:
    """One step: delete callbacks that were done long ago (setting `callbacks.keep_days`); gives how many. Parked ones stay."""
    with ground.db.tx() as conn:
        days = settings.get(conn, SETTING_KEEP_DAYS, KEEP_DAYS)
        return store.tidy(conn, ground.clock.now() - timedelta(days=days if isinstance(days, int) and days > 0 else KEEP_DAYS), limit)
