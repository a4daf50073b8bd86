"""What the pages about connections count over the tables up-river; nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from siyu.base.db import Connection, queries

Q = queries(__name__)
WEEK = timedelta(days=7)
WEEKS = 8


@dataclass(frozen=True)
class Hour:
    """Callbacks of one hour. `lag_*` in seconds from receipt to fact; None while none of them is done."""

    at: datetime
    received: int
    copies: int
    lag_p50: float | None
    lag_p95: float | None


@dataclass(frozen=True)
class TagUse:
    """How one tag is used. `changed_at`: when the tags of one of those relations changed last."""

    relations: int
    people: int
    changed_at: datetime | None


@dataclass(frozen=True)
class ChatCount:
    """One chat in numbers: members now, joins and leaves in 7 and in 28 days, members who are in other chats too."""

    size: int
    joins: int
    leaves: int
    joins_month: int
    leaves_month: int
    moved_at: datetime | None
    elsewhere: int


@dataclass(frozen=True)
class GuideCount:
    """One guide in numbers. `lost_by_customer`: of the lost ones, those who removed the guide."""

    load: int
    adds: int
    lost: int
    lost_by_customer: int
    adds_month: int
    lost_month: int


def callback_hours(conn: Connection, since: datetime) -> list[Hour]:
    """The hours in which anything came, the oldest first."""
    return [Hour(*row) for row in conn.execute(Q.callback_hours, {"since": since})]


def callback_kinds(conn: Connection) -> list[str]:
    """What kinds of callbacks there are, as far as their first dot."""
    return [row[0] for row in conn.execute(Q.callback_kinds) if row[0]]


def tag_use(conn: Connection) -> dict[tuple[str, str], TagUse]:
    """(corp, tag id) -> use; tags that nobody carries are left out. Reads every relation: count it beside the page."""
    return {(row[0], row[1]): TagUse(*row[2:]) for row in conn.execute(Q.tag_use)}


def one_tag_use(conn: Connection, corp: str, tag_id: str) -> dict[tuple[str, str], TagUse]:
    """The same of one tag."""
    found = conn.execute(Q.one_tag_use, {"corp": corp, "tag_id": tag_id}).fetchall()
    return {(row[0], row[1]): TagUse(*row[2:]) for row in found}


def chats(conn: Connection, now: datetime) -> dict[tuple[str, str], ChatCount]:
    """(corp, chat id) -> numbers."""
    given = {"week": now - WEEK, "month": now - 4 * WEEK}
    return {(row[0], row[1]): ChatCount(*row[2:]) for row in conn.execute(Q.chats, given)}


def heads(conn: Connection) -> tuple[int, int]:
    """Memberships in chats that live, and the different people in them."""
    row = conn.execute(Q.heads).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def customers(conn: Connection) -> tuple[int, int]:
    """Active relations of all guides, and the different people in them."""
    row = conn.execute(Q.customers).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def chat_weeks(conn: Connection, now: datetime) -> list[tuple[int, int]]:
    """(joins, leaves) of each of the last weeks of seven days, the oldest first."""
    return _weeks(conn, Q.chat_weeks, now)


def guides(conn: Connection, now: datetime) -> dict[tuple[str, str], GuideCount]:
    """(corp, guide) -> numbers; guides who never had a customer are left out."""
    given = {"week": now - WEEK, "month": now - 4 * WEEK}
    return {(row[0], row[1]): GuideCount(*row[2:]) for row in conn.execute(Q.guide_loads, given)}


def guide_weeks(conn: Connection, now: datetime) -> list[tuple[int, int]]:
    """(added, lost) of each of the last weeks of seven days, the oldest first."""
    return _weeks(conn, Q.guide_weeks, now)


def _weeks(conn: Connection, query: str, now: datetime) -> list[tuple[int, int]]:
    found = {row[0]: (int(row[1]), int(row[2])) for row in conn.execute(query, {"now": now, "since": now - WEEKS * WEEK})}
    return [found.get(back, (0, 0)) for back in reversed(range(WEEKS))]
