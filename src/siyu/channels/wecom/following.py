"""After a task is made: stop it where it must not go on, ask what the guide did, write what became of each customer or chat."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from siyu.base.ground import Ground
from siyu.channels.wecom import deciding, store
from siyu.channels.wecom.audience import CUSTOMERS, Audience
from siyu.channels.wecom.calling import account_of
from siyu.channels.wecom.store import Q
from siyu.channels.wecom.words import MassTask, Stop
from siyu.vendors import VendorError
from siyu.vendors.wecom import Client, pages

log = logging.getLogger(__name__)

_AT_ONCE = 100
_STOP_AGAIN = timedelta(seconds=20)
_ASKED_TOO_SOON = "41063"
_CANCELLED = "41093"
_GONE = ("41047",)  # WeCom does not know the task any more


def stop(ground: Ground, audience: Audience = CUSTOMERS) -> int:
    """Cancel tasks that wait for a guide and must not be confirmed any more; says how many."""
    now = ground.clock.now()
    with ground.db.tx() as conn:
        due = audience.to_stop(conn, now, _AT_ONCE)
    for task_id, why in due:
        with ground.db.tx() as conn:
            task = store.see_task(conn, task_id)
            the_account = account_of(conn, task) if task else None
        if task is None or the_account is None:
            continue
        try:
            Client(ground, the_account).cancel(task.msgid)
        except VendorError as err:
            if err.code not in (_CANCELLED, *_GONE):
                with ground.db.tx() as conn:
                    conn.execute(Q.put_off_stop, {"task_id": task_id, "at": now + max(_STOP_AGAIN, err.retry_after or _STOP_AGAIN)})
                continue
        with ground.db.tx() as conn:
            conn.execute(Q.cancelled, {"task_id": task_id, "now": now, "code": f"stopped_{why}"})
    return len(due)


def follow(ground: Ground, audience: Audience = CUSTOMERS) -> int:
    """Ask WeCom what became of tasks; says how many were asked about."""
    now = ground.clock.now()
    with ground.db.tx() as conn:
        due = [row[0] for row in conn.execute(Q.tasks_to_follow, {"channel": audience.channel, "now": now, "limit": _AT_ONCE})]
    for task_id in due:
        _follow(ground, audience, task_id)
    return len(due)


def _follow(ground: Ground, audience: Audience, task_id: int) -> None:
    now = ground.clock.now()
    with ground.db.tx() as conn:
        task = store.see_task(conn, task_id)
        the_account = account_of(conn, task) if task else None
        if task is None or task.state != "made":
            return
        if the_account is None:
            conn.execute(Q.look_again, {"task_id": task_id, "next_at": deciding.next_try(9, now)})
            return
    client = Client(ground, the_account)
    try:
        done_at = _done_at(client, task)
        is_over = done_at is not None or task.cancelled_at is not None
        statuses = _statuses(client, task) if is_over else {}
    except VendorError as err:
        if err.code in _GONE:
            log.warning("WeCom does not know a mass task any more", extra={"task": task_id})
        with ground.db.tx() as conn:
            wait = timedelta(seconds=10) if err.code == _ASKED_TOO_SOON else timedelta(minutes=2)
            conn.execute(Q.look_again, {"task_id": task_id, "next_at": now + max(wait, err.retry_after or wait)})
        return
    with ground.db.tx() as conn:
        held = store.lock_task(conn, task_id)
        if held is None or held.state != "made":
            return
        if done_at is not None:
            conn.execute(Q.confirmed, {"task_id": task_id, "at": done_at})
        conn.execute(Q.look_again, {"task_id": task_id, "next_at": deciding.next_look(held.made_at or now, now)})
        held = store.see_task(conn, task_id) or held
        why = Stop(held.code.removeprefix("stopped_")) if task.cancelled_at else None
        audience.take(ground, conn, held, statuses, is_done=done_at is not None, stop=why)


def _done_at(client: Client, task: MassTask) -> datetime | None:
    """When the guide confirmed, if so."""
    for page in pages(lambda cursor: client.mass_task(task.msgid, cursor)):
        for one in page.items:
            if one.userid == task.guide and one.status == 2:
                return datetime.fromtimestamp(one.send_time, UTC) if one.send_time else task.made_at
    return None


def _statuses(client: Client, task: MassTask) -> dict[str, tuple[int, int]]:
    """What became of each customer or chat: its key -> (status, unix seconds or 0)."""
    return {
        (one.external_userid or one.chat_id): (one.status, one.send_time)
        for page in pages(lambda cursor: client.mass_results(task.msgid, task.guide, cursor))
        for one in page.items
    }
