"""Whose turn it is: a function of the code's guides, what is counted, and the time. Nothing is read and nothing is written here.

WeCom picks at random among the users of a contact way, so the way is told exactly those who may take the next customer: one guide when
it is quiet, and as many as customers are expected before it can be told again (`width`) in a rush.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from siyu.growth.words import BY_PERSON, CodeGuide, Count, For, Rotation, Shift, Turn, Welcome, Who, Why

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
MOST_USERS = 100


def turn(
    rotation: Rotation,
    guides: Sequence[CodeGuide],
    counts: Mapping[str, Count],
    now: datetime,
    zone: str,
    *,
    reserve: int = 0,
    width: int = 1,
) -> Turn:
    """Who may take the next customer, and why everybody else may not. `zone` is the brand's (IANA).

    While no guide gets more than `reserve` + 1 customers between two answers, no cap is ever beaten.
    """
    local = now.astimezone(ZoneInfo(zone))
    whys: dict[str, Why] = {}
    able: dict[bool, list[CodeGuide]] = {False: [], True: []}
    for one in guides:
        count = counts.get(one.guide, Count())
        if not count.is_here:
            whys[one.guide] = Why.AWAY
        elif not is_on(one.shifts, local):
            whys[one.guide] = Why.OFF_SHIFT
        elif one.daily_cap is not None and count.today + reserve >= one.daily_cap:
            whys[one.guide] = Why.FULL
        else:
            able[one.is_stand_in].append(one)
    is_stand_in = not able[False]
    if not is_stand_in:
        whys |= {one.guide: Why.STAND_IN_IDLE for one in able[True]}
    chosen = able[is_stand_in]
    places = {one.guide: place for place, one in enumerate(guides)}
    line = sorted(chosen, key=lambda one: (*_rank(rotation, one, counts.get(one.guide, Count())), places[one.guide]))
    users = [one.guide for one in line[: max(1, min(width, MOST_USERS))]]
    whys |= {one.guide: Why.NEXT if one.guide in users else Why.WAITS for one in line}
    return Turn(tuple(sorted(users)), whys, is_stand_in and bool(users), next_change(guides, local))


def _rank(rotation: Rotation, one: CodeGuide, count: Count) -> tuple[float, datetime]:
    last = count.last_at or _NEVER
    if rotation == Rotation.WEIGHTED:
        return (count.today + 1) / one.weight, last
    if rotation == Rotation.LEAST_LOADED:
        return count.load, last
    if rotation == Rotation.FEWEST_TODAY:
        return count.today, last
    return 0.0, last


def is_on(shifts: Sequence[Shift], local: datetime) -> bool:
    """Whether somebody with these shifts works at this moment of the brand's clock. No shifts = always."""
    return not shifts or any(_covers(shift, local) for shift in shifts)


def _covers(shift: Shift, local: datetime) -> bool:
    start, end, at = minutes(shift.start), minutes(shift.end), local.hour * 60 + local.minute
    today, yesterday = local.isoweekday(), (local - timedelta(days=1)).isoweekday()
    if start < end:
        return today in shift.days and start <= at < end
    return (today in shift.days and at >= start) or (yesterday in shift.days and at < end)


def minutes(written: str) -> int:
    """ "09:30" as minutes of the day, 0 to 1440. Raises `ValueError`."""
    hours, _, rest = written.partition(":")
    made = int(hours) * 60 + int(rest)
    if not (len(written) == 5 and 0 <= int(rest) < 60 and 0 <= made <= 1440):
        raise ValueError(written)
    return made


def next_change(guides: Sequence[CodeGuide], local: datetime) -> datetime:
    """When a shift begins or ends, or the day does, whichever is first after `local`."""
    midnight = datetime.combine(local.date() + timedelta(days=1), time(), local.tzinfo)
    edges = {minutes(edge) for one in guides for shift in one.shifts for edge in (shift.start, shift.end)} - {0, 1440}
    found = [datetime.combine(local.date(), time(edge // 60, edge % 60), local.tzinfo) for edge in edges]
    return min([at for at in found if at > local] + [midnight]).astimezone(UTC)


def width_of(adds_last_minute: int, pace: float) -> int:
    """How many must be on the list so that each gets about one customer before the vendor is told again, `pace` seconds later."""
    return max(1, -int(-adds_last_minute * pace // 60))


def welcome_of(welcomes: Sequence[Welcome], at: datetime, zone: str, who: Who) -> Welcome | None:
    """The first welcome that fits the person, the day and the hour."""
    local = at.astimezone(ZoneInfo(zone))
    return next((one for one in welcomes if _is_for(one, who) and _covers(Shift(one.days, one.start, one.end), local)), None)


def may_change(welcomes: Sequence[Welcome], at: datetime, zone: str, who: Who) -> bool:
    """Whether another welcome would fit if somebody turned out to be a known buyer, or to have a tag, or to be in a segment."""
    if who.is_known:
        return False
    local = at.astimezone(ZoneInfo(zone))
    for one in welcomes:
        if _covers(Shift(one.days, one.start, one.end), local):
            if _is_for(one, who):
                return False
            if one.whom in BY_PERSON:
                return True
    return False


def _is_for(one: Welcome, who: Who) -> bool:
    if one.whom in (For.NEW, For.RETURNING):
        return (one.whom == For.RETURNING) == who.is_returning
    if one.whom == For.TAG:
        return one.of in who.tags
    if one.whom == For.SEGMENT:
        return one.of.isdigit() and int(one.of) in who.segments
    return one.whom == For.ANYBODY or who.is_buyer


def chats_on(chats: Sequence[str], sizes: Mapping[str, int], limit: int, most: int = 5) -> list[str]:
    """The chats a group code leads to: the first `most` of those that are not full yet. `sizes` lacks those that are gone."""
    return [chat for chat in chats if chat in sizes and sizes[chat] < limit][:most]


def remark_of(pattern: str, *, name: str, code: str, day: str, most: int = 20) -> str:
    """The remark a guide sees: {name}, {code} and {date} filled in, cut to WeCom's 20 characters from the name's end."""
    rest = len(pattern.replace("{name}", "").replace("{code}", code).replace("{date}", day))
    kept = name[: max(0, most - rest)] if "{name}" in pattern else name
    return pattern.replace("{code}", code).replace("{date}", day).replace("{name}", kept).strip()[:most]
