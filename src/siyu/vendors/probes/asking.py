"""Checks that somebody waits for: asked for by a page, done by a step of the river, with their progress among the jobs."""

from __future__ import annotations

from datetime import timedelta

import psycopg
from psycopg_pool import PoolTimeout

from siyu.base import jobs
from siyu.base.db import Connection
from siyu.base.errors import ConfigError, SiyuError
from siyu.base.ground import Ground
from siyu.vendors.probes import store
from siyu.vendors.probes.flow import probe
from siyu.vendors.store import see_account
from siyu.vendors.words import Account, AccountState

_LEASE = timedelta(minutes=3)  # more than any one answer takes
_TROUBLE = (psycopg.OperationalError, PoolTimeout)  # the database's: another worker begins again


def ask(ground: Ground, conn: Connection, account: Account) -> None:
    """Let the river check an account; one that waits or runs already is joined. Raises `ConfigError` for one that is switched off."""
    if account.state != AccountState.ON:
        raise ConfigError("The account is switched off.", "Switch it on first.")
    known = store.runs(conn, account.account_id).get(account.account_id)
    if known is not None and known.is_open:
        return
    job_id = jobs.begin(conn, "check", account.name)
    given = {"account_id": account.account_id, "job_id": job_id, "at": ground.clock.now()}
    if not conn.execute(store.Q.ask, given).rowcount:  # somebody else was first
        jobs.end(conn, job_id, "cancelled")
    conn.execute(store.Q.ring)


def advance(ground: Ground) -> int:
    """One step of the river: the check that waits longest. 1 when there was one, 0 when nobody waits."""
    with ground.db.tx() as conn:
        row = conn.execute(store.Q.claim, {"lease_for": _LEASE}).fetchone()
        account = see_account(conn, row[0]) if row else None
    if row is None or account is None:
        return 0
    job_id = row[1]

    def told(names: tuple[str, ...], done: int) -> None:
        given = {"account_id": account.account_id, "job_id": job_id, "names": list(names), "done": done, "lease_for": _LEASE}
        with ground.db.tx() as conn:
            conn.execute(store.Q.beat, given)
            jobs.beat(conn, job_id, done, total=len(names))

    state, why = "done", ""
    try:
        probe(ground, account, told=told)
    except _TROUBLE:
        raise
    except Exception as err:  # said on the page; the next check is not held up by it
        state, why = "failed", err.what if isinstance(err, SiyuError) else type(err).__name__
    with ground.db.tx() as conn:
        conn.execute(
            store.Q.end, {"account_id": account.account_id, "job_id": job_id, "state": state, "at": ground.clock.now(), "why": why}
        )
        jobs.end(conn, job_id, state, why)
    return 1
