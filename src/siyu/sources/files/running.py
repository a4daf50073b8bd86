"""A running import: read ahead in a thread, record and commit stretch by stretch, go on where a killed one stopped.

The place is committed together with the facts of the stretch, so that neither is ever without the other. Going on means reading the
file from the start again without recording: which occurrence of the same content a row is depends on all rows before it.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from psycopg.types.json import Jsonb

from siyu import pool
from siyu.base import jobs
from siyu.base.db import Connection
from siyu.base.errors import InputError, SiyuError
from siyu.base.ground import Ground
from siyu.sources.files import reading, staging, store
from siyu.sources.files.faults import FileFault
from siyu.sources.files.saying import fault_in_words
from siyu.sources.files.turning import Occurrences, Turned, turner
from siyu.sources.files.words import BATCH, REJECT_COLUMNS, Import, Progress, Rows

log = logging.getLogger(__name__)

_HOPELESS = 100_000  # rejected rows after which an import that hardly takes anything is stopped
_WAITING = 2  # stretches turned ahead of the database


class NotOurs(Exception):
    """Another process runs this import, or somebody ended it."""


class Running:
    """One import being run by this process. Use `step` until it gives 0, then `close`."""

    def __init__(self, ground: Ground, import_id: int) -> None:
        self.ground = ground
        self.import_id = import_id
        self._stack = ExitStack()
        try:
            self._lock()
            with ground.db.tx() as conn:
                self.it = store.see(conn, import_id)
            if self.it.state != "running" or self.it.source_id is None:
                raise NotOurs
            self.notes: Counter[str] = Counter(self.it.notes)
            self._turner = turner(
                self.it.mapping,
                self.it.look.shape,
                key=ground.vault.lookup("sources.files", "content"),
                now=ground.clock.now(),
                came_at=self.it.created_at,
                evidence={"import": import_id, "file": self.it.file_name},
            )
            self._take_in_seen()
            self._began_at = time.monotonic()
            self._rows = 0  # in this process
            self._ahead = _Ahead(self._turned())
            self._stack.callback(self._ahead.close)
        except BaseException:
            self._stack.close()
            raise

    def _lock(self) -> None:
        conn = self._stack.enter_context(self.ground.db.autocommit())
        row = conn.execute(store.Q.try_lock, {"import_id": self.import_id}).fetchone()
        if not row or not row[0]:
            raise NotOurs

    def _turned(self) -> Iterator[Turned]:
        look, place, count = self.it.look, self.it.rows, 0
        for rows in reading.rows(staging.stored(self.ground, self.import_id), look.shape, size=BATCH, rows_n=look.rows_n):
            for part in _parted(rows, place - count):
                yield self._turner.turn(part)
            count += len(rows.cells)

    def _take_in_seen(self) -> None:
        """Rows of a file of rejects are counted on from the import that rejected them."""
        column = REJECT_COLUMNS[0]
        shape = self.it.look.shape
        if column not in shape.columns or not hasattr(self._turner, "occurrences"):
            return
        first = next(reading.rows(staging.stored(self.ground, self.import_id), shape, size=1), None)
        told = str(first.cells[0][shape.columns.index(column)]).strip() if first and len(first.cells[0]) == len(shape.columns) else ""
        if told.isdigit():
            self._turner.occurrences.take_in(staging.seen_file(self.ground, int(told)))

    def step(self) -> int:
        """Record one stretch and commit; gives the rows done, 0 at the end. A file that breaks ends the import as failed."""
        try:
            turned = self._ahead.next()
            if turned is None:
                self._end("done")
                return 0
            skip, self._rows = self._rows < self.it.rows, self._rows + turned.rows_n
            if skip:
                return turned.rows_n
            self._commit(turned)
        except FileFault as fault:
            self._end("failed", json.dumps({"code": fault.code, "values": fault.values}, ensure_ascii=False))
            raise
        except InputError:  # the pool refused a fact that we took for good: our mistake, not to be tried for ever
            self._end("failed", json.dumps({"code": "broken", "values": {}}))
            raise
        if self.it.rejected > _HOPELESS and self.it.rejected > 0.9 * self.it.rows:
            self._end("failed", json.dumps({"code": "hopeless", "values": {}}))
            raise FileFault("hopeless")
        return turned.rows_n

    def _commit(self, turned: Turned) -> None:
        continued = turned.notes.pop("continued", 0)
        self.notes.update(turned.notes)
        self.it = self.ground.db.again(lambda conn: self._put(conn, turned, continued))

    def _put(self, conn: Connection, turned: Turned, continued: int) -> Import:
        ground, it = self.ground, self.it
        assert it.source_id is not None  # noqa: S101  checked at the beginning
        row = conn.execute(store.Q.hold_import, {"import_id": self.import_id}).fetchone()
        if row is None or row[0] != "running" or row[1] != it.rows:
            raise NotOurs
        main = pool.record(ground, conn, it.source_id, turned.facts, import_id=self.import_id)
        side = pool.record(ground, conn, it.source_id, turned.side, import_id=self.import_id)
        store.put_rejects(conn, ground.vault, self.import_id, turned.rejects)
        conn.execute(
            store.Q.move_import,
            {
                "import_id": self.import_id,
                "rows": turned.rows_n,
                "new": main.new,
                "known": main.known,
                "rejects": len(turned.rejects),
                "blank": turned.blank_n,
                "continued": continued,
                "side": side.new,
                "notes": Jsonb(dict(self.notes)),
            },
        )
        after = store.see(conn, self.import_id)
        if it.job_id is not None:
            self._beat(conn, it.job_id, after)
        return after

    def _beat(self, conn: Connection, job_id: int, it: Import) -> None:
        now = self._progress(it)
        detail = {
            "import_id": self.import_id, "imported": now.imported, "known": now.known, "rejected": now.rejected,
            "rate": round(now.rate or 0), "remaining_for": round(now.remaining_for or 0),
        }  # fmt: skip
        jobs.beat(conn, job_id, now.rows, total=now.rows_total, detail=detail)

    def progress(self) -> Progress:
        """How far it is; the rate is that of this process."""
        return self._progress(self.it)

    def _progress(self, it: Import) -> Progress:
        seconds = time.monotonic() - self._began_at
        rate = self._rows / seconds if self._rows and seconds > 0.2 else None
        total = max(it.look.rows_n or 0, it.rows) or None
        left = (total - max(it.rows, self._rows)) / rate if rate and total else None
        return Progress(self.import_id, it.state, it.rows, total, it.imported, it.known, it.rejected, rate, left)

    def _end(self, state: str, why: str = "") -> None:
        occurrences: Occurrences | None = getattr(self._turner, "occurrences", None)
        is_done = state == "done"
        keep_seen = bool(is_done and self.it.rejected and occurrences is not None)
        if keep_seen and occurrences is not None:
            occurrences.keep(staging.seen_file(self.ground, self.import_id))
        with self.ground.db.tx() as conn:
            ended = conn.execute(
                store.Q.end_import, {"import_id": self.import_id, "state": state, "why": why, "now": self.ground.clock.now()}
            ).fetchone()
            if ended is None:
                raise NotOurs
            if self.it.job_id is not None:
                jobs.beat(conn, self.it.job_id, self.it.rows, total=self.it.rows if is_done else None)
                jobs.end(conn, self.it.job_id, state, fault_in_words(why, pool.brand(conn).language)[0])
            if is_done:
                conn.execute(store.Q.forget_stored, {"import_id": self.import_id})
            self.it = store.see(conn, self.import_id)
        if is_done:
            staging.clear(self.ground, self.import_id, keep_seen=keep_seen)
        log.info(
            "import ended",
            extra={
                "import_id": self.import_id,
                "state": state,
                "rows": self.it.rows,
                "imported": self.it.imported,
                "rejected": self.it.rejected,
            },
        )

    def close(self) -> None:
        """Let go of the file and the lock; another process may go on."""
        self._stack.close()


def _parted(rows: Rows, at: int) -> list[Rows]:
    """The stretch cut in two at its row `at`, when that lies inside: the place may have been kept by a release with other stretches."""
    if not 0 < at < len(rows.cells):
        return [rows]
    return [replace(rows, cells=rows.cells[:at]), replace(rows, first_no=rows.first_no + at, cells=rows.cells[at:])]


class _Ahead:
    """Runs an iterator in a thread, a few items ahead: the next stretch is turned while the database stores this one."""

    def __init__(self, items: Iterator[Turned]) -> None:
        self._queue: queue.Queue[Turned | BaseException | None] = queue.Queue(_WAITING)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(items,), name="import reader", daemon=True)
        self._thread.start()

    def _work(self, items: Iterator[Turned]) -> None:
        try:
            for item in items:
                if not self._put(item):
                    return
            self._put(None)
        except BaseException as err:  # handed to the thread that asks
            self._put(err)
        finally:
            close = getattr(items, "close", None)
            if close:
                close()

    def _put(self, item: Turned | BaseException | None) -> bool:
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=0.2)
            except queue.Full:
                continue
            return True
        return False

    def next(self) -> Turned | None:
        """The next item; None at the end. Raises what the iterator raised."""
        item = self._queue.get()
        if isinstance(item, BaseException):
            raise item
        return item

    def close(self) -> None:
        """Stop the thread and wait for it."""
        self._stop.set()
        self._thread.join()


_current: dict[str, Running] = {}  # database -> the import that this process runs step by step
_guard = threading.Lock()


def advance(ground: Ground) -> int:
    """One step of whichever import is due, for the river: rows done, 0 = none is due (or another process has it)."""
    with _guard:
        now = _current.get(ground.db.url)
        if now is None:
            now = _next(ground)
            if now is None:
                return 0
            _current[ground.db.url] = now
        try:
            done = now.step()
        except (NotOurs, InputError) as err:
            if not isinstance(err, NotOurs):
                log.warning("an import failed", extra={"import_id": now.import_id, "why": getattr(err, "code", "broken")})
            done = 0
        except BaseException:
            _drop(ground)
            raise
        if not done:
            _drop(ground)
            return 1
        return done


def let_go(ground: Ground) -> None:
    """Stop running imports step by step in this process; what is committed stays, another may go on."""
    with _guard:
        _drop(ground)


def _drop(ground: Ground) -> None:
    gone = _current.pop(ground.db.url, None)
    if gone is not None:
        gone.close()


def _next(ground: Ground) -> Running | None:
    with ground.db.tx() as conn:
        due = [row[0] for row in conn.execute(store.Q.next_running)]
    for import_id in due:
        try:
            return Running(ground, import_id)
        except NotOurs:
            continue
        except SiyuError as fault:
            _fail(ground, import_id, fault)
    return None


def _fail(ground: Ground, import_id: int, fault: SiyuError) -> None:
    """An import whose copy is gone or broken ends as failed instead of being tried for ever."""
    why = {"code": fault.code, "values": fault.values} if isinstance(fault, FileFault) else {"code": "broken", "values": {}}
    with ground.db.tx() as conn:
        it = store.see(conn, import_id)
        conn.execute(store.Q.end_import, {"import_id": import_id, "state": "failed", "why": json.dumps(why), "now": ground.clock.now()})
        if it.job_id is not None:
            jobs.end(conn, it.job_id, "failed", fault_in_words(json.dumps(why), pool.brand(conn).language)[0])


def run(ground: Ground, import_id: int, progress: Any = None) -> Import:
    """Run one import to its end, from wherever it stands. `progress` is called with a `Progress` after every stretch.

    Raises `FileFault` when the file breaks, `SiyuError` when another process runs it.
    """
    try:
        now = Running(ground, import_id)
    except NotOurs:
        raise FileFault("not_yours") from None
    try:
        while now.step():
            if progress is not None:
                progress(now.progress())
    except NotOurs:
        raise FileFault("not_yours") from None
    finally:
        now.close()
    if progress is not None:
        progress(now.progress())
    return now.it
