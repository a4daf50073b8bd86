"""The lake's story: mend, clean, export, merge, and make the whole tables again; each stage writes files first and then, in one
transaction, the manifest and the reader's place.

A process that dies in between leaves files that no manifest names: they are not part of the lake and are swept. One process works at a
time (a session's advisory lock). The long reads hold no transaction id, so that no reader of the log waits for them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from siyu.analytics.lake import engine, files, plan, store
from siyu.analytics.lake.words import File, Home, Status, Synced, Table
from siyu.base import settings
from siyu.base.cursor import START, Place, keep_place, see_place, take_place
from siyu.base.db import Connection
from siyu.base.errors import ConfigError
from siyu.base.ground import Ground

Q = store.Q
E = engine.Q
READER = "analytics.lake"
HOME = "analytics.lake.home"  # setting: the mark of the folder that the lake lies in
CHUNK = 500_000  # facts a turn
_LOOK_EVERY = 60.0  # seconds


class _Overtaken(Exception):
    """The manifest changed under us (our lock was lost with its connection): what was written is left to the sweep."""


@dataclass
class _Turn:
    """One stage's view of the lake, as it stood when the stage began; `conn` holds the lock."""

    ground: Ground
    conn: Connection
    folder: Path
    place: Place
    files: list[File]

    def of(self, table: Table) -> list[File]:
        return [file for file in self.files if file.table == table]

    def paths(self, given: Sequence[File]) -> list[str]:
        return [str(self.folder / file.path) for file in given]

    @property
    def now(self) -> datetime:
        return self.ground.clock.now()


def sync(ground: Ground, *, limit: int = CHUNK, is_asked: bool = True, turns: int = 1_000_000) -> Synced:
    """Bring the lake up to date, at most `turns` times `limit` facts; says what was done.

    Files that are missing or broken are written again from the log, what was erased or undone leaves the files, new facts come in, small
    files are merged. Asked for, it also compares every file's digest, makes the whole tables again, and moves a lake that lies elsewhere
    to this data directory; a lake that lies nowhere is founded in any case.
    """
    with _at_work(ground, may_move=is_asked) as conn:
        if conn is None:
            return Synced(is_busy=True)
        done = Synced(mended=_mend(_look(ground, conn), thorough=is_asked)) + Synced(cleaned=_clean(_look(ground, conn)))
        for _ in range(turns):
            moved = _export(_look(ground, conn), limit)
            done += Synced(facts=moved)
            if not moved:
                break
        done += Synced(merged=_merge(_look(ground, conn), plan.RUN))
        _make_whole(_look(ground, conn), at_once=is_asked)
        _tidy(_look(ground, conn))
        return done


def compact(ground: Ground, least: int = 2) -> Synced:
    """Merge neighbouring small files, `least` at a time or more; says what was done."""
    with _at_work(ground, may_move=False) as conn:
        if conn is None:
            return Synced(is_busy=True)
        done = Synced(merged=_merge(_look(ground, conn), least))
        _tidy(_look(ground, conn))
        return done


def status(ground: Ground, *, thorough: bool = False, most: int = plan.ENOUGH) -> Status:
    """How the lake stands. Changes nothing."""
    folder = files.root(ground)
    with ground.db.tx() as conn:
        kept, place = store.files(conn), see_place(conn, READER)
        where = home_of(conn, folder)
        count, since = store.waiting(conn, place, most)
        undone = store.undone(conn)
        erased = store.erased(conn) if kept else []
    return Status(
        home=where,
        folder=str(folder),
        files={table.value: sum(f.table == table for f in kept) for table in Table},
        rows={table.value: sum(f.rows_n for f in kept if f.table == table) for table in Table},
        bytes_n=sum(f.bytes_n for f in kept),
        place=place,
        waiting=count,
        waiting_since=since,
        uncleaned=len(erased) + len({number for found in undone.values() for number in found}),
        faults=tuple(files.faults(folder, kept, thorough=thorough)) if where == Home.HERE else (),
        made_at=max((file.made_at for file in kept), default=None),
    )


class Keeper:
    """The river's step: looks once in a while, and works when it is worth it."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._look_at = time.monotonic() + _LOOK_EVERY  # a process that lives shorter leaves the lake to others

    def step(self) -> int:
        """Do one turn if one is due; the number of facts and files that it moved, 0 when there was nothing."""
        if time.monotonic() < self._look_at:
            return 0
        did = 0
        if is_work_due(self._ground):
            done = sync(self._ground, is_asked=False, turns=1)
            did = done.facts + done.mended + done.cleaned
        if not did:
            self._look_at = time.monotonic() + _LOOK_EVERY
        return did


def is_work_due(ground: Ground) -> bool:
    """Whether a turn is worth its while: facts have waited long enough, or something must leave the files. Never for a lake elsewhere."""
    now = status(ground)
    if now.home == Home.ELSEWHERE:
        return False
    return bool(now.uncleaned or now.faults) or plan.is_due(now.waiting, now.waiting_since, ground.clock.now())


def home_of(conn: Connection, folder: Path) -> Home:
    """Where the database's lake lies, seen from this folder."""
    mark = settings.get(conn, HOME, None)
    if mark is None:
        return Home.NONE
    return Home.HERE if mark == files.home(folder) else Home.ELSEWHERE


@contextmanager
def _at_work(ground: Ground, *, may_move: bool) -> Iterator[Connection | None]:
    """The only worker on this lake, with a connection outside any transaction; None while another one is at it."""
    folder = files.root(ground)
    with ground.db.autocommit() as conn:
        row = conn.execute(Q.lock_turn).fetchone()
        if not (row and row[0]):
            yield None
            return
        with ground.db.tx() as short:
            where = home_of(short, folder)
            if where == Home.ELSEWHERE and not may_move:
                raise ConfigError(
                    "The lake of this database lies in another data directory, or was lost.", "Run siyu lake sync here to build it anew."
                )
            if where != Home.HERE:
                take_place(short, READER)
                keep_place(short, READER, START)
                short.execute(Q.drop_all_files)
                settings.put(short, HOME, files.found(folder), at=ground.clock.now())
        yield conn


def _look(ground: Ground, conn: Connection) -> _Turn:
    with ground.db.tx() as short:
        return _Turn(ground, conn, files.root(ground), see_place(short, READER), store.files(short))


def _commit(turn: _Turn, drop: Sequence[File], add: Sequence[File], place: Place | None = None, erased: Sequence[int] = ()) -> None:
    """The manifest, the erasures honoured and the reader's place, all or nothing."""
    with turn.ground.db.tx() as conn:
        if take_place(conn, READER) != turn.place or not store.change(conn, drop, add):
            raise _Overtaken
        if place is not None:
            keep_place(conn, READER, place)
        if erased:
            conn.execute(Q.honour, {"ids": list(erased), "at": turn.now})


def _mend(turn: _Turn, *, thorough: bool) -> int:
    """Write again what is missing or broken: facts from the log, whole tables at the end of the turn."""
    broken = files.faults(turn.folder, turn.files, thorough=thorough)
    for fault in broken:
        file, made = fault.file, None
        if file.table == Table.FACTS:
            with engine.connect(turn.folder) as duck:
                engine.make(duck, "facts", "loaded")
                from_at, to_at = engine.span(file.month)
                words = {"from_at": from_at, "to_at": to_at, **store.at(file.begin, "from_"), **store.at(file.end, "to_")}
                _load(turn, duck, "facts", "loaded", Q.copy_month, words)
                engine.month_of(duck, file.month)
                made = engine.write(duck, turn.folder, E.month, file.table, file.month, file.begin, file.end, turn.now)
        _commit(turn, [file], [made] if made else [])
    return len(broken)


def _clean(turn: _Turn) -> int:
    """Write anew every file that holds facts of erased people or undone imports, with what the log still has of them."""
    with turn.ground.db.tx() as short:
        erased, undone = store.erased(short), store.undone(short)
    if not erased and not undone:
        return 0
    facts = turn.of(Table.FACTS)
    imports = sorted({number for found in undone.values() for number in found})
    cleaned = 0
    with engine.connect(turn.folder) as duck:
        engine.make(duck, "facts", "loaded")
        engine.numbers(duck, "erased", "identifier_id", erased)
        engine.numbers(duck, "undone", "import_id", imports)
        touched = {file.file_id for file in facts if file.file_id in undone}
        if erased and facts:
            held = {row[0] for row in duck.execute(E.files_of_erased, {"files": turn.paths(facts)}).fetchall()}
            touched |= {file.file_id for file, path in zip(facts, turn.paths(facts), strict=True) if path in held}
        if touched:
            _load(turn, duck, "facts", "loaded", Q.copy_again, {"erased": erased, "undone": imports, **store.at(turn.place)})
        drop, add = [], []
        for file in facts:
            if file.file_id not in touched:
                continue
            engine.variables(
                duck, files=turn.paths([file]), from_xid=file.begin.xid, from_seq=file.begin.seq,
                to_xid=file.end.xid, to_seq=file.end.seq,
            )  # fmt: skip
            engine.month_of(duck, file.month)
            made = engine.write(duck, turn.folder, E.cleaned, file.table, file.month, file.begin, file.end, turn.now)
            drop.append(file)
            add += [made] if made else []
            cleaned += 1
    if undone:  # the sums of its orders are no longer theirs
        drop += turn.of(Table.ORDERS)
    if erased:
        drop += turn.of(Table.PEOPLE) + turn.of(Table.PROFILES)
    _commit(turn, drop, add, erased=erased)
    return cleaned


def _export(turn: _Turn, limit: int) -> int:
    """The next facts of the log into files of their months."""
    with engine.connect(turn.folder) as duck:
        engine.make(duck, "facts", "loaded")
        _load(turn, duck, "facts", "loaded", Q.copy_next, {**store.at(turn.place), "limit": limit})
        last = duck.execute(E.last_place).fetchone()
        if last is None:
            return 0
        place = Place(int(last[0]), int(last[1]))
        made = []
        for (month,) in duck.execute(E.months).fetchall():
            engine.month_of(duck, month)
            file = engine.write(duck, turn.folder, E.month, Table.FACTS, month, turn.place, place, turn.now)
            assert file is not None  # noqa: S101  the month was found among the rows
            made.append(file)
    _commit(turn, [], made, place)
    return sum(file.rows_n for file in made)


def _merge(turn: _Turn, least: int) -> int:
    """Make one file of small neighbours."""
    merged = 0
    for run in plan.runs(turn.files, least):
        with engine.connect(turn.folder) as duck:
            engine.variables(duck, files=turn.paths(run))
            made = engine.write(duck, turn.folder, E.merged, Table.FACTS, run[0].month, run[0].begin, run[-1].end, turn.now)
        _commit(turn, run, [made] if made else [])
        merged += len(run)
    return merged


def _make_whole(turn: _Turn, *, at_once: bool) -> None:
    """Make the whole tables again that are stale; `at_once` all of them."""
    for table in sorted({Table.ORDERS, Table.PEOPLE, Table.PROFILES} if at_once else plan.stale(turn.files, turn.now)):
        with engine.connect(turn.folder) as duck:
            if table == Table.ORDERS:
                kept = turn.paths(turn.of(Table.FACTS))
                if kept:
                    duck.read_parquet(kept, hive_partitioning=False).create_view("kept_facts")
                else:
                    engine.make(duck, "facts", "kept_facts")
                sql = E.sorted.format(query=E.fold_orders.format(facts="kept_facts"), by="subject, paid_at, source_id, order_no, currency")
            else:
                engine.make(duck, table.value, "loaded")
                _load(turn, duck, table.value, "loaded", Q.texts[f"copy_{table.value}"], {})
                sql = E.sorted.format(query=E.all_of.format(table="loaded"), by="1")
            made = engine.write(duck, turn.folder, sql, table, "", START, turn.place, turn.now)
        _commit(turn, turn.of(table), [made] if made else [])


def _tidy(turn: _Turn) -> None:
    """Tell other engines what there is, then delete what is not, unless somebody reads."""
    files.list_for_others(turn.folder, turn.files, turn.place)
    row = turn.conn.execute(Q.lock_sweeping).fetchone()
    if not (row and row[0]):
        return
    try:
        files.sweep(turn.folder, turn.files)
    finally:
        turn.conn.execute(Q.unlock_sweeping)


def _load(turn: _Turn, duck: engine.Engine, name: str, table: str, query: str, words: dict[str, object]) -> None:
    middle = files.half(turn.folder)
    store.stream(turn.conn, query, words, middle)
    engine.load(duck, name, table, middle)
