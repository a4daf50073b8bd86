"""客户朋友圈 (facts 2.10): moments that members must publish themselves."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.corp.company import DAY
from siyu.sandbox.corp.refusals import Refusal
from siyu.sandbox.corp.state import BOTH, Task
from siyu.sandbox.corp.wire import Call, api, short

_JOB_LIFE = DAY


def _attachments(call: Call) -> list[dict[str, Any]]:
    given = call.body.get("attachments") or []
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise Refusal(40058, "attachments must be an array of objects")
    kinds = {str(one.get("msgtype")) for one in given}
    if not kinds <= {"image", "video", "link"} or len(kinds) > 1:
        raise Refusal(41065)
    if len(given) > (9 if kinds == {"image"} else 1):
        raise Refusal(41064)
    for one in given:
        part = one.get(one["msgtype"])
        if not isinstance(part, dict):
            raise Refusal(41065)
        if one["msgtype"] == "link":
            short("link.title", part.get("title") or "", None, 64)
            if not part.get("url"):
                raise Refusal(40063, "link.url missing")
        found = call.company.media.get(str(part.get("media_id")))
        if found is None or found.purpose != 1 or found.ends <= call.now:
            raise Refusal(40007, "upload it with media/upload_attachment, attachment_type 1")
    return given


@api("POST", "externalcontact/add_moment_task")
def add_moment_task(call: Call) -> dict[str, Any]:
    """Make a moment; every sender publishes it in the client or not. 10 a minute, 100,000 a month."""
    if not call.rates.passes("moments made", call.company.tick(), 10, 60) or not call.rates.passes(
        "moments made", call.company.tick(), 100_000, 30 * DAY
    ):
        raise Refusal(45009)
    text = short("text.content", call.part("text").get("content") or "", 2000, 4000)
    attachments = _attachments(call)
    if not text and not attachments:
        raise Refusal(41078)
    visible = call.part("visible_range")
    senders, bad_users, bad_parties = _senders(call, visible.get("sender_list") or {})
    tags = (visible.get("external_contact_list") or {}).get("tag_list") or []
    bad_tags = [t for t in tags if t not in call.company.tags]
    wanted = set(tags) - set(bad_tags)
    targets = {
        u: [f.contact.id for f in call.company.follows.get(u, {}).values() if f.stage == BOTH and (not tags or (f.tags or set()) & wanted)]
        for u in senders
    }
    made = Task(
        call.company.new_id("mom", 48),
        call.app.agentid,
        "moment",
        call.now,
        call.company.tick() + call.company.settings.dispatch_for,
        {"text": {"content": text}, "attachments": attachments, "visible_type": int(not tags)},
        targets,
        jobid=call.company.new_id("job", 40),
    )
    made.body["invalid"] = {
        "invalid_sender_list": {"user_list": bad_users, "department_list": bad_parties},
        "invalid_external_contact_list": {"tag_list": bad_tags},
    }
    call.company.tasks[made.id] = made
    return {"jobid": made.jobid}


def _senders(call: Call, given: dict[str, Any]) -> tuple[list[str], list[str], list[int]]:
    users, parties = given.get("user_list") or [], given.get("department_list") or []
    if len(users) > 100_000:
        raise Refusal(40058, "user_list")
    able = {m.userid for m in call.company.visible_staff(call.app) if m.status == 1}
    if not users and not parties:
        return sorted(able), [], []
    bad_parties = [p for p in parties if p not in call.company.departments]
    good = dict.fromkeys(u for u in users if u in able)
    good |= dict.fromkeys(sorted(call.company.of_departments(p for p in parties if p in call.company.departments) & able))
    return list(good), [u for u in users if u not in able], bad_parties


@api("GET", "externalcontact/get_moment_task_result")
def get_moment_task_result(call: Call) -> dict[str, Any]:
    """How far the making is: 2 running, 3 done."""
    jobid = call.asked("jobid")
    found = next((t for t in call.company.tasks.values() if t.jobid and t.jobid == jobid), None)
    if found is None or call.now > found.created + _JOB_LIFE:
        raise Refusal(41067)
    if call.company.tick() < found.ready:
        return {"status": 2, "type": "add_moment_task"}
    result = {"errcode": 0, "errmsg": "ok", "moment_id": found.id, **found.body["invalid"]}
    return {"status": 3, "type": "add_moment_task", "result": result}


def _moment(call: Call) -> Task:
    found = call.company.tasks.get(call.text("moment_id", needed=40063))
    if found is None or found.kind != "moment":
        raise Refusal(41059)
    if call.company.tick() < found.ready:
        raise Refusal(41062)
    return found


@api("POST", "externalcontact/cancel_moment_task")
def cancel_moment_task(call: Call) -> dict[str, Any]:
    """Stop those who did not publish yet."""
    _moment(call).is_cancelled = True
    return {}


@api("POST", "externalcontact/get_moment_list")
def get_moment_list(call: Call) -> dict[str, Any]:
    """Moments of at most 30 days, 20 to a page."""
    start, end = call.number("start_time", needed=40063), call.number("end_time", needed=40063)
    if not start <= end <= start + 30 * DAY:
        raise Refusal(40058, "the span is over 30 days")
    creator, wanted = call.text("creator"), call.number("filter_type", 2, 0, 2)
    rows = [
        t
        for t in call.company.tasks.values()
        if t.kind == "moment"
        and start <= t.created <= end
        and wanted in (2, int(not t.is_by_api))
        and (not creator or creator in t.targets)
    ]
    part, cursor = call.company.page(f"moments:{start}:{end}:{creator}:{wanted}", rows, call.text("cursor"), call.limit(20, 20))
    told = []
    for task in part:
        row: dict[str, Any] = {
            "moment_id": task.id,
            "create_time": task.created,
            "create_type": int(not task.is_by_api),
            "visible_type": task.body.get("visible_type", 1),
            "text": task.body["text"],
        }
        if not task.is_by_api:
            row["creator"] = next(iter(task.targets))
        images = [{"media_id": a["image"]["media_id"]} for a in task.body["attachments"] if a["msgtype"] == "image"]
        if images:
            row["image"] = images
        row |= {a["msgtype"]: a[a["msgtype"]] for a in task.body["attachments"] if a["msgtype"] != "image"}
        told.append(row)
    return {"next_cursor": cursor, "moment_list": told}


@api("POST", "externalcontact/get_moment_task")
def get_moment_task(call: Call) -> dict[str, Any]:
    """Which members published."""
    task = _moment(call)
    rows = [{"userid": u, "publish_status": int(u in task.done)} for u in task.targets]
    part, cursor = call.company.page(f"moment:{task.id}", rows, call.text("cursor"), call.limit(500, 1000))
    return {"next_cursor": cursor, "task_list": part}


def _of_member(call: Call) -> tuple[Task, str]:
    task, userid = _moment(call), call.text("userid", needed=40063)
    if userid not in task.targets:
        raise Refusal(60111)
    return task, userid


@api("POST", "externalcontact/get_moment_customer_list")
def get_moment_customer_list(call: Call) -> dict[str, Any]:
    """Which customers a member chose to show it to."""
    task, userid = _of_member(call)
    rows = [{"userid": userid, "external_userid": c} for c in task.targets[userid]]
    part, cursor = call.company.page(f"shown:{task.id}:{userid}", rows, call.text("cursor"), call.limit(500, 1000))
    return {"next_cursor": cursor, "customer_list": part}


@api("POST", "externalcontact/get_moment_send_result")
def get_moment_send_result(call: Call) -> dict[str, Any]:
    """Which customers can see it."""
    task, userid = _of_member(call)
    rows = [{"external_userid": c} for c in task.targets[userid] if task.results.get((userid, c), (0, 0))[0] == 1]
    part, cursor = call.company.page(f"seen:{task.id}:{userid}", rows, call.text("cursor"), call.limit(3000, 5000))
    return {"next_cursor": cursor, "customer_list": part}


@api("POST", "externalcontact/get_moment_comments")
def get_moment_comments(call: Call) -> dict[str, Any]:
    """Comments and likes."""
    task, _ = _of_member(call)

    def rows(kind: str) -> list[dict[str, Any]]:
        return [
            {("external_userid" if who in call.company.contacts else "userid"): who, "create_time": at}
            for k, who, at in task.comments
            if k == kind
        ]

    return {"comment_list": rows("comment"), "like_list": rows("like")}
