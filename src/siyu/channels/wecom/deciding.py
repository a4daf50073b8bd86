"""What follows from what WeCom says: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from siyu.channels.wecom.words import Ended, MassRule, MassTask, Receiver, Stands, Stop, Who
from siyu.gate import Outcome

CHINA = ZoneInfo("Asia/Shanghai")  # WeCom counts days, weeks and months by its own clocks

_SENT, _NOT_FRIEND, _QUOTA = 1, 2, 3  # send_list[].status; 0 = not sent
_GIVE_UP = timedelta(days=2)  # receivers of whom nothing was heard so long after the guide confirmed
_FIRST_LOOK = timedelta(minutes=1)
_LONGEST_LOOK = timedelta(minutes=30)
_TRIES_FIRST = timedelta(minutes=1)
_TRIES_LONGEST = timedelta(minutes=30)


def allowance(rule: MassRule, at: datetime) -> tuple[datetime, int]:
    """Since when messages count at `at`, and how many a customer or a chat may get in that time."""
    day = at.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    if rule is MassRule.DAILY_1:
        return day, 1
    if rule is MassRule.WEEKLY_7:
        return day - timedelta(days=day.weekday()), 7
    first = day.replace(day=1)
    return first, (spent_until(rule, at) - first).days


def spent_until(rule: MassRule, at: datetime) -> datetime:
    """When a customer or a chat whose allowance was used up at `at` may get mass messages again."""
    day = at.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    if rule is MassRule.DAILY_1:
        return day + timedelta(days=1)
    if rule is MassRule.WEEKLY_7:
        return day + timedelta(days=7 - day.weekday())
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def ends(
    task: MassTask,
    receivers: Sequence[Who],
    statuses: Mapping[str, tuple[int, int]],
    *,
    is_done: bool,
    stop: Stop | None,
    now: datetime,
) -> list[Ended[Who]]:
    """What became of the receivers who are still open. `statuses` maps their keys to (status, unix seconds or 0).

    `is_done`: the guide has confirmed. `stop`: the task was cancelled, so that whoever has no status gets nothing any more.
    """
    found = []
    for one in receivers:
        status, seconds = statuses.get(one.key, (0, 0))
        at = datetime.fromtimestamp(seconds, now.tzinfo) if seconds else task.confirmed_at or now
        if status == _SENT:
            found.append(Ended(one, Stands.SENT, at))
        elif status == _NOT_FRIEND:
            found.append(Ended(one, Stands.NOT_FRIEND, at, "not_friend"))
        elif status == _QUOTA:
            found.append(Ended(one, Stands.QUOTA, at, "customer_quota"))
        elif stop is Stop.EXPIRED and not is_done:
            found.append(Ended(one, Stands.UNCONFIRMED, now, "unconfirmed"))
        elif stop is not None:
            found.append(Ended(one, Stands.CANCELLED, now, f"stopped_{stop}"))
        elif is_done and task.confirmed_at and now >= task.confirmed_at + _GIVE_UP:
            found.append(Ended(one, Stands.REFUSED, now, "not_in_result"))
    return found


def outcome(ended: Ended[Receiver]) -> Outcome:
    """What the gate is told: who was not reached through no fault of theirs waits again, as long as the permit is good."""
    if ended.stands is Stands.SENT:
        return Outcome.SENT
    return Outcome.RETURNED if ended.stands in (Stands.CANCELLED, Stands.UNCONFIRMED) else Outcome.REJECTED


def next_look(made_at: datetime, now: datetime) -> datetime:
    """When to ask again what became of a task: often at first, then seldom."""
    return now + min(max(_FIRST_LOOK, (now - made_at) / 10), _LONGEST_LOOK)


def next_try(tries: int, now: datetime, retry_after: timedelta | None = None) -> datetime:
    """When to try again to make a task that WeCom did not take for now."""
    wait = min(_TRIES_FIRST * int(2 ** min(max(tries - 1, 0), 10)), _TRIES_LONGEST)
    return now + max(wait, retry_after or timedelta(0))
