"""The words of setting up."""

from __future__ import annotations

from dataclasses import dataclass
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
