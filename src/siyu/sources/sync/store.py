"""Rows <-> words of the sync."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from siyu.base.db import Connection, queries
from siyu.base.vault import Vault
from siyu.pool import Kind
from siyu.sources.sync.words import Difference, Differing, Known, Part, Run, Told, Way

Q = queries(__name__)


def begin_run(conn: Connection, account_id: int, kind: str, at: datetime, job_id: int) -> int | None:
    """A new run of an account; None where one is under way."""
    row = conn.execute(Q.begin_run, {"account_id": account_id, "kind": kind, "at": at, "job_id": job_id}).fetchone()
    return None if row is None else int(row[0])


def add_parts(conn: Connection, run_id: int, parts: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """Parts that follow those that there are."""
    if parts:
        conn.execute(Q.add_parts, {"run_id": run_id, "kinds": [k for k, _ in parts], "refs": [Jsonb(dict(ref)) for _, ref in parts]})


def runs(conn: Connection, account_id: int | None = None, limit: int = 20) -> list[Run]:
    """The runs, the newest first."""
    return conn.cursor(row_factory=class_row(Run)).execute(Q.runs, {"account_id": account_id, "run_id": None, "limit": limit}).fetchall()


def run_of(conn: Connection, run_id: int) -> Run | None:
    """One run."""
    return conn.cursor(row_factory=class_row(Run)).execute(Q.runs, {"account_id": None, "run_id": run_id, "limit": 1}).fetchone()


def due_runs(conn: Connection) -> list[tuple[int, int]]:
    """(run, account) of runs that may go on now."""
    return [(r[0], r[1]) for r in conn.execute(Q.due_runs)]


def next_part(conn: Connection, run_id: int) -> Part | None:
    """The first part that is not done."""
    return conn.cursor(row_factory=class_row(Part)).execute(Q.next_part, {"run_id": run_id}).fetchone()


def end_part(conn: Connection, part: Part, at: datetime, skipped: Sequence[Mapping[str, str]]) -> None:
    """The part is done; `skipped` is what the vendor would not tell of."""
    asked = {"run_id": part.run_id, "part_no": part.part_no, "at": at, "skipped": Jsonb([dict(one) for one in skipped])}
    conn.execute(Q.end_part, asked)


def count_up(conn: Connection, run_id: int, *, done: int, facts: int, calls: int, ms: int, differences: int, is_well: bool) -> None:
    """Add to a run's figures; when it goes well, what it failed with before is over."""
    asked = {"run_id": run_id, "done": done, "facts": facts, "calls": calls, "ms": ms, "differences": differences, "is_well": is_well}
    conn.execute(Q.count_up, asked)


def keep_total(conn: Connection, run_id: int, more: int) -> None:
    """There are so many more to walk."""
    conn.execute(Q.keep_total, {"run_id": run_id, "more": more})


def put_off(conn: Connection, run_id: int, error: str, interface: str, wait: timedelta) -> int:
    """Go on later; gives how often in a row it has failed."""
    row = conn.execute(Q.put_off_run, {"run_id": run_id, "error": error, "interface": interface, "wait": wait}).fetchone()
    return int(row[0]) if row else 0


def end_run(conn: Connection, run_id: int, state: str, at: datetime, error: str = "") -> int | None:
    """The run is over; gives its job, None where it was over before."""
    row = conn.execute(Q.end_run, {"run_id": run_id, "state": state, "at": at, "error": error}).fetchone()
    return None if row is None else int(row[0])


def last_begun(conn: Connection, account_id: int) -> datetime | None:
    """When the last run began that stands for its day; None where the account was never walked."""
    row = conn.execute(Q.last_begun, {"account_id": account_id}).fetchone()
    return row[0] if row else None


def known_contacts(conn: Connection, vault: Vault, corp: str, told: Collection[Told]) -> dict[tuple[str, str], Known]:
    """What is known of the relations of these customers, by (guide, external_userid); hashes of what was told last among it."""
    who = sorted({one.external_userid for one in told})
    lookups = [vault.lookup(Kind.EXTERNAL_USERID, corp, one) for one in who]
    seen = {
        (r[0], r[1]): bytes(r[2])
        for r in conn.execute(
            Q.seen_digests,
            {"corp": corp, "guides": [one.guide for one in told], "external_userids": [one.external_userid for one in told]},
        )
    }
    found = {
        (r[0], r[1]): Known(r[2], r[3], r[4], r[5], tuple(sorted(r[6])), seen.get((r[0], r[1])), r[7])
        for r in conn.execute(Q.known_contacts, {"corp": corp, "lookups": lookups})
    }
    return {pair: Known(digest=digest) for pair, digest in seen.items()} | found


def active_of(conn: Connection, corp: str, guides: Sequence[str]) -> dict[str, dict[str, Known]]:
    """The active customers of guides: guide -> external_userid -> what is known."""
    found: dict[str, dict[str, Known]] = {guide: {} for guide in guides}
    for guide, who, added_at in conn.execute(Q.known_actives, {"corp": corp, "guides": list(guides)}):
        found[guide][who] = Known(added_at=added_at, is_active=True)
    return found


def keep_seen(conn: Connection, corp: str, rows: Sequence[tuple[str, str, bytes]], at: datetime) -> None:
    """What was told last, for (guide, external_userid, digest)."""
    if rows:
        guides, whom, digests = (list(column) for column in zip(*rows, strict=True))
        conn.execute(Q.keep_seen, {"corp": corp, "guides": guides, "external_userids": whom, "digests": digests, "at": at})


def seen_of(conn: Connection, corp: str, guide: str, whom: Sequence[str]) -> dict[str, bytes]:
    """The hashes of what was told last of some, with one guide (empty for followers of an account)."""
    asked = {"corp": corp, "guides": [guide] * len(whom), "external_userids": list(whom)}
    return {r[1]: bytes(r[2]) for r in conn.execute(Q.seen_digests, asked)}


def recorded(conn: Connection, keys: Sequence[bytes]) -> set[bytes]:
    """Which facts stand in the log already, by their keys."""
    if not keys:
        return set()
    return {r[0].bytes for r in conn.execute(Q.recorded_keys, {"keys": [UUID(bytes=key) for key in keys]})}


def known_members(conn: Connection, corp: str, chat_id: str) -> dict[str, Known]:
    """Who is or was in a chat, by external_userid."""
    rows = conn.execute(Q.known_members, {"corp": corp, "chat_id": chat_id})
    return {r[0]: Known(added_at=r[1], ended_at=r[2], is_active=r[3]) for r in rows}


def keep_differences(conn: Connection, run_id: int, account_id: int, found: Sequence[Differing], at: datetime) -> int:
    """Write differences down once each; gives how many were not there."""
    if not found:
        return 0
    asked = {
        "run_id": run_id, "account_id": account_id, "at": at, "kinds": [d.kind for d in found], "refs": [d.ref for d in found],
        "heres": [Jsonb(dict(d.here)) for d in found], "theres": [Jsonb(dict(d.there)) for d in found],
        "fact_ids": [d.fact_id for d in found], "sinces": [d.since_at for d in found],
    }  # fmt: skip
    return conn.execute(Q.keep_differences, asked).rowcount


def differences(
    conn: Connection,
    account_id: int | None = None,
    *,
    run_id: int | None = None,
    before: int | None = None,
    least_times: int = 1,
    limit: int = 100,
) -> list[Difference]:
    """What differed, the newest first; `before` a number for the next page."""
    asked = {"account_id": account_id, "run_id": run_id, "before": before, "least_times": least_times, "limit": limit}
    return conn.cursor(row_factory=class_row(Difference)).execute(Q.differences, asked).fetchall()


def counted(conn: Connection, run_id: int) -> list[tuple[str, int, datetime | None, datetime | None]]:
    """Of one run: (kind, how many, the earliest and latest moment at which they arose there)."""
    return [(r[0], r[1], r[2], r[3]) for r in conn.execute(Q.counted, {"run_id": run_id})]


def stubborn(conn: Connection) -> list[tuple[int, str, int, int]]:
    """What the last run healed though the one before had healed it too: (account, kind, how many, how often at most)."""
    return [(r[0], r[1], r[2], r[3]) for r in conn.execute(Q.stubborn)]


def keep_ways(conn: Connection, account_id: int, found: Sequence[Way], at: datetime) -> None:
    """All codes that an app has; those that are not among them are gone."""
    asked = {
        "account_id": account_id, "at": at, "config_ids": [w.config_id for w in found], "kinds": [w.kind for w in found],
        "scenes": [w.scene for w in found], "states": [w.state for w in found], "remarks": [w.remark for w in found],
        "guides": [Jsonb(list(w.guides)) for w in found],
    }  # fmt: skip
    if found:
        conn.execute(Q.keep_ways, asked)
    conn.execute(Q.ways_gone, {"account_id": account_id, "at": at, "config_ids": asked["config_ids"]})


def ways(conn: Connection, account_id: int | None = None) -> list[Way]:
    """The codes that apps have made, as the last run found them."""
    rows = conn.execute(Q.ways, {"account_id": account_id})
    return [Way(r[0], r[1], r[2], r[3], r[4], r[5], tuple(r[6]), r[7]) for r in rows]


def known_followers(conn: Connection, appid: str) -> dict[str, tuple[str, str]]:
    """Who followed or unfollowed an account, by openid: the newest moments of both as texts, empty for never."""
    return {r[0]: (r[1] or "", r[2] or "") for r in conn.execute(Q.known_followers, {"appid": appid})}


def known_followers_of(conn: Connection, vault: Vault, appid: str, openids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """The same of some openids."""
    asked = {"appid": appid, "lookups": [vault.lookup(Kind.OPENID, appid, one) for one in openids]}
    return {r[0]: (r[1] or "", r[2] or "") for r in conn.execute(Q.known_followers_of, asked)}
