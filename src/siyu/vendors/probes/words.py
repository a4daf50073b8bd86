"""The words of live checks, and of how an account stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ProbeState(StrEnum):
    """What a live check found."""

    GOOD = "good"
    WATCH = "watch"  # a part of what could be done is closed; the rest works
    BAD = "bad"  # nothing works until it is mended
    SKIPPED = "skipped"  # not asked: something before it failed, or the vendor had no time


@dataclass(frozen=True)
class Probed:
    """One thing that was checked. `name` has a text under `web.connect_check_<name>`; `code` is explained by `vendors.explain`."""

    account_id: int
    name: str
    state: ProbeState
    code: str
    interface: str
    checked_at: datetime


@dataclass(frozen=True)
class CheckRun:
    """A check that somebody asked for. `state`: waiting, running, done, failed (`why`). `names` are the things it asks about, in order, of
    which `done_n` have their answer; empty until it begins. `job_id` is its row among the jobs.
    """

    account_id: int
    job_id: int
    state: str
    asked_at: datetime
    names: tuple[str, ...]
    done_n: int
    ended_at: datetime | None
    why: str

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("waiting", "running")

    @property
    def share(self) -> float | None:
        """How far it is, 0 to 1; None before it begins."""
        return self.done_n / len(self.names) if self.names else None


@dataclass(frozen=True)
class StandingToken:
    """A token that is kept: since when, until when; `is_dead` when it was dropped and not fetched again yet."""

    account_id: int
    purpose: str
    is_dead: bool
    fetched_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True)
class StandingBreaker:
    """A host that fails: how often in a row, with what, and until when nobody asks."""

    account_id: int
    host: str
    failures: int
    open_until: datetime | None
    code: str
    changed_at: datetime


@dataclass(frozen=True)
class Standing:
    """How accounts stand at this moment, beside their calls."""

    tokens: tuple[StandingToken, ...]
    breakers: tuple[StandingBreaker, ...]
