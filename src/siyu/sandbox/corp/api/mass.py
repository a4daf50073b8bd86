"""企业群发: tasks that members must confirm (facts 2.6)."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.corp import sending
from siyu.sandbox.corp.api.attachments import message
from siyu.sandbox.corp.company import DAY
from siyu.sandbox.corp.refusals import Refusal
from siyu.sandbox.corp.state import BOTH, Follow, Task
from siyu.sandbox.corp.wire import Call, api

_REMINDS = 3


@api("POST", "externalcontact/add_msg_template")
def add_msg_template(call: Call) -> dict[str, Any]:
    """Make a task. Nothing is sent until each member confirms it in the client; success says only that the task is there."""
    kind = call.text("chat_type", default="single")
    if kind not in ("single", "group"):
        raise Refusal(40058, "chat_type")
    sender = call.text("sender")
    ids = call.texts("external_userid", 10_000)
    chats = call.texts("chat_id_list", 2000)
    wanted = _filter(call)
    is_choice = call.flag("allow_select", False)
    text, attachments = message(call)
    if sender:
        call.staff(sender)
    targets, failed = _groups(call, sender, chats) if kind == "group" else _customers(call, sender, ids, wanted)
    if not any(targets.values()):
        raise Refusal(41048)
    body = {"text": {"content": text}, "attachments": attachments, "allow_select": is_choice}
    made = Task(
        call.company.new_id("msg", 48),
        call.app.agentid,
        kind,
        call.now,
        call.company.tick() + call.company.settings.dispatch_for,
        body,
        targets,
    )
    call.company.tasks[made.id] = made
    return {"fail_list": failed, "msgid": made.id}


def _filter(call: Call) -> list[set[str]]:
    groups = call.part("tag_filter").get("group_list") or []
    if not isinstance(groups, list):
        raise Refusal(40058, "tag_filter.group_list")
    wanted = []
    for one in groups:
        tags = one.get("tag_list") if isinstance(one, dict) else None
        if not isinstance(tags, list) or not 0 < len(tags) <= 100:
            raise Refusal(40058, "tag_list has 1 to 100 tags")
        if any(tag not in call.company.tags for tag in tags):
            raise Refusal(40068)
        wanted.append(set(tags))
    return wanted


def _customers(call: Call, sender: str, ids: list[str], wanted: list[set[str]]) -> tuple[dict[str, list[str]], list[str]]:
    company = call.company
    if not sender and not ids and not wanted:
        raise Refusal(40063, "external_userid, sender and tag_filter are all empty")
    targets: dict[str, list[str]] = {}
    failed = []

    def nearest(follows: list[Follow]) -> Follow | None:
        able = [
            f for f in follows if f.stage == BOTH and company.members[f.userid].has_customers and company.is_visible(call.app, f.userid)
        ]
        return max(able, key=lambda f: (max(f.chatted_at, f.createtime), f.seq), default=None)

    if ids:
        for key in dict.fromkeys(ids):
            contact = company.contacts.get(key)
            found = None
            if contact is not None:
                mine = contact.follows.get(sender)
                found = (mine if mine and mine.stage == BOTH else None) if sender else nearest(list(contact.follows.values()))
            if found is None:
                failed.append(key)
            else:
                targets.setdefault(found.userid, []).append(key)
        return targets, failed
    if sender:
        every = [f for f in company.follows.get(sender, {}).values() if f.stage == BOTH]
    else:
        every = [f for c in company.contacts.values() if (f := nearest([g for g in c.follows.values() if _fits(g, wanted)])) is not None]
    for follow in every:
        if _fits(follow, wanted):
            targets.setdefault(follow.userid, []).append(follow.contact.id)
    return targets, failed


def _fits(follow: Follow, wanted: list[set[str]]) -> bool:
    return all(follow.tags and follow.tags & group for group in wanted)


def _groups(call: Call, sender: str, chats: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    if not sender:
        raise Refusal(40063, "sender missing")
    mine = [g.id for g in call.company.groups.values() if g.owner == sender]
    if not chats:
        return {sender: mine}, []
    return {sender: [c for c in chats if c in mine]}, [c for c in chats if c not in mine]


def _task(call: Call, *, is_dispatched: bool = True) -> Task:
    found = call.company.tasks.get(call.text("msgid", needed=41046))
    if found is None or found.kind == "moment":
        raise Refusal(41047)
    if is_dispatched and call.company.tick() < found.ready:
        raise Refusal(41063)
    return found


@api("POST", "externalcontact/remind_groupmsg_send")
def remind(call: Call) -> dict[str, Any]:
    """Remind the members who did not confirm; three times in 24 hours."""
    task = _task(call)
    if task.is_cancelled:
        raise Refusal(41093)
    if sum(at > call.now - DAY for at in task.reminded) >= _REMINDS:
        raise Refusal(41094)
    task.reminded.append(call.now)
    return {}


@api("POST", "externalcontact/cancel_groupmsg_send")
def cancel(call: Call) -> dict[str, Any]:
    """Stop those who did not confirm yet; what is sent stays sent."""
    task = _task(call)
    if task.is_cancelled:
        raise Refusal(41093)
    task.is_cancelled = True
    return {}


@api("POST", "externalcontact/get_groupmsg_list_v2")
def get_groupmsg_list(call: Call) -> dict[str, Any]:
    """Tasks of a span of at most a month."""
    kind = call.text("chat_type", needed=40063)
    start, end = call.number("start_time", needed=40063), call.number("end_time", needed=40063)
    if kind not in ("single", "group") or not start <= end <= start + 31 * DAY:
        raise Refusal(40058, "chat_type, or a span over one month")
    wanted, creator, limit = call.number("filter_type", 2, 0, 2), call.text("creator"), call.limit(50, 100)
    rows = [
        task
        for task in call.company.tasks.values()
        if task.kind == kind
        and start <= task.created <= end
        and (wanted == 2 or wanted == int(not task.is_by_api))
        and (not creator or creator == _creator(task))
    ]
    part, cursor = call.company.page(f"tasks:{kind}:{start}:{end}:{wanted}:{creator}", rows, call.text("cursor"), limit)
    told = [
        {
            "msgid": t.id,
            "create_time": t.created,
            "create_type": int(not t.is_by_api),
            "text": t.body["text"],
            "attachments": t.body["attachments"],
        }
        | ({"creator": _creator(t)} if _creator(t) else {})
        for t in part
    ]
    return {"next_cursor": cursor, "group_msg_list": told}


def _creator(task: Task) -> str:
    return "" if task.is_by_api else next(iter(task.targets), "")


@api("POST", "externalcontact/get_groupmsg_task")
def get_groupmsg_task(call: Call) -> dict[str, Any]:
    """Which members confirmed, and when."""
    task = _task(call)
    rows = [{"userid": u, "status": 2, "send_time": task.done[u]} if u in task.done else {"userid": u, "status": 0} for u in task.targets]
    part, cursor = call.company.page(f"task:{task.id}", rows, call.text("cursor"), call.limit(500, 1000))
    return {"next_cursor": cursor, "task_list": part}


@api("POST", "externalcontact/get_groupmsg_send_result")
def get_groupmsg_send_result(call: Call) -> dict[str, Any]:
    """What became of each customer of a member; of groups only those sent to."""
    task, userid = _task(call), call.text("userid", needed=40063)
    if userid not in task.targets:
        raise Refusal(60111, "not a sender of this task")
    name = "chat_id" if task.kind == "group" else "external_userid"
    rows = []
    for target in task.targets[userid]:
        status, at = task.results.get((userid, target), (0, 0))
        if status == sending.SENT or task.kind == "single":
            rows.append({name: target, "userid": userid, "status": status} | ({"send_time": at} if status == 1 else {}))
    part, cursor = call.company.page(f"sent:{task.id}:{userid}", rows, call.text("cursor"), call.limit(500, 1000))
    return {"next_cursor": cursor, "send_list": part}
