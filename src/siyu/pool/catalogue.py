"""The catalogue of sources: where facts come from, and what we may think of them."""

from __future__ import annotations

from datetime import datetime

from psycopg.rows import class_row

from siyu.base.db import Connection, queries
from siyu.pool.words import Source

Q = queries(__name__)
P = queries(__name__, "people.sql")


def ensure_source(
    conn: Connection,
    name: str,
    kind: str,
    *,
    now: datetime,
    currency: str = "",
    class_: str = "first-party trade",
    owner: str = "",
    purpose: str = "",
    write_key_digest: bytes | None = None,
) -> int:
    """The number of the source with this name, made when there is none. `kind` is system, file, http, channel or analytics.

    `currency` is that of amounts that do not say (empty: the brand's). An existing source is left as it is.
    """
    row = conn.execute(
        Q.ensure_source,
        {
            "name": name, "kind": kind, "class": class_, "owner": owner, "purpose": purpose,
            "currency": currency, "digest": write_key_digest, "now": now,
        },
    ).fetchone()  # fmt: skip
    if row is None:  # made by another between our snapshot and the insert: it is there now
        row = conn.execute(Q.source_by_name, {"name": name}).fetchone()
    assert row is not None  # noqa: S101
    return int(row[0])


def sources(conn: Connection, *, with_closed: bool = False) -> list[Source]:
    """The catalogue: every source with its class, owner, purpose, freshness and the share of facts that name somebody."""
    return conn.cursor(row_factory=class_row(Source)).execute(P.sources, {"with_closed": with_closed}).fetchall()


def renew_write_key(conn: Connection, source_id: int, digest: bytes) -> bool:
    """Give an HTTP source another write key, by its SHA-256; the old one opens nothing any more. False for a source of another kind."""
    return conn.execute(Q.renew_write_key, {"source_id": source_id, "digest": digest}).rowcount == 1
