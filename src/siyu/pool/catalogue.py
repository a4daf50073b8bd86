"""The catalogue of sources: where facts come from, and what we may think of them."""

from __future__ import annotations

from datetime import datetime

from siyu.base.db import Connection, queries

Q = queries(__name__)


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
    """The number of the source with this name, made when there is none. `kind` is system, file, http or channel.

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
