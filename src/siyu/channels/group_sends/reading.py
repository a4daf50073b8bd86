"""What chats have had: WeCom's list of group messages, the corp's and the owners' own, read before a send and after a confirmation."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from siyu.base.errors import NotFoundError
from siyu.base.ground import Ground
from siyu.channels.group_sends.store import Q
from siyu.channels.group_sends.words import see_group_cap
from siyu.channels.wecom.deciding import allowance
from siyu.channels.wecom.words import see_mass_settings
from siyu.vendors import VendorError, account
from siyu.vendors.wecom import Client, pages, shapes

log = logging.getLogger(__name__)

FRESH = timedelta(minutes=30)
_AGAIN = timedelta(minutes=1)
_SPAN = timedelta(days=31)  # the longest that WeCom lists
_SETTLES = timedelta(hours=1)  # after it what a guide sent is in the results
_WAITED_FOR = timedelta(days=8)  # a task that nobody confirmed for so long is not asked about any more
_KEPT = timedelta(days=62)
_ASKED_TOO_SOON = "41063"


def read(ground: Ground) -> int:
    """Read the lists of the accounts that need it; says how many were read. What WeCom refuses is tried again in a minute."""
    now = ground.clock.now()
    with ground.db.tx() as conn:
        due = conn.execute(Q.to_look, {"now": now, "fresh_since": now - FRESH}).fetchall()
        since = min(allowance(see_mass_settings(conn).rule, now)[0], now - timedelta(days=see_group_cap(conn).days))
    done = 0
    for account_id, corp in due:
        looked_at: datetime | None = now
        try:
            with ground.db.tx() as conn:
                client = Client(ground, account(conn, account_id))
            _read(ground, client, corp, max(since, now - _SPAN), now)
            done += 1
        except (VendorError, NotFoundError) as err:
            looked_at = None
            log.warning("what chats have had could not be read", extra={"account": account_id, "error": type(err).__name__})
        with ground.db.tx() as conn:
            next_at = now if looked_at else now + _AGAIN
            conn.execute(Q.looked, {"account_id": account_id, "looked_at": looked_at, "next_at": next_at})
            conn.execute(Q.forget_old, {"before": now - _KEPT})
    return done


def _read(ground: Ground, client: Client, corp: str, since: datetime, now: datetime) -> None:
    start, end = int(since.timestamp()), int(now.timestamp())
    listed = [one for page in pages(lambda cursor: client.mass_messages(start, end, cursor, chat_type="group")) for one in page.items]
    account_id = client.account.account_id
    with ground.db.tx() as conn:
        words = {"account_id": account_id, "msgids": [one.msgid for one in listed]}
        settled = {row[0] for row in conn.execute(Q.settled_messages, words)}
    for message in listed:
        if message.msgid in settled:
            continue
        try:
            guides = [one for page in pages(lambda cursor, m=message.msgid: client.mass_task(m, cursor)) for one in page.items]  # type: ignore[misc]
        except VendorError as err:
            if err.code == _ASKED_TOO_SOON:
                continue
            raise
        got: dict[str, datetime] = {}
        for guide in guides:
            if guide.status == 2:
                got |= _of(client, message.msgid, guide)
        with ground.db.tx() as conn:
            made_at = datetime.fromtimestamp(message.create_time, UTC)
            words = {"account_id": account_id, "msgid": message.msgid, "corp": corp, "made_at": made_at, "now": now,
                     "is_settled": is_settled(message, guides, now), "chats": list(got), "ats": list(got.values())}  # fmt: skip
            conn.execute(Q.keep_message, words)
            if got:
                conn.execute(Q.keep_receipts, words)


def _of(client: Client, msgid: str, guide: shapes.MassTask) -> dict[str, datetime]:
    rows = [one for page in pages(lambda cursor: client.mass_results(msgid, guide.userid, cursor)) for one in page.items]
    return {one.chat_id: datetime.fromtimestamp(one.send_time or guide.send_time, UTC) for one in rows if one.status == 1 and one.chat_id}


def is_settled(message: shapes.MassMessage, guides: list[shapes.MassTask], now: datetime) -> bool:
    """Whether nothing changes any more about a message, so that it is not asked about again."""
    made_at = datetime.fromtimestamp(message.create_time, UTC)
    if now >= made_at + _WAITED_FOR:
        return True
    last = max((one.send_time for one in guides), default=0)
    return all(one.status == 2 for one in guides) and now >= max(made_at, datetime.fromtimestamp(last, UTC)) + _SETTLES
