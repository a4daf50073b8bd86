"""One writer for many requests: whatever is waiting when a transaction ends goes into the next one (group commit).

A request alone is committed at once; under load the groups grow by themselves, and a flush is shared by all that waited for it. What
waits is bounded: beyond it requests are answered 429 and the client's own queue holds them.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Sequence

import psycopg
from psycopg_pool import PoolTimeout

from siyu.base.ground import Ground
from siyu.sources.http.flow import keep
from siyu.sources.http.words import Load, Refusal, Stored

log = logging.getLogger(__name__)

MOST_WAITING = 20_000  # facts
MOST_TOGETHER = 2_000  # facts in one transaction


class Intake:
    """Takes loads from the event loop's thread and commits them in its own."""

    def __init__(self, ground: Ground, most_waiting: int = MOST_WAITING) -> None:
        self._ground = ground
        self._most_waiting = most_waiting
        self._queue: deque[tuple[Load, int, asyncio.Future[Stored]]] = deque()
        self._facts = 0
        self._is_waiting = threading.Condition()
        self._thread: threading.Thread | None = None

    @property
    def waiting(self) -> int:
        """Facts that wait for their transaction."""
        return self._facts

    async def put(self, load: Load) -> Stored:
        """Commit the load, together with others. Raises `Refusal` ("busy", "database") when that is not possible now."""
        size = sum(len(taken.facts) for taken in load.taken) + 1
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Stored] = loop.create_future()
        with self._is_waiting:
            if self._facts and self._facts + size > self._most_waiting:
                raise Refusal("busy")
            self._queue.append((load, size, future))
            self._facts += size
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._write, name="http-intake", daemon=True)
                self._thread.start()
            self._is_waiting.notify()
        return await future

    def _write(self) -> None:
        while True:
            with self._is_waiting:
                while not self._queue:
                    if not self._is_waiting.wait(timeout=30) and not self._queue:
                        self._thread = None  # idle: the next load starts another
                        return
                group = [self._queue.popleft()]
                size = group[0][1]
                while self._queue and size + self._queue[0][1] <= MOST_TOGETHER:
                    group.append(self._queue.popleft())
                    size += group[-1][1]
            answers = self._keep([load for load, _, _ in group])
            with self._is_waiting:
                self._facts -= size
            _answer([(future, answer) for (_, _, future), answer in zip(group, answers, strict=True)])

    def _keep(self, loads: Sequence[Load]) -> Sequence[Stored | Exception]:
        try:
            return keep(self._ground, loads)
        except (psycopg.OperationalError, PoolTimeout) as err:
            log.error("the database does not take facts", extra={"error": type(err).__name__, "sqlstate": getattr(err, "sqlstate", None)})
            return [Refusal("database")] * len(loads)
        except Exception as err:
            if len(loads) > 1:  # one of them is to blame: the others need not suffer
                return [answer for load in loads for answer in self._keep([load])]
            log.error("a load cannot be kept", extra={"error": type(err).__name__})
            return [err]


def _answer(answers: Sequence[tuple[asyncio.Future[Stored], Stored | Exception]]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Stored], Stored | Exception]]] = {}
    for one in answers:
        by_loop.setdefault(one[0].get_loop(), []).append(one)
    for loop, its in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, its)
        except RuntimeError:  # the loop is closed: nobody waits for these answers any more
            continue


def _settle(answers: Sequence[tuple[asyncio.Future[Stored], Stored | Exception]]) -> None:
    for future, answer in answers:
        if future.done():  # the client went away
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
