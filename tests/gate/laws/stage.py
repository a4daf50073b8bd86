"""Where the stories of the laws play, and the journal that they are held against."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.gate import world as w

from siyu import gate
from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.gate import claiming

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WORKERS = 8


@dataclass
class Stage:
    """Where a story plays."""

    ground: Ground
    make: Callable[[], Ground]
    clock: StillClock
    patch: pytest.MonkeyPatch


@dataclass
class Journal:
    """What was claimed, as the claimers saw it: (person, channel, purpose, moment, intent)."""

    entries: list[tuple[int, str, str, datetime, int]] = field(default_factory=list)
    released: set[int] = field(default_factory=set)  # definitely not sent

    def note(self, permits: Iterable[gate.Permit], at: datetime) -> None:
        """Write down a claim."""
        self.entries += [(p.person_id, p.channel, p.purpose, at, p.intent_id) for p in permits]

    def check(self, caps: Sequence[gate.Cap], people: dict[int, int] | None = None) -> None:
        """Every message against every other: no window of any cap may hold more than the cap allows."""
        of: dict[int, list[tuple[int, str, str, datetime, int]]] = defaultdict(list)
        for entry in self.entries:
            if entry[4] not in self.released:
                of[(people or {}).get(entry[0], entry[0])].append(entry)
        for mine in of.values():
            for cap in caps:
                fit = [e[3] for e in mine if cap.channel in (None, e[1]) and cap.purpose in (None, e[2])]
                for start in fit:
                    many = sum(start <= at < start + cap.window for at in fit)
                    assert many <= cap.n, f"{many} messages within {cap.window}, the cap is {cap.n}"


def together(*works: Callable[[], Any]) -> list[Any]:
    """Run all at the same moment, each in a thread; gives their results."""
    start = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        start.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as threads:
        return [future.result(timeout=60) for future in [threads.submit(run, work) for work in works]]


@contextmanager
def meeting(stage: Stage, seconds: float = 0.5) -> Iterator[None]:
    """The first claim that has decided waits a while for another to decide, too: where no lock keeps them apart, they meet."""
    lease, arrived, another = claiming._lease, iter(range(1_000_000)), threading.Event()

    def slowly(*args: Any) -> list[gate.Permit]:
        if next(arrived) == 0:
            another.wait(seconds)
        else:
            another.set()
        return lease(*args)

    with stage.patch.context() as patch:
        patch.setattr(claiming, "_lease", slowly)
        yield


def loose(ground: Ground, **other: Any) -> None:
    """No rule in the way but those given."""
    w.set_rules(ground, **({"caps": [], "quiet": None, "same_topic": None} | other))


def caps_of(ground: Ground) -> tuple[gate.Cap, ...]:
    """The caps as set."""
    with ground.db.tx() as conn:
        return gate.rules(conn).caps


def claim_all(ground: Ground, channel: str = "email", lease_for: timedelta = w.LEASE) -> list[gate.Permit]:
    """Claim until nothing is left."""
    found: list[gate.Permit] = []
    while more := w.claim(ground, channel, 50, lease_for):
        found += more
    return found
