"""How values are shown: money, numbers, dates, durations; in the reader's language and the brand's time zone.

Each function here is a filter in templates: `{{ 12300|money }}`, `{{ at|ago }}`. Digits and Chinese are set apart by a space.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_timedelta
from jinja2 import pass_context
from jinja2.runtime import Context

from siyu.base import money as base_money
from siyu.base.sentences import retold
from siyu.base.text import say

NOTHING = "–"
_ZEROS = re.compile(r"\.0+(?!\d)|(?<=\.\d)0+(?!\d)")
_TOUCH = re.compile(r"(?<=[0-9A-Za-z%])(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])(?=[0-9A-Za-z])")


def _round(text: str) -> str:
    """62.80 万 as 62.8 万, 3.00M as 3M: zeros after the point say nothing on a card."""
    return _ZEROS.sub("", text)


@dataclass(frozen=True)
class Show:
    """The filters of one page: a language, the brand's currency and time zone, and the present moment."""

    lang: str
    currency: str
    time_zone: str
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The brand's time zone."""
        return ZoneInfo(self.time_zone)

    def money(self, minor: int | None, currency: str = "", *, short: bool = False) -> str:
        """Minor units as money: ¥1,286.00; `short` for cards: ¥62.8 万."""
        if minor is None:
            return NOTHING
        text = base_money.show(minor, currency or self.currency, short=short, lang=self.lang)
        return _round(text) if short else text

    def number(self, value: int | float | Decimal | None, digits: int = 0) -> str:
        """A number in full: 12,480."""
        return NOTHING if value is None else f"{value:,.{digits}f}"

    def short(self, value: int | float | Decimal | None) -> str:
        """A number for a card: 62.8 万 or 628K."""
        return NOTHING if value is None else _round(base_money.short_number(value, self.lang))

    def retold(self, text: str) -> str:
        """An error's text that was kept in English."""
        return retold(text, self.lang)

    def percent(self, share: float | None, digits: int = 1) -> str:
        """A share 0..1 as a percentage: 31.6%."""
        return NOTHING if share is None else f"{share * 100:,.{digits}f}%"

    def points(self, share: float | None, digits: int = 1) -> str:
        """A difference of shares with its sign: +1.2%, -0.4%."""
        return NOTHING if share is None else f"{share * 100:+,.{digits}f}%"

    def date(self, at: datetime | date | None) -> str:
        """The day in the brand's time zone: 2026-11-20."""
        if at is None:
            return NOTHING
        return (at.astimezone(self.zone) if isinstance(at, datetime) else at).strftime("%Y-%m-%d")

    def month(self, month: str) -> str:
        """A month of the form 2010-12 for an axis: 10年12月, Dec 10; its year never reads as a day."""
        year, number = int(month[:4]), int(month[5:7])
        return format_date(date(year, number, 1), "yy年M月" if self.lang == "zh" else "MMM yy", locale=self.lang)

    def moment(self, at: datetime | None) -> str:
        """Day and minute in the brand's time zone: 2026-11-20 12:00."""
        return NOTHING if at is None else at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")

    def clock(self, at: datetime | None) -> str:
        """The minute of the day: 12:00."""
        return NOTHING if at is None else at.astimezone(self.zone).strftime("%H:%M")

    def day(self, at: datetime) -> str:
        """A day as a heading: 今天, 昨天, 11-18, or with its year when it is another one."""
        here, today = at.astimezone(self.zone).date(), self.now.astimezone(self.zone).date()
        if here == today:
            return say("web.today", self.lang)
        if here == today - timedelta(days=1):
            return say("web.yesterday", self.lang)
        return here.strftime("%m-%d" if here.year == today.year else "%Y-%m-%d")

    def ago(self, at: datetime | None) -> str:
        """How long ago, or how far ahead: 3 分钟前, in 2 days; the date itself when it is more than 60 days away."""
        if at is None:
            return NOTHING
        away = at - self.now
        if abs(away) < timedelta(seconds=45):
            return say("web.just_now", self.lang)
        if abs(away) > timedelta(days=60):
            return self.date(at)
        return self._spaced(format_timedelta(away, add_direction=True, locale=self.lang, threshold=0.95))

    def lasting(self, span: timedelta | float | None) -> str:
        """A duration (a timedelta or seconds): 3 天, 2 hours."""
        if span is None:
            return NOTHING
        span = span if isinstance(span, timedelta) else timedelta(seconds=span)
        return self._spaced(format_timedelta(span, locale=self.lang, threshold=1.5))

    def _spaced(self, text: str) -> str:
        return _TOUCH.sub(" ", text)


FILTERS = ("money", "number", "short", "percent", "points", "date", "month", "moment", "clock", "day", "ago", "lasting", "retold")


def filters() -> dict[str, Callable[..., str]]:
    """The filters for Jinja; each finds the page's `Show` in the context under `show`."""
    return {name: _filter(name) for name in FILTERS}


def _filter(name: str) -> Callable[..., str]:
    @pass_context
    def shown(context: Context, value: Any, *args: Any, **options: Any) -> str:
        made: str = getattr(context["show"], name)(value, *args, **options)
        return made

    return shown
