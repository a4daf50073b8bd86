"""Between whom something goes: what customers and chats that are handed on have in common."""

from __future__ import annotations

from siyu.base.db import Connection
from siyu.base.errors import InputError, NotFoundError
from siyu.base.text import say
from siyu.pool import relations
from siyu.vendors import Account, AccountState, VendorKind, account, accounts


def between(conn: Connection, corp: str, from_guide: str, to_guide: str, lang: str) -> tuple[Account, relations.Guide]:
    """The corp's account, and the guide who gives.

    Raises `InputError` where the guides are the same, or the one who takes over is unknown, has left, or may not have customers;
    `NotFoundError` where no account of the corp is on.
    """
    of = next((a for a in accounts(conn) if a.kind is VendorKind.WECOM and a.app_id == corp and a.state == AccountState.ON), None)
    if of is None:
        raise NotFoundError(say("sources.handing_no_account", lang), say("sources.handing_no_account_remedy", lang))
    guides = {one.guide: one for one in relations.guides(conn, corp, only_active=False)}
    taker, giver = guides.get(to_guide), guides.get(from_guide)
    if from_guide == to_guide:
        raise InputError(say("sources.handing_same", lang), say("sources.handing_same_remedy", lang), field="to_guide")
    if giver is None:
        raise InputError(say("sources.handing_no_giver", lang), say("sources.handing_no_guide_remedy", lang), field="from_guide")
    if taker is None or taker.left_at is not None or not taker.may_serve:
        raise InputError(say("sources.handing_no_taker", lang), say("sources.handing_no_guide_remedy", lang), field="to_guide")
    return of, giver


def able(conn: Connection, account_id: int) -> Account | None:
    """The account, where it can be asked."""
    try:
        of = account(conn, account_id)
    except NotFoundError:
        return None
    return of if of.state == AccountState.ON else None
