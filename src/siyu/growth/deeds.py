"""Tags and remarks for those who came: a small queue of calls.

Doing one twice does no harm, so a lease that ran out is simply done again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from siyu import content, pool
from siyu.base.errors import ConfigError, InputError
from siyu.base.ground import Ground
from siyu.growth.store import Q
from siyu.growth.turn import remark_of
from siyu.pool import Fact
from siyu.vendors import Account, Trouble, VendorError, accounts
from siyu.vendors.wecom import Client

_WAITS = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=3))
_AGAIN = (Trouble.LATER, Trouble.DOWN, Trouble.UNKNOWN, Trouble.CONFIG, Trouble.TOKEN)  # the others are true for ever


@dataclass(frozen=True)
class _Deed:
    deed_id: int
    fact_key: UUID
    kind: str
    account_id: int
    corp: str
    guide: str
    subject: int
    external_userid: str
    person_id: int
    corp_tags: list[str]
    remark_pattern: str
    code_name: str
    tries: int
    added_at: datetime

    def __repr__(self) -> str:
        return f"_Deed({self.deed_id})"


def do_deeds(ground: Ground, limit: int = 50) -> int:
    """One step: do up to `limit` deeds; how many were taken, 0 = none is due."""
    now = ground.clock.now()
    with ground.db.tx() as conn:
        deeds = [_Deed(*row) for row in conn.execute(Q.claim_deeds, {"now": now, "limit": limit})]
        if not deeds:
            return 0
        known = {one.account_id: one for one in accounts(conn)}
        people = [deed.person_id for deed in deeds if deed.kind == "remark"]
        names = {person: str(has.get("name") or "") for person, has in content.people(ground, conn, people).items()} if people else {}
        zone = ZoneInfo(pool.brand(conn).time_zone)
    for deed in deeds:
        day = deed.added_at.astimezone(zone).strftime("%m%d")
        remark = remark_of(deed.remark_pattern, name=names.get(deed.person_id, ""), code=deed.code_name, day=day)
        _do(ground, known.get(deed.account_id), deed, remark)
    return len(deeds)


def _do(ground: Ground, account: Account | None, deed: _Deed, remark: str) -> None:
    error = ""
    may_again = False
    waits = _WAITS[min(deed.tries - 1, len(_WAITS) - 1)]
    try:
        if account is None or account.app_id != deed.corp:  # it may be another corp's by now
            raise ConfigError("The account of this code was removed.", "Make the code anew with another account.")
        client = Client(ground, account)
        if deed.kind == "tags":
            client.mark_tag(deed.guide, deed.external_userid, deed.corp_tags)
        elif remark:
            client.remark(deed.guide, deed.external_userid, remark=remark)
    except VendorError as err:
        error, may_again = err.code, err.kind in _AGAIN and deed.tries < len(_WAITS)
        waits = max(waits, err.retry_after or waits)
    except (ConfigError, InputError):
        error, may_again = "config", deed.tries < len(_WAITS)
    now = ground.clock.now()
    state = "done" if not error else "waiting" if may_again else "failed"
    with ground.db.tx() as conn:
        asked = {"deed_id": deed.deed_id, "state": state, "error": error, "due_at": now + waits, "now": now}
        if conn.execute(Q.end_deed, asked).rowcount and state == "done" and deed.kind == "tags":
            # what is done by the interface comes back by no callback: it is written down here
            names = dict(conn.execute(Q.tag_names, {"corp": deed.corp, "tags": deed.corp_tags}).fetchall())
            source = pool.ensure_source(conn, f"wecom:{deed.corp}", "wecom", now=now)
            facts = [
                Fact(
                    "tag.added", f"tag.added:{deed.guide}:{deed.subject}:{tag}:{deed.fact_key}", now, object=deed.guide,
                    data={"tag": names.get(tag, tag), "tag_id": tag, "guide": deed.guide, "corp": deed.corp}, subject_id=deed.subject,
                )
                for tag in deed.corp_tags
            ]  # fmt: skip
            row = conn.execute(Q.tags_of, {"subject": deed.subject, "corp": deed.corp, "guide": deed.guide}).fetchone()
            tags = sorted({*(row[0] if row else ()), *deed.corp_tags})
            facts.append(
                Fact(
                    "contact.changed", f"contact.changed:{deed.guide}:{deed.subject}:{deed.fact_key}", now, object=deed.guide,
                    data={"guide": deed.guide, "corp": deed.corp, "tags": tags}, subject_id=deed.subject,
                )
            )  # fmt: skip
            pool.record(ground, conn, source, facts)
