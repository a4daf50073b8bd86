"""A send's way: what its chats have had is read, each owner gets a task, confirms it, and what became of each chat comes back."""

from __future__ import annotations

from datetime import datetime, timedelta

from siyu import content
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.channels.group_sends import deciding, reading, store
from siyu.channels.group_sends.audience import CHATS
from siyu.channels.group_sends.store import Q
from siyu.channels.group_sends.words import NAME, ORIGIN, ChatState, Standing, see_group_cap
from siyu.channels.wecom.calling import call, find_lost
from siyu.channels.wecom.following import follow, stop
from siyu.channels.wecom.store import Q as TASKS
from siyu.channels.wecom.words import see_mass_settings

_AT_ONCE = 20
_AGAIN = timedelta(minutes=1)  # until chats that wait for an owner are looked at again
_FOR_READING = timedelta(minutes=15)  # how long a send waits for what its chats have had


def advance(ground: Ground) -> int:
    """One round over all sends: clear up what is in doubt, stop what must stop, ask what became of tasks, plan, make tasks. 0 = nothing."""
    done = find_lost(ground, CHATS) + stop(ground, CHATS) + reading.read(ground) + follow(ground, CHATS) + plan(ground)
    return done + call(ground, CHATS) + _close(ground)


def plan(ground: Ground) -> int:
    """Give the chats of sends whose time has come to their owners; says how many got a task or a no."""
    now = ground.clock.now()
    with ground.db.tx() as conn:
        due = conn.execute(Q.due, {"now": now, "limit": _AT_ONCE}).fetchall()
    done = 0
    for send, start_at, looked_at in due:
        is_read = looked_at is not None and looked_at >= now - reading.FRESH
        if is_read or now >= start_at + _FOR_READING:
            with ground.db.tx() as conn:
                done += _plan(ground, conn, send, now)
    return done


def _plan(ground: Ground, conn: Connection, send: int, now: datetime) -> int:
    conn.execute(TASKS.lock_planning, {"channel": NAME})  # one planner: two sends must not both take a chat's last allowance
    row = conn.execute(Q.lock_send, {"send": send}).fetchone()
    if row is None:
        return 0
    _, account_id, corp, content_id, content_version, _, _ = row
    began = conn.execute(Q.begin, {"send": send, "now": now, "next_at": now + _AGAIN}).fetchone()
    assert began is not None  # noqa: S101  it is locked
    planned = [one[0] for one in conn.execute(Q.lock_planned, {"send": send})]
    version = content.kept(conn, content_id, content_version)
    rule, cap = see_mass_settings(conn).rule, see_group_cap(conn)
    chats = store.waiting(conn, corp, planned, now, send)
    stands = {one.chat_id: deciding.standing(one, rule=rule, cap=cap, now=now) for one in chats}
    if version is None:
        stands = {one: Standing(ChatState.REFUSED, "no_content") for one in stands}
    noes = {chat: one for chat, one in stands.items() if one.state is not ChatState.OPEN}
    words = {
        "send": send, "now": now, "chats": list(noes), "states": [str(one.state) for one in noes.values()],
        "codes": [one.code for one in noes.values()], "whys": [one.why for one in noes.values()],
    }  # fmt: skip
    conn.execute(Q.stand, words)
    if version is not None:
        body = content.render(version, {}, links=content.PlainLinks(), look=content.look(conn)).text.strip()
        task = {
            "channel": NAME, "account_id": account_id, "corp": corp, "origin": ORIGIN, "origin_id": send, "purpose": version.purpose,
            "content_id": content_id, "content_version": content_version, "body": body, "now": now, "expires_at": began[0],
        }  # fmt: skip
        for owner, its in deciding.parts([one for one in chats if one.chat_id not in noes]):
            made = conn.execute(TASKS.make_task, task | {"guide": owner}).fetchone()
            assert made is not None  # noqa: S101  an insert gives its row
            conn.execute(Q.place, {"send": send, "task_id": made[0], "guide": owner, "corp": corp, "chats": list(its)})
    return sum(one.state is not ChatState.PLANNED for one in stands.values())


def _close(ground: Ground) -> int:
    """Sends of which nothing is open any more are done; chats that waited for an owner to the end are refused."""
    now = ground.clock.now()
    with ground.db.tx() as conn:
        return conn.execute(Q.overdue, {"now": now}).rowcount + conn.execute(Q.close, {"now": now}).rowcount
