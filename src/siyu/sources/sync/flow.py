"""Runs: begun, gone on with part by part, ended; the nightly hour; what is shown of them.

One process walks an account at a time (an advisory lock that dies with the process). A part is done in its own transactions and is then
ticked off: who is killed in the middle does that part again, and finds in the log what it had recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from siyu import pool
from siyu.base import jobs, settings
from siyu.base.db import Connection, queries
from siyu.base.errors import InputError, NotFoundError, SiyuError
from siyu.base.ground import Ground
from siyu.sources.sync import corp, followers, store
from siyu.sources.sync.contacts import Asking
from siyu.sources.sync.walking import Walk
from siyu.sources.sync.words import Part, Run, RunKind
from siyu.vendors import Account, AccountState, Trouble, VendorError, VendorKind, account, accounts, callback_keys

SETTING_HOUR = "sync.nightly_at"  # the hour of the brand's day at which differences are looked for
SETTING_PHONES = "sync.link_remark_phones"  # whether phones in remarks join identities
HOUR = 3
_FAILS = 12  # in a row, then a run gives up
_LONGEST_WAIT = timedelta(minutes=30)
_CONFIG_WAIT = timedelta(minutes=1)  # more each time: somebody must mend something
_WALKED = (VendorKind.WECOM, VendorKind.OFFICIAL)
_LOCKS = 7_301  # first key of our pairs of advisory keys

L = queries(__name__, "locks.sql")


def start(ground: Ground, account_id: int, kind: str = RunKind.FIRST) -> int:
    """Begin to walk an account; `advance` does the walking. Gives the run, the one under way when there is one.

    Raises `NotFoundError` for no such account and `InputError` for one that cannot be walked.
    """
    kind = RunKind(kind)
    with ground.db.tx() as conn:
        one = account(conn, account_id)
        if one.kind not in _WALKED:
            raise InputError(
                f"An account of the kind {one.kind} has no list that could be walked.",
                "Mini-program users and text messages come by callbacks alone. Choose a corp or an official account.",
                field="account_id",
            )
        if one.state != AccountState.ON:
            raise InputError("The account is switched off.", "Switch it on first.")
        running = next((run for run in store.runs(conn, account_id, 5) if run.state == "running"), None)
        if running is not None:
            return running.run_id
        job_id = jobs.begin(conn, "sync", f"{one.name} · {kind}")
        run_id = store.begin_run(conn, account_id, kind, ground.clock.now(), job_id)
        if run_id is None:
            raise InputError("A run of this account has just begun.", "Look at it with `siyu sync status`.")
        store.add_parts(conn, run_id, corp.FIRST_PARTS if one.kind is VendorKind.WECOM else followers.FIRST_PARTS)
    return run_id


def cancel(ground: Ground, run_id: int) -> None:
    """Stop a run after its present part. What it recorded stays. Raises `NotFoundError` where it is not under way."""
    with ground.db.tx() as conn:
        job_id = store.end_run(conn, run_id, "cancelled", ground.clock.now())
        if job_id is None:
            raise NotFoundError("No such run is under way.", "Look with `siyu sync status`.")
        jobs.end(conn, job_id, "cancelled")


def begin_nightly(ground: Ground) -> int:
    """Begin the nightly comparison of every account whose hour has come; gives how many. Those never walked yet are left alone."""
    with ground.db.tx() as conn:
        zone = ZoneInfo(pool.brand(conn).time_zone)
        now = ground.clock.now()
        today = now.astimezone(zone)
        due_at = datetime.combine(today.date(), time(int(settings.get(conn, SETTING_HOUR, HOUR))), zone)
        if now < due_at:
            due_at -= timedelta(days=1)
        due = []
        for one in accounts(conn):
            if one.kind not in _WALKED or one.state != AccountState.ON:
                continue
            last = store.last_begun(conn, one.account_id)
            if last is not None and last < due_at:
                due.append(one.account_id)
    for account_id in due:
        start(ground, account_id, RunKind.NIGHTLY)
    return len(due)


def advance_runs(ground: Ground) -> int:
    """The next part of each run that may go on. Gives how many parts were done; 0 = nothing to do, or not now."""
    with ground.db.tx() as conn:
        due = store.due_runs(conn)
    return sum(_step(ground, run_id, account_id) for run_id, account_id in due)


def _step(ground: Ground, run_id: int, account_id: int) -> int:
    with alone(ground, account_id) as is_ours:
        if not is_ours:
            return 0
        with ground.db.tx() as conn:
            run, part = store.run_of(conn, run_id), store.next_part(conn, run_id)
            if run is None or run.state != "running":
                return 0
            try:
                of = account(conn, account_id)
            except NotFoundError:
                _end(conn, run, "failed", ground.clock.now(), "no_account")
                return 1
            if part is None:
                _end(conn, run, "done", ground.clock.now())
                return 1
            asking = asking_of(ground, conn, of, mark=f"r{run_id}", found_by=run.kind)
        return _walk(ground, of, run, part, asking)


def _walk(ground: Ground, of: Account, run: Run, part: Part, asking: Asking) -> int:
    walk = Walk(ground, of, run, part, asking)
    walk_part: Callable[[Walk], None] = corp.walk_part if of.kind is VendorKind.WECOM else followers.walk_part
    try:
        walk_part(walk)
    except VendorError as err:
        pause = _CONFIG_WAIT * (run.tries + 1) if err.kind is Trouble.CONFIG else timedelta(seconds=2 ** (run.tries + 1))
        _put_off(ground, run, walk, err.code, err.interface, max(min(_LONGEST_WAIT, pause), err.retry_after or timedelta(0)))
        return 0
    except SiyuError:  # what is wrong before the vendor is asked: an account that was switched off, an id that cannot be one
        _put_off(ground, run, walk, "setup", "", min(_LONGEST_WAIT, _CONFIG_WAIT * (run.tries + 1)))
        return 0
    with ground.db.tx() as conn:
        store.end_part(conn, part, ground.clock.now(), walk.skipped)
        store.add_parts(conn, run.run_id, walk.more)
        if walk.more_total:
            store.keep_total(conn, run.run_id, walk.more_total)
        _count(conn, run, walk)
    return 1


def _count(conn: Connection, run: Run, walk: Walk, *, is_whole: bool = True) -> None:
    store.count_up(
        conn, run.run_id, done=walk.done_n if is_whole else 0, facts=walk.facts_n, calls=walk.calls_n, ms=walk.ms,
        differences=walk.differences_n, is_well=is_whole,
    )  # fmt: skip


def _put_off(ground: Ground, run: Run, walk: Walk, code: str, interface: str, wait: timedelta) -> None:
    """Not now: again later, and given up after many times in a row."""
    with ground.db.tx() as conn:
        _count(conn, run, walk, is_whole=False)
        if store.put_off(conn, run.run_id, code, interface, wait) >= _FAILS:
            _end(conn, run, "failed", ground.clock.now(), code)


def _end(conn: Connection, run: Run, state: str, at: datetime, error: str = "") -> None:
    job_id = store.end_run(conn, run.run_id, state, at, error)
    if job_id is not None:
        jobs.beat(conn, job_id, run.done_n, total=run.total_n)
        jobs.end(conn, job_id, state, error)


def asking_of(ground: Ground, conn: Connection, of: Account, *, mark: str, found_by: str) -> Asking:
    """For whom is asked, from now."""
    return Asking(
        corp=of.app_id, mark=mark, asked_at=ground.clock.now(), found_by=found_by, has_callbacks=bool(callback_keys(ground.vault, of)),
        links_phones=bool(settings.get(conn, SETTING_PHONES, False)),
    )  # fmt: skip


@contextmanager
def alone(ground: Ground, account_id: int) -> Iterator[bool]:
    """Whether this process alone walks the account, for the time of the block."""
    with ground.db.autocommit() as conn:
        row = conn.execute(L.try_alone, {"space": _LOCKS, "account_id": account_id}).fetchone()
        yield bool(row and row[0])
