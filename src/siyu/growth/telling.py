"""Telling WeCom who may take the next customer, and making, changing and ending ways and links there.

A code is told when what it should know differs from what it was last told, at most once in `PACE` seconds, by one worker at a time (a lease
by the database's clock). No transaction is open while WeCom is asked. Telling twice does no harm; *making* twice would make two ways, so
after an answer that never came the ways are searched for ours by its state before another is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from siyu.base.db import Connection
from siyu.base.errors import SiyuError
from siyu.base.ground import Ground
from siyu.growth import store
from siyu.growth.anew import stranded
from siyu.growth.codes import PACE, Standing, standing
from siyu.growth.store import Q
from siyu.growth.words import CodeKind, LiveCode
from siyu.vendors import Trouble, VendorError, account
from siyu.vendors.wecom import Client, pages

_ANEW = (timedelta(seconds=2), timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
_SEARCHED_BACK = timedelta(days=2)
_LOTS_EVERY = timedelta(minutes=30)
GONE = "41044"  # no such way: it was deleted already


@dataclass(frozen=True)
class _Told:
    config_id: str = ""
    qr_code: str = ""
    url: str = ""


def tell(ground: Ground, limit: int = 100) -> int:
    """One step: tell WeCom of up to `limit` codes that changed; the number told or tried, 0 = all is as it should be."""
    now = ground.clock.now()
    with ground.db.tx() as conn:
        every = [one for one in store.codes(conn, with_closed=True) if one.closed_at is None or one.config_id]
        lost = stranded(conn, every)
        every = [one for one in every if one.code_id not in lost]
        stand = standing(ground, conn, [one for one in every if one.closed_at is None])
        due = [one for one in every if _is_due(one, stand.get(one.code_id), now)][:limit]
        if not due:
            return 0
        mine = {row[0] for row in conn.execute(Q.lease_tell, {"code_ids": [one.code_id for one in due], "now": now})}
    for one in due:
        if one.code_id in mine:
            _tell_one(ground, one, stand.get(one.code_id))
    return len(mine)


def _is_due(one: LiveCode, stand: Standing | None, now: datetime) -> bool:
    if one.closed_at is not None:
        return one.told_users != ()
    if stand is None or not stand.users:
        return False
    if one.told_at is not None and now < one.told_at + timedelta(seconds=PACE) and one.is_told_all:
        return False
    return not one.config_id or not one.is_told_all or set(one.told_users) != set(stand.users)


def _tell_one(ground: Ground, one: LiveCode, stand: Standing | None) -> None:
    try:
        with ground.db.tx() as conn:
            the_account = account(conn, one.draft.account_id)
        client = Client(ground, the_account)
        users = stand.users if stand else ()
        told = _end(client, one) if stand is None else _say(client, one, users, ground.clock.now())
    except SiyuError as err:
        code = err.code if isinstance(err, VendorError) else "config"
        waits = _ANEW[min(one.tell_tries, len(_ANEW) - 1)]
        if isinstance(err, VendorError) and err.retry_after:
            waits = max(waits, err.retry_after)
        if isinstance(err, VendorError) and err.is_unknown:
            code = "unknown"
        with ground.db.tx() as conn:
            conn.execute(Q.not_told, {"code_id": one.code_id, "error": code, "again_at": ground.clock.now() + waits})
        return
    words = {"code_id": one.code_id, "users": list(users), "now": ground.clock.now(), "again_at": None, "changed_at": one.changed_at}
    with ground.db.tx() as conn:
        conn.execute(Q.told, words | {"config_id": told.config_id, "qr_code": told.qr_code, "url": told.url})


def _say(client: Client, one: LiveCode, users: tuple[str, ...], now: datetime) -> _Told:
    draft = one.draft
    if draft.kind == CodeKind.LINK:
        if one.config_id:
            client.update_link(one.config_id, name=draft.name, users=users, skip_verify=draft.skip_verify)
            return _Told()
        made = client.add_link(draft.name, users, skip_verify=draft.skip_verify)
        return _Told(made.link_id, url=made.url)
    if draft.kind == CodeKind.GROUP:
        if one.config_id:
            client.update_join_way(one.config_id, users, remark=draft.name, state=one.state, base_name=draft.name)
            return _Told()
        config_id = client.add_join_way(users, remark=draft.name, state=one.state, base_name=draft.name)
        return _Told(config_id, client.join_way(config_id).qr_code)
    if one.config_id:
        client.update_contact_way(one.config_id, users=users, remark=draft.name, skip_verify=draft.skip_verify, state=one.state)
        return _Told()
    if one.tell_error == "unknown" and (known := _find(client, one, now)):
        return known
    way = client.add_contact_way(users, remark=draft.name, state=one.state, skip_verify=draft.skip_verify, is_exclusive=draft.is_exclusive)
    return _Told(way.config_id, way.qr_code)


def _find(client: Client, one: LiveCode, now: datetime) -> _Told | None:
    """The way that we made and never heard of."""
    since = int(max(one.made_at, now - _SEARCHED_BACK).timestamp()) - 60
    for page in pages(lambda cursor: client.contact_ways(cursor, start_time=since)):
        for config_id in page.items:
            way = client.contact_way(config_id)
            if way.state == one.state:
                return _Told(config_id, way.qr_code)
    return None


def _end(client: Client, one: LiveCode) -> _Told:
    end = {CodeKind.LINK: client.delete_link, CodeKind.GROUP: client.delete_join_way, CodeKind.PERSON: client.delete_contact_way}
    try:
        end[one.draft.kind](one.config_id)
    except VendorError as err:
        if err.code != GONE:
            raise
    return _Told()


def see_lots(ground: Ground) -> int:
    """Ask for the quota of acquisition links now and then, and when the corp said that it runs out; how many accounts were asked."""
    now, asked = ground.clock.now(), 0
    with ground.db.tx() as conn:
        links = [one for one in store.codes(conn) if one.draft.kind == CodeKind.LINK]
        lost = stranded(conn, links)
        accounts = sorted({one.draft.account_id for one in links if one.code_id not in lost})
    for account_id in accounts:
        with ground.db.tx() as conn:
            row = conn.execute(Q.lots_seen, {"account_id": account_id}).fetchone()
            seen_at = row[0] if row else None
            if seen_at is not None and now < seen_at + _LOTS_EVERY and not _was_told(conn, seen_at):
                continue
            client = Client(ground, account(conn, account_id))
        try:
            quota = client.link_quota()
        except VendorError as err:
            if err.kind in (Trouble.CONFIG, Trouble.TOKEN):
                continue  # told on the connections page
            raise
        days = [datetime.fromtimestamp(lot.expire_date, UTC).date() for lot in quota.quota_list]
        sums = {day: sum(lot.balance for lot, d in zip(quota.quota_list, days, strict=True) if d == day) for day in days}
        sums = sums or {now.date(): quota.balance}
        with ground.db.tx() as conn:
            conn.execute(Q.keep_lots, {"account_id": account_id, "days": list(sums), "balances": list(sums.values()), "now": now})
            conn.execute(Q.drop_lots, {"account_id": account_id, "now": now})
        asked += 1
    return asked


def _was_told(conn: Connection, since: datetime) -> bool:
    row = conn.execute(Q.quota_told, {"since": since}).fetchone()
    return row is not None and row[0] is not None
