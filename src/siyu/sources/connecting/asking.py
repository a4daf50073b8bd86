"""A sandbox that somebody waits for: asked for by the page, connected by a step of the river, with its progress among the jobs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import psycopg
from psycopg_pool import PoolTimeout

from siyu.base import jobs
from siyu.base.db import Connection
from siyu.base.errors import InputError, SiyuError
from siyu.base.ground import Ground
from siyu.sources.connecting.sandbox import connect_sandbox, sandbox_address
from siyu.sources.connecting.words import Connected, SandboxRun
from siyu.vendors import AccountState, VendorKind, probes

KIND = "sandbox"
_LEASE = timedelta(minutes=3)  # more than any one answer of a sandbox takes
_TROUBLE = (psycopg.OperationalError, PoolTimeout)  # the database's: another worker begins again


def ask_sandbox(conn: Connection, base: str, lang: str) -> None:
    """Let the river connect the sandbox at `base`; one that waits or runs already is joined. `lang` is that of the accounts' names.

    Raises `InputError` for an address that cannot be one, and while a sandbox at another address is being connected.
    """
    base = sandbox_address(base)
    if jobs.ask(conn, KIND, base, {"lang": lang}).title != base:
        raise InputError("Another sandbox is being connected.", "Wait until it is done, then ask again.", field="base")


def sandbox_run(conn: Connection) -> SandboxRun | None:
    """The sandbox that was asked for last, and how far it is; None where nobody asked."""
    job = jobs.newest(conn, KIND)
    if job is None:
        return None
    return SandboxRun(
        job.title, job.state, job.done, job.total, tuple((one[0], one[1]) for one in job.detail.get("troubles", ())),
        job.why, job.detail.get("remedy", ""), job.ended_at,
    )  # fmt: skip


def advance(ground: Ground) -> int:
    """One step of the river: connect the sandbox that waits, and have each account checked. 1 when there was one, 0 when nobody waits."""
    with ground.db.tx() as conn:
        job = jobs.take(conn, KIND, _LEASE)
    if job is None:
        return 0
    detail = dict(job.detail)

    def told(made: Sequence[Connected]) -> None:
        detail["troubles"] = [[one.account.name, one.trouble] for one in made if one.trouble]
        newest = made[-1].account
        with ground.db.tx() as conn:
            jobs.beat(conn, job.job_id, len(made), total=len(VendorKind), detail=detail)
            if newest.state == AccountState.ON:
                probes.ask(ground, conn, newest)

    state, why = "done", ""
    try:
        connect_sandbox(ground, job.title, str(detail.get("lang", "zh")), told=told)
    except _TROUBLE:
        raise
    except Exception as err:  # said on the page; accounts that are connected already stay
        state, why = "failed", err.what if isinstance(err, SiyuError) else type(err).__name__
        detail["remedy"] = err.remedy if isinstance(err, SiyuError) else ""
    with ground.db.tx() as conn:
        if why:
            done = jobs.see(conn, job.job_id)
            jobs.beat(conn, job.job_id, done.done if done else 0, detail=detail)
        jobs.end(conn, job.job_id, state, why)
    return 1
