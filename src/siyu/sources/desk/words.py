"""The words of desks: somebody who wrote to one, and what the corp said of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from siyu.pool import Fact


@dataclass(frozen=True)
class Visitor:
    """Somebody who wrote to a desk or opened it. `external_userid` is empty where they were erased; `has_unionid`: it is known already.

    `asked_at` is when the corp last said something of them, `is_told` whether it was a unionid; `is_waiting`: they are to be asked about.
    """

    identifier_id: int
    external_userid: str
    has_unionid: bool = False
    asked_at: datetime | None = None
    is_told: bool = False
    is_waiting: bool = False


@dataclass(frozen=True)
class Met:
    """What came of asking about some: facts to be recorded, and by the number of each whether a unionid was told."""

    facts: tuple[Fact, ...]
    is_told: dict[int, bool]


@dataclass(frozen=True)
class Counts:
    """How many visitors of an account's desks are to be asked about, were told with a unionid, and without; `error` is the code with which
    the interface last refused all of it.
    """

    account_id: int
    waiting: int
    known: int
    unnamed: int
    error: str = ""
