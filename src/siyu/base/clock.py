"""The one clock. Nothing else in Siyu reads the time (a lint rule holds everyone to it).

Every moment is an aware `datetime` in UTC. A clock may be moved and run faster than the wall's: the demo lives in 2011 and a
simulated fortnight passes in a minute. Leases use the database's own clock, because they guard against real processes.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from siyu.base.db import Database


class Clock(Protocol):
    """Anything that can say what time it is."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The wall's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class StillClock:
    """A clock that moves only when told to; for tests and for replays."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def move(self, by: timedelta) -> datetime:
        """Go forward (or back) and say where we are."""
        self.at += by
        return self.at


@dataclass(frozen=True)
class Pace:
    """How a moved clock runs: at the wall's moment `real_at` it showed `shown_at`, and runs `rate` times as fast (0 = still).

    With `until`, it runs so fast only until it shows that moment, and at the wall's speed from there on.
    """

    real_at: datetime
    shown_at: datetime
    rate: float
    until: datetime | None = None

    def shown(self, real_now: datetime) -> datetime:
        """What the moved clock shows at the wall's `real_now`."""
        shown = self.shown_at + (real_now - self.real_at) * self.rate
        if self.until is None or shown <= self.until or self.rate <= 0:
            return shown
        return self.until + (real_now - self.real_at) - (self.until - self.shown_at) / self.rate


class SharedClock:
    """The clock of one data directory: every process that shares the database sees the same time.

    Reads the setting `clock` at most every half second; without one it is the wall's clock.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._pace: Pace | None = None
        self._read_at = -1.0

    def now(self) -> datetime:
        real = datetime.now(UTC)
        if time.monotonic() - self._read_at > 0.5 or self._read_at < 0:
            with self._lock:
                self._pace = self._load()
                self._read_at = time.monotonic()
        return self._pace.shown(real) if self._pace else real

    def set(self, shown_at: datetime, rate: float, until: datetime | None = None) -> None:
        """Move the clock for everybody: it shows `shown_at` now and runs `rate` times as fast as the wall's (until it shows `until`)."""
        from siyu.base import settings

        real = datetime.now(UTC)
        value = {
            "real_at": real.isoformat(), "shown_at": shown_at.isoformat(), "rate": rate, "until": until.isoformat() if until else None,
        }  # fmt: skip
        with self._db.tx() as conn:
            settings.put(conn, "clock", value, at=real)
        self._read_at = -1.0

    def pace(self) -> Pace | None:
        """How it runs when it was moved; None on the wall's time."""
        self.now()
        return self._pace

    def _load(self) -> Pace | None:
        from siyu.base import settings

        with self._db.tx() as conn:
            value = settings.get(conn, "clock", None)
        if not value:
            return None
        return Pace(
            real_at=datetime.fromisoformat(value["real_at"]),
            shown_at=datetime.fromisoformat(value["shown_at"]),
            rate=float(value["rate"]),
            until=datetime.fromisoformat(value["until"]) if value.get("until") else None,
        )
