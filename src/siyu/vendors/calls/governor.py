"""Turns to ask: what `pace` decides, carried out by the threads of this process on the rows that all processes share.

Cheap where it is busy: a process takes slots for all its waiting threads at once, and the more the quicker it uses them up, and passes a
seat from thread to thread for up to a second before it gives it back, so that the database is asked far less than the vendor. Cheap
where it is quiet: two short transactions. None of them waits for the disk: after a crash of the server a pace forgets a second at most.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from siyu.base.db import Connection, Database
from siyu.base.ground import Ground
from siyu.vendors.calls import store
from siyu.vendors.calls.limits import limits_of
from siyu.vendors.calls.pace import GRACE, Limits, Turn, take
from siyu.vendors.calls.store import Traced
from siyu.vendors.codes import explain, trouble_of
from siyu.vendors.words import Account, Trouble, VendorError

_MOST_SLOTS = 16
_AHEAD = 1.0  # seconds: slots further off are not taken yet
_PASS_FOR = 1.0  # seconds that a seat may go from thread to thread
_KEEP_CALLS_FOR = timedelta(days=14)
_KEEP_CALLS = 500_000
_FAILURES = 5  # in a row, and the host rests
_REST = (5, 10, 20, 40, 60)  # seconds, longer each time


@dataclass
class _Seat:
    number: int
    holder: int
    taken_at: float
    held_until: float


@dataclass
class _Local:
    """What this process holds of one interface."""

    ready: threading.Condition = field(default_factory=threading.Condition)
    idle: list[_Seat] = field(default_factory=list)
    slots: deque[float] = field(default_factory=deque)
    unused: int = 0  # slots that went by while nobody had a seat
    ahead: int = 1  # slots to take at once: twice as many each time that they were all used, half as many when some went by
    waiting: int = 0
    held: int = 0  # seats of this process: those that are used, and those that are idle
    is_taking: bool = False
    limits: Limits | None = None
    limits_at: float = 0.0

    def drop_old(self, hold_for: float) -> list[_Seat]:
        """Seats that end too soon for a call as long as that; somebody must give them back, or the interface stays that much narrower."""
        with self.ready:
            old = [one for one in self.idle if one.held_until - time.monotonic() < hold_for]
            self.idle = [one for one in self.idle if one not in old]
        return old


class Governor:
    """One for each database of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locals: dict[tuple[int, str], _Local] = {}
        self._traced: list[Traced] = []
        self._written = 0
        self._broken: set[tuple[int, str]] = set()

    @contextmanager
    def turn(self, ground: Ground, account: Account, interface: str, host: str, *, patience: float, hold_for: float) -> Iterator[None]:
        """Wait for a turn, at most `patience` seconds, and hold it. Raises `VendorError`: blocked, resting, or no turn in time."""
        here = self._local(account.account_id, interface)
        seat = self._enter(ground, account, interface, host, here, time.monotonic() + patience, hold_for)
        try:
            yield
        finally:
            self._leave(ground, account.account_id, interface, here, seat, hold_for)

    def trace(self, call: Traced) -> None:
        """Note a call; it is written with the next seat that is given back."""
        with self._lock:
            self._traced.append(call)

    def block(self, ground: Ground, account: Account, interface: str, code: str, lengths: tuple[int, ...]) -> timedelta:
        """Nobody asks this interface until the vendor's block is over."""
        with ground.db.tx() as conn:
            return store.block(conn, account.account_id, interface, code, lengths, ground.clock.now())

    def narrow(self, ground: Ground, account: Account, interface: str) -> None:
        """The vendor said that too many ran at once."""
        here = self._local(account.account_id, interface)
        with ground.db.tx() as conn:
            store.narrow(conn, account.account_id, interface, here.limits.width if here.limits else 5)
        with here.ready:
            idle, here.idle = here.idle, []
        self._give_back(ground, account.account_id, interface, here, idle)

    def failed(self, ground: Ground, account: Account, host: str, code: str) -> None:
        """The host was not reached, or did not answer, or answered that it is down."""
        now = ground.clock.now()
        with ground.db.tx() as conn:
            failures = store.note_failure(conn, account.account_id, host, code, now)
            if failures >= _FAILURES:
                rest = _REST[min(failures - _FAILURES, len(_REST) - 1)]
                store.open_breaker(conn, account.account_id, host, now + timedelta(seconds=rest))
        with self._lock:
            self._broken.add((account.account_id, host))

    def answered(self, ground: Ground, account: Account, host: str) -> None:
        """The host answered: what was counted against it is forgotten."""
        key = (account.account_id, host)
        if key in self._broken:
            with self._lock:
                self._broken.discard(key)
            with ground.db.tx() as conn:
                store.close_breaker(conn, account.account_id, host)

    def _local(self, account_id: int, interface: str) -> _Local:
        with self._lock:
            return self._locals.setdefault((account_id, interface), _Local())

    def _enter(self, ground: Ground, account: Account, interface: str, host: str, here: _Local, ends_at: float, hold_for: float) -> _Seat:
        with here.ready:
            here.waiting += 1
        try:
            while True:
                if old := here.drop_old(hold_for):
                    self._give_back(ground, account.account_id, interface, here, old)
                with here.ready:
                    now = time.monotonic()
                    if here.slots and here.slots[0] < now - GRACE:
                        here.ahead = max(1, here.ahead // 2)
                    while here.slots and here.slots[0] < now - GRACE:
                        here.slots.popleft()
                        here.unused += 1
                    if here.idle and here.slots:
                        seat, slot = here.idle.pop(), here.slots.popleft()
                        break
                    if here.is_taking:
                        if not here.ready.wait(max(0.001, ends_at - now)) and time.monotonic() >= ends_at:
                            raise _too_slow(account, interface, timedelta(seconds=1))
                        continue
                    if not here.idle and here.limits and here.held >= here.limits.width:  # all seats are ours: one will be passed on
                        if not here.ready.wait(max(0.001, min(ends_at - now, _PASS_FOR))) and time.monotonic() >= ends_at:
                            raise _too_slow(account, interface, timedelta(seconds=1))
                        continue
                    here.is_taking = True
                    wants_seat, slots = not here.idle, min(_MOST_SLOTS, max(here.ahead, here.waiting)) if not here.slots else 0
                    here.ahead = min(_MOST_SLOTS, here.ahead * 2) if slots else here.ahead
                try:
                    turn = self._take(ground, account, interface, host, here, wants_seat, slots, ends_at, hold_for)
                finally:
                    with here.ready:
                        here.is_taking = False
                        here.ready.notify_all()
                if turn.slots:
                    continue
                left, wait = ends_at - time.monotonic(), turn.wait.total_seconds()
                if left <= 0 or (wait > left and not turn.is_full):
                    raise _too_slow(account, interface, turn.wait)
                with here.ready:
                    if not here.idle:
                        here.ready.wait(min(left, _look_again() if turn.is_full else max(0.001, min(wait, _AHEAD))))
        finally:
            with here.ready:
                here.waiting -= 1
                spare = [here.idle.pop() for _ in range(len(here.idle) - here.waiting)]
            if spare:  # passed on to one of us who has gone
                self._give_back(ground, account.account_id, interface, here, spare)
        pause = slot - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        return seat

    def _take(
        self,
        ground: Ground,
        account: Account,
        interface: str,
        host: str,
        here: _Local,
        wants_seat: bool,
        slots: int,
        ends_at: float,
        hold_for: float,
    ) -> Turn:
        now = ground.clock.now()
        with here.ready:
            unused, here.unused = here.unused, 0
        with ground.db.tx() as conn:
            store.do_not_wait(conn)
            limits = self._limits(conn, account, interface, here)
            row = store.take_pace(conn, account.account_id, interface, limits)
            if row.blocked_until is not None and row.blocked_until > now:
                raise _blocked(account, interface, row.blocked_code, row.blocked_until - now)
            if wants_seat:
                self._look_out(conn, account, interface, host, now, hold_for)
            holder = store.new_holder(conn) if wants_seat else 0
            left = timedelta(seconds=max(0.0, min(_AHEAD, ends_at - time.monotonic())))
            hold = timedelta(seconds=hold_for + _PASS_FOR + _AHEAD + 1)
            many = max(1, min(slots, int(limits.at_once)))
            pace, turn = take(row.pace, limits, row.now, slots=many, holder=holder, hold_for=hold, patience=left, unused=unused)
            if turn.slots or unused:
                store.keep_pace(conn, account.account_id, interface, pace)
        mine = time.monotonic()
        with here.ready:
            for slot in turn.slots:
                here.slots.append(mine + (slot - row.now).total_seconds())
            if turn.seat:
                here.held += 1
                here.idle.append(_Seat(turn.seat, holder, mine, mine + hold_for + _PASS_FOR + _AHEAD + 0.5))
        return turn

    def _look_out(self, conn: Connection, account: Account, interface: str, host: str, now: datetime, hold_for: float) -> None:
        """Nobody asks a host that rests; after its rest one caller may try."""
        breaker = store.see_breaker(conn, account.account_id, host)
        if breaker is None:
            return
        with self._lock:
            self._broken.add((account.account_id, host))
        if breaker.failures < _FAILURES or breaker.open_until is None:
            return
        rests = breaker.open_until - now
        if rests > timedelta(0) or not store.take_probe(conn, account.account_id, host, now, now + timedelta(seconds=hold_for)):
            raise _refusal(account, interface, "resting", Trouble.DOWN, max(rests, timedelta(seconds=1)))

    def _limits(self, conn: Connection, account: Account, interface: str, here: _Local) -> Limits:
        now = time.monotonic()
        if here.limits is None or now - here.limits_at > 10:
            here.limits, here.limits_at = limits_of(conn, account.kind, interface), now
        return here.limits

    def _leave(self, ground: Ground, account_id: int, interface: str, here: _Local, seat: _Seat, hold_for: float) -> None:
        now = time.monotonic()
        with here.ready:
            is_passed = here.waiting > len(here.idle) and now - seat.taken_at < _PASS_FOR and seat.held_until - now > hold_for
            if is_passed:
                here.idle.append(seat)
                here.ready.notify()
        if not is_passed or len(self._traced) > 50:
            self._give_back(ground, account_id, interface, here, [] if is_passed else [seat])

    def _give_back(self, ground: Ground, account_id: int, interface: str, here: _Local, seats: list[_Seat]) -> None:
        """Free seats in the database, and write down the calls that were made since the last time."""
        with self._lock:
            calls, self._traced = self._traced, []
        try:
            with ground.db.tx() as conn:
                store.do_not_wait(conn)
                for seat in seats:
                    store.give_seat(conn, account_id, interface, seat.number, seat.holder)
                if calls:
                    store.trace_calls(conn, calls)
                    self._written += len(calls)
                    if self._written > 2_000:
                        self._written = 0
                        store.trim_calls(conn, ground.clock.now() - _KEEP_CALLS_FOR, _KEEP_CALLS)
        finally:
            with here.ready:
                here.held -= len(seats)
                here.ready.notify(len(seats))


def _too_slow(account: Account, interface: str, wait: timedelta) -> VendorError:
    return _refusal(account, interface, "pace", Trouble.LATER, wait)


def _refusal(account: Account, interface: str, code: str, trouble: Trouble, wait: timedelta) -> VendorError:
    told = explain(account.kind, code, "en")
    what = f"{interface}: {told.what}"
    return VendorError(code, trouble, interface, retry_after=wait, what=what, remedy=told.remedy, vendor=account.kind)


def _blocked(account: Account, interface: str, code: str, rest: timedelta) -> VendorError:
    trouble = trouble_of(account.kind, code)
    return _refusal(account, interface, code, Trouble.CONFIG if trouble == Trouble.TOKEN else trouble, rest)


_GOVERNORS: WeakKeyDictionary[Database, Governor] = WeakKeyDictionary()
_GUARD = threading.Lock()


def governor_of(ground: Ground) -> Governor:
    """The governor of this process for a ground's database."""
    with _GUARD:
        return _GOVERNORS.setdefault(ground.db, Governor())


def _look_again() -> float:
    return random.uniform(0.02, 0.06)  # noqa: S311  so that processes do not look in step
