"""Chats as the audience of tasks: nobody's permit, but each chat's own row, which is in one task at most."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.channels.group_sends import store
from siyu.channels.group_sends.store import Q
from siyu.channels.group_sends.words import NAME, Chat, ChatState
from siyu.channels.wecom import deciding
from siyu.channels.wecom.store import Q as TASKS
from siyu.channels.wecom.store import put_off
from siyu.channels.wecom.words import Ended, MassTask, Stands, Stop, see_mass_settings

_STATE = {
    Stands.SENT: ChatState.SENT, Stands.NOT_FRIEND: ChatState.REFUSED, Stands.QUOTA: ChatState.QUOTA,
    Stands.UNCONFIRMED: ChatState.UNCONFIRMED, Stands.CANCELLED: ChatState.CANCELLED, Stands.REFUSED: ChatState.REFUSED,
}  # fmt: skip
_CODE = {"not_friend": "group_not_owner", "customer_quota": "group_quota", "not_in_result": "group_not_in_result"}
_HANDED_ON = (Stop.GUIDE_LEFT, Stop.OWNER_CHANGED)


class Chats:
    """The chats of an owner."""

    channel = NAME
    chat_type = "group"

    def begin(self, ground: Ground, conn: Connection, task: MassTask) -> list[str]:
        """Those that are dismissed, or another's now, are taken out. Waits while a call of the same text to the same owner is in doubt."""
        now = ground.clock.now()
        conn.execute(TASKS.lock_planning, {"channel": NAME})
        twin = conn.execute(
            Q.has_twin_in_doubt, {"account_id": task.account_id, "guide": task.guide, "body": task.body, "task_id": task.task_id}
        ).fetchone()
        if twin and twin[0]:
            put_off(conn, task.task_id, deciding.next_try(1, now))
            return []
        going, handed_on, out = [], [], []
        for chat_id, is_cancelled, is_gone, is_owner in conn.execute(Q.last_look, {"task_id": task.task_id, "guide": task.guide}):
            if is_cancelled:
                out.append(Ended(Chat(chat_id), Stands.CANCELLED, now, "stopped_withdrawn"))
            elif now >= task.expires_at:
                out.append(Ended(Chat(chat_id), Stands.UNCONFIRMED, now, task.code or "stopped_expired"))
            elif is_gone:
                out.append(Ended(Chat(chat_id), Stands.REFUSED, now, "group_gone"))
            elif not is_owner:
                handed_on.append(chat_id)
            else:
                going.append(chat_id)
        self._settle(ground, conn, task, out, handed_on)
        return going

    def attempt(self, ground: Ground, conn: Connection, task_id: int) -> None:
        """The rows are there already: a chat is open in its task from the planning on."""

    def keys(self, conn: Connection, task_id: int) -> list[str]:
        """Their chat ids."""
        return [row[0] for row in conn.execute(Q.open_chats, {"task_id": task_id})]

    def made(self, conn: Connection, task_id: int, msgid: str) -> None:
        """The task's own row says it."""

    def deferred(self, conn: Connection, task_id: int, code: str) -> None:
        """The task's own row says it."""

    def end(
        self, ground: Ground, conn: Connection, task: MassTask, stands: Stands, code: str,
        *, keys: Collection[str] | None = None, task_code: str = "",
    ) -> None:  # fmt: skip
        """Each with its reason."""
        now = ground.clock.now()
        whom = [one for one in self.keys(conn, task.task_id) if keys is None or one in keys]
        self._settle(ground, conn, task, [Ended(Chat(one), stands, now, code) for one in whom], code=task_code)

    def take(
        self, ground: Ground, conn: Connection, task: MassTask, statuses: Mapping[str, tuple[int, int]], *, is_done: bool, stop: Stop | None
    ) -> None:
        """WeCom's result names only chats that were sent to: once confirmed, the others are known by what they have had, or by time."""
        now, found = ground.clock.now(), [Chat(one) for one in self.keys(conn, task.task_id)]
        stop = None if is_done else stop
        ended = deciding.ends(task, found, statuses, is_done=is_done, stop=stop, now=now)
        if is_done:
            full = self._full(conn, task, {one.key for one in found} - {one.receiver.key for one in ended}, now)
            ended += [Ended(Chat(one), Stands.QUOTA, now, "group_quota") for one in full]
        handed_on = [one.receiver.key for one in ended if one.stands is Stands.CANCELLED and stop in _HANDED_ON]
        self._settle(ground, conn, task, [one for one in ended if one.receiver.key not in handed_on], handed_on)

    def to_stop(self, conn: Connection, now: datetime, limit: int) -> Sequence[tuple[int, str]]:
        """Expired, taken back; the owner left, or the chat has another."""
        return conn.execute(Q.tasks_to_stop, {"now": now, "limit": limit}).fetchall()

    def _full(self, conn: Connection, task: MassTask, missing: Collection[str], now: datetime) -> list[str]:
        """Of the chats that a confirmed task did not reach, those whose period was full without it."""
        looked = conn.execute(Q.looked_at, {"account_id": task.account_id}).fetchone()
        if not missing or not task.confirmed_at or not looked or looked[0] is None or looked[0] < task.confirmed_at:
            return []
        most = deciding.allowance(see_mass_settings(conn).rule, task.confirmed_at)[1]
        return [one.chat_id for one in store.waiting(conn, task.corp, sorted(missing), task.confirmed_at) if one.had >= most]

    def _settle(
        self,
        ground: Ground,
        conn: Connection,
        task: MassTask,
        ended: Sequence[Ended[Chat]],
        handed_on: Sequence[str] = (),
        *,
        code: str = "",
    ) -> None:
        now = ground.clock.now()
        until = f"{deciding.spent_until(see_mass_settings(conn).rule, now):%Y-%m-%d}"
        if ended:
            words = {
                "task_id": task.task_id, "chats": [one.receiver.key for one in ended], "states": [str(_STATE[one.stands]) for one in ended],
                "codes": [_CODE.get(one.code, one.code.replace("wecom_", "wecom:", 1)) for one in ended],
                "whys": [until if one.stands is Stands.QUOTA else "" for one in ended], "ats": [one.at for one in ended],
            }  # fmt: skip
            conn.execute(Q.settle, words)
        sent = [one for one in ended if one.stands is Stands.SENT]
        if sent and task.msgid:
            words = {
                "account_id": task.account_id, "msgid": task.msgid, "corp": task.corp, "chats": [one.receiver.key for one in sent],
                "ats": [one.at for one in sent],
            }  # fmt: skip
            conn.execute(Q.keep_receipts, words)
        if handed_on:
            conn.execute(Q.release, {"task_id": task.task_id, "chats": list(handed_on), "code": "group_no_owner"})
            conn.execute(Q.wake, {"send": task.origin_id, "now": now})
        conn.execute(Q.end_task_if_done, {"task_id": task.task_id, "now": now, "code": code})


CHATS = Chats()
