"""What the corp would refuse of a chat, said before it is asked; when it is told; and what its answers mean
(developer.work.weixin.qq.com/document/path/92127 and 95703). Pure: moments are arguments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from siyu.sources.handing.chats.words import ChatCase, ChatHanding, ChatHandingState, ChatNotHanded, Heir
from siyu.vendors import Trouble

A_DAY = 300  # chats that a new owner takes
TWICE_IN = timedelta(days=90)
LEFT_WITHIN = timedelta(days=365)  # who left longer ago has no chats that the interface would hand on
CHINA = ZoneInfo("Asia/Shanghai")  # the corp counts its days by this clock
_MOST = 2
_TRIES = 12
_LONGEST_WAIT = timedelta(hours=1)
_SOON = timedelta(minutes=1)
_SOON_FOR = timedelta(minutes=10)
_LOST_AFTER = timedelta(hours=48)
_OTHER_DOOR = ("90500", "90502")  # the owner has not resigned; the owner has
_TOO_OFTEN = "45009"
_LOOK = ("90504", "90508")  # the owner is the same; inherited already: who owns it says whether that is ours
_INHERITING = "90507"


def refusal(one: ChatCase, from_guide: str, left_at: datetime | None, now: datetime) -> ChatNotHanded | None:
    """Why a chat cannot be handed on now; None when it can. `left_at`: when its owner left, None for one at work."""
    if one.owner is None:
        return ChatNotHanded(one.chat_id, "unknown")
    if one.is_dismissed:
        return ChatNotHanded(one.chat_id, "dismissed")
    if one.under_way_since is not None:
        return ChatNotHanded(one.chat_id, "under_way")
    if one.owner != from_guide:
        return ChatNotHanded(one.chat_id, "not_owned")
    if left_at is not None:
        return ChatNotHanded(one.chat_id, "left_long_ago") if left_at < now - LEFT_WITHIN else None
    lately = sorted(at for at in one.moved_at if at > now - TWICE_IN)
    return ChatNotHanded(one.chat_id, "twice", lately[-_MOST] + TWICE_IN) if len(lately) >= _MOST else None


def day_of(now: datetime) -> date:
    """The corp's day."""
    return now.astimezone(CHINA).date()


def days_of(count: int, taken: Mapping[date, int], now: datetime) -> list[datetime]:
    """When the corp is told of each of so many chats: now while the day has room, then on the days that follow. `taken` is how many the
    new owner has on each day already.
    """
    found: list[datetime] = []
    day = day_of(now)
    while len(found) < count:
        at = max(now, datetime.combine(day, time(), CHINA).astimezone(now.tzinfo))
        found += [at] * min(count - len(found), max(0, A_DAY - taken.get(day, 0)))
        day += timedelta(days=1)
    return found


def next_day(now: datetime) -> datetime:
    """When the corp begins to count anew."""
    return datetime.combine(day_of(now) + timedelta(days=1), time(), CHINA).astimezone(now.tzinfo)


@dataclass(frozen=True)
class ChatVerdict:
    """What becomes of a hand-over: its state, when to look again, why not or why later, and by which interface."""

    state: ChatHandingState
    due_at: datetime
    is_resigned: bool
    code: str = ""
    is_try: bool = False  # counts as one more vain try


def answered(one: ChatHanding, code: str, trouble: Trouble, now: datetime) -> ChatVerdict:
    """What the corp's answer about one chat means; an empty `code` is a yes. Whether it went over is then to be seen."""
    door = one.is_resigned
    if not code or code in _LOOK:
        return ChatVerdict(ChatHandingState.WAITING, now, door, code)
    if code == _INHERITING:
        return ChatVerdict(ChatHandingState.WAITING, now + _SOON, door, code)
    if code in _OTHER_DOOR and one.code not in _OTHER_DOOR:  # we were wrong about whether the owner left; only once
        return ChatVerdict(ChatHandingState.ASKED, now, code == "90502", code, is_try=True)
    if code == _TOO_OFTEN:
        return ChatVerdict(ChatHandingState.ASKED, next_day(now), door, "day_full", is_try=True)
    if trouble in (Trouble.LATER, Trouble.DOWN):
        return again(one, code, now, None)
    return ChatVerdict(ChatHandingState.FAILED, now, door, code)


def again(one: ChatHanding, code: str, now: datetime, wait: timedelta | None) -> ChatVerdict:
    """It was not done: later, each time longer, and given up after many times."""
    if one.tries + 1 >= _TRIES:
        return ChatVerdict(ChatHandingState.FAILED, now, one.is_resigned, code or "gave_up")
    pause = wait if wait is not None else min(_LONGEST_WAIT, timedelta(seconds=2 ** (one.tries + 1)))
    return ChatVerdict(ChatHandingState.ASKED, now + pause, one.is_resigned, code, is_try=True)


def unheard(one: ChatHanding, code: str, now: datetime) -> ChatVerdict:
    """No answer came: who owns the chat says whether the corp heard us."""
    return ChatVerdict(ChatHandingState.CALLING, now + _SOON, one.is_resigned, code)


def seen(one: ChatHanding, owner: str | None, now: datetime) -> ChatVerdict:
    """What it means who owns the chat now, asked after the corp was told; None where there is no such chat."""
    door = one.is_resigned
    if owner == one.to_guide:
        return ChatVerdict(ChatHandingState.DONE, now, door)
    if owner is None:
        return ChatVerdict(ChatHandingState.FAILED, now, door, "dismissed")
    if owner != one.from_guide:
        return ChatVerdict(ChatHandingState.FAILED, now, door, "elsewhere")
    if one.state is ChatHandingState.CALLING:  # nobody knows whether the corp heard us: it did not
        return again(one, one.code, now, timedelta(0))
    begun = one.begun_at or now
    if now > begun + _LOST_AFTER:
        return ChatVerdict(ChatHandingState.FAILED, now, door, one.code or "no_record")
    pause = _SOON if now < begun + _SOON_FOR else _LONGEST_WAIT
    return ChatVerdict(ChatHandingState.WAITING, now + pause, door, one.code)


def likely(store: str, heirs: Iterable[Heir]) -> str | None:
    """Who should own the chats of somebody of this store who left: who has most of their customers, then one of the same store, then who
    has the fewest chats. None where nobody is there.
    """
    ranked = sorted(heirs, key=lambda one: (-one.customers, not store or one.store != store, one.chats, one.guide))
    return ranked[0].guide if ranked else None
