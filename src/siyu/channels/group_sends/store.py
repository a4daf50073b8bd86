"""Rows of group mass sends <-> words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from psycopg.rows import class_row

from siyu.base.db import Connection, queries
from siyu.channels.group_sends import deciding
from siyu.channels.group_sends.words import NAME, ORIGIN, ChatLine, GroupSend, Had, OwnerFunnel, Waiting, see_group_cap
from siyu.channels.wecom.deciding import allowance
from siyu.channels.wecom.funnel import TaskLine, tasks_of
from siyu.channels.wecom.words import see_mass_settings

Q = queries(__name__)


def newest(conn: Connection, limit: int = 50) -> list[GroupSend]:
    """The sends, the newest first."""
    return conn.cursor(row_factory=class_row(GroupSend)).execute(Q.newest, {"send": None, "limit": limit}).fetchall()


def see(conn: Connection, group_send_id: int) -> GroupSend | None:
    """One send."""
    return conn.cursor(row_factory=class_row(GroupSend)).execute(Q.newest, {"send": group_send_id, "limit": 1}).fetchone()


def chats(conn: Connection, group_send_id: int, limit: int = 500) -> list[ChatLine]:
    """Each chat's part, those that got it last."""
    return conn.cursor(row_factory=class_row(ChatLine)).execute(Q.chats, {"send": group_send_id, "limit": limit}).fetchall()


def funnel(conn: Connection, group_send_id: int, now: datetime) -> list[OwnerFunnel]:
    """Each owner's part, by store and then the fewest sent first. `reminders` are those of 24 hours."""
    words = {"send": group_send_id, "day_ago": now - timedelta(days=1)}
    return conn.cursor(row_factory=class_row(OwnerFunnel)).execute(Q.funnel, words).fetchall()


def tasks(conn: Connection, group_send_id: int) -> list[TaskLine]:
    """A send's tasks, in the order in which they were planned."""
    return tasks_of(conn, ORIGIN, group_send_id, channel=NAME)


def waiting(conn: Connection, corp: str, chat_ids: Sequence[str], now: datetime, group_send_id: int | None = None) -> list[Waiting]:
    """Chats as they stand now."""
    since, _ = allowance(see_mass_settings(conn).rule, now)
    lately = now - timedelta(days=see_group_cap(conn).days)
    words = {"corp": corp, "chats": list(chat_ids), "since": since, "lately": lately, "send": group_send_id}
    return conn.cursor(row_factory=class_row(Waiting)).execute(Q.waiting, words).fetchall()


def is_read(conn: Connection, account_id: int, since: datetime) -> bool:
    """Whether what the chats of an account have had was read after `since`."""
    row = conn.execute(Q.looked_at, {"account_id": account_id}).fetchone()
    return row is not None and row[0] is not None and row[0] >= since


def reach(conn: Connection, corp: str, chat_ids: Sequence[str], now: datetime, group_send_id: int | None = None) -> dict[str, Had]:
    """What each chat has had, as far as it is read, and what would become of a message now. Reads only."""
    rule, cap = see_mass_settings(conn).rule, see_group_cap(conn)
    most = allowance(rule, now)[1]
    found = {}
    for one in waiting(conn, corp, chat_ids, now, group_send_id):
        stands = deciding.standing(one, rule=rule, cap=cap, now=now)
        found[one.chat_id] = Had(one.had + one.under_way, most, stands.state, stands.code, stands.why)
    return found
