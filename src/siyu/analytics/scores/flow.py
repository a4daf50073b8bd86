"""A scoring run: read, fit, think, write what changed; daily by the ground's clock, or when somebody asks.

It goes on where it was broken off: the fit is kept on the run, each batch of facts moves `written_to` in its own transaction, and a fact's
id is made of the run and the person. A session lock keeps two processes from working on one run; it falls with the process that held it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from siyu.analytics.assumptions import Assumed, assumptions, changed
from siyu.analytics.scores import store
from siyu.analytics.scores.changing import changed as worth_a_fact
from siyu.analytics.scores.store import Q
from siyu.analytics.scores.words import SETTING, SOURCE, VERSION, Habit, Known, Opinion, PoolPoint, ScoreRun
from siyu.analytics.scores.working import Working, think, too_few, work_out
from siyu.analytics.valuation import Figures, pool_value
from siyu.base import jobs, settings
from siyu.base.db import Connection
from siyu.base.errors import InputError, SiyuError
from siyu.base.ground import Ground
from siyu.base.text import say
from siyu.pool import Brand, Fact, brand, ensure_source, record

BATCH = 5_000  # people a transaction
_TRY_AGAIN = timedelta(hours=1)  # after a run that was skipped: by then somebody may have imported orders
_EPOCH = date(1970, 1, 1).toordinal()

Watch = Callable[[int, int], None]


def habit(conn: Connection) -> Habit:
    """How scoring is set: the setting `analytics.scores`."""
    known = Habit.__dataclass_fields__
    return Habit(**{name: value for name, value in settings.get(conn, SETTING, {}).items() if name in known})


def set_habit(conn: Connection, *, at: datetime, **changes: Any) -> None:
    """Change how scoring is set. Raises `InputError` for a value that cannot be."""
    kept = {**settings.get(conn, SETTING, {}), **changes}
    made = Habit(**kept)
    if not 0 <= made.hour <= 23 or not 7 <= made.quiet_days <= 365 or not 2 <= made.renew_days <= 365:
        raise InputError("The scoring habit cannot be so.", "hour 0 to 23, quiet_days 7 to 365, renew_days 2 to 365.", field=SETTING)
    settings.put(conn, SETTING, kept, at=at)


def advance(ground: Ground) -> int:
    """The river's step: go on with a broken run, or begin today's when it is due. People looked at; 0 = nothing to do."""
    with ground.db.tx() as conn:
        mine = habit(conn)
        is_asked = store.running(conn) is not None  # or broken off
        if not (mine.is_on or is_asked):
            return 0
        now = ground.clock.now()
        local = now.astimezone(ZoneInfo(brand(conn).time_zone))
        due = local.replace(hour=mine.hour, minute=0, second=0, microsecond=0)
        due = due if due <= local else due - timedelta(days=1)
        row = conn.execute(Q.has_run_since, {"since": due.astimezone(UTC), "now": now, "skipped_for": _TRY_AGAIN}).fetchone()
        if not is_asked and row is not None and row[0]:
            return 0
    done = run(ground, by="river")
    return 0 if done is None else max(1, done.seen_n)


def run(ground: Ground, *, by: str = "", watch: Watch | None = None) -> ScoreRun | None:
    """Score everybody now, or go on with the run that was broken off. None when another process is at it.

    A pool with too few buyers gives a run that is `skipped`, and says why. `watch(done, total)` sees the progress.
    """
    with _alone(ground) as is_mine:
        if not is_mine:
            return None
        with ground.db.tx() as conn:
            run_id = store.running(conn)
            if run_id is None:
                run_id = _begin(ground, conn, by)
            if run_id is None:
                return None
        try:
            _work(ground, run_id, watch)
        except Exception as error:
            with ground.db.tx() as conn:
                _end(ground, conn, run_id, "failed", type(error).__name__)
            raise
        with ground.db.tx() as conn:
            return store.see(conn, run_id)


def ask(ground: Ground, conn: Connection, *, by: str = "") -> int:
    """Ask for a run in the caller's transaction; the river does it at once. Gives its number, or that of the run under way."""
    run_id = _begin(ground, conn, by)
    if run_id is None:  # it was begun by another
        under_way = store.running(conn)
        if under_way is None:
            raise SiyuError("A scoring run has just ended.", "Ask again.")
        return under_way
    _begin_job(conn, run_id)
    return run_id


def _begin(ground: Ground, conn: Connection, by: str) -> int | None:
    """A new run, in the place of those that came to nothing."""
    the = brand(conn)
    conn.execute(Q.drop_skipped)
    return store.begin(conn, ground.clock.now(), by, the.currency, assumptions(conn, the.currency))


def _begin_job(conn: Connection, run_id: int) -> None:
    job_id = jobs.begin(conn, "scores", say("analytics.score_job", brand(conn).language))
    conn.execute(Q.note_job, {"run_id": run_id, "job_id": job_id})


@contextmanager
def _alone(ground: Ground) -> Iterator[bool]:
    with ground.db.autocommit() as conn:
        row = conn.execute(Q.try_alone).fetchone()
        yield bool(row and row[0])


def _work(ground: Ground, run_id: int, watch: Watch | None) -> None:
    with ground.db.tx() as conn:
        the, mine, it = brand(conn), habit(conn), _seen(conn, run_id)
        known = store.read_purchases(ground, conn, the, it.as_of)
    day = int(known.purchases.day.max()) if len(known.people) else 0
    why = too_few(known, day)
    if why:
        with ground.db.tx() as conn:
            _end(ground, conn, run_id, "skipped", why, len(known.people))
        return
    if it.job_id is None:  # of a run that nobody watches, a job is made only when there is work
        with ground.db.tx() as conn:
            _begin_job(conn, run_id)
            it = _seen(conn, run_id)
    assumed = changed(Assumed(), it.assumed)
    working = _kept(it) if it.model else _fitted(ground, it, known, day, assumed)
    opinion = think(known, day, working, assumed, mine.quiet_days)
    if watch is not None:
        watch(0, len(opinion.who))
    _write(ground, it, the, mine, known, opinion, working.model, watch)
    with ground.db.tx() as conn:
        _end(ground, conn, run_id, "done")


def _seen(conn: Connection, run_id: int) -> ScoreRun:
    found = store.see(conn, run_id)
    assert found is not None  # noqa: S101  we have just made or found it
    return found


def _fitted(ground: Ground, it: ScoreRun, known: Known, day: int, a: Assumed) -> Working:
    working = work_out(known, day, a)
    value = pool_value(working.figures, a, a.horizon_months)
    with ground.db.tx() as conn:
        pool = (round(value.minor), round(value.low), round(value.high))
        store.note_fit(conn, it.run_id, known, date.fromordinal(_EPOCH + day), working, pool)
    return working


def _kept(it: ScoreRun) -> Working:
    assert it.model and it.runner_up and it.chosen_by  # noqa: S101  note_fit keeps them together
    return Working(it.model, it.runner_up, it.chosen_by, it.fits, it.backtest, it.deciles, Figures.of_dict(it.figures))


def _write(
    ground: Ground, it: ScoreRun, the: Brand, mine: Habit, known: Known, o: Opinion, model: str, watch: Watch | None
) -> None:  # fmt: skip
    people = known.people[o.who]
    average = float(o.clv_minor.mean())
    at = int(np.searchsorted(people, it.written_to, side="right"))
    total = len(people)
    with ground.db.tx() as conn:
        source = ensure_source(
            conn, SOURCE, "analytics", now=ground.clock.now(), currency=it.currency, class_="derived", owner="siyu",
            purpose=say("analytics.score_purpose", the.language),
        )  # fmt: skip
    while at < total:
        part = slice(at, min(at + BATCH, total))
        first, last = int(people[part][0]), int(people[part][-1])
        with ground.db.tx() as conn:
            taken = conn.execute(Q.take_run, {"run_id": it.run_id}).fetchone()
            if taken is None or taken[0] >= last:
                return  # somebody else did it
            standing = store.standing(conn, first, last, it.currency)
            is_worth = worth_a_fact(known.people, o, part, standing, average, it.as_of, mine.renew_days)
            facts = [fact for n in np.flatnonzero(is_worth) for fact in _facts(it, mine, int(people[at + n]), o, at + int(n), model)]
            record(ground, conn, source, facts)
            written = {"run_id": it.run_id, "written_to": last, "seen": part.stop - part.start, "written": int(is_worth.sum())}
            conn.execute(Q.note_written, written)
            if it.job_id is not None:
                jobs.beat(conn, it.job_id, part.stop, total=total)
        at = part.stop
        if watch is not None:
            watch(at, total)


def _facts(it: ScoreRun, mine: Habit, person: int, o: Opinion, n: int, model: str) -> list[Fact]:
    """Both scores of one person, with the state that they were made of: "why this number" needs nothing else but the run."""
    said = {"run": it.run_id, "version": VERSION, "model": model, "observed_on": str(it.observed_on or "")}
    state = {"x": round(float(o.x[n])), "t_x": round(float(o.t_x[n]), 2), "t_obs": round(float(o.t_obs[n]), 2)}
    value = {
        "low_minor": round(float(o.low_minor[n])), "high_minor": round(float(o.high_minor[n])),
        "purchases_year": round(float(o.year_purchases[n]), 4), "spend_minor": round(float(o.spend_minor[n])),
        "mean_minor": round(float(o.mean_minor[n])), "margin": it.assumed.get("margin"), "months": it.assumed.get("horizon_months"),
    }  # fmt: skip
    risk = {"value": round(float(o.churn[n]), 4), "quiet_days": mine.quiet_days, "alive": round(float(o.alive[n]), 4)}
    return [
        Fact("score.clv", f"clv:{it.run_id}:{person}", it.as_of, amount_minor=round(float(o.clv_minor[n])), currency=it.currency,
             data=said | state | value, subject_id=person),
        Fact("score.churn", f"churn:{it.run_id}:{person}", it.as_of, data=said | state | risk, subject_id=person),
    ]  # fmt: skip


def _end(ground: Ground, conn: Connection, run_id: int, state: str, why: str = "", customers_n: int = 0) -> None:
    at = ground.clock.now()
    conn.execute(Q.end_run, {"run_id": run_id, "state": state, "why": why, "at": at, "customers_n": customers_n})
    it = _seen(conn, run_id)
    if it.job_id is not None:
        shown = say(f"analytics.score_why_{why.replace(' ', '_')}", brand(conn).language) if state == "skipped" else why
        jobs.end(conn, it.job_id, "failed" if state == "failed" else "done", shown)


def newest(conn: Connection, *states: str) -> ScoreRun | None:
    """The newest run in one of these states (all when none is given)."""
    return store.newest(conn, states or ("running", "done", "skipped", "failed"))


def see(conn: Connection, run_id: int) -> ScoreRun | None:
    """One run."""
    return store.see(conn, run_id)


def history(conn: Connection, limit: int = 400) -> list[PoolPoint]:
    """The pool's value by run, oldest first."""
    return store.points(conn, limit)


def as_json(it: ScoreRun) -> dict[str, Any]:
    """A run for a program; money in minor units of `currency`."""
    found: dict[str, Any] = {name: getattr(it, name) for name in it.__dataclass_fields__ if name not in ("deciles", "figures")}
    return json.loads(json.dumps(found, default=lambda value: value.isoformat()))  # type: ignore[no-any-return]
