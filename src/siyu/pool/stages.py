"""Where somebody stands in the life with the brand: a pure function of their orders, the rules and the moment.

The same function stands in SQL (`write_profiles` in fold.sql) for millions at once; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from siyu.base import settings
from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.pool.words import Stage, StageChange

SETTING = "pool.stages"


@dataclass(frozen=True)
class Rules:
    """When a stage is entered. Orders are those with a paid line; money is what they paid less refunds, in the brand's currency.

    Without an order: visitor, or lead once there is an identifier stronger than a browser's. With the `repeat_orders`-th order: repeat.
    With the `vip_orders`-th order or `vip_minor` spent: vip. No order for `drifting_days`: drifting; for `lost_days`: lost. The first
    order after being lost: won back.
    """

    repeat_orders: int = 2
    vip_orders: int = 10
    vip_minor: int = 1_000_000
    drifting_days: int = 90
    lost_days: int = 180

    def __post_init__(self) -> None:
        if min(self.repeat_orders, self.vip_orders, self.vip_minor, self.drifting_days) < 1 or self.lost_days <= self.drifting_days:
            raise InputError("The stage rules do not fit together.", "All must be above 0, and lost_days above drifting_days.")

    @property
    def drifting_for(self) -> timedelta:
        """How long without an order until somebody drifts."""
        return timedelta(days=self.drifting_days)

    @property
    def lost_for(self) -> timedelta:
        """How long without an order until somebody is lost."""
        return timedelta(days=self.lost_days)


def rules(conn: Connection) -> Rules:
    """The rules as they are set."""
    kept: dict[str, Any] = settings.get(conn, SETTING, {})
    return Rules(**kept)


def history(
    first_seen_at: datetime, known_at: datetime | None, orders: Sequence[tuple[datetime, int]], by: Rules, now: datetime
) -> list[StageChange]:
    """Every stage somebody entered up to `now`. `orders`: (paid_at, paid less refunded) in order of time."""
    changes: list[StageChange] = []

    def enter(stage: Stage, at: datetime) -> None:
        if not changes or changes[-1].stage != stage:
            changes.append(StageChange(stage, at))

    first = orders[0][0] if orders else None
    if first is None or first_seen_at < first:
        if known_at is None or first_seen_at < known_at:
            enter(Stage.VISITOR, first_seen_at)
        if known_at is not None and (first is None or known_at < first):
            enter(Stage.LEAD, known_at)
    spent, is_vip = 0, False
    last: datetime | None = None
    for number, (at, net) in enumerate(orders, 1):
        if last is not None:
            _fade(enter, last, at, by)
        spent += net
        is_vip = is_vip or number >= by.vip_orders or spent >= by.vip_minor
        if last is not None and at - last >= by.lost_for:
            enter(Stage.WON_BACK, at)
        elif is_vip:
            enter(Stage.VIP, at)
        else:
            enter(Stage.REPEAT if number >= by.repeat_orders else Stage.FIRST, at)
        last = at
    if last is not None:
        _fade(enter, last, now, by)
    return changes


def _fade(enter: Any, last: datetime, until: datetime, by: Rules) -> None:
    if until - last >= by.drifting_for:
        enter(Stage.DRIFTING, last + by.drifting_for)
    if until - last >= by.lost_for:
        enter(Stage.LOST, last + by.lost_for)
