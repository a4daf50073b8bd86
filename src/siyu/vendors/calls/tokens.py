"""Tokens: one for all workers of all processes, fetched by one of them at a time.

The row holds the token, sealed, and its generation. Who must fetch takes an advisory lock on a connection of its own: when that process
dies, however it dies, the server lets go at once and the next one fetches. Who finds the lock taken while the old token still lives goes
on with the old one. A token that dies early is dropped by its generation, so that a hundred workers who meet the same dead token fetch
once. A process also keeps what it read in memory, so that a call costs no query.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

import psycopg
from cryptography.exceptions import InvalidTag

from siyu.base.db import Database
from siyu.base.ground import Ground
from siyu.base.vault import seal, unseal
from siyu.vendors.calls import store
from siyu.vendors.words import Account, Trouble, VendorError

_SPACE = 7_316
EARLY = timedelta(seconds=300)  # a token is replaced so long before it dies, and up to a fifth more, at random; a short-lived one later
Fetched = tuple[str, int]  # the token, and how many seconds it lives


@dataclass(frozen=True)
class Token:
    """A token that lives. Its text is for the request only."""

    text: str = field(repr=False)
    generation: int
    expires_at: datetime
    renew_at: datetime

    def is_good(self, now: datetime) -> bool:
        """Whether it may still be used though it should be renewed."""
        return now < self.renew_at + (self.expires_at - self.renew_at) * 0.8


class Tokens:
    """One for each database of a process."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[tuple[int, str], threading.Lock] = {}
        self._kept: dict[tuple[int, str], tuple[bytes, Token]] = {}  # beside the key of the account, which is new with every change of it

    def get(self, ground: Ground, account: Account, purpose: str, fetch: Callable[[], Fetched]) -> Token:
        """A token that is alive, from memory, from the row, or fetched. Raises what `fetch` raises."""
        key = (account.account_id, purpose)
        now = ground.clock.now()
        kept = self._kept.get(key)
        if kept and kept[0] == account.key and now < kept[1].renew_at:
            return kept[1]
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            kept = self._kept.get(key)
            if kept and kept[0] == account.key and now < kept[1].renew_at:
                return kept[1]
            found = self._read(ground, account, purpose)
            if found is None or found.renew_at <= now:
                found = self._renew(ground, account, purpose, fetch, found if found and found.is_good(now) else None)
            self._kept[key] = (account.key, found)
            return found

    def drop(self, ground: Ground, account: Account, purpose: str, generation: int) -> None:
        """This token died early: whoever needs one fetches another."""
        key = (account.account_id, purpose)
        with ground.db.tx() as conn:
            store.drop_token(conn, account.account_id, purpose, generation)
        with self._guard:
            kept = self._kept.get(key)
            if kept and kept[1].generation == generation:
                del self._kept[key]

    def _read(self, ground: Ground, account: Account, purpose: str) -> Token | None:
        with ground.db.tx() as conn:
            row = store.see_token(conn, account.account_id, purpose)
        if row is None or row[0] is None or row[3] is None or row[2] is None or row[3] <= ground.clock.now():
            return None
        try:
            text = unseal(ground.vault.open_key(account.key), row[0])
        except InvalidTag:  # sealed for what the account was before it was changed: not ours
            return None
        return _token(text, row[1], row[2], row[3])

    def _renew(self, ground: Ground, account: Account, purpose: str, fetch: Callable[[], Fetched], old: Token | None) -> Token:
        with ground.db.autocommit() as conn:
            key = f"{account.account_id}:{purpose}"
            if old is not None:
                row = conn.execute(store.Q.try_lock_token, {"space": _SPACE, "key": key}).fetchone()
                if not row or not row[0]:
                    return Token(old.text, old.generation, old.expires_at, min(old.expires_at, ground.clock.now() + timedelta(seconds=5)))
            else:
                conn.execute(store.Q.wait_for_lock)
                try:
                    conn.execute(store.Q.lock_token, {"space": _SPACE, "key": key})
                except psycopg.errors.LockNotAvailable:
                    raise VendorError("pace", Trouble.LATER, "gettoken", retry_after=timedelta(seconds=5)) from None
            found = self._read(ground, account, purpose)
            now = ground.clock.now()
            if found is not None and found.renew_at > now:
                return found  # somebody was quicker
            text, lives_for = fetch()
            expires_at = now + timedelta(seconds=lives_for)
            sealed = seal(ground.vault.open_key(account.key), text)
            with ground.db.tx() as tx:
                generation = store.keep_token(tx, account.account_id, purpose, sealed, now, expires_at)
            return _token(text, generation, now, expires_at)


def _token(text: str, generation: int, fetched_at: datetime, expires_at: datetime) -> Token:
    early = min(EARLY, (expires_at - fetched_at) / 4)
    return Token(text, generation, expires_at, expires_at - early * random.uniform(1, 1.2))  # noqa: S311  no secret


_TOKENS: WeakKeyDictionary[Database, Tokens] = WeakKeyDictionary()
_GUARD = threading.Lock()


def tokens_of(ground: Ground) -> Tokens:
    """The tokens of this process for a ground's database."""
    with _GUARD:
        return _TOKENS.setdefault(ground.db, Tokens())
