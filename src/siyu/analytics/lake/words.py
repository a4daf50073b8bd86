"""The words of the lake: its files, what became of a turn of work, how it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from siyu.base.cursor import Place


class Table(StrEnum):
    """What a file holds."""

    FACTS = "facts"
    ORDERS = "orders"
    PEOPLE = "people"
    PROFILES = "profiles"


class Home(StrEnum):
    """Where the lake of a database lies, seen from a data directory."""

    HERE = "here"
    NONE = "none"  # nowhere yet
    ELSEWHERE = "elsewhere"  # in another data directory, or this one's was lost


@dataclass(frozen=True)
class File:
    """A Parquet file as the manifest names it.

    Of kind `facts` it holds exactly the facts of its `month` (UTC, `2026-11`) whose place in the log is after `begin` and at or before
    `end`; of other kinds the whole table as it stood when the log had been read up to `end`. `path` is under the lake's folder. `imports`
    names the imports in it, each with the place of its first fact. `file_id` is 0 until it is kept.
    """

    table: Table
    month: str
    path: str
    rows_n: int
    bytes_n: int
    digest: bytes
    begin: Place
    end: Place
    made_at: datetime
    imports: dict[int, Place] = field(default_factory=dict)
    file_id: int = 0


@dataclass(frozen=True)
class Fault:
    """A file of the manifest that is not as it was written: `missing`, `size` or `digest`."""

    file: File
    what: str


@dataclass(frozen=True)
class Synced:
    """What a turn of work did. `facts` went into files; `mended`, `cleaned` (erasures and undone imports) and `merged` count files."""

    facts: int = 0
    mended: int = 0
    cleaned: int = 0
    merged: int = 0
    is_busy: bool = False  # another process is at it

    def __add__(self, other: Synced) -> Synced:
        return Synced(
            self.facts + other.facts,
            self.mended + other.mended,
            self.cleaned + other.cleaned,
            self.merged + other.merged,
            self.is_busy or other.is_busy,
        )


@dataclass(frozen=True)
class Status:
    """How the lake stands. `waiting` facts are in the log and not yet in files (counted up to a limit); reports read them all the same.

    `uncleaned` counts erased identifiers and undone imports that files still hold; reports leave them out already.
    """

    home: Home
    folder: str
    files: dict[str, int]
    rows: dict[str, int]
    bytes_n: int
    place: Place
    waiting: int
    waiting_since: datetime | None
    uncleaned: int
    faults: tuple[Fault, ...]
    made_at: datetime | None
