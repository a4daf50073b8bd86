"""Fetching what Tencent kept for us (PullSmsSendStatus, PullSmsReplyStatus), where an account's option `receipts` is `pull`."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from siyu import vendors
from siyu.base.db import queries
from siyu.base.ground import Ground
from siyu.pool import Fact
from siyu.sources.connected import Event, Unreadable, plain, understand
from siyu.sources.recording import record_told
from siyu.vendors import Account, AccountState, VendorError, VendorKind, tencent_sms
from siyu.vendors.tencent_sms import shapes

log = logging.getLogger(__name__)

Q = queries(__name__)
_OPTION, _PULL = "receipts", "pull"


def pull(ground: Ground, limit: int = 100) -> int:
    """Fetch receipts and replies that wait; gives how many facts were new.

    Each is given out once. Where the answer to a pull was lost, so is what was in it: pushing (docs/channels.md) loses none.
    """
    with ground.db.tx() as conn:
        accounts = [
            one
            for one in vendors.accounts(conn)
            if one.kind is VendorKind.TENCENT_SMS and one.state is AccountState.ON and one.options.get(_OPTION) == _PULL
        ]
    return sum(_pull(ground, one, limit) for one in accounts)


def _pull(ground: Ground, account: Account, limit: int) -> int:
    client, taken = tencent_sms.Client(ground, account), 0
    try:
        taken += _record(ground, account, map(_receipt, client.pull_receipts(limit=limit)))
        taken += _record(ground, account, map(_reply, client.pull_replies(limit=limit)))
    except VendorError as err:
        log.warning("receipts cannot be pulled", extra={"code": err.code, "account": account.account_id})
    return taken


def _record(ground: Ground, account: Account, rows: Iterable[dict[str, Any]]) -> int:
    """Record rows in the form of a push. One that names no phone is left out, and said: the vendor gives it to nobody again."""
    at = ground.clock.now()
    facts: list[Fact] = []
    for row in rows:
        try:
            facts += understand(_event(account, row, at)).facts
        except Unreadable as err:
            log.warning("a pulled row names nobody", extra={"what": err.what, "account": account.account_id})
    if not facts:
        return 0
    with ground.db.tx() as conn:
        new = record_told(ground, conn, account.kind, account.app_id, facts)
        conn.execute(Q.ring)
    return new


def _event(account: Account, row: dict[str, Any], at: datetime) -> Event:
    return Event(account.kind, account.app_id, plain({"rows": [row]}), at)


def _receipt(row: shapes.PulledReceipt) -> dict[str, Any]:
    return {
        "mobile": row.phone or row.subscriber, "nationcode": row.country_code, "sid": row.serial_no, "report_status": row.status,
        "errmsg": row.description, "ext": row.session_context, "user_receive_time": row.received_at,
    }  # fmt: skip


def _reply(row: shapes.PulledReply) -> dict[str, Any]:
    return {
        "mobile": row.phone or row.subscriber, "nationcode": row.country_code, "text": row.content, "time": row.replied_at,
        "sign": row.sign_name, "extend": row.extend_code,
    }  # fmt: skip
