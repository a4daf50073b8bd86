"""What members do with the tasks that the platform lays before them: confirm, choose, ignore, publish; and what customers then see."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.corp.company import Company
from siyu.sandbox.corp.friends import Impossible
from siyu.sandbox.corp.state import BOTH, Note, Task

SENT, NO_FRIEND, HAD_ENOUGH = 1, 2, 3


def waiting(company: Company, userid: str) -> list[Task]:
    """The tasks that wait for a member, oldest first."""
    tick = company.tick()
    return [
        t
        for t in company.tasks.values()
        if userid in t.targets and userid not in t.done and userid not in t.ignored and not t.is_cancelled and tick >= t.ready
    ]


def see(company: Company, task: Task, userid: str) -> None:
    """The member opens the task; no interface tells of it."""
    task.seen.setdefault(userid, company.now())


def confirm(company: Company, task: Task, userid: str, chosen: list[str] | None = None) -> dict[int, int]:
    """The member sends a task to the customers (or to those chosen, where that is allowed). How many by status."""
    if userid not in task.targets:
        raise Impossible("this task is not for this member")
    if userid in task.done:
        raise Impossible("it was sent already")
    if task.is_cancelled:
        raise Impossible("it was cancelled")
    if company.members[userid].status != 1:
        raise Impossible("the member does not work here any more")
    if company.tick() < task.ready:
        raise Impossible("it has not reached the member yet")
    now = company.now()
    see(company, task, userid)
    task.done[userid] = now
    if task.kind == "moment":
        return _publish(company, task, userid, now)
    wanted = task.targets[userid]
    if chosen is not None:
        if not task.body.get("allow_select") and task.is_by_api:
            raise Impossible("the receivers of this task cannot be chosen")
        wanted = [t for t in wanted if t in set(chosen)]
    counts = {SENT: 0, NO_FRIEND: 0, HAD_ENOUGH: 0}
    for target in wanted:
        status = _send(company, task, userid, target, now)
        task.results[userid, target] = (status, now)
        counts[status] += 1
    return counts


def _send(company: Company, task: Task, userid: str, target: str, now: int) -> int:
    text, attachments = task.body["text"]["content"], tuple(task.body["attachments"])
    if task.kind == "group":
        group = company.groups.get(target)
        if group is None or group.owner != userid:
            return NO_FRIEND
    else:
        follow = company.follows.get(userid, {}).get(target)
        if follow is None or follow.stage != BOTH:
            return NO_FRIEND
    if not company.may_receive(target, now):
        return HAD_ENOUGH
    company.received.setdefault(target, []).append(now)
    if task.kind == "group":
        for one in company.groups[target].members.values():
            if one.kind == 2:
                company.note(company.contacts[one.id], Note(now, "group_mass", userid, text, attachments, about=target))
    else:
        company.note(company.contacts[target], Note(now, "mass", userid, text, attachments, about=task.id))
    return SENT


def _publish(company: Company, task: Task, userid: str, now: int) -> dict[int, int]:
    for target in task.targets[userid]:
        follow = company.follows.get(userid, {}).get(target)
        status = SENT if follow is not None and follow.stage == BOTH else NO_FRIEND
        task.results[userid, target] = (status, now)
        if status == SENT and follow is not None:
            company.note(
                follow.contact, Note(now, "moment", userid, task.body["text"]["content"], tuple(task.body["attachments"]), about=task.id)
            )
    return {SENT: sum(s == SENT for (u, _), (s, _) in task.results.items() if u == userid)}


def ignore(company: Company, task: Task, userid: str) -> None:
    """The member puts the task away for good."""
    if userid not in task.targets or userid in task.done:
        raise Impossible("there is nothing to put away")
    see(company, task, userid)
    task.ignored.add(userid)


def own(company: Company, userid: str, kind: str, text: str, targets: list[str] | None = None) -> Task:
    """A mass message or a moment of the member's own: it uses up the same allowance of the customers."""
    if userid not in company.members or company.members[userid].status != 1:
        raise Impossible("there is no such member")
    if targets is None:
        mine = [g.id for g in company.groups.values() if g.owner == userid]
        targets = mine if kind == "group" else [f.contact.id for f in company.follows.get(userid, {}).values() if f.stage == BOTH]
    body: dict[str, Any] = {"text": {"content": text}, "attachments": [], "allow_select": True}
    made = Task(
        company.new_id("mom" if kind == "moment" else "msg", 48), 0, kind, company.now(), 0.0, body, {userid: targets}, is_by_api=False
    )
    company.tasks[made.id] = made
    confirm(company, made, userid)
    return made
