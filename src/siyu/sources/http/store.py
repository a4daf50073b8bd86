"""Rows <-> words of the HTTP source."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from siyu.base.db import Connection, queries
from siyu.base.vault import Vault, seal, unseal
from siyu.sources.http.words import PutAside, Reject, Sale

Q = queries(__name__)
KEPT_REJECTS = 10_000  # per source; the count by day stays for ever
_MOST_BODY = 64 * 1024


def source_of_key(conn: Connection, digest: bytes) -> tuple[int, str, str] | None:
    """(source_id, name, currency) of the open source with this write key."""
    row = conn.execute(Q.source_of_key, {"digest": digest}).fetchone()
    return None if row is None else (int(row[0]), str(row[1]), str(row[2]))


def is_anonymous(conn: Connection, source_id: int, lookup: bytes) -> bool:
    """Whether the source has sent this anonymous id before."""
    row = conn.execute(Q.is_anonymous, {"scope": str(source_id), "lookup": lookup}).fetchone()
    return bool(row and row[0])


def note_orders(conn: Connection, orders: Sequence[tuple[int, str, Sale]]) -> None:
    """Note (source, message, order) of completed orders; the first message of an order stays."""
    ordered = sorted(orders, key=lambda one: (one[0], one[2].order_no))  # one order for everybody: no deadlock
    conn.execute(
        Q.note_orders,
        {
            "sources": [source for source, _, _ in ordered],
            "orders": [order.order_no for _, _, order in ordered],
            "messages": [message for _, message, _ in ordered],
            "amounts": [order.amount_minor or 0 for _, _, order in ordered],
            "currencies": [order.currency for _, _, order in ordered],
        },
    )


def see_orders(conn: Connection, wanted: Sequence[tuple[int, str]]) -> dict[tuple[int, str], tuple[str, int, str]]:
    """(source, order number) -> (message that completed it, amount in minor units, currency)."""
    some = sorted(set(wanted))
    rows = conn.execute(Q.see_orders, {"sources": [s for s, _ in some], "orders": [o for _, o in some]})
    return {(int(s), str(o)): (str(m), int(a), str(c)) for s, o, m, a, c in rows}


def put_aside(conn: Connection, vault: Vault, rejects: Sequence[tuple[int, Reject]], at: Sequence[object]) -> None:
    """Keep (source, reject) with the moments they came at, sealed, and count them."""
    sources = [source for source, _ in rejects]
    codes = [reject.why.code for _, reject in rejects]
    conn.execute(
        Q.put_aside,
        {
            "sources": sources,
            "ats": list(at),
            "codes": codes,
            "fields": [reject.why.field for _, reject in rejects],
            "types": [reject.type for _, reject in rejects],
            "bodies": [seal(vault.master, reject.raw[:_MOST_BODY].decode("utf-8", "replace")) for _, reject in rejects],
        },
    )
    conn.execute(Q.count_aside, {"sources": sources, "dates": list(at), "codes": codes})
    for source in set(sources):
        conn.execute(Q.forget_oldest, {"source_id": source, "keep": KEPT_REJECTS})


def rejected(conn: Connection, vault: Vault, source_id: int | None, limit: int) -> list[PutAside]:
    """The newest rejects first, unsealed."""
    rows = conn.execute(Q.rejected, {"source_id": source_id, "limit": limit}).fetchall()
    return [PutAside(r[0], r[1], r[2], r[3], r[4], r[5], unseal(vault.master, bytes(r[6]))) for r in rows]


def rejects_by_code(conn: Connection, source_id: int | None, since: date) -> dict[str, int]:
    """How many were put aside since a day (UTC), by reason."""
    return {str(code): int(count) for code, count in conn.execute(Q.rejects_by_code, {"source_id": source_id, "since": since})}


def source_exists(conn: Connection, name: str) -> bool:
    """Whether a source of any kind has this name."""
    row = conn.execute(Q.source_exists, {"name": name}).fetchone()
    return bool(row and row[0])
