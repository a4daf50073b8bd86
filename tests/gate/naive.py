"""The gate's rules read slowly, in plain Python, one intent after the other: the oracle for the fast decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from siyu.gate.words import Cap, Code, GateRules


@dataclass(frozen=True)
class One:
    """An intent with everything that is known about its person."""

    number: int
    who: int  # -1 = nobody
    channel: str
    purpose: str
    topic: str
    message: str
    priority: int
    cost: int
    due: datetime
    expires: datetime
    zone: str
    address: Code | None  # what is wrong with it
    is_taken_back: bool
    is_control: bool
    has_yes: bool
    has_no: bool


@dataclass(frozen=True)
class Was:
    """Something that counts."""

    who: int
    channel: str
    purpose: str
    topic: str
    message: str
    at: datetime


def answer(
    ones: Sequence[One], past: Sequence[Was], rules: GateRules, now: datetime, is_claim: bool
) -> dict[int, tuple[Code, bool, datetime | None]]:
    """number -> (code, waits, at); at is None where it says nothing."""
    found: dict[int, tuple[Code, bool, datetime | None]] = {}
    counted = list(past)
    for one in sorted(ones, key=lambda o: (-o.priority, o.due, o.number)):
        code, waits, at = _one(one, counted, rules, now, is_claim)
        found[one.number] = (code, waits, at)
        if (code == Code.PERMIT or waits) and at is not None:
            counted.append(Was(one.who, one.channel, one.purpose, one.topic, one.message, at))
    return found


def _one(one: One, past: Sequence[Was], rules: GateRules, now: datetime, is_claim: bool) -> tuple[Code, bool, datetime | None]:
    if one.is_taken_back:
        return Code.WITHDRAWN, False, None
    if one.who < 0:
        return Code.UNKNOWN_PERSON, False, None
    at = max(one.due, now)
    if at >= one.expires:
        return Code.EXPIRED, False, None
    if one.is_control:
        return Code.HOLDOUT, False, None
    if one.has_no:
        return Code.UNSUBSCRIBED, False, None
    if one.purpose in rules.need_consent and not one.has_yes:
        return Code.NO_CONSENT, False, None
    if one.address:
        return one.address, False, None
    if any(q.channel == one.channel and q.n == 0 for q in rules.quotas):
        return Code.QUOTA, False, None
    if any(b.channel in (None, one.channel) and b.purpose in (None, one.purpose) and one.cost > b.limit_minor for b in rules.budgets):
        return Code.BUDGET, False, None
    mine = [was for was in past if was.who == one.who]
    why: Code | None = None
    for _ in range(16):
        if is_quiet(rules, one, at):
            why, at = why or Code.QUIET, end_of_quiet(rules, one, at)
            if at >= one.expires:
                return Code.QUIET, False, None
        if one.purpose in rules.same_topic_purposes and rules.same_topic:
            near = [was for was in mine if abs(was.at - at) < rules.same_topic]
            if any(was.topic == one.topic != "" and was.channel != one.channel for was in near):
                return Code.DUPLICATE, False, None
            if any(was.message == one.message for was in near):
                return Code.REPEATED, False, None
        before = at
        for cap in rules.caps:
            if cap.channel not in (None, one.channel) or cap.purpose not in (None, one.purpose):
                continue
            times = [was.at for was in mine if cap.channel in (None, was.channel) and cap.purpose in (None, was.purpose)]
            if not crowds(times, at, cap):
                continue
            free = first_free(times, at, cap)
            if free is None or not (cap.is_patient or is_claim) or free >= one.expires:
                return Code.CAPPED, False, free
            why, at = why or Code.CAPPED, free
        if at == before:
            return why or Code.PERMIT, why is not None, at
    return Code.CAPPED, False, at


def crowds(times: Sequence[datetime], at: datetime, cap: Cap) -> bool:
    """Whether some window holds more than n of the times and `at`, `at` among them."""
    every = [*times, at]
    return any(start <= at < start + cap.window and sum(start <= t < start + cap.window for t in every) > cap.n for start in every)


def first_free(times: Sequence[datetime], at: datetime, cap: Cap) -> datetime | None:
    """The earliest later moment that crowds nothing."""
    if cap.n == 0:
        return None
    return min(t for t in (was + cap.window for was in times) if t > at and not crowds(times, t, cap))


def is_quiet(rules: GateRules, one: One, at: datetime) -> bool:
    """By the wall clock."""
    every = [rules.quiet, *(night.hours for night in rules.nights if night.channel == one.channel)]
    return any(q is not None and one.purpose in q.purposes and wall_is_quiet(q.start, q.end, one.zone, at) for q in every)


def wall_is_quiet(start: str, end: str, zone: str, at: datetime) -> bool:
    """Whether the clocks of a zone show a quiet time."""
    shown = f"{at.astimezone(ZoneInfo(zone)):%H:%M}"
    return start <= shown < end if start < end else shown >= start or shown < end


def end_of_quiet(rules: GateRules, one: One, at: datetime) -> datetime:
    """Minute by minute."""
    at = at.replace(second=0, microsecond=0)
    while is_quiet(rules, one, at):
        at += timedelta(minutes=1)
    return at


def settled(one: One, **other: object) -> One:
    """The same intent with something else about it."""
    return replace(one, **other)  # type: ignore[arg-type]
