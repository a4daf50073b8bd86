"""Windows that a customer opens: some channels let us write only after the customer did something, so many times, for so long.

Each rule of `GateRules.windows` is one way to open one channel; of several the one that is open counts. What was done is read from the
facts themselves, not from anything folded, so that an answer to a message of this very moment is not late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from siyu.gate.columns import Bools, Ints
from siyu.gate.words import GateRules, Window

NEVER_ENDS = 2**61  # later than any moment, and beside a person's number still a number


@dataclass(frozen=True)
class Opening:
    """One rule (`rules.windows[rule]`) and, by person of the batch (nobody last): messages count from `since`, at most `allowed` of them
    may be, and none from `until` on. `template` is the number of the one template it is good for, 0 = what names none; -1 = any.
    """

    rule: int
    since: Ints
    allowed: Ints
    until: Ints
    template: int = -1


def concerned(rules: GateRules, channels: Sequence[str]) -> list[tuple[int, Window]]:
    """The rules about these channels, with their numbers."""
    return [(number, window) for number, window in enumerate(rules.windows) if window.channel in channels]


def reach(rules: GateRules, channels: Sequence[str]) -> timedelta:
    """How far back messages must be known so that these channels' windows can be counted."""
    return max([window.within for _, window in concerned(rules, channels)], default=timedelta(0))


def is_open(opening: Opening, who: Ints, at: Ints, counted: Ints) -> Bools:
    """Whether each of `who` may be sent one more at `at`, when `counted` were or will be sent since theirs opened."""
    allowed: Bools = (at < opening.until[who]) & (counted < opening.allowed[who])
    return allowed
