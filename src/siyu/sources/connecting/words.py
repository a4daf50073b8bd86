"""The words of setting up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from siyu.vendors import Account


class CallbackState(StrEnum):
    """How far the callbacks of an account are."""

    NONE = "none"  # no keys yet
    WAITING = "waiting"  # keys are made; the vendor has not called
    REFUSED = "refused"  # it calls, with other keys
    PROVEN = "proven"  # the vendor tried the address, and was answered
    HEARD = "heard"  # callbacks come


class RotationState(StrEnum):
    """How far a change of callback keys is."""

    UNENTERED = "unentered"  # nothing came with the new set yet: it is not entered at the vendor
    MIXED = "mixed"  # both are used
    QUIET = "quiet"  # the old set was not used for a day: it can go


@dataclass(frozen=True)
class Connected:
    """One account of a sandbox that is ready. `trouble` says why its callbacks could not be entered there; empty when they were."""

    account: Account
    is_new: bool
    trouble: str = ""


@dataclass(frozen=True)
class SandboxRun:
    """A sandbox that somebody asked to connect. `state`: waiting, running, done, failed (`why`, `remedy`); `done_n` of `total_n` accounts
    are connected, `troubles` are (account's name, why its callbacks could not be entered). `ended_at` is by the database's clock.
    """

    base: str
    state: str
    done_n: int
    total_n: int | None
    troubles: tuple[tuple[str, str], ...]
    why: str
    remedy: str
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("waiting", "running")
