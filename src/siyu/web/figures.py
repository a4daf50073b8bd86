"""The overview's figures, counted no more often than is worth it: they read every order, so a page takes those of a moment ago.

Counted anew when facts were folded since, but never more than a twentieth of the time; `as_of` says how old they are.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from siyu import analytics, pool
from siyu.base.cursor import Place, see_place
from siyu.base.db import Connection
from siyu.base.ground import Ground

_READER = "pool.fold"
_SHARE = 20  # counting may take one part in this of the time
_LONGEST = 600.0  # seconds: the figures of thirty days move with the clock alone


@dataclass
class Figures:
    """The figures of one application, shared by its requests."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _kept: analytics.Overview | None = None
    _place: Place | None = None
    _brand: pool.Brand | None = None
    _counted_at: float = 0.0
    _cost: float = 0.0

    def now(self, ground: Ground, conn: Connection) -> analytics.Overview:
        """The figures as fresh as they need to be."""
        place, brand = see_place(conn, _READER), pool.brand(conn)
        kept = self._kept
        if kept is not None and brand == self._brand:
            age = time.monotonic() - self._counted_at
            is_moved = place != self._place or abs((ground.clock.now() - kept.as_of).total_seconds()) > _LONGEST
            if age < self._cost * _SHARE or not is_moved:
                return kept
            if not self._lock.acquire(blocking=False):  # somebody counts already
                return kept
        else:
            self._lock.acquire()
        try:
            began = time.monotonic()
            counted = analytics.overview(ground, conn)
            self._cost, self._counted_at = time.monotonic() - began, time.monotonic()
            self._kept, self._place, self._brand = counted, place, brand
            return counted
        finally:
            self._lock.release()
