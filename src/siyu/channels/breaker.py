"""When a channel rests and when a message is tried again: pure functions of what happened and what time it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from siyu.channels.words import Answer, Result

FIRST_REST = timedelta(seconds=10)
LONGEST_REST = timedelta(minutes=15)
LOST_IN_A_ROW = 3  # answers that never came, before the channel rests

FIRST_RETRY = timedelta(minutes=5)
SHORTEST_RETRY = timedelta(seconds=1)
MOST_TRIES = 5  # refusals "for now" of one message, before it is given up


@dataclass(frozen=True)
class Health:
    """How a channel is: failures in a row, and until when it rests and why. `code` and `why` are the last failure's."""

    failures: int = 0
    resting_until: datetime | None = None
    code: str = ""
    why: str = ""


WELL = Health()


def after(health: Health, result: Result, now: datetime) -> Health:
    """The health after one more answer. A vendor that answers at all, even with a no, is well."""
    if result.answer in (Answer.TAKEN, Answer.REFUSED, Answer.LATER):
        return WELL
    failures = health.failures + 1
    if result.answer is Answer.LOST and failures < LOST_IN_A_ROW:
        return Health(failures, health.resting_until, result.code, result.why)
    rest = min(FIRST_REST * 2 ** min(failures - 1, 12), LONGEST_REST)
    if result.retry_after:
        rest = max(rest, min(result.retry_after, LONGEST_REST))
    return Health(failures, now + rest, result.code, result.why)


def allowed(health: Health, limit: int, now: datetime) -> int:
    """How many messages may be taken now: none while it rests, one to see whether it is well again, then as many as asked."""
    if health.resting_until is not None and now < health.resting_until:
        return 0
    return min(limit, 1) if health.failures else limit


def retry_at(tries: int, result: Result, now: datetime, expires_at: datetime) -> datetime | None:
    """When a message that was refused for the `tries`-th time may be tried again; None when it is time to give up.

    Minutes are right for a letter that has days; what must arrive within seconds (a welcome, an answer) is tried again within its time.
    """
    if tries >= MOST_TRIES:
        return None
    wait = FIRST_RETRY * int(3 ** (tries - 1))  # 5 min, 15 min, 45 min, 2 h 15 min
    wait = max(min(wait, (expires_at - now) / 6), SHORTEST_RETRY)
    again = now + (max(wait, result.retry_after) if result.retry_after else wait)
    return again if again < expires_at else None
