"""The right to greet somebody: what the channel `welcome` asks for before it calls WeCom."""

from __future__ import annotations

from collections.abc import Mapping

from siyu.base.db import Connection
from siyu.growth.store import Q
from siyu.growth.words import Ticket
from siyu.vendors import AccountState, VendorKind, accounts


def tickets_of(conn: Connection, wishes: Mapping[int, int]) -> dict[int, Ticket]:
    """The tickets of intents (intent -> its person); for a wish that is not of a code, the newest that the person has. An intent that is
    left out has none: nobody may greet them.
    """
    rows = conn.execute(Q.tickets, {"intent_ids": list(wishes), "person_ids": list(wishes.values())}).fetchall()
    others = accounts(conn, VendorKind.WECOM) if not all(row[1] for row in rows) else ()
    of_corp = {one.app_id: one.account_id for one in reversed(others) if one.state == AccountState.ON}
    found = {intent: Ticket(account_id or of_corp.get(corp, 0), code, at) for intent, account_id, corp, code, at in rows}
    return {intent: ticket for intent, ticket in found.items() if ticket.account_id}
