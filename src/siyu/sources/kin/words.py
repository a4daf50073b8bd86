"""The words of kin: somebody whom a corp is asked about, and what it answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from siyu.pool import Identifier


@dataclass(frozen=True)
class Stranger:
    """Somebody known by a unionid, to be asked about in a corp. `names` are the unionid and the openid; empty where they were erased.

    `is_customer`: the pool knows by now whose customer they are there.
    """

    union_id: int
    names: tuple[Identifier, ...] = field(repr=False)
    tries: int
    is_customer: bool


@dataclass(frozen=True)
class Answered:
    """What a corp said of somebody: a customer, a pending id until `ends_at`, or why neither (`error`)."""

    union_id: int
    state: str
    pending_id: str = ""
    ends_at: datetime | None = None
    due_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True)
class Counts:
    """How many were asked about in a corp, by what came of it; `error` is the code with which the interface last refused all of it."""

    corp: str
    new: int
    pending: int
    customers: int
    refused: int
    error: str = ""
