"""What an export consists of: its columns, and its rows in batches from a cursor on the server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from siyu import pool
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.base.money import to_decimal
from siyu.cli.store import Q

_BATCH = 2_000

COLUMNS: dict[str, dict[str, str]] = {  # kind -> column -> type in Parquet
    "people": {
        "person_id": "BIGINT", "is_known": "BOOLEAN", "stage": "VARCHAR", "name": "VARCHAR", "email": "VARCHAR", "phone": "VARCHAR",
        "identifiers": "JSON", "tags": "JSON", "orders": "BIGINT", "spent": "DECIMAL(18,2)", "refunded": "DECIMAL(18,2)",
        "currency": "VARCHAR", "first_seen_at": "TIMESTAMPTZ", "last_seen_at": "TIMESTAMPTZ", "first_order_at": "TIMESTAMPTZ",
        "last_order_at": "TIMESTAMPTZ",
        "traits": "JSON", "personal": "JSON",
    },
    "facts": {
        "key": "UUID", "source": "VARCHAR", "type": "VARCHAR", "occurred_at": "TIMESTAMPTZ", "received_at": "TIMESTAMPTZ",
        "person_id": "BIGINT", "object": "VARCHAR", "amount": "DECIMAL(18,2)", "amount_minor": "BIGINT",
        "currency": "VARCHAR", "data": "JSON",
    },
    "orders": {
        "source": "VARCHAR", "order_no": "VARCHAR", "person_id": "BIGINT", "paid_at": "TIMESTAMPTZ", "touched_at": "TIMESTAMPTZ",
        "paid": "DECIMAL(18,2)", "refunded": "DECIMAL(18,2)", "lines": "BIGINT", "currency": "VARCHAR",
    },
}  # fmt: skip


def count(conn: Connection, kind: str) -> int:
    """How many rows there will be, about: more may come in meanwhile."""
    row = conn.execute(Q.texts[f"count_{kind}"]).fetchone()
    return int(row[0]) if row else 0


def rows(ground: Ground, conn: Connection, kind: str, *, personal: bool = False) -> Iterator[list[dict[str, Any]]]:
    """The rows in batches; the transaction must stay open. `personal` gives names, phones and e-mails of people in the clear."""
    currency = pool.brand(conn).currency
    with conn.cursor(name=f"export_{kind}") as cursor:
        cursor.itersize = _BATCH
        cursor.execute(Q.texts[f"export_{kind}"])
        while batch := cursor.fetchmany(_BATCH):
            if kind == "people":
                yield _people(ground, conn, batch, currency, personal=personal)
            elif kind == "facts":
                yield [_fact(row) for row in batch]
            else:
                yield [_order(row) for row in batch]


def _people(ground: Ground, conn: Connection, batch: list[tuple[Any, ...]], currency: str, *, personal: bool) -> list[dict[str, Any]]:
    ids = [row[0] for row in batch]
    shown = {row.person_id: row for row in pool.rows_of(conn, ids)}
    clear = pool.personal_traits(ground, conn, ids) if personal else {}
    emails = pool.addresses(ground, conn, ids, "email") if personal else {}
    phones = pool.addresses(ground, conn, ids, "sms") if personal else {}
    made = []
    for number, is_known, stage, tags, orders, spent, refunded, first, last, first_order, last_order, traits in batch:
        row = shown.get(number)
        masks = dict(reversed(row.identifiers)) if row else {}  # of several of one kind the strongest is named first
        mine = clear.get(number, {})
        email = emails[number].value if number in emails else None if personal else masks.get("email")
        phone = phones[number].value if number in phones else None if personal else masks.get("phone")
        made.append(
            {
                "person_id": number, "is_known": is_known, "stage": stage,
                "name": mine.get("name") if personal else row.name_shown if row else None,
                "email": email, "phone": phone,
                "identifiers": [{"kind": kind, "shown": mask} for kind, mask in row.identifiers] if row else [],
                "tags": tags, "orders": orders, "spent": to_decimal(spent, currency), "refunded": to_decimal(refunded, currency),
                "currency": currency, "first_seen_at": first, "last_seen_at": last, "first_order_at": first_order,
                "last_order_at": last_order, "traits": traits, "personal": mine,
            }
        )  # fmt: skip
    return made


def _fact(row: tuple[Any, ...]) -> dict[str, Any]:
    key, source, type_, occurred_at, received_at, person_id, about, minor, currency, data = row
    amount = to_decimal(minor, currency or "") if minor is not None else None
    return {
        "key": key, "source": source, "type": type_, "occurred_at": occurred_at, "received_at": received_at, "person_id": person_id,
        "object": about, "amount": amount, "amount_minor": minor, "currency": currency, "data": data,
    }  # fmt: skip


def _order(row: tuple[Any, ...]) -> dict[str, Any]:
    source, order_no, person_id, paid_at, touched_at, paid, refunded, lines, currency = row
    return {
        "source": source, "order_no": order_no, "person_id": person_id, "paid_at": paid_at, "touched_at": touched_at,
        "paid": to_decimal(paid, currency), "refunded": to_decimal(refunded, currency), "lines": lines, "currency": currency,
    }  # fmt: skip
