"""Moments in the wild's forms, as aware datetimes in UTC.

What has no zone is read on the clock of the mapping's time zone (the brand's unless said). 05/01/2026 is read only when it is known
which of the two is the day: decided over the whole sample, shown, and never guessed row by row.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from siyu.sources.files.values.plain import NOTHING, Bad, bare
from siyu.sources.files.words import Cell

NOT_MOMENT, WHICH_DAY, NO_DAY, TOO_OLD, FUTURE = (
    Bad("not_a_date"),
    Bad("date_order"),
    Bad("no_such_date"),
    Bad("date_too_old"),
    Bad("date_in_future"),
)

_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  Excel's day 0, on the file's own clock
_TIME = r"(?:[T\s,]*(?P<half0>上午|下午|中午|晚上|凌晨|早上)?\s*(?P<hour>\d{1,2})\s*[:时点]\s*(?P<minute>\d{1,2})?(?:\s*[:分]\s*(?P<second>\d{1,2})(?:[.,](?P<part>\d{1,9}))?)?\s*[秒分]?\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?"  # noqa: E501
_ZONE = r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?"
_YEAR_FIRST = re.compile(rf"^(?P<year>\d{{4}})\s*[-/.年]\s*(?P<month>\d{{1,2}})\s*[-/.月]\s*(?P<day>\d{{1,2}})\s*[日号]?{_TIME}{_ZONE}$")
_TWO_FIRST = re.compile(rf"^(?P<one>\d{{1,2}})(?P<mark>[-/.])(?P<two>\d{{1,2}})(?P=mark)(?P<year>\d{{4}}|\d{{2}}){_TIME}{_ZONE}$")
_NAMED = re.compile(rf"^(?:[A-Za-z]{{3,9}},?\s+)?(?:(?P<day1>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+(?P<name1>[A-Za-z]{{3,9}})\.?,?|(?P<name2>[A-Za-z]{{3,9}})\.?\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?,?)[\s-]+(?P<year>\d{{4}}){_TIME}{_ZONE}$")  # noqa: E501  # fmt: skip
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:[T\s]?(\d{2}):?(\d{2})(?::?(\d{2}))?)?$")
_SERIAL = re.compile(r"^\d{5}(?:\.\d+)?$")
_SINCE_1970 = re.compile(r"^1\d{9}(?:\d{3})?(?:\.\d+)?$")
_MONTHS = {m: n for n, m in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)}
_LEAST = datetime(1990, 1, 1, tzinfo=UTC)


class Moments:
    """Reads moments with one zone and one order of day and month. `latest` is the last believable moment."""

    def __init__(self, zone: str, day_first: bool | None, latest: datetime | None = None, earliest: datetime = _LEAST) -> None:
        self.zone = ZoneInfo(zone)
        self.day_first = day_first
        self.latest = latest
        self.earliest = earliest

    def __call__(self, cell: Cell) -> datetime | Bad | None:
        moment = self._read(cell)
        if moment is None or isinstance(moment, Bad):
            return moment
        try:
            moment = moment.replace(tzinfo=self.zone).astimezone(UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (OverflowError, ValueError):
            return NO_DAY
        if moment < self.earliest:
            return TOO_OLD
        if self.latest is not None and moment > self.latest:
            return FUTURE
        return moment

    def _read(self, cell: Cell) -> datetime | Bad | None:
        if isinstance(cell, datetime):
            return cell
        if isinstance(cell, date):
            return datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001
        if cell is None or isinstance(cell, bool):
            return None if cell is None else NOT_MOMENT
        if isinstance(cell, int | float):
            return _of_number(float(cell), str(int(cell)) if float(cell).is_integer() else "")
        return self._of_text(bare(cell))

    def _of_text(self, text: str) -> datetime | Bad | None:
        if len(text) == 19 and text[4] == text[7] == "-" and text[13] == text[16] == ":" and text[10] in " T":
            try:  # what most systems write, ten times as fast; whatever it refuses is read like everything else
                return datetime.fromisoformat(text)
            except ValueError:
                pass
        text = unicodedata.normalize("NFKC", text).strip()
        if not text or text.lower() in NOTHING or text.startswith(("0000-00-00", "0000/00/00")):
            return None
        if match := _YEAR_FIRST.match(text):
            return _made(match, int(match["year"]), int(match["month"]), int(match["day"]))
        if match := _TWO_FIRST.match(text):
            one, two, year = int(match["one"]), int(match["two"]), int(match["year"])
            year += 0 if year >= 100 else 2000 if year < 70 else 1900
            day_first = True if match["mark"] == "." else self.day_first
            if day_first is None:
                if one == two:
                    day_first = True
                else:
                    return WHICH_DAY
            day, month = (one, two) if day_first else (two, one)
            if month > 12 and day <= 12:
                return WHICH_DAY
            return _made(match, year, month, day)
        if match := _NAMED.match(text):
            month = _MONTHS.get((match["name1"] or match["name2"])[:3].lower(), 0)
            return _made(match, int(match["year"]), month, int(match["day1"] or match["day2"])) if month else NOT_MOMENT
        if text[0].isdigit():
            if _SERIAL.match(text) or _SINCE_1970.match(text):
                return _of_number(float(text), text)
            if match := _COMPACT.match(text):
                return _build(*(int(g or 0) for g in match.groups()))
        return NOT_MOMENT


def _of_number(value: float, text: str) -> datetime | Bad | None:
    if 1e9 <= value < 2e9:
        return datetime.fromtimestamp(value, UTC)
    if 1e12 <= value < 2e12:
        return datetime.fromtimestamp(value / 1000, UTC)
    if 20_000 <= value < 80_000:  # Excel's days, 1954 to 2119
        moment = _EPOCH + timedelta(days=value)
        whole = (moment + timedelta(milliseconds=500)).replace(microsecond=0)
        return whole if abs(moment - whole) < timedelta(milliseconds=10) else moment
    if len(text) in (8, 14) and (match := _COMPACT.match(text)):
        return _build(*(int(g or 0) for g in match.groups()))
    return None if value == 0 else NOT_MOMENT


def _made(match: re.Match[str], year: int, month: int, day: int) -> datetime | Bad:
    hour, minute, second = int(match["hour"] or 0), int(match["minute"] or 0), int(match["second"] or 0)
    half = (match["half"] or "").lower().replace(".", "") or {
        "下午": "pm",
        "晚上": "pm",
        "中午": "pm",
        "上午": "am",
        "早上": "am",
        "凌晨": "am",
    }.get(match["half0"] or "", "")
    if half == "pm" and hour < 12:
        hour += 12 if not (match["half0"] == "中午" and hour == 11) else 0
    elif half == "am" and hour == 12:
        hour = 0
    made = _build(year, month, day, hour, minute, second)
    if isinstance(made, Bad):
        return made
    if match["part"]:
        made = made.replace(microsecond=int(match["part"][:6].ljust(6, "0")))
    zone = match["zone"]
    if zone:
        if zone in ("Z", "UTC", "GMT"):
            return made.replace(tzinfo=UTC)
        digits = zone[1:].replace(":", "").ljust(4, "0")
        away = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        if away >= timedelta(hours=24):
            return NOT_MOMENT
        made = made.replace(tzinfo=timezone(away if zone[0] == "+" else -away))
    return made


def _build(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime | Bad:
    try:
        if (hour, minute, second) == (24, 0, 0):
            return datetime(year, month, day) + timedelta(days=1)  # noqa: DTZ001
        return datetime(year, month, day, hour, minute, min(second, 59) if second == 60 else second)  # noqa: DTZ001
    except ValueError:
        return NO_DAY


def day_order(cells: Iterable[Cell]) -> tuple[bool | None, int]:
    """Whether the day stands first in dates such as 13/01/2026, and how many dates of that form there were.

    None when nothing tells (no day above 12), or when the sample contradicts itself.
    """
    first = second = seen = 0
    for cell in cells:
        if not isinstance(cell, str):
            continue
        match = _TWO_FIRST.match(unicodedata.normalize("NFKC", bare(cell)).strip())
        if not match or match["mark"] == ".":
            continue
        seen += 1
        first += int(match["one"]) > 12
        second += int(match["two"]) > 12
    if first and not second:
        return True, seen
    if second and not first:
        return False, seen
    return None, seen
