"""Writing what became of receivers: the task's rows, the attempts, the facts and the gate's permits, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from siyu import gate, pool
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.channels import store as sends
from siyu.channels.facts import fact, tell
from siyu.channels.store import Finished
from siyu.channels.wecom import deciding, store
from siyu.channels.wecom.store import Q
from siyu.channels.wecom.words import NAME, Ended, MassTask, Receiver, Stands, see_mass_settings
from siyu.channels.words import State
from siyu.gate import Settlement
from siyu.pool import Fact

_STATE = {Stands.SENT: State.SENT, Stands.CANCELLED: State.DEFERRED}


def settle(ground: Ground, conn: Connection, task: MassTask, ended: Sequence[Ended[Receiver]], *, code: str = "") -> int:
    """Write what became of receivers of a task; says how many. `code`: why the task itself ends, if that is not that all is well."""
    now = ground.clock.now()
    open_ = store.end_recipients(conn, task.task_id, ended)
    mine = [one for one in ended if one.receiver.intent_id in open_]
    if mine:
        rows = [_row(task, one) for one in mine]
        written = sends.finish(conn, rows)
        told = [_fact(task, one) for one in mine if one.receiver.intent_id in written and one.stands is not Stands.CANCELLED]
        tell(ground, conn, NAME, told)
        _relations_end(ground, conn, task, [one for one in mine if one.stands is Stands.NOT_FRIEND], now)
        full = [one.receiver.subject for one in mine if one.stands is Stands.QUOTA]
        if full:
            rule = see_mass_settings(conn).rule
            gate.note_spent(ground, conn, full, NAME, deciding.spent_until(rule, max(one.at for one in mine if one.stands is Stands.QUOTA)))
        gate.settle(ground, conn, [_settlement(one) for one in mine])
    conn.execute(Q.end_task_if_done, {"task_id": task.task_id, "now": now, "code": code})
    return len(mine)


def _row(task: MassTask, one: Ended[Receiver]) -> Finished:
    state = _STATE.get(one.stands, State.REJECTED)
    return Finished(one.receiver.intent_id, one.receiver.token, state, 0, task.msgid, one.code, "", one.at)


def _settlement(one: Ended[Receiver]) -> Settlement:
    return Settlement(one.receiver.intent_id, one.receiver.token, deciding.outcome(one), one.at)


def _fact(task: MassTask, one: Ended[Receiver]) -> Fact:
    data: dict[str, Any] = {
        "channel": NAME, "purpose": task.purpose, "origin": task.origin, "origin_id": task.origin_id, "content_id": task.content_id,
        "content_version": task.content_version, "address_id": one.receiver.subject, "guide": task.guide,
    } | ({"topic": one.receiver.topic} if one.receiver.topic else {})  # fmt: skip
    if one.stands is Stands.SENT:
        return fact("sent", one.receiver.intent_id, one.at, one.receiver.subject, data)
    return fact("rejected", one.receiver.intent_id, one.at, one.receiver.subject, {**data, "code": one.code})


def _relations_end(ground: Ground, conn: Connection, task: MassTask, lost: Sequence[Ended[Receiver]], now: datetime) -> None:
    """WeCom says that they are not the guide's contacts any more: a fact like the callback's, for a callback that was lost."""
    if not lost:
        return
    source = pool.ensure_source(conn, f"wecom:{task.corp}", "wecom", now=now)
    data = {"guide": task.guide, "by": "customer", "corp": task.corp}
    facts = [
        Fact(
            "contact.removed", f"contact.removed:{task.guide}:{one.receiver.external_userid}:{task.msgid}", one.at, object=task.guide,
            data=data, subject_id=one.receiver.subject,
        )
        for one in lost
    ]  # fmt: skip
    pool.record(ground, conn, source, facts)
