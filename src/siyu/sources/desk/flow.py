"""Reading the messages of desks: ask the vendor for what came since the place, record it together with the next place, go on."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial

from siyu import vendors
from siyu.base.db import Connection, queries
from siyu.base.errors import NotFoundError, SiyuError
from siyu.base.ground import Ground
from siyu.sources import wishes
from siyu.sources.connected import desk_facts
from siyu.sources.desk import meeting
from siyu.sources.recording import record_told
from siyu.sources.wishes import DueWish, Wish
from siyu.vendors import Account, AccountState, VendorError, VendorKind
from siyu.vendors.wecom import Client, shapes

log = logging.getLogger(__name__)

Q = queries(__name__)
_KIND = "kf"
_BAD_TOKEN = "95007"  # noqa: S105  the callback's token is over or not this desk's
_SILENT_FOR = timedelta(hours=1)


def pull(ground: Ground, limit: int = 20) -> int:
    """One step: read up to `limit` desks that have something new; gives how many messages came. Several workers may do it at once."""
    now = ground.clock.now()
    with ground.db.tx() as conn:
        _ask_the_silent(conn, now, limit)
        due = wishes.due(conn, [_KIND], now, limit=limit)
    return sum(_read(ground, one) for one in due)


def _ask_the_silent(conn: Connection, now: datetime, limit: int) -> None:
    silent = conn.execute(Q.silent, {"before": now - _SILENT_FOR, "limit": limit}).fetchall()
    wishes.wish(conn, [(row[0], Wish(_KIND, {"open_kfid": row[1]})) for row in silent], at=now)


def _read(ground: Ground, one: DueWish) -> int:
    now = ground.clock.now()
    with ground.db.tx() as conn:
        try:
            account = vendors.account(conn, one.account_id)
        except NotFoundError:
            wishes.fulfil(conn, one)
            return 0
        if account.kind is not VendorKind.WECOM or account.state is not AccountState.ON:
            wishes.put_off(conn, one, "off", now=now, wait=_SILENT_FOR)
            return 0
    try:
        return _pages(ground, one, Client(ground, account))
    except SiyuError as err:
        code, wait = (err.code, err.retry_after) if isinstance(err, VendorError) else (type(err).__name__, None)
        with ground.db.tx() as conn:
            wishes.put_off(conn, one, code, now=ground.clock.now(), wait=wait)
        log.warning("a desk cannot be read", extra={"code": code, "account": one.account_id})
        return 0


def _pages(ground: Ground, one: DueWish, client: Client) -> int:
    """Page by page until there is no more; each is recorded with its place, so that a death in between reads one page twice at most."""
    desk, token, count = str(one.ref.get("open_kfid", "")), one.token, 0
    while True:
        with ground.db.tx() as conn:
            row = conn.execute(Q.place, {"account_id": one.account_id, "open_kfid": desk}).fetchone()
        cursor = str(row[0]) if row else ""
        try:
            page = client.desk_messages(desk, cursor, token=token)
        except VendorError as err:
            if err.code != _BAD_TOKEN or not token:
                raise
            token = ""  # without it the vendor answers too, only less often
            continue
        count += len(page.msg_list)
        is_last = not page.has_more or page.next_cursor == cursor
        ground.db.again(partial(_keep, ground, one, client.account, page, is_last))
        if is_last:
            return count


def _keep(ground: Ground, one: DueWish, account: Account, page: shapes.DeskMessages, is_last: bool, conn: Connection) -> None:
    now = ground.clock.now()
    facts = desk_facts(account.app_id, page.msg_list, now)
    record_told(ground, conn, account.kind, account.app_id, facts)
    meeting.note(ground, conn, account, facts)
    if page.next_cursor:
        words = {"account_id": one.account_id, "open_kfid": one.ref.get("open_kfid", ""), "cursor": page.next_cursor, "now": now}
        conn.execute(Q.keep_place, words)
    if is_last:
        wishes.fulfil(conn, one)
    if facts:
        conn.execute(Q.ring)
