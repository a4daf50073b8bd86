"""The overview's figures, counted beside the pages: they read every order, so a page takes those of a moment ago.

They are counted anew in a thread of their own when facts were folded since, or time has moved them, but never for more than a part of
the time. A page waits a little for the first count, then shows that it is under way. `as_of` says how old they are.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field

from siyu import analytics, pool
from siyu.base.cursor import Place, see_place
from siyu.base.db import Connection
from siyu.base.ground import Ground

log = logging.getLogger(__name__)

_READER = "pool.fold"
_SHARE = 20  # counting may take one part in this of the time
_LONGEST = 600.0  # seconds: the figures of thirty days move with the clock alone
_PATIENCE = 1.5  # seconds that a page waits for figures it has never seen


@dataclass
class Figures:
    """The figures of one application, shared by its requests."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _done: threading.Event = field(default_factory=threading.Event)
    _kept: analytics.Overview | None = None
    _about: tuple[Place, pool.Brand] | None = None
    _counted_at: float = 0.0
    _cost: float = 0.0
    _is_counting: bool = False

    def now(self, ground: Ground, conn: Connection) -> analytics.Overview | None:
        """The figures as fresh as they need to be; None while they are counted for the first time (or in another currency)."""
        about = see_place(conn, _READER), pool.brand(conn)
        with self._lock:
            is_ours = self._about is not None and self._about[1] == about[1]
            if not self._is_counting and self._is_due(ground, about, is_ours):
                self._is_counting = True
                self._done.clear()
                threading.Thread(target=self._count, args=(ground, about), name="web-figures", daemon=True).start()
        if not is_ours:
            self._done.wait(_PATIENCE)
        with self._lock:
            return self._kept if self._about is not None and self._about[1] == about[1] else None

    def _is_due(self, ground: Ground, about: tuple[Place, pool.Brand], is_ours: bool) -> bool:
        if self._kept is None or not is_ours:
            return True
        if time.monotonic() - self._counted_at < self._cost * _SHARE:
            return False
        return about != self._about or abs((ground.clock.now() - self._kept.as_of).total_seconds()) > _LONGEST

    def _count(self, ground: Ground, about: tuple[Place, pool.Brand]) -> None:
        began = time.monotonic()
        counted = None
        try:
            with ground.db.tx() as conn:
                counted = analytics.overview(ground, conn)
        except Exception as error:  # whatever it was, the next page tries again; pages must not die of it
            log.warning("the figures of the overview could not be counted", extra={"error": type(error).__name__})
        with self._lock:
            if counted is not None:
                self._kept, self._about = counted, about
            self._cost, self._counted_at = time.monotonic() - began, time.monotonic()
            self._is_counting = False
        self._done.set()
