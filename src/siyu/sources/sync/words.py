"""The words of the sync: runs and their parts, what is known here, what is told there, where the two differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from siyu.pool import Fact


class RunKind(StrEnum):
    """`first` fills an empty pool, `nightly` compares with what is there and tells each difference."""

    FIRST = "first"
    NIGHTLY = "nightly"


@dataclass(frozen=True)
class Run:
    """One walk through an account. `total_n` is None while nobody knows how many there are; `asking_ms` is what all of it took."""

    run_id: int
    account_id: int
    kind: RunKind
    state: str
    started_at: datetime
    ended_at: datetime | None
    tries: int
    error: str
    interface: str
    job_id: int
    done_n: int
    total_n: int | None
    facts_n: int
    calls_n: int
    asking_ms: int
    differences_n: int
    parts_n: int
    parts_done_n: int
    skipped_n: int

    @property
    def calls_per_minute(self) -> float | None:
        """How fast it asks; None before it has."""
        return self.calls_n / self.asking_ms * 60_000 if self.asking_ms else None


@dataclass(frozen=True)
class Part:
    """A part of a run that is done once: a batch of guides, of chats, a list."""

    run_id: int
    part_no: int
    kind: str
    ref: Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """Something that was otherwise here than there, healed by the fact `fact_id`. `times` is in how many runs in a row."""

    difference_id: int
    run_id: int
    account_id: int
    kind: str
    ref: str
    here: Mapping[str, Any]
    there: Mapping[str, Any]
    fact_id: str
    since_at: datetime | None
    found_at: datetime
    times: int


@dataclass(frozen=True)
class Differing:
    """A difference as it is found. `ref` holds ids only; what is personal is never written here, only that it differs."""

    kind: str
    ref: str
    here: Mapping[str, Any]
    there: Mapping[str, Any]
    fact_id: str
    since_at: datetime | None = None


@dataclass(frozen=True)
class Told:
    """What the vendor says of one guide and one customer. Moments in UTC; `private` is personal data by our name of it."""

    guide: str
    external_userid: str
    unionid: str
    added_at: datetime
    add_way: int
    state: str
    oper: str
    tags: tuple[str, ...]
    phones: tuple[str, ...] = field(default=(), repr=False)
    private: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Known:
    """What is known here of one guide and one customer: of the relation (`state`: the code they came by), and the keyed hash of what was
    last told (None: never asked).
    """

    added_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str = ""
    is_active: bool = False
    tags: tuple[str, ...] = ()
    digest: bytes | None = None
    state: str = ""


@dataclass(frozen=True)
class Decided:
    """What is to be written of one thing: facts, the difference they heal, and the moment to look again when it is too young."""

    facts: tuple[Fact, ...] = ()
    differences: tuple[Differing, ...] = ()
    is_too_young: bool = False


@dataclass(frozen=True)
class Way:
    """A code that an app made (联系我): `state` comes back with whoever scans it."""

    account_id: int
    config_id: str
    kind: int
    scene: int
    state: str
    remark: str
    guides: tuple[str, ...]
    gone_at: datetime | None = None
