"""Lives that go on by themselves: each kind of act is a Poisson process in the world's time, so a fast clock makes a busy world.

A life is stepped: whatever is due by now is done in its order. A thread steps it as the clock goes on. What was done is counted.
"""

from __future__ import annotations

import heapq
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, fields
from random import Random
from typing import Any, TypeVar

H = TypeVar("H")

DAY = 86_400
_TICK = 0.02
_AT_ONCE = 1000  # acts under one hold of the lock


def changed(habits: H, given: Mapping[str, Any], shares: frozenset[str]) -> H:
    """Habits (a dataclass of numbers) with some replaced; those named in `shares` lie between 0 and 1. ValueError names what cannot be."""
    names = {f.name for f in fields(habits)}  # type: ignore[arg-type]
    for name, value in given.items():
        if name not in names:
            raise ValueError(f"there is no habit {name}; there are {', '.join(sorted(names))}")
        most = 1.0 if name in shares else 1e7
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= most:
            raise ValueError(f"{name} is a number between 0 and {most:g}")
    return type(habits)(**(asdict(habits) | {k: float(v) for k, v in given.items()}))  # type: ignore[call-overload]


class Living:
    """Acts at stated rates. `now` gives unix seconds of the world; everything is done under `lock`; `vain` is what an act that cannot be
    done raises.
    """

    def __init__(self, now: Callable[[], float], dice: Random, lock: AbstractContextManager[Any], vain: type[Exception]) -> None:
        self.did: Counter[str] = Counter()
        self.dice, self._now, self._lock, self._vain = dice, now, lock, vain
        self._due: list[tuple[float, int, Callable[[], object], str]] = []
        self._number = 0
        self._rates: dict[str, tuple[float, Callable[[], object]]] = {}
        self._end = threading.Event()
        self._thread: threading.Thread | None = None
        self._seen_at = now()

    def begin(self, rates: Mapping[str, tuple[float, Callable[[], object]]]) -> None:
        """Do these from now on: name -> (times a day, act)."""
        self._rates = dict(rates)
        self._due.clear()
        for name in self._rates:
            self._again(name, self._now())

    def start(self) -> None:
        """Live on with the clock until `stop`."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Do nothing more."""
        self._end.set()
        if self._thread:
            self._thread.join(10)

    def waiting(self) -> int:
        """How many acts are due by now and not done yet."""
        with self._lock:
            now = self._now()
            return sum(at <= now for at, *_ in self._due)

    def step(self) -> None:
        """Do what is due by now, in its order; after a great leap of the clock some of it is left for the next step."""
        with self._lock:
            now = self._now()
            if now < self._seen_at:  # somebody turned the clock back
                self.clock_turned()
                self.begin(self._rates)
            self._seen_at = now
            self.look()
            for _ in range(_AT_ONCE):
                if not self._due or self._due[0][0] > now:
                    break
                _, _, act, name = heapq.heappop(self._due)
                try:
                    act()
                    self.did[name] += 1
                except self._vain:
                    self.did[f"{name}, in vain"] += 1

    def look(self) -> None:
        """What is looked at in every step before the acts."""

    def clock_turned(self) -> None:
        """What is forgotten when the clock is turned back."""

    def later(self, seconds: float, name: str, act: Callable[[], object]) -> None:
        """Do something after that many seconds of the world."""
        self._plan(self._now() + seconds, name, act)

    def _run(self) -> None:
        while not self._end.wait(_TICK):
            self.step()

    def _plan(self, at: float, name: str, act: Callable[[], object]) -> None:
        self._number += 1
        heapq.heappush(self._due, (at, self._number, act, name))

    def _again(self, name: str, after: float) -> None:
        rate, act = self._rates[name]
        if rate <= 0:
            return
        at = after + self.dice.expovariate(rate / DAY)

        def once() -> object:
            self._again(name, at)
            return act()

        self._plan(at, name, once)
