"""The life of tags: what a customer carries longer than the brand says it is true is taken off, at the corp and here."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from siyu import pool
from siyu.base import parked
from siyu.base.db import Connection, queries
from siyu.base.errors import ConfigError
from siyu.base.ground import Ground
from siyu.pool import Fact
from siyu.vendors import Account, AccountState, Trouble, VendorError, VendorKind, accounts
from siyu.vendors.wecom import Client

Q = queries(__name__, "lives.sql")
_SET_ASIDE = (Trouble.ITEM, Trouble.RELATION)  # true for ever; the others are asked again with the next step


class Outlived(NamedTuple):
    """One relation with the tags that have outlived themselves. `carried` are all that it has."""

    corp: str
    guide: str
    subject: int
    external_userid: str
    tags: list[str]
    names: list[str]
    carried: list[str]


def end_tags(ground: Ground, limit: int = 500) -> int:
    """One step: take tags off up to `limit` relations; gives of how many. 0 = none has outlived itself, or the vendor has no time now.

    Doing one twice does no harm. A corp whose account is switched off keeps its tags until it is on again, a guide who left until the
    customers are handed on.
    """
    now = ground.clock.now()
    with ground.db.tx() as conn:
        ours = {one.app_id: one for one in reversed(accounts(conn, VendorKind.WECOM)) if one.state is AccountState.ON}
        if not ours:
            return 0
        found = due(conn, now, list(ours), limit)
    ended, silent = 0, set[str]()
    for one in found:
        if one.corp not in silent:
            told = _ask(ground, ours[one.corp], one)
            if told is None:
                silent.add(one.corp)
            elif told:
                _write(ground, one)
                ended += 1
    return ended


def due(conn: Connection, now: datetime, corps: list[str], limit: int) -> list[Outlived]:
    """Up to `limit` relations of these corps from which tags can be taken off, those that are due longest first."""
    return [Outlived(*row) for row in conn.execute(Q.outlived, {"now": now, "limit": limit, "corps": corps})]


def _ask(ground: Ground, account: Account, one: Outlived) -> bool | None:
    """Whether the corp took the tags off; None = it does so for nobody now."""
    try:
        Client(ground, account).mark_tag(one.guide, one.external_userid, remove=one.tags)
    except VendorError as err:
        if err.kind not in _SET_ASIDE:
            return False if err.kind is Trouble.UNKNOWN else None
        with ground.db.tx() as conn:
            parked.park(conn, "growth", "tag life", f"{one.corp}:{one.guide}:{one.subject}", err.code)
        return False
    except ConfigError:
        return None
    return True


def _write(ground: Ground, one: Outlived) -> None:
    now = ground.clock.now()
    mark = int(now.timestamp())
    facts = [  # what is done by the interface comes back by no callback: it is written down here
        Fact(
            "tag.removed", f"tag.removed:{one.guide}:{one.subject}:{tag}:life{mark}", now, object=one.guide, subject_id=one.subject,
            data={"tag": name, "tag_id": tag, "guide": one.guide, "corp": one.corp, "how": "life"},
        )
        for tag, name in zip(one.tags, one.names, strict=True)
    ]  # fmt: skip
    left = sorted(set(one.carried) - set(one.tags))
    facts.append(
        Fact(
            "contact.changed", f"contact.changed:{one.guide}:{one.subject}:life{mark}", now, object=one.guide, subject_id=one.subject,
            data={"guide": one.guide, "corp": one.corp, "tags": left},
        )
    )  # fmt: skip
    with ground.db.tx() as conn:
        source = pool.ensure_source(conn, f"wecom:{one.corp}", "wecom", now=now)
        pool.record(ground, conn, source, facts)


def tags_past(conn: Connection, now: datetime) -> dict[tuple[str, str], int]:
    """(corp, tag id) -> how many relations carry it longer than its life; tags with none are left out."""
    return {(row[0], row[1]): int(row[2]) for row in conn.execute(Q.past, {"now": now})}


def tags_ended(conn: Connection, since: datetime) -> int:
    """How many tags came to their end since a moment."""
    row = conn.execute(Q.ended_lately, {"since": since}).fetchone()
    return int(row[0]) if row else 0
