"""The ledger as columns, read beside the pages and shared by them.

It is read again in a thread of its own when something in it (or who is who, or a term) has changed, never for more than a part of the
time. A page waits a little for the first reading, then shows that it is under way; afterwards it takes the book of a moment ago, and says
so, where reading takes long.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.requests import Request

from siyu.analytics import ledger
from siyu.base.errors import SiyuError
from siyu.web.broadcasts.looks import Look, looks_of
from siyu.web.page import ground_of, kept_by_app

_SHARE = 20  # reading may take one part in this of the time
_QUICK = 0.25  # seconds: what is read in less is read whenever it has changed, and pages wait for it
_PATIENCE = 0.8  # seconds that a page waits for a book, or for a quick one to be new
_LONGEST = 120.0  # seconds that a table to take away waits for the book as it stands


@dataclass(frozen=True)
class Read:
    """A book, what it was read of, and when."""

    book: ledger.Book
    about: Any
    as_of: datetime
    begun_at: float  # monotonic
    done_at: float

    @property
    def cost(self) -> float:
        """Seconds that reading it took."""
        return self.done_at - self.begun_at


@dataclass(frozen=True)
class Held:
    """What a page gets: a book or, while none was ever read, how far that is. `is_behind`: something has changed since `as_of`."""

    book: ledger.Book | None
    look: Look
    as_of: datetime | None = None
    is_behind: bool = False


@dataclass
class _Shelf:
    lock: threading.Lock = field(default_factory=threading.Lock)
    read: Read | None = None
    look: Look | None = None
    turn: int = 0


def take(request: Request) -> Held:
    """The book for a page; it holds no connection while it waits."""
    return _take(request, is_whole=False)


def take_whole(request: Request) -> ledger.Book:
    """The book as it stands now, however long reading it takes: for tables to take away. Raises what broke the reading off."""
    held = _take(request, is_whole=True)
    if held.is_behind:  # a reading was under way that had begun before the change
        held = _take(request, is_whole=True)
    if held.look.error:
        raise held.look.error
    if held.book is None:
        raise SiyuError("The ledger was not read in time.", "Try again in a minute.")
    return held.book


def _take(request: Request, *, is_whole: bool) -> Held:
    asked_at = time.monotonic()
    about, shelf = _about(request), kept_by_app(request, "ledger_shelf", _Shelf)
    with shelf.lock:
        read, look = shelf.read, shelf.look
        is_new = read is not None and read.about == about
        if look is None or (look.is_done.is_set() and not is_new and (is_whole or _is_due(read))):
            look = shelf.look = _begin(request, shelf)
    if not is_new and (is_whole or read is None or read.cost < _QUICK):
        look.is_done.wait(_LONGEST if is_whole else _PATIENCE)
    read = shelf.read
    if read is None:
        return Held(None, look)
    return Held(read.book, look, read.as_of, read.about != about and read.begun_at < asked_at)


def _is_due(read: Read | None) -> bool:
    return read is None or read.cost < _QUICK or time.monotonic() - read.done_at >= read.cost * _SHARE


def _begin(request: Request, shelf: _Shelf) -> Look:
    ground = ground_of(request)

    def make(_: object) -> None:
        began = time.monotonic()
        with ground.db.tx() as conn:
            about = ledger.stamp(conn), ledger.terms(conn)  # before the book: what changes meanwhile is read again
            book = ledger.load(conn)
        shelf.read = Read(book, about, ground.clock.now(), began, time.monotonic())

    shelf.turn += 1
    return looks_of(request).take(("ledger", shelf.turn), make, patience=0.0)


def _about(request: Request) -> Any:
    with ground_of(request).db.tx() as conn:
        return ledger.stamp(conn), ledger.terms(conn)
