"""Reminding guides who have not confirmed: three times in 24 hours at most, says WeCom."""

from __future__ import annotations

from datetime import timedelta

from siyu.base.errors import InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.channels.wecom.store import Q
from siyu.channels.wecom.words import MOST_REMINDERS
from siyu.vendors import VendorError, account
from siyu.vendors.wecom import Client

_DAY = timedelta(hours=24)
_TOO_OFTEN = "41094"


def remind(ground: Ground, task_id: int) -> None:
    """Remind the guide of a task. Written before the call, so that a crash never makes one reminder too many.

    Raises `InputError` when there is nothing to remind of or it was done three times in 24 hours, `VendorError`, `NotFoundError`.
    """
    now = ground.clock.now()
    with ground.db.tx() as conn:
        row = conn.execute(Q.lock_for_reminder, {"task_id": task_id}).fetchone()
        if row is None:
            raise NotFoundError("There is no such task.", "Look at the list again.")
        _, account_id, msgid, reminded_at, state, confirmed_at, cancelled_at = row
        if state != "made" or confirmed_at or cancelled_at:
            raise InputError("The guide has confirmed, or the task has ended.", "There is nothing to remind of.", field="task")
        if sum(at > now - _DAY for at in reminded_at) >= MOST_REMINDERS:
            raise InputError(
                "The guide was reminded three times within 24 hours.", "WeCom allows no more; try tomorrow.", field="reminders"
            )
        conn.execute(Q.note_reminder, {"task_id": task_id, "now": now, "since": now - _DAY})
        the_account = account(conn, account_id)
    try:
        Client(ground, the_account).remind(msgid)
    except VendorError as err:
        if err.code == _TOO_OFTEN:
            raise InputError("WeCom allows no more reminders of this task today.", "Try tomorrow.", field="reminders") from err
        raise


def remind_origin(ground: Ground, origin: str, origin_id: int, guide: str | None = None) -> tuple[int, int]:
    """Remind all guides of an origin who have not confirmed (or one of them): how many were reminded, and how many could not be."""
    with ground.db.tx() as conn:
        words = {"origin": origin, "origin_id": origin_id, "guide": guide}
        tasks = [row[0] for row in conn.execute(Q.waiting_of_origin, words)]
    done = failed = 0
    for task_id in tasks:
        try:
            remind(ground, task_id)
            done += 1
        except (InputError, NotFoundError, VendorError):
            failed += 1
    return done, failed
