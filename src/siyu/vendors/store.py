"""Rows of accounts <-> words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from siyu.base.db import Connection, queries
from siyu.vendors.words import Account, AccountState, VendorKind

Q = queries(__name__)


def accounts(conn: Connection, kind: VendorKind | str | None = None) -> list[Account]:
    """All accounts, or those of one kind, in the order in which they were made; also those that are off."""
    return [_account(row) for row in conn.execute(Q.accounts, {"kind": kind})]


def see_account(conn: Connection, account_id: int, *, for_update: bool = False) -> Account | None:
    """One account, locked until the transaction ends where asked."""
    row = conn.execute(Q.lock_account if for_update else Q.account, {"account_id": account_id}).fetchone()
    return None if row is None else _account(row)


def account_of(conn: Connection, kind: VendorKind | str, app_id: str, agent_id: str = "") -> Account | None:
    """The account by the vendor's own names for it."""
    row = conn.execute(Q.account_of, {"kind": kind, "app_id": app_id, "agent_id": agent_id}).fetchone()
    return None if row is None else _account(row)


def make_account(conn: Connection, at: datetime, fields: dict[str, Any]) -> int | None:
    """Insert; None where the vendor's names are taken."""
    row = conn.execute(Q.make_account, {**fields, "options": Jsonb(fields["options"]), "at": at}).fetchone()
    return None if row is None else int(row[0])


def change_account(conn: Connection, account_id: int, at: datetime, fields: dict[str, Any]) -> None:
    """Write all fields; what was known about its tokens, blocks and breakers is forgotten, because it was of the old ones."""
    conn.execute(Q.change_account, {**fields, "options": Jsonb(fields["options"]), "at": at, "account_id": account_id})
    for query in (Q.drop_tokens, Q.lift_blocks, Q.close_breakers):
        conn.execute(query, {"account_id": account_id})


def keep_callbacks(conn: Connection, account_id: int, callbacks: bytes, rotated_at: datetime | None, at: datetime) -> None:
    """Write the sealed sets of callback keys."""
    conn.execute(Q.keep_callbacks, {"account_id": account_id, "callbacks": callbacks, "rotated_at": rotated_at, "at": at})


def forget_account(conn: Connection, account_id: int) -> None:
    """Delete the row, and with it its tokens, paces and breakers; the trace stays till it is trimmed."""
    conn.execute(Q.forget_account, {"account_id": account_id})


def _account(row: tuple[Any, ...]) -> Account:
    kind, state = VendorKind(row[1]), AccountState(row[7])
    return Account(
        row[0], kind, row[2], row[3], row[4], row[5], row[6], state, row[8], row[9], bytes(row[10]), bytes(row[11]), bytes(row[12])
    )  # fmt: skip
