"""From windows to bounds: where a window begins and ends, given now and the brand's time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from siyu.segments.words import Ago, At, Edge, Window

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Present:
    """Now, and whose midnight begins a day."""

    now: datetime
    time_zone: str

    @cached_property
    def zone(self) -> ZoneInfo:
        """The brand's zone."""
        return ZoneInfo(self.time_zone)

    @cached_property
    def today(self) -> date:
        """Today's date where the brand is."""
        return self.now.astimezone(self.zone).date()

    def moments(self, window: Window) -> tuple[datetime | None, datetime | None]:
        """The window as moments in UTC: the first that belongs to it, the first after it."""
        return self._moment(window.start), self._moment(window.end)

    def _moment(self, edge: Edge | None) -> datetime | None:
        match edge:
            case None:
                return None
            case Ago():
                return self.now - edge.by
            case At(point=datetime() as moment):
                return moment.astimezone(UTC)
            case At(point=day):
                return datetime.combine(day, time(0), self.zone).astimezone(UTC)

    def days(self, window: Window) -> tuple[date | None, date | None]:
        """The window as whole dates: the first that belongs to it, the first after it.

        `last N days` are the N dates that end today, `next N days` the N that begin today; hours count as the days they begin.
        """
        shift = 0 if _looks_ahead(window) else 1
        return self._day(window.start, shift), self._day(window.end, shift)

    def _day(self, edge: Edge | None, shift: int) -> date | None:
        match edge:
            case None:
                return None
            case Ago():
                whole = -(-edge.by // DAY) if edge.by >= timedelta(0) else edge.by // DAY
                return self.today - timedelta(days=whole - shift)
            case At(point=datetime() as moment):
                return moment.astimezone(self.zone).date()
            case At(point=day):
                return day

    def anniversaries(self, days: int) -> frozenset[str]:
        """The month-and-day texts (`11-20`) that come round within `days` days, today included.

        The 29th of February is kept on the 28th in years that have none.
        """
        found = set()
        for ahead in range(days):
            day = self.today + timedelta(days=ahead)
            found.add(day.strftime("%m-%d"))
            if (day.month, day.day) == (2, 28) and (day + DAY).month == 3:
                found.add("02-29")
        return frozenset(found)


def _looks_ahead(window: Window) -> bool:
    return window.start == Ago(timedelta(0))
