"""The words of journeys: a broadcast, its arms, its states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siyu.gate import Forecast

ORIGIN = "broadcast"
"""What the gate's intents of a broadcast name as their origin."""


class Arm(StrEnum):
    """Which side of the experiment a member is on."""

    TREATED = "treated"
    CONTROL = "control"  # held out: never sent to, so that there is something to compare with


class State(StrEnum):
    """Where a broadcast stands; `moves.py` says what leads where."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    ENROLLING = "enrolling"  # members are taken, divided and put to the gate
    RUNNING = "running"  # everyone has been asked for; messages go out, then the measuring window runs
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Draft:
    """What a person says when making a broadcast. `rule` is a segment's rule as JSON; `holdout_share` is 0.1 for a tenth held out.

    `expire_for` is how long a message may wait for its permit or channel; `measure_for` how long orders are counted after a member's
    turn; `rate_per_minute` None = as fast as the channel allows. `cost_minor` is what one message costs; None = what the price list says
    when it begins (text messages by segments; nothing for other channels).
    """

    name: str
    rule: dict[str, Any]
    channel: str
    content_id: int
    segment_id: int | None = None
    purpose: str = "marketing"
    topic: str = ""
    priority: int = 50
    cost_minor: int | None = None
    holdout_share: float = 0.1
    expire_for: timedelta = timedelta(days=3)
    measure_for: timedelta = timedelta(days=14)
    rate_per_minute: int | None = None
    created_by: str = ""


@dataclass(frozen=True)
class Broadcast:
    """A broadcast as it is kept."""

    broadcast_id: int
    name: str
    segment_id: int | None
    rule: dict[str, Any]
    channel: str
    content_id: int
    content_version: int
    purpose: str
    topic: str
    priority: int
    cost_minor: int
    holdout_share: Decimal
    salt: str
    state: str
    start_at: datetime | None
    expire_for: timedelta
    measure_for: timedelta
    look_back_for: timedelta
    rate_per_minute: int | None
    job_id: int | None
    members_n: int
    next_place: int
    drawn_at: datetime | None
    started_at: datetime | None
    paused_at: datetime | None
    measured_at: datetime | None
    ended_at: datetime | None
    created_by: str
    created_at: datetime
    is_cost_by_price: bool = False


@dataclass(frozen=True)
class Past:
    """What was known about people before they were divided; arrays of one length, one element a person."""

    person_ids: NDArray[np.int64]
    stages: NDArray[np.str_]
    before_minor: NDArray[np.int64]
    before_n: NDArray[np.int64]


@dataclass(frozen=True)
class Drawn:
    """People divided: who is held out, in which stratum, and in which order they are sent to. One element a person, as in `Past`."""

    strata: NDArray[np.str_]
    is_control: NDArray[np.bool_]
    places: NDArray[np.int64]


@dataclass(frozen=True)
class Member:
    """One member whose turn it is to be put to the gate."""

    person_id: int
    arm: str
    entered_at: datetime
    round: int
    place: int = 0


@dataclass(frozen=True)
class Same:
    """A member who is today the person `current`; `is_asked` when the gate has been asked about him."""

    current: int
    person_id: int
    is_asked: bool


@dataclass(frozen=True)
class Plan:
    """The contact budget before sending: of `members`, `control` would be held out; `forecast` is the gate's word on the others.

    `ends_at` is when the last turn would come at the broadcast's rate.
    """

    members: int
    control: int
    forecast: Forecast
    ends_at: datetime


@dataclass(frozen=True)
class Progress:
    """How far a broadcast is. `states` counts permits by state; `phase` is drawing, asking, sending, measuring or the state itself."""

    phase: str
    members: int
    control: int
    asked: int
    states: dict[str, int]
    job_id: int | None

    @property
    def settled(self) -> int:
        """Messages that a channel is done with."""
        return sum(self.states.get(name, 0) for name in ("sent", "rejected", "unknown"))

    @property
    def in_flight(self) -> int:
        """Messages that wait or are with a channel."""
        return self.states.get("waiting", 0) + self.states.get("claimed", 0)
