"""Long looks ahead, made in a thread of their own: the page waits a moment, and then shows how far it is.

What was found is kept for a while under a key that says everything it depends on, so that a slider costs nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from siyu.base.errors import SiyuError
from siyu.web.page import kept_by_app

log = logging.getLogger(__name__)

KEEP_FOR = 300.0  # seconds
_MOST = 60
_PATIENCE = 0.8  # seconds that a request waits before it shows progress


@dataclass
class Look:
    """One look: its value once `is_done`; `error` says what went wrong; `done` of `total` people so far."""

    begun_at: float
    is_done: threading.Event = field(default_factory=threading.Event)
    value: Any = None
    error: SiyuError | None = None
    done: int = 0
    total: int | None = None

    @property
    def share(self) -> float | None:
        """How far it is, 0 to 1; None while nobody knows."""
        return min(1.0, self.done / self.total) if self.total else None


class Looks:
    """The looks of one application."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[Any, ...], Look] = {}

    def take(
        self,
        key: tuple[Any, ...],
        make: Callable[[Callable[[int], None]], Any],
        *,
        fresh_for: float = KEEP_FOR,
        patience: float | None = None,
    ) -> Look:
        """The look under this key, begun when there is none, or none that is younger than `fresh_for` seconds.

        `make` is called in a thread, with a function to tell progress to. `patience`: seconds to wait for it, a moment unless said.
        """
        with self._lock:
            now = time.monotonic()
            for old in [k for k, look in self._kept.items() if now - look.begun_at > KEEP_FOR and look.is_done.is_set()]:
                del self._kept[old]
            look = self._kept.get(key)
            if look is None or (look.is_done.is_set() and now - look.begun_at > fresh_for):
                while len(self._kept) >= _MOST:
                    self._kept.pop(next(iter(self._kept)))
                look = self._kept[key] = Look(now)
                threading.Thread(target=_run, args=(look, make), name="look-ahead", daemon=True).start()
        look.is_done.wait(_PATIENCE if patience is None else patience)
        return look


def _run(look: Look, make: Callable[[Callable[[int], None]], Any]) -> None:
    def told(done: int) -> None:
        look.done = done

    try:
        look.value = make(told)
    except SiyuError as err:
        look.error = err
    except Exception as err:
        log.error("a look ahead failed", extra={"error": type(err).__name__})
        look.error = SiyuError("The look ahead broke off.", "Try again; the log says more.")
    finally:
        look.is_done.set()


def looks_of(request: Request) -> Looks:
    """The looks of this application."""
    return kept_by_app(request, "looks", Looks)
