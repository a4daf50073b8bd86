"""Group commit: one writer for many requests. Whatever is waiting when a transaction ends goes into the next one.

A request alone is committed at once; under load the groups grow by themselves, and a flush is shared by all that waited for it. What
waits is bounded: beyond it requests are told so and the sender's own queue holds them.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Together(Generic[T, R]):
    """Takes things from event loops and commits them in a thread of its own, which comes with work and goes when there is none.

    `keep` commits a group and gives an answer, or the exception that is its answer, for each; it must not raise. `busy` makes the
    exception for what does not fit any more. Sizes are counted by `size_of`.
    """

    def __init__(
        self,
        name: str,
        keep: Callable[[Sequence[T]], Sequence[R | Exception]],
        *,
        busy: Callable[[], Exception],
        most_waiting: int,
        most_together: int,
        size_of: Callable[[T], int] = lambda _: 1,
    ) -> None:
        self._name, self._keep, self._busy, self._size_of = name, keep, busy, size_of
        self._most_waiting, self._most_together = most_waiting, most_together
        self._queue: deque[tuple[T, int, asyncio.Future[R]]] = deque()
        self._size = 0
        self._is_waiting = threading.Condition()
        self._thread: threading.Thread | None = None

    @property
    def waiting(self) -> int:
        """The size of what waits for its transaction."""
        return self._size

    async def put(self, one: T) -> R:
        """Commit one thing, together with others; its answer comes after the commit. Raises what `busy` or `keep` gave."""
        size = self._size_of(one)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        with self._is_waiting:
            if self._size and self._size + size > self._most_waiting:
                raise self._busy()
            self._queue.append((one, size, future))
            self._size += size
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._write, name=self._name, daemon=True)
                self._thread.start()
            self._is_waiting.notify()
        return await future

    def _write(self) -> None:
        while True:
            with self._is_waiting:
                while not self._queue:
                    if not self._is_waiting.wait(timeout=30) and not self._queue:
                        self._thread = None  # idle: the next thing starts another
                        return
                group = [self._queue.popleft()]
                size = group[0][1]
                while self._queue and size + self._queue[0][1] <= self._most_together:
                    group.append(self._queue.popleft())
                    size += group[-1][1]
            answers = self._keep([one for one, _, _ in group])
            with self._is_waiting:
                self._size -= size
            _answer([(future, answer) for (_, _, future), answer in zip(group, answers, strict=True)])


def _answer(answers: Sequence[tuple[asyncio.Future[R], R | Exception]]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[R], R | Exception]]] = {}
    for one in answers:
        by_loop.setdefault(one[0].get_loop(), []).append(one)
    for loop, its in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, its)
        except RuntimeError:  # the loop is closed: nobody waits for these answers any more
            continue


def _settle(answers: Sequence[tuple[asyncio.Future[R], R | Exception]]) -> None:
    for future, answer in answers:
        if future.done():  # the client went away
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
