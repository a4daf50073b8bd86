"""The right to greet somebody: what the channel `welcome` asks for before it calls WeCom."""

from __future__ import annotations

from siyu.base.db import Connection
from siyu.growth.store import Q
from siyu.growth.words import Ticket
from siyu.vendors import AccountState, VendorKind, accounts


def ticket_of(conn: Connection, intent_id: int, person_id: int) -> Ticket | None:
    """The ticket of an intent; for a wish that is not of a code, the newest that the person has. None = nobody may greet them."""
    row = conn.execute(Q.ticket, {"intent_id": intent_id, "person_id": person_id}).fetchone()
    if row is None:
        return None
    account_id = int(row[0])
    if not account_id:
        mine = (one for one in accounts(conn) if one.kind == VendorKind.WECOM and one.app_id == row[1] and one.state == AccountState.ON)
        account_id = next((one.account_id for one in mine), 0)
    return Ticket(account_id, row[2], row[3]) if account_id else None
