"""Making tasks at WeCom in three steps: write the attempt, call outside any transaction, write the answer.

Where no answer came, or the caller died, the task is looked up in WeCom's list before anything is repeated: so nobody is written to twice.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from siyu import content
from siyu.base.db import Connection
from siyu.base.errors import InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.channels import breaker
from siyu.channels import store as sends
from siyu.channels.wecom import deciding, media, store
from siyu.channels.wecom.audience import CUSTOMERS, Audience
from siyu.channels.wecom.store import Q
from siyu.channels.wecom.words import MassTask, Stands
from siyu.channels.words import Answer, Result
from siyu.vendors import Account, Trouble, VendorError, account
from siyu.vendors.wecom import Client, pages, shapes

log = logging.getLogger(__name__)

_CALL_FOR = timedelta(minutes=3)  # longer than any call with its waits
_PATIENCE = timedelta(minutes=15)  # how long a planned task waits for an origin that is still asking for people
_HELD = timedelta(minutes=1)
_DOUBT = timedelta(seconds=30)  # until a call without an answer is looked up
_DISPATCH = timedelta(seconds=15)  # until a new task can be asked about (41063)
_BEFORE = timedelta(minutes=10)  # WeCom's clock against ours
_AT_ONCE = 50


def call(ground: Ground, audience: Audience = CUSTOMERS) -> int:
    """Make the tasks whose time has come; says how many were dealt with."""
    now = ground.clock.now()
    with ground.db.tx() as conn:
        if not breaker.allowed(sends.health(conn, audience.channel), 1, now):
            return 0
        words = {"channel": audience.channel, "now": now, "patient_since": now - _PATIENCE, "limit": _AT_ONCE}
        due = [row[0] for row in conn.execute(Q.callable_tasks, words)]
    done = 0
    for task_id in due:
        done += 1
        if not _call(ground, audience, task_id):
            break
    return done


def _call(ground: Ground, audience: Audience, task_id: int) -> bool:
    """One task; False when WeCom will have nothing from us for now."""
    with ground.db.tx() as conn:
        task = store.see_task(conn, task_id)
        if task is None or task.state != "planned":
            return True
        version = content.kept(conn, task.content_id, task.content_version)
        the_account = account_of(conn, task)
    if version is None or the_account is None:
        return _put_off(ground, audience, task, "no_account" if version else "no_content", "")
    client = Client(ground, the_account)
    try:
        hung = media.hang(ground, client, version.attachments)
    except InputError as err:
        return _fail(ground, audience, task, "attachment", err.what)
    except VendorError as err:
        return _put_off(ground, audience, task, f"wecom_{err.code}", err.what, err)
    keys = _begin(ground, audience, task_id)
    if not keys:
        return True
    whom: dict[str, Any] = {"external_userids": keys} if audience.chat_type == "single" else {"chat_ids": keys}
    try:
        made = client.add_mass_task(task.body, hung, chat_type=audience.chat_type, sender=task.guide, **whom)
    except InputError as err:
        return _fail(ground, audience, task, "attachment", err.what)
    except VendorError as err:
        return _refused(ground, audience, task, err)
    _made(ground, audience, task_id, made.msgid, set(made.fail_list))
    return True


def account_of(conn: Connection, task: MassTask) -> Account | None:
    """The account that a task goes by; None when it was forgotten since."""
    try:
        return account(conn, task.account_id)
    except NotFoundError:
        return None


def _begin(ground: Ground, audience: Audience, task_id: int) -> list[str]:
    """Look once more at who may be written to, and write the attempt. Empty when there is nobody, or it is another's task."""
    now = ground.clock.now()
    with ground.db.tx() as conn:
        task = store.lock_task(conn, task_id)
        if task is None or task.state != "planned":
            return []
        if conn.execute(Q.is_held, {"origin": task.origin, "origin_id": task.origin_id}).fetchone()[0]:  # type: ignore[index]
            store.put_off(conn, task_id, now + _HELD)
            return []
        keys = audience.begin(ground, conn, task)
        if keys:
            conn.execute(Q.begin_call, {"task_id": task_id, "now": now, "call_for": _CALL_FOR})
    return keys


def _made(ground: Ground, audience: Audience, task_id: int, msgid: str, failed: Collection[str]) -> None:
    """WeCom has the task; those in `failed` will not get it."""
    now = ground.clock.now()
    with ground.db.tx() as conn:
        task = store.lock_task(conn, task_id)
        if task is None:
            return
        conn.execute(Q.task_made, {"task_id": task_id, "msgid": msgid, "now": now, "next_at": now + _DISPATCH})
        audience.made(conn, task_id, msgid)
        task = store.see_task(conn, task_id)
        if task is None:
            return
        if failed:
            audience.end(ground, conn, task, Stands.NOT_FRIEND, "not_friend", keys=failed)
        health = sends.health(conn, audience.channel)
        if health != breaker.WELL:
            sends.keep_health(conn, audience.channel, breaker.WELL, now)
    log.info("a mass task was made", extra={"task": task_id, "failed": len(failed)})


def _refused(ground: Ground, audience: Audience, task: MassTask, err: VendorError) -> bool:
    """WeCom did not take it: never, not now, or nobody knows."""
    if err.is_unknown:
        now = ground.clock.now()
        with ground.db.tx() as conn:
            conn.execute(Q.in_doubt, {"task_id": task.task_id, "next_at": now + _DOUBT, "code": f"wecom_{err.code}"})
        return True
    if err.code == "41048" or err.kind is Trouble.RELATION:
        return _fail(ground, audience, task, "not_friend", "", Stands.NOT_FRIEND)
    if err.kind is Trouble.ITEM:
        return _fail(ground, audience, task, f"wecom_{err.code}", err.what)
    return _put_off(ground, audience, task, f"wecom_{err.code}", err.what, err)


def _fail(ground: Ground, audience: Audience, task: MassTask, code: str, why: str, stands: Stands = Stands.REFUSED) -> bool:
    """Nobody of this task gets it."""
    with ground.db.tx() as conn:
        held = store.lock_task(conn, task.task_id)
        if held is not None:
            if held.state == "planned":  # refused before the attempt was written
                audience.attempt(ground, conn, task.task_id)
            audience.end(ground, conn, held, stands, code, task_code=code)
    log.warning("a mass task was refused", extra={"task": task.task_id, "code": code})
    return True


def _put_off(ground: Ground, audience: Audience, task: MassTask, code: str, why: str, err: VendorError | None = None) -> bool:
    """Not now: the task waits and is tried again, until its time is over. What keeps everything away rests the channel."""
    now = ground.clock.now()
    next_at = deciding.next_try(task.tries + 1, now, err.retry_after if err else None)
    is_all = err is not None and err.kind in (Trouble.CONFIG, Trouble.TOKEN, Trouble.DOWN)
    with ground.db.tx() as conn:
        held = store.lock_task(conn, task.task_id)
        if held is None:
            return True
        audience.deferred(conn, task.task_id, code)
        if held.state == "calling":
            conn.execute(Q.task_again, {"task_id": task.task_id, "next_at": next_at, "code": code, "why": why})
        else:
            store.put_off(conn, task.task_id, next_at, code, why)
        if now >= held.expires_at:
            audience.end(ground, conn, held, Stands.UNCONFIRMED, code, task_code=code)
        elif is_all:
            health = breaker.after(
                sends.health(conn, audience.channel), Result(Answer.DOWN, code, why, retry_after=err.retry_after if err else None), now
            )
            sends.keep_health(conn, audience.channel, health, now)
    log.warning("a mass task waits", extra={"task": task.task_id, "code": code})
    return not is_all


def find_lost(ground: Ground, audience: Audience = CUSTOMERS) -> int:
    """Clear up calls of which nobody knows the outcome; says how many."""
    now = ground.clock.now()
    with ground.db.tx() as conn:
        lost = [row[0] for row in conn.execute(Q.doubtful_tasks, {"channel": audience.channel, "now": now, "limit": _AT_ONCE})]
    for task_id in lost:
        with ground.db.tx() as conn:
            task = store.see_task(conn, task_id)
            keys = audience.keys(conn, task_id)
            the_account = account_of(conn, task) if task else None
        if task is None or task.state != "calling" or the_account is None:
            continue
        try:
            msgid = _look_up(ground, Client(ground, the_account), audience, task, keys)
        except VendorError as err:
            with ground.db.tx() as conn:
                next_at = deciding.next_try(task.tries, now, err.retry_after)
                conn.execute(Q.in_doubt, {"task_id": task_id, "next_at": next_at, "code": f"wecom_{err.code}"})
            continue
        if msgid:
            _made(ground, audience, task_id, msgid, ())
        else:
            with ground.db.tx() as conn:
                audience.deferred(conn, task_id, "not_made")
                conn.execute(Q.task_again, {"task_id": task_id, "next_at": now, "code": "not_made", "why": ""})
    return len(lost)


def _look_up(ground: Ground, client: Client, audience: Audience, task: MassTask, keys: Collection[str]) -> str:
    """WeCom's number of a task that was perhaps made; empty when it was not. Raises `VendorError` where that cannot be said yet.

    WeCom tells of the customers of a task before they are written to, but not of its chats: those are known by text and guide alone, and
    only one call of one guide and text may be in doubt at a time.
    """
    assert task.called_at is not None  # noqa: S101  it was called
    start, end = int((task.called_at - _BEFORE).timestamp()), int((max(ground.clock.now(), task.called_at) + _BEFORE).timestamp())
    found = [
        one.msgid
        for page in pages(lambda cursor: client.mass_messages(start, end, cursor, chat_type=audience.chat_type, filter_type=0))
        for one in page.items
        if _says(one, task.body)
    ]
    with ground.db.tx() as conn:
        known = {row[0] for row in conn.execute(Q.known_msgids, {"account_id": task.account_id, "msgids": found})}
    wanted = set(keys)
    for msgid in found:
        if msgid in known:
            continue
        guides = {one.userid for page in pages(lambda cursor, m=msgid: client.mass_task(m, cursor)) for one in page.items}  # type: ignore[misc]
        if task.guide in guides:
            if audience.chat_type == "group":
                return msgid
            its = client.mass_results(msgid, task.guide).items
            if any(one.external_userid in wanted for one in its):
                return msgid
    return ""


def _says(message: shapes.MassMessage, body: str) -> bool:
    return str(message.text.get("content", "")) == body
