"""Rows of the ledger's tables <-> its words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from psycopg.types.json import set_json_loads

from siyu import pool
from siyu.analytics.ledger.posting import ACCOUNTS, POSTING, STATING
from siyu.analytics.ledger.words import Dims, Entry, Posted, ProductCost, SeenEntry, Touchpoint
from siyu.base.cursor import Place
from siyu.base.db import Connection, queries

Q = queries(__name__)

_WITH_DATA = sorted(POSTING | STATING)


def read(conn: Connection, place: Place, limit: int) -> tuple[list[Posted], Place]:
    """The next facts of the log, and the place after them."""
    return _read(conn, Q.read_facts, {"xid": str(place.xid), "seq": place.seq, "limit": limit, "with_data": _WITH_DATA}, place)


def read_again(conn: Connection, place: Place, to: Place, limit: int) -> tuple[list[Posted], Place]:
    """Facts that were read before and that terms decide on, after one place and up to another."""
    words = {
        "xid": str(place.xid), "seq": place.seq, "to_xid": str(to.xid), "to_seq": to.seq, "types": sorted(POSTING), "limit": limit,
    }  # fmt: skip
    return _read(conn, Q.read_facts_again, words, place)


def _read(conn: Connection, query: str, words: dict[str, Any], place: Place) -> tuple[list[Posted], Place]:
    cursor = conn.cursor(binary=True)
    set_json_loads(msgspec.json.decode, cursor)
    found = cursor.execute(query, words).fetchall()
    if not found:
        return [], place
    ids = [
        int(row[6]) for row in found if row[3] == "message.sent" and row[6] and row[6].isascii() and row[6].isdigit() and len(row[6]) < 19
    ]
    costs: dict[str, int] = {str(n): minor for n, minor in conn.execute(Q.message_costs, {"ids": ids})} if ids else {}
    rows = [
        Posted._make(
            (*row[:9], row[9] if isinstance(row[9], dict) else None, costs.get(row[6] or "", 0) if row[3] == "message.sent" else 0)
        )
        for row in found
    ]
    return rows, Place(int(found[-1][10]), found[-1][11])


def write(conn: Connection, entries: Iterable[Entry], touches: Iterable[Touchpoint], now: datetime, reason: str = "") -> None:
    """Append entries and touchpoints, and note the imports they came from."""
    imports: set[int] = set()
    with conn.cursor().copy(Q.copy_entries) as copy:
        for e in entries:
            copy.write_row(
                (e.what, *ACCOUNTS[e.what], e.amount_minor, e.currency, e.facts_n, e.subject, e.source_id, e.order_no, e.occurred_at,
                 *_nulls(e.dims), e.basis, e.fact_key, e.import_id, reason, now)
            )  # fmt: skip
            imports.add(e.import_id)
    with conn.cursor().copy(Q.copy_touches) as copy:
        for t in touches:
            copy.write_row((t.fact_key, t.type, t.subject, t.source_id, t.order_no, t.touched_at, *_nulls(t.dims), t.import_id))
            imports.add(t.import_id)
    imports.discard(0)
    if imports:
        conn.execute(Q.note_imports, {"ids": sorted(imports)})


def _nulls(dims: Dims) -> tuple[str | None, ...]:
    return tuple(word or None for word in dims)


def costs_of(conn: Connection, rows: Iterable[Posted]) -> dict[tuple[str, str], tuple[tuple[date, int], ...]]:
    """The costs of the products that some facts are about."""
    has = conn.execute(Q.has_costs).fetchone()
    if not (has and has[0]):
        return {}
    skus = {str(row.data["sku"]).strip() for row in rows if row.data and row.data.get("sku") is not None}
    found: dict[tuple[str, str], list[tuple[date, int]]] = {}
    for sku, currency, on, minor in conn.execute(Q.costs_of, {"skus": sorted(skus)}):
        found.setdefault((sku, currency), []).append((on, minor))
    return {key: tuple(kept) for key, kept in found.items()}


def put_costs(conn: Connection, costs: Sequence[ProductCost]) -> int:
    """Keep costs of products; gives how many are new or changed."""
    return conn.execute(
        Q.put_costs,
        {
            "skus": [c.sku for c in costs], "days": [c.from_on for c in costs], "minors": [c.cost_minor for c in costs],
            "currencies": [c.currency for c in costs],
        },
    ).rowcount  # fmt: skip


def all_costs(conn: Connection, limit: int = 10_000) -> list[ProductCost]:
    """The costs that are kept, by product."""
    return [ProductCost(*row) for row in conn.execute(Q.all_costs, {"limit": limit})]


def seen(row: Sequence[Any]) -> SeenEntry:
    """An entry as pages show it."""
    names = (
        "entry_id",
        "what",
        "debit",
        "credit",
        "amount_minor",
        "currency",
        "order_no",
        "occurred_at",
        "basis",
        "reason",
        "facts_n",
        "person_id",
    )
    return SeenEntry(**dict(zip(names, row, strict=False)), dims=Dims(*row[12:17]))


def stamp(conn: Connection) -> tuple[Any, ...]:
    """Changes whenever the ledger or who is who has changed."""
    row = conn.execute(Q.see_stamp).fetchone()
    return (*(row or ()), pool.brand(conn))
