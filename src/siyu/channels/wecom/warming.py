"""What hangs on welcomes, uploaded ahead: nobody may wait for an upload while a welcome's 20 seconds run.

A file is uploaded as soon as a content in use carries it, and anew half a day before its three days at WeCom are over.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from siyu.base.db import Connection, queries
from siyu.base.errors import ConfigError, InputError
from siyu.base.ground import Ground
from siyu.channels.wecom.media import formed, media_id
from siyu.vendors import AccountState, VendorError, VendorKind, accounts
from siyu.vendors.wecom import Client, attachments

log = logging.getLogger(__name__)

Q = queries(__name__, "warming.sql")
_WELCOME = "welcome"  # the channel whose contents are kept ready
_DIGEST = re.compile("[0-9a-f]{64}")
_AHEAD = timedelta(hours=12)  # before its end a file is uploaded anew
_UPLOADS_FOR = timedelta(minutes=3)  # nobody else uploads the same meanwhile
_AGAIN = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=3))


def ready(conn: Connection, account_id: int, hung: Sequence[Mapping[str, Any]], now: datetime) -> list[attachments.Attachment | None]:
    """Attachments in WeCom's form by what is in its store already; None for one whose file is not. Nothing is uploaded."""
    wanted = {"account_id": account_id, "now": now, "digests": _digests(hung)}
    there = {bytes(row[0]).hex(): str(row[1]) for row in conn.execute(Q.ready_media, wanted)} if wanted["digests"] else {}
    return [formed(one, there.get(str(one.get("file", "")), "")) for one in hung]


def forget(conn: Connection, account_id: int, hung: Sequence[Mapping[str, Any]]) -> None:
    """WeCom has lost these files: they are uploaded anew."""
    conn.execute(Q.forget_media, {"account_id": account_id, "digests": _digests(hung)})


def warm(ground: Ground, limit: int = 3) -> int:
    """Upload what hangs on welcomes and is not in WeCom's store, or not for long; how many were tried, 0 = all is there."""
    now = ground.clock.now()
    with ground.db.tx() as conn:
        mine = {one.account_id: one for one in accounts(conn, VendorKind.WECOM) if one.state == AccountState.ON}
        words = {
            "accounts": list(mine),
            "channel": _WELCOME,
            "until": now + _AHEAD,
            "now": now,
            "held": now + _UPLOADS_FOR,
            "limit": limit,
        }
        cold = conn.execute(Q.claim_cold, words).fetchall() if mine else []
    for account_id, digest, tries in cold:
        try:
            media_id(ground, Client(ground, mine[account_id]), bytes(digest).hex(), "message", _AHEAD)
            with ground.db.tx() as conn:
                conn.execute(Q.media_kept, {"account_id": account_id, "digest": digest})
        except (VendorError, InputError, ConfigError) as err:
            code = err.code if isinstance(err, VendorError) else "config" if isinstance(err, ConfigError) else "file"
            again = ground.clock.now() + _AGAIN[min(tries, len(_AGAIN) - 1)]
            with ground.db.tx() as conn:
                conn.execute(Q.media_failed, {"account_id": account_id, "digest": digest, "error": code, "again_at": again})
            log.warning("a welcome's attachment could not be uploaded", extra={"account": account_id, "code": code, "tries": tries + 1})
    return len(cold)


def states(conn: Connection, digests: Sequence[str], now: datetime) -> dict[str, tuple[bool, str]]:
    """Of files, whether WeCom's store has each for every account that is on, and the vendor's code where an upload failed."""
    mine = [one.account_id for one in accounts(conn, VendorKind.WECOM) if one.state == AccountState.ON]
    asked = {"accounts": mine, "digests": _digests([{"file": one} for one in digests]), "now": now}
    return {bytes(row[0]).hex(): (bool(row[1]), str(row[2])) for row in conn.execute(Q.media_states, asked)} if mine else {}


def _digests(hung: Sequence[Mapping[str, Any]]) -> list[bytes]:
    return [bytes.fromhex(file) for one in hung if _DIGEST.fullmatch(file := str(one.get("file", "")))]
