"""What goes wrong at the post office, at stated rates and always for the same addresses.

Whether an address is dead, slow or greylisted is drawn from (seed, fault, address), so a run can be repeated. An address at
`NAME.fault.example` (for instance anybody@greylist.fault.example) has that fault for certain: for tests and for showing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum

CERTAIN = ".fault.example"
GREYLIST_TRIES = 1  # how often a greylisted address says "later" before it lets a letter in


class Fault(StrEnum):
    """What can go wrong with one letter, in the order in which an address is tried for it."""

    UNKNOWN = "unknown"  # 550 5.1.1 at RCPT: nobody lives there
    FULL = "full"  # 452 4.2.2 at RCPT: the mailbox is full, for ever
    GREYLIST = "greylist"  # 450 4.7.1 at RCPT the first time, then yes
    POLICY = "policy"  # 554 5.7.1 after DATA: the letter is not wanted
    BUSY = "busy"  # 451 4.3.0 after DATA the first time, then yes
    KEPT = "kept"  # takes the letter and hangs up without an answer
    LOST = "lost"  # hangs up without an answer and without the letter
    BOUNCE = "bounce"  # takes the letter, then writes back that it could not be delivered
    SLOW = "slow"  # takes the letter, and its time


@dataclass(frozen=True)
class Faults:
    """The share of addresses that have each fault, 0 to 1. `slow_for` is how long a slow one takes, in real seconds."""

    unknown: float = 0.0
    full: float = 0.0
    greylist: float = 0.0
    policy: float = 0.0
    busy: float = 0.0
    kept: float = 0.0
    lost: float = 0.0
    bounce: float = 0.0
    slow: float = 0.0
    slow_for: float = 2.0

    @classmethod
    def names(cls) -> list[str]:
        """The names under which rates can be given."""
        return [f.name for f in fields(cls)]

    @classmethod
    def of(cls, words: Iterable[str]) -> Faults:
        """Read `name=rate` words. Raises `ValueError` with what is wrong."""
        given: dict[str, float] = {}
        for word in words:
            name, _, rate = word.partition("=")
            try:
                given[name] = float(rate)
            except ValueError:
                raise ValueError(f"{word!r} is not NAME=SHARE") from None
        return cls.checked(given)

    @classmethod
    def checked(cls, given: dict[str, float]) -> Faults:
        """Faults from names and rates. Raises `ValueError` for an unknown name or a rate outside 0 to 1."""
        for name, rate in given.items():
            if name not in cls.names():
                raise ValueError(f"{name!r} is not one of {', '.join(cls.names())}")
            most = 60.0 if name == "slow_for" else 1.0
            if not 0 <= rate <= most:
                raise ValueError(f"{name} is not between 0 and {most:g}")
        return cls(**given)

    def of_address(self, seed: int, address: str) -> Fault | None:
        """What is wrong with an address; the first fault that its luck hits."""
        domain = address.rpartition("@")[2].lower()
        if domain.endswith(CERTAIN):
            name = domain.removesuffix(CERTAIN)
            return Fault(name) if name in set(Fault) else None
        return next((fault for fault in Fault if luck(seed, fault, address) < getattr(self, fault)), None)


def luck(seed: int, fault: str, address: str) -> float:
    """A number from 0 to 1, fixed for ever for one seed, fault and address."""
    digest = hashlib.blake2b(f"{seed}:{fault}:{address.lower()}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
