"""What vendors say of messages afterwards: delivered, or not, and why. Read from the facts that the callback inbox records.

A receipt also settles a message of unknown outcome. A number that is unknown, blocked or blacklisted is not written to any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from siyu import content
from siyu.base.cursor import Place, keep_place, take_place
from siyu.base.db import Connection, queries
from siyu.base.ground import Ground
from siyu.channels import store
from siyu.channels.attempts import resolve_unknown
from siyu.channels.connected.answering import coded, intent_of, is_gone
from siyu.channels.facts import fact, tell
from siyu.channels.words import State
from siyu.pool import Fact
from siyu.vendors import VendorKind

Q = queries(__name__, "receipts.sql")

READER = "channels.receipts"
RECEIPT, UNFOLLOWED, FOLLOWED = "receipt.received", "account.unfollowed", "account.followed"
REJECTED = "message.rejected"
_TYPES = (RECEIPT, UNFOLLOWED, FOLLOWED, REJECTED)
_NO_GRANT = ("official:43101", "mini:43101")  # the vendor knows of no consent that is left
_PARTS = ("official_chat", "official_notice")  # what unfollowing an account says no to, beside its template messages
_KINDS = {"official": VendorKind.OFFICIAL, "mini": VendorKind.MINI, "kf": VendorKind.WECOM}
_HARD = frozenset({"UNDELIV", "MOBILE_NOT_ON_SERVICE", "MK:0001", "MK:0013", "EMPTY_NUMBER", "failed:user block"})


@dataclass(frozen=True)
class _Row:
    key: str
    type: str
    subject: int
    at: datetime
    data: dict[str, Any]


def follow(ground: Ground, limit: int = 5_000) -> int:
    """One step: read up to `limit` facts; gives how many were read, 0 = up to date."""
    return ground.db.again(lambda conn: _follow(ground, conn, limit))


def _follow(ground: Ground, conn: Connection, limit: int) -> int:
    place = take_place(conn, READER)
    if place is None:
        return 0
    found = conn.execute(Q.read_log, {"xid": str(place.xid), "seq": place.seq, "limit": limit, "types": list(_TYPES)}).fetchall()
    if not found:
        return 0
    rows = [_Row(r[2], r[3], r[4], r[5], r[6]) for r in found if r[6] is not None and r[4] is not None]
    receipts = [row for row in rows if row.type == RECEIPT]
    intents = _intents(ground, conn, receipts)
    for number, row in enumerate(receipts):
        if number in intents:
            _take(ground, conn, intents[number], row)
    for row in rows:
        if row.type == REJECTED:
            _grantless(ground, conn, row)
        elif row.type != RECEIPT:
            _follower(ground, conn, row)
    keep_place(conn, READER, Place(int(found[-1][0]), found[-1][1]))
    return len(found)


def _intents(ground: Ground, conn: Connection, rows: list[_Row]) -> dict[int, int]:
    """Number of a row -> the intent it is about: by our own number, else by the vendor's and the address."""
    if not rows:
        return {}
    words = {
        "numbers": [str(row.data.get("vendor_id", "")) for row in rows], "channels": [str(row.data.get("channel", "")) for row in rows],
        "subjects": [row.subject for row in rows],
    }  # fmt: skip
    found = {int(no) - 1: int(intent) for no, intent in conn.execute(Q.sends_of_receipts, words)}
    for number, row in enumerate(rows):
        ours = intent_of(ground.vault, str(row.data.get("out_id", "")))
        if ours is not None:
            found[number] = ours
    return found


def _take(ground: Ground, conn: Connection, intent_id: int, row: _Row) -> None:
    held = store.hold(conn, intent_id)
    if held is None or not held.channel.startswith(str(row.data.get("channel", "?"))):
        return
    if held.state == State.UNKNOWN:
        resolve_unknown(ground, conn, intent_id, was_sent=True, by="receipt")
    if row.data.get("is_delivered"):
        if tell(ground, conn, held.channel, [fact("delivered", intent_id, row.at, held.address_id, held.data)]):
            conn.execute(store.Q.note_delivered, {"intent_id": intent_id, "at": row.at})
        return
    said = str(row.data.get("code", ""))[:80]
    code = coded(str(row.data.get("vendor") or _KINDS.get(str(row.data.get("channel")), "own")), said)
    is_hard = said in _HARD or is_gone(said.removeprefix("failed:"))
    told = fact("bounced", intent_id, row.at, held.address_id, {**held.data, "hard": is_hard, "code": code})
    if tell(ground, conn, held.channel, [told]):
        conn.execute(store.Q.note_bounced, {"intent_id": intent_id, "at": row.at, "code": code, "why": ""})


def _grantless(ground: Ground, conn: Connection, row: _Row) -> None:
    """What somebody agreed to by this template is gone, whatever we had counted: nobody tries in vain until they agree again."""
    if row.data.get("code") not in _NO_GRANT:
        return
    version = content.kept(conn, int(row.data.get("content_id", 0)), int(row.data.get("content_version", 0)))
    template = content.template_of(version) if version else ""
    channel = str(row.data.get("channel", ""))
    data = {"channel": channel.partition("_")[0], "template_id": template, "how": "vendor"}
    if template:
        tell(ground, conn, channel, [Fact("subscription.refused", f"grantless:{row.key}", row.at, data=data, subject_id=row.subject)])


def _follower(ground: Ground, conn: Connection, row: _Row) -> None:
    """Who unfollows wants no chats and no notices of the account either; who follows again may get service messages."""
    type_, purpose = ("consent.withdrawn", "*") if row.type == UNFOLLOWED else ("consent.given", "service")
    for channel in _PARTS:
        data = {"channel": channel, "purpose": purpose, "by": "unfollow" if row.type == UNFOLLOWED else "follow"}
        tell(ground, conn, channel, [Fact(type_, f"{row.type}:{row.key}", row.at, data=data, subject_id=row.subject)])
