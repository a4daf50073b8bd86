"""Small pieces of sentences: values, lengths of time, windows, comparisons; in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from siyu.base import money
from siyu.base.text import catalogue, say
from siyu.pool import Brand
from siyu.segments import words as w
from siyu.segments.words import Ago, At, Edge, Measure, Op

_HAN = "\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef"
_APART = re.compile(r"(?<=[\u4e00-\u9fff])(?=[0-9A-Za-z¥£$€-])|(?<=[0-9A-Za-z%])(?=[\u4e00-\u9fff])")
_TOGETHER = re.compile(rf"(?<=[{_HAN}]) +(?=[{_HAN}])")
_MOST_LISTED = 5
_DAY, _HOUR, _MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)

Shown = Callable[[Decimal], str]


@dataclass(frozen=True)
class Speaker:
    """Says pieces of a rule in one language for one brand."""

    lang: str
    brand: Brand

    def say(self, key: str, **values: object) -> str:
        """The text of this room under `key`."""
        return say(f"segments.{key}", self.lang, **values)

    def tidy(self, text: str) -> str:
        """No doubled spaces; in Chinese a space between a character and a digit or Latin letter, and none between characters."""
        text = re.sub(r" {2,}", " ", text).strip()
        return _TOGETHER.sub("", _APART.sub(" ", text)).replace("  ", " ") if self.lang == "zh" else text

    # --- values

    def quoted(self, value: object) -> str:
        """A text of the rule, in quotation marks."""
        return self.say("quoted", value=value)

    def scalar(self, value: w.Scalar) -> str:
        """One value of a rule."""
        if isinstance(value, bool):
            return self.say("yes" if value else "no")
        return self.quoted(value) if isinstance(value, str) else number(value)

    def listed(self, values: Iterable[str]) -> str:
        """The first few of them, and how many there are."""
        parts = list(values)
        text = self.say("list_mark").join(parts[:_MOST_LISTED])
        return text if len(parts) <= _MOST_LISTED else f"{text} {self.say('and_more', n=len(parts))}"

    def amount(self, minor: int | Decimal, currency: str) -> str:
        """Money in minor units."""
        return money.show(int(minor), currency, lang=self.lang)

    def counted(self, unit: str, n: object) -> str:
        """A number with its unit."""
        key = f"{unit}_1" if n in (1, "1") and f"segments.{unit}_1" in catalogue() else unit
        return self.say(key, n=n)

    def span(self, size: timedelta) -> str:
        """A length of time in the largest unit that fits."""
        for unit, length in (("span_day", _DAY), ("span_hour", _HOUR)):
            if size % length == timedelta(0):
                return self.counted(unit, size // length)
        return self.counted("span_minute", size // _MINUTE)

    def moment(self, at: datetime) -> str:
        """Day and minute where the brand is."""
        return at.astimezone(ZoneInfo(self.brand.time_zone)).strftime("%Y-%m-%d %H:%M")

    def point(self, at: date | datetime) -> str:
        """A fixed point of time."""
        return self.moment(at) if isinstance(at, datetime) else at.isoformat()

    # --- windows

    def window(self, window: w.Window) -> str:
        """A window as a phrase of time."""
        start, end = window.start, window.end
        match start, end:
            case None, None:
                return self.say("window_ever")
            case Ago(by=back), Ago(by=until) if not until:
                return self.say("window_last", span=self.span(back))
            case Ago(by=back), Ago(by=until) if not back:
                return self.say("window_next", span=self.span(-until))
            case Ago(by=back), Ago(by=until):
                return self.say("window_ago", start=self.span(back), end=self.span(until))
            case None, Ago(by=until):
                return self.say("window_before_ago", end=self.span(until))
            case Ago(by=back), None:
                return self.say("window_since_ago", start=self.span(back))
            case None, At(point=point):
                return self.say("window_before", end=self.point(point))
            case At(point=point), None:
                return self.say("window_since", start=self.point(point))
            case _:
                return self.say("window_between", start=self.edge(start), end=self.edge(end))

    def edge(self, edge: Edge | None) -> str:
        """One end of a window."""
        match edge:
            case Ago(by=by):
                return self.say("edge_ago", span=self.span(by))
            case At(point=point):
                return self.point(point)
            case None:
                return ""

    # --- comparisons

    def asked(self, test: w.Comparison, shown: Shown | None = None) -> str:
        """What a comparison asks of a value ("is at least 5")."""
        return self._asked("op", test, shown)

    def asked_amount(self, test: w.Comparison, shown: Shown) -> str:
        """What a comparison asks of a measure ("at least 2 times")."""
        return self._asked("amount" if test.op is not Op.DURING else "op", test, shown)

    def _asked(self, prefix: str, test: w.Comparison, shown: Shown | None) -> str:
        def one(value: w.Scalar) -> str:
            return shown(value) if shown and isinstance(value, Decimal) else self.scalar(value)

        match test.op:
            case Op.EXISTS | Op.MISSING:
                return self.say(f"{prefix}_{test.op}")
            case Op.DURING:
                return self.say("op_during", window=self.window(test.window))
            case Op.ANNIVERSARY:
                return self.say("op_anniversary", days=test.days)
            case Op.BETWEEN:
                return self.say(f"{prefix}_between", low=one(test.values[0]), high=one(test.values[1]))
            case _:
                return self.say(f"{prefix}_{test.op}", value=self.listed(map(one, test.values)))

    def measured(self, measure: Measure, currency: str, of: str = "") -> Shown:
        """How numbers of a measure are written; amounts of money come as people write them, not in minor units."""
        if measure in w.MONEY_MEASURES or of == "amount":
            the = currency or self.brand.currency
            return lambda value: self.money_of(value, the)
        match measure:
            case Measure.COUNT:
                return lambda value: self.counted("unit_times", number(value))
            case Measure.DAYS | Measure.DAYS_SINCE_LAST:
                return lambda value: self.counted("span_day", number(value))
            case Measure.OBJECTS:
                return lambda value: self.counted("unit_items", number(value))
            case _:
                return number

    def money_of(self, value: Decimal, currency: str) -> str:
        """An amount as people write it; what is finer than the smallest coin is shown as the plain number."""
        minor = value * 10 ** money.digits(currency)
        return self.amount(minor, currency) if minor == minor.to_integral_value() else f"{number(value)} {currency}"

    # --- names

    def type(self, name: str) -> str:
        """A fact type in words, or quoted."""
        key = f"type_{name.replace('.', '_')}"
        return self.say(key) if f"segments.{key}" in catalogue() else self.say("type_other", type=name)

    def named(self, family: str, name: str) -> str:
        """A channel, purpose or stage in words, or as it is written."""
        key = f"{family}_{name}"
        return self.say(key) if f"segments.{key}" in catalogue() else name


def number(value: Decimal) -> str:
    """A number with thousands apart and no needless zeros."""
    if value == value.to_integral_value():
        return f"{int(value):,}"
    return f"{value.normalize():,f}"
