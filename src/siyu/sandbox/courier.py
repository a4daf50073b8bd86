"""The courier carries what the small world sends to a platform: callbacks and receipts, with the bad luck that was asked for.

Moments are the world's; how long the other side may take to answer is real time, because the network is real. What goes to one lane (a
person of an account) is carried in order, unless a fault says otherwise. What is under way when the process ends is lost, as in life.
"""

from __future__ import annotations

import heapq
import http.client
import itertools
import logging
import queue
import threading
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit

from siyu.sandbox.luck import draw

log = logging.getLogger(__name__)

_JOURNAL = 200_000
_TICK = 0.02


@dataclass(frozen=True)
class RoadFaults:
    """What happens on the way, as shares from 0 to 1. `late_for`: a late one comes up to so many world seconds later."""

    lost: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    late_for: float = 60.0
    reordered: float = 0.0  # kept back for a few seconds, so that the next ones overtake it


@dataclass
class Delivery:
    """One thing that was to be delivered and what became of it. `key` is its own number, `fate` one of sent, lost, late, reordered."""

    key: str
    what: str
    at: float
    fate: str = "sent"
    copies: int = 1
    tries: list[int] = field(default_factory=list)  # the status of each try; 0 = no answer in time
    is_taken: bool = False


@dataclass
class Errand:
    """Something to deliver. `body` is made anew for each try; `taken` says whether the answer settles it.

    `tries` in all; before the second and later ones so many world seconds pass. `gave_up` is called after the last.
    """

    lane: str
    key: str
    what: str
    url: str
    body: Callable[[], tuple[str, bytes, str]]  # query, body, content type
    taken: Callable[[int, bytes], bool]
    pauses: tuple[float, ...] = (0.0, 0.0)
    answer_in: float = 5.0
    gave_up: Callable[[], None] = lambda: None


class Courier:
    """Carries errands in threads of its own. `now` gives the world's unix seconds."""

    def __init__(self, now: Callable[[], float], seed: int, workers: int = 8) -> None:
        self.now, self.seed = now, seed
        self.journal: deque[Delivery] = deque(maxlen=_JOURNAL)
        self._numbers = itertools.count(1)
        self._agenda: list[tuple[float, int, str, Callable[[], None]]] = []
        self._lock = threading.Lock()
        self._busy = 0
        self._quiet = threading.Condition(self._lock)
        self._stop = threading.Event()
        self._lanes: list[queue.SimpleQueue[Callable[[], None] | None]] = [queue.SimpleQueue() for _ in range(workers)]
        self._lines = threading.local()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to carry."""
        self._threads = [threading.Thread(target=self._work, args=(lane,), name="courier", daemon=True) for lane in self._lanes]
        self._threads.append(threading.Thread(target=self._watch, name="courier-clock", daemon=True))
        for one in self._threads:
            one.start()

    def stop(self) -> bool:
        """Stop; what is under way is lost. False when it was stopped before."""
        if self._stop.is_set():
            return False
        self._stop.set()
        for lane in self._lanes:
            lane.put(None)
        for one in self._threads:
            one.join(timeout=6)
        return True

    def later(self, at: float, lane: str, job: Callable[[], None]) -> None:
        """Do something when the world's clock reaches a moment, after whatever the lane is busy with."""
        with self._lock:
            if at > self.now():
                heapq.heappush(self._agenda, (at, next(self._numbers), lane, job))
                return
            self._busy += 1
        self._lane(lane).put(job)

    def carry(self, errand: Errand, faults: RoadFaults, at: float | None = None) -> Delivery:
        """Deliver something now (or at a moment), with what the seed has in store for it."""
        moment = self.now() if at is None else at
        found = Delivery(errand.key, errand.what, moment)
        self.journal.append(found)
        if self._hits(faults.lost, "lost", errand.key):
            found.fate = "lost"
            return found
        if self._hits(faults.late, "late", errand.key):
            found.fate = "late"
            moment += draw(self.seed, "late_for", errand.key) * faults.late_for
        elif self._hits(faults.reordered, "reordered", errand.key):
            found.fate = "reordered"
            moment += 1 + 2 * draw(self.seed, "reordered_for", errand.key)
        self.later(moment, errand.lane, lambda: self._try(errand, found, 0))
        if self._hits(faults.doubled, "doubled", errand.key):
            found.copies = 2
            self.later(moment + 1, errand.lane, lambda: self._try(errand, found, 0))
        return found

    def settle(self, timeout: float = 30.0) -> bool:
        """Wait until everything that is due was carried; for tests. False when it takes longer than so many real seconds."""
        with self._quiet:
            return self._quiet.wait_for(lambda: self._busy == 0 and not (self._agenda and self._agenda[0][0] <= self.now()), timeout)

    def waiting(self) -> int:
        """How many jobs wait for their moment or are being done."""
        with self._lock:
            return len(self._agenda) + self._busy

    def _hits(self, share: float, fault: str, key: str) -> bool:
        return share > 0 and draw(self.seed, fault, key) < share

    def _lane(self, name: str) -> queue.SimpleQueue[Callable[[], None] | None]:
        return self._lanes[zlib.crc32(name.encode()) % len(self._lanes)]

    def _watch(self) -> None:
        while not self._stop.wait(_TICK):
            due: list[tuple[str, Callable[[], None]]] = []
            with self._lock:
                now = self.now()
                while self._agenda and self._agenda[0][0] <= now:
                    _, _, lane, job = heapq.heappop(self._agenda)
                    due.append((lane, job))
                self._busy += len(due)
            for name, job in due:
                self._lane(name).put(job)

    def _work(self, lane: queue.SimpleQueue[Callable[[], None] | None]) -> None:
        while (job := lane.get()) is not None and not self._stop.is_set():
            try:
                job()
            except Exception:
                log.exception("a job of the small world failed")
            finally:
                with self._quiet:
                    self._busy -= 1
                    self._quiet.notify_all()

    def _try(self, errand: Errand, found: Delivery, number: int) -> None:
        query, body, kind = errand.body()
        status, answer = self._post(errand.url, query, body, kind, errand.answer_in)
        found.tries.append(status)
        if errand.taken(status, answer):
            found.is_taken = True
        elif number < len(errand.pauses):
            self.later(self.now() + errand.pauses[number], errand.lane, lambda: self._try(errand, found, number + 1))
        else:
            errand.gave_up()

    def _post(self, url: str, query: str, body: bytes, kind: str, answer_in: float) -> tuple[int, bytes]:
        """One POST; status 0 when there was no answer in time."""
        parts = urlsplit(url)
        asked = "&".join(word for word in (parts.query, query) if word)
        path = (parts.path or "/") + (f"?{asked}" if asked else "")
        while True:
            line, is_used = self._line(parts.scheme, parts.hostname or "", parts.port, answer_in)
            try:
                line.request("POST", path, body, {"Content-Type": kind, "User-Agent": "Mozilla/4.0"})
                got = line.getresponse()
                return got.status, got.read(1_000_000)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self._drop()
                if not is_used:  # an idle line that was hung up says nothing about the other side: dial again
                    return 0, b""
            except (OSError, http.client.HTTPException):
                self._drop()
                return 0, b""

    def _line(self, scheme: str, host: str, port: int | None, answer_in: float) -> tuple[http.client.HTTPConnection, bool]:
        known: tuple[tuple[object, ...], http.client.HTTPConnection] | None = getattr(self._lines, "one", None)
        about = (scheme, host, port, answer_in)
        if known and known[0] == about:
            return known[1], True
        self._drop()
        kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
        line = kind(host, port, timeout=answer_in)
        self._lines.one = (about, line)
        return line, False

    def _drop(self) -> None:
        known = getattr(self._lines, "one", None)
        if known:
            known[1].close()
        self._lines.one = None


def told(found: Delivery) -> dict[str, Any]:
    """A delivery as JSON."""
    return asdict(found)


def rates(kind: type[Any], before: Any, given: dict[str, Any]) -> Any:
    """The faults `before` with some replaced. `ValueError` names what cannot be."""
    names = {f.name for f in fields(kind)}
    for name, value in given.items():
        if name not in names:
            raise ValueError(f"there is no fault {name}; there are {', '.join(sorted(names))}")
        most = 1_000_000.0 if name.endswith("_for") else 1.0
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= most:
            raise ValueError(f"{name} is a number between 0 and {most:g}")
    return kind(**{**asdict(before), **{name: float(value) for name, value in given.items()}})
