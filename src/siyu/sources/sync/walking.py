"""Walking one part of a corp's run: ask, compare, record, page by page. A cursor lives no longer than the part it is for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from siyu.base import jobs
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.sources.sync import keeping, store
from siyu.sources.sync.contacts import Asking
from siyu.sources.sync.keeping import Kept, Raced
from siyu.sources.sync.words import Part, Run
from siyu.vendors import Account, limits_of
from siyu.vendors.wecom import Page

T = TypeVar("T")
_TRIES = 5


@dataclass
class Walk:
    """One part under way, and what it adds up to; `run` is None for an errand by itself (a wish)."""

    ground: Ground
    account: Account
    run: Run | None
    part: Part
    asking: Asking
    facts_n: int = 0
    calls_n: int = 0
    done_n: int = 0
    differences_n: int = 0
    skipped: list[dict[str, str]] = field(default_factory=list)
    more: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)  # parts that follow
    more_total: int = 0
    began: float = field(default_factory=time.monotonic)

    @property
    def ms(self) -> int:
        """What it took so far."""
        return int((time.monotonic() - self.began) * 1000)

    def write(self, work: Callable[[Connection], Kept], done: int = 0) -> None:
        """Record in a transaction of its own, with the differences (of a nightly run) and the progress; again when raced."""
        for left in reversed(range(_TRIES)):
            try:
                kept = self.ground.db.again(lambda conn: self._written(conn, work, done))
                break
            except Raced:
                if not left:
                    raise
        self.facts_n += kept.facts_n
        self.differences_n += kept.noted_n
        self.done_n += done

    def _written(self, conn: Connection, work: Callable[[Connection], Kept], done: int) -> Kept:
        kept = work(conn)
        if self.run is not None and self.run.kind == "nightly" and kept.differences:
            now = self.ground.clock.now()
            kept.noted_n = store.keep_differences(conn, self.run.run_id, self.account.account_id, kept.differences, now)
        if done and self.run is not None:
            self._beat(conn, self.run, self.done_n + done)
        return kept

    def _beat(self, conn: Connection, run: Run, done: int) -> None:
        """How far it is, and how fast it asks against what it may."""
        calls, ms = run.calls_n + self.calls_n, max(1, run.asking_ms + self.ms)
        detail = {
            "run_id": run.run_id, "part": self.part.kind, "calls": calls, "calls_per_minute": round(calls * 60_000 / ms),
            "allowed_per_minute": allowed_per_minute(conn, self.account),
        }  # fmt: skip
        jobs.beat(conn, run.job_id, run.done_n + done, total=run.total_n, detail=detail)

    def ask(self, question: Callable[[], T]) -> T:
        """One question to the vendor, counted."""
        self.calls_n += 1
        return question()


def allowed_per_minute(conn: Connection, account: Account) -> int:
    """How many questions a minute one interface of the account takes, by our limits."""
    first = {"wecom": "externalcontact/batch/get_by_user", "official": "cgi-bin/user/info/batchget"}.get(account.kind, "")
    found = limits_of(conn, account.kind, first)
    return int(min(found.per_second * 60, found.many))


def ahead(walk: Walk, fetch: Callable[[str], Page[T]]) -> Iterator[Page[T]]:
    """Every page; the next one is asked for while this one is recorded."""
    with ThreadPoolExecutor(1, thread_name_prefix="sync-ahead") as beside:
        coming, cursor = beside.submit(walk.ask, lambda: fetch("")), ""
        while True:
            page = coming.result()
            following = page.next_cursor
            if not following or following == cursor:
                yield page
                return
            cursor = following
            coming = beside.submit(walk.ask, lambda at=cursor: fetch(at))
            yield page


def moment(seconds: int) -> datetime | None:
    """Unix seconds as a moment; None for 0."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def catch_up(walk: Walk) -> None:
    """Before a comparison: the relations as the log has them now."""
    keeping.catch_up(walk.ground)
