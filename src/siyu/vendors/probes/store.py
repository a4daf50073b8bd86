"""Rows <-> words of live checks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from siyu.base.db import Connection, queries
from siyu.vendors.probes.words import CheckRun, Probed, ProbeState, Standing, StandingBreaker, StandingToken

Q = queries(__name__)


def keep(conn: Connection, account_id: int, found: Sequence[Probed], at: datetime) -> None:
    """What a check found takes the place of what was found of the same things before. An account that is gone keeps nothing."""
    given = {
        "account_id": account_id, "names": [one.name for one in found], "states": [one.state.value for one in found],
        "codes": [one.code for one in found], "interfaces": [one.interface for one in found], "at": at,
    }  # fmt: skip
    conn.execute(Q.keep, given)


def drop_others(conn: Connection, account_id: int, names: Sequence[str]) -> None:
    """Forget what an earlier check asked and this one does not."""
    conn.execute(Q.drop_others, {"account_id": account_id, "names": list(names)})


def runs(conn: Connection, account_id: int | None = None) -> dict[int, CheckRun]:
    """The newest check that was asked for, by account; accounts of which none was are left out."""
    found = conn.execute(Q.runs, {"account_id": account_id})
    return {r[0]: CheckRun(r[0], r[1], r[2], r[3], tuple(r[4]), r[5], r[6], r[7]) for r in found}


def forget(conn: Connection, account_id: int) -> None:
    """Forget what checks found and that the address was tried: the account has become another one."""
    conn.execute(Q.forget, {"account_id": account_id})
    conn.execute(Q.unecho, {"account_id": account_id})


def checks(conn: Connection, account_id: int | None = None) -> list[Probed]:
    """What the last checks found, of one account or of all; in no stated order."""
    return [Probed(r[0], r[1], ProbeState(r[2]), *r[3:]) for r in conn.execute(Q.checks, {"account_id": account_id})]


def echoed(conn: Connection, account_id: int, at: datetime) -> None:
    """Note that the vendor tried our callback address, and that the answer was right."""
    conn.execute(Q.echoed, {"account_id": account_id, "at": at})


def echoed_at(conn: Connection) -> dict[int, datetime]:
    """Since when each account's address is known to work; accounts that were never tried are left out."""
    return {row[0]: row[1] for row in conn.execute(Q.echoed_at)}


def standing(conn: Connection) -> Standing:
    """Tokens and breakers of all accounts as they are now; breakers only where something failed lately."""
    return Standing(
        tuple(StandingToken(*row) for row in conn.execute(Q.tokens)), tuple(StandingBreaker(*row) for row in conn.execute(Q.breakers))
    )
