"""The words of handing customers on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HandingState(StrEnum):
    """HandingAnswer for here; being told to the corp; the corp waits for its 24 hours; and how it ended."""

    ASKED = "asked"
    CALLING = "calling"
    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"  # the customer said no
    FAILED = "failed"  # the corp did; `code` says why


@dataclass(frozen=True)
class Handing:
    """One customer on the way from a guide to another. `code` is why not: the vendor's, or taker_full, no_record, gave_up."""

    handing_id: int
    account_id: int
    corp: str
    from_guide: str
    to_guide: str
    external_userid: str
    is_resigned: bool
    state: HandingState
    code: str
    asked_by: str
    asked_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None
    tries: int


@dataclass(frozen=True)
class HandingCase:
    """What is known of a customer before they are handed on. `moved_at` are the moments at which they were before."""

    external_userid: str
    is_theirs: bool
    under_way_since: datetime | None
    moved_at: tuple[datetime, ...]


@dataclass(frozen=True)
class NotHanded:
    """Why a customer is not handed on: not_theirs, under_way, twice. `until`: when it may be asked again, where time alone decides."""

    external_userid: str
    why: str
    until: datetime | None = None


@dataclass(frozen=True)
class HandingAnswer:
    """What became of asking: the numbers of the hand-overs that were begun, and who was refused."""

    handing_ids: tuple[int, ...]
    refused: tuple[NotHanded, ...]


@dataclass(frozen=True)
class WaitingFor:
    """Customers of somebody who left, waiting to be handed on: how many, since when, and how many of them are on their way."""

    corp: str
    guide: str
    name: str
    left_at: datetime
    count: int
    under_way: int

    @property
    def free(self) -> int:
        """How many are not on their way yet: who can still be handed on."""
        return self.count - self.under_way


@dataclass(frozen=True)
class Vanished:
    """A customer whom the corp lists no more as waiting, and who was listed before."""

    guide: str
    external_userid: str
