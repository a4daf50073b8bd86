"""Whom tasks are for. Making, following and stopping a task is the same for customers and for chats; this is what differs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.channels.wecom import deciding, store
from siyu.channels.wecom.settling import settle
from siyu.channels.wecom.store import Q
from siyu.channels.wecom.words import NAME, Ended, MassTask, Stands, Stop


class Audience(Protocol):
    """Customers (`single`) or chats (`group`). Every method works in the caller's transaction, with the task's row locked."""

    channel: str  # of mass_tasks
    chat_type: str  # WeCom's word

    def begin(self, ground: Ground, conn: Connection, task: MassTask) -> list[str]:
        """Look once more at who may be written to, and write the attempts; their keys at WeCom, empty when nobody is left."""
        ...

    def attempt(self, ground: Ground, conn: Connection, task_id: int) -> None:
        """Write the attempts of all who are open."""
        ...

    def keys(self, conn: Connection, task_id: int) -> list[str]:
        """WeCom's names of those who are open."""
        ...

    def made(self, conn: Connection, task_id: int, msgid: str) -> None:
        """WeCom has the task under this number."""
        ...

    def deferred(self, conn: Connection, task_id: int, code: str) -> None:
        """The attempt came to nothing and is made again later."""
        ...

    def end(
        self, ground: Ground, conn: Connection, task: MassTask, stands: Stands, code: str,
        *, keys: Collection[str] | None = None, task_code: str = "",
    ) -> None:  # fmt: skip
        """Those of these keys (None: all) who are open end so."""
        ...

    def take(
        self, ground: Ground, conn: Connection, task: MassTask, statuses: Mapping[str, tuple[int, int]], *, is_done: bool, stop: Stop | None
    ) -> None:
        """Write what became of those who are open."""
        ...

    def to_stop(self, conn: Connection, now: datetime, limit: int) -> Sequence[tuple[int, str]]:
        """Tasks that must be stopped before their guide confirms, and why."""
        ...


class Customers:
    """Customers, each with a permit of the gate."""

    channel = NAME
    chat_type = "single"

    def begin(self, ground: Ground, conn: Connection, task: MassTask) -> list[str]:
        """Those who said no since the claim, or are not the guide's any more, are taken out first."""
        now = ground.clock.now()
        barred = store.barred(conn, task.task_id)
        everybody = store.receivers(conn, task.task_id)
        if now >= task.expires_at:
            barred = {one.intent_id: "expired" for one in everybody} | barred
        out = [Ended(one, Stands.CANCELLED, now, f"stopped_{barred[one.intent_id]}") for one in everybody if one.intent_id in barred]
        settle(ground, conn, task, out)
        people = [one.key for one in everybody if one.intent_id not in barred]
        if people:
            self.attempt(ground, conn, task.task_id)
        return people

    def attempt(self, ground: Ground, conn: Connection, task_id: int) -> None:
        """The rows of `sends`."""
        conn.execute(Q.begin_sends, {"task_id": task_id, "channel": NAME, "now": ground.clock.now()})

    def keys(self, conn: Connection, task_id: int) -> list[str]:
        """Their external_userids."""
        return [one.key for one in store.receivers(conn, task_id)]

    def made(self, conn: Connection, task_id: int, msgid: str) -> None:
        """The attempts carry WeCom's number."""
        conn.execute(Q.sends_named, {"task_id": task_id, "msgid": msgid})

    def deferred(self, conn: Connection, task_id: int, code: str) -> None:
        """The attempts wait."""
        conn.execute(Q.sends_deferred, {"task_id": task_id, "code": code})

    def end(
        self, ground: Ground, conn: Connection, task: MassTask, stands: Stands, code: str,
        *, keys: Collection[str] | None = None, task_code: str = "",
    ) -> None:  # fmt: skip
        """With their facts and the gate's permits."""
        now = ground.clock.now()
        people = [one for one in store.receivers(conn, task.task_id) if keys is None or one.key in keys]
        settle(ground, conn, task, [Ended(one, stands, now, code) for one in people], code=task_code)

    def take(
        self, ground: Ground, conn: Connection, task: MassTask, statuses: Mapping[str, tuple[int, int]], *, is_done: bool, stop: Stop | None
    ) -> None:
        """With their facts and the gate's permits."""
        people = store.receivers(conn, task.task_id)
        settle(ground, conn, task, deciding.ends(task, people, statuses, is_done=is_done, stop=stop, now=ground.clock.now()))

    def to_stop(self, conn: Connection, now: datetime, limit: int) -> Sequence[tuple[int, str]]:
        """Expired, taken back, held; a guide left, a customer said no."""
        return conn.execute(Q.tasks_to_stop, {"channel": NAME, "now": now, "limit": limit}).fetchall()


CUSTOMERS = Customers()
