"""What the corp would refuse, said before it is asked, and what its answers mean (developer.work.weixin.qq.com/document/path/92125). Pure:
moments are arguments.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from siyu.sources.handing.words import Handing, HandingCase, HandingState, NotHanded
from siyu.vendors.wecom import shapes

TAKES = timedelta(hours=24)
TWICE_IN = timedelta(days=90)
_MOST = 2
_LOOK_EACH = timedelta(hours=1)
_SOON = timedelta(minutes=10)
_CLOCKS = timedelta(minutes=5)  # theirs and ours differ
_LOST_AFTER = timedelta(hours=48)
_DONE, _WAITING, _REFUSED, _FULL = 1, 2, 3, 4


def refusal(one: HandingCase, now: datetime) -> NotHanded | None:
    """Why a customer cannot be handed on now; None when they can."""
    if one.under_way_since is not None:
        return NotHanded(one.external_userid, "under_way", one.under_way_since + TAKES)
    if not one.is_theirs:
        return NotHanded(one.external_userid, "not_theirs")
    lately = sorted(at for at in one.moved_at if at > now - TWICE_IN)
    if len(lately) >= _MOST:
        return NotHanded(one.external_userid, "twice", lately[-_MOST] + TWICE_IN)
    return None


def moves(ours: Iterable[datetime], seen: Iterable[datetime]) -> tuple[datetime, ...]:
    """When a customer was handed on: by us (when it was begun), and by others (when the relation ended as handed on)."""
    begun = sorted(ours)
    others = [at for at in seen if not any(start - _CLOCKS <= at <= start + 2 * TAKES for start in begun)]
    return tuple(sorted([*begun, *others]))


@dataclass(frozen=True)
class Verdict:
    """What becomes of a hand-over: its state, when to look again, why not, and when it happened."""

    state: HandingState
    due_at: datetime
    code: str = ""
    at: datetime | None = None
    is_try: bool = False  # counts as one more vain try


def verdict(one: Handing, told: shapes.HandoverResult | None, now: datetime) -> Verdict:
    """What the corp's answer means. An answer about an older hand-over of the same three is none."""
    begun = one.begun_at or now
    status = told.status if told is not None else 0
    at = datetime.fromtimestamp(told.takeover_time, UTC) if told is not None and told.takeover_time else now
    if told is not None and told.takeover_time and at < begun - _CLOCKS:
        status = 0
    if status == _DONE:
        return Verdict(HandingState.DONE, now, at=at)
    if status == _REFUSED:
        return Verdict(HandingState.REFUSED, now, "customer_refused", at)
    if status == _FULL:
        return Verdict(HandingState.FAILED, now, "taker_full", at)
    if status == _WAITING:
        ends = begun + TAKES
        soon = min(now + _LOOK_EACH, ends + _CLOCKS) if now < ends else now + _SOON
        return Verdict(HandingState.WAITING, max(soon, now + timedelta(minutes=1)))
    if one.state is HandingState.CALLING:  # nobody knows whether the corp heard us: it did not
        return Verdict(HandingState.ASKED, now, is_try=True)
    if now > begun + _LOST_AFTER:
        return Verdict(HandingState.FAILED, now, "no_record", now)
    return Verdict(HandingState.WAITING, now + _LOOK_EACH)
