"""A post's way: planned, called, made at WeCom in its own time, published by guides, liked and commented by customers."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from siyu import content
from siyu.base.db import Connection
from siyu.base.errors import InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.channels.moments import store
from siyu.channels.moments.store import Q
from siyu.channels.moments.words import MomentTask
from siyu.channels.wecom import media
from siyu.vendors import Trouble, VendorError, account
from siyu.vendors.wecom import Client, pages

log = logging.getLogger(__name__)

_SOON = timedelta(seconds=30)
_LATER = timedelta(hours=1)
_OFTEN = timedelta(minutes=2)  # at first; guides publish soon or late
_WATCHED = timedelta(days=14)  # how long likes and comments are counted
_JOB_LIVES = timedelta(hours=24)
_KINDS = {"image", "video", "link"}
_DONE = 3  # of a job


def make(ground: Ground, conn: Connection, *, account_id: int, content_id: int, guides: Sequence[str], by: str = "") -> int:
    """Plan a post of a content's version of today for these guides (userids). Raises `InputError` where WeCom would not take it."""
    version = content.kept(conn, content_id)
    if version is None or version.channel not in content.ALIKE:
        raise InputError("The content is not one for WeCom.", "Choose a content written for WeCom.", field="content_id")
    kinds = {str(one.get("kind")) for one in version.attachments}
    if len(kinds) > 1 or not kinds <= _KINDS or (kinds - {"image"} and len(version.attachments) > 1):
        raise InputError(
            "These attachments do not go together in Moments.", "Use up to 9 pictures, or one video, or one link.", field="attachments"
        )
    if kinds == {"link"} and not version.attachments[0].get("file"):
        raise InputError("A link in Moments needs a picture of its own.", "Use pictures or a video.", field="attachments")
    if not guides:
        raise InputError("Nobody is to publish it.", "Choose at least one guide.", field="guides")
    account(conn, account_id)
    words = {
        "account_id": account_id, "content_id": content_id, "content_version": version.version, "guides": sorted(set(guides)), "by": by,
        "now": ground.clock.now(),
    }  # fmt: skip
    row = conn.execute(Q.make, words).fetchone()
    assert row is not None  # noqa: S101  an insert gives its row
    return int(row[0])


def advance(ground: Ground, limit: int = 20) -> int:
    """Move the posts on whose time has come; says how many. Never raises for what WeCom does."""
    now = ground.clock.now()
    with ground.db.tx() as conn:
        conn.execute(Q.lost, {"now": now})
        due = conn.execute(Q.due, {"now": now, "limit": limit}).fetchall()
    for task_id, state in due:
        with ground.db.tx() as conn:
            task = store.see(conn, task_id)
            try:
                client = Client(ground, account(conn, task.account_id)) if task else None
            except NotFoundError:
                client = None
        if task is None or client is None:
            _moves(ground, task_id, [state], "failed", code="no_account")
            continue
        {"planned": _call, "making": _job, "made": _watch}[state](ground, client, task)
    return len(due)


def cancel(ground: Ground, task_id: int) -> None:
    """Stop the guides who have not published; what stands in Moments stays. Raises `NotFoundError`, `InputError`, `VendorError`."""
    with ground.db.tx() as conn:
        task = store.see(conn, task_id)
        if task is None:
            raise NotFoundError("There is no such post.", "Look at the list again.")
        client = Client(ground, account(conn, task.account_id))
    if task.state == "made":
        client.cancel_moment(task.moment_id)
    elif task.state != "planned":
        raise InputError("The post cannot be stopped now.", "Wait until WeCom has made it.", field="state")
    _moves(ground, task_id, [task.state], "cancelled")


def _moves(ground: Ground, task_id: int, from_states: list[str], state: str, **more: Any) -> bool:
    now = ground.clock.now()
    given = {"task_id": task_id, "from_states": from_states, "state": state, "now": now, "next_at": now + _SOON}
    words = given | {"code": "", "why": "", "jobid": "", "moment_id": ""} | more
    with ground.db.tx() as conn:
        return conn.execute(Q.moves, words).fetchone() is not None


def _call(ground: Ground, client: Client, task: MomentTask) -> None:
    """Three steps, like a mass send: the attempt is written, WeCom is called, the answer is written."""
    with ground.db.tx() as conn:
        version = content.kept(conn, task.content_id, task.content_version)
        look = content.look(conn)
    if version is None:
        _moves(ground, task.moment_task_id, ["planned"], "failed", code="no_content")
        return
    made = content.render(version, {}, links=content.PlainLinks(), look=look)
    now = ground.clock.now()
    try:
        hung = media.hang(ground, client, version.attachments, use="moment")
        with ground.db.tx() as conn:
            if conn.execute(Q.begin_call, {"task_id": task.moment_task_id, "now": now}).fetchone() is None:
                return
        jobid = client.add_moment_task(made.text.strip(), hung, users=task.guides)
    except InputError as err:
        _moves(ground, task.moment_task_id, ["planned", "calling"], "failed", code="attachment", why=err.what)
    except VendorError as err:
        _refused(ground, task, err)
    else:
        _moves(ground, task.moment_task_id, ["calling"], "making", jobid=jobid)


def _refused(ground: Ground, task: MomentTask, err: VendorError) -> None:
    code = f"wecom_{err.code}"
    if err.is_unknown:
        _moves(ground, task.moment_task_id, ["calling"], "unknown", code=code)
    elif err.kind in (Trouble.ITEM, Trouble.RELATION):
        _moves(ground, task.moment_task_id, ["planned", "calling"], "failed", code=code, why=err.what)
    else:
        wait = max(min(timedelta(minutes=1) * 2 ** min(task.tries, 6), _LATER), err.retry_after or _SOON)
        _moves(ground, task.moment_task_id, ["planned", "calling"], "planned", code=code, why=err.what, next_at=ground.clock.now() + wait)


def _job(ground: Ground, client: Client, task: MomentTask) -> None:
    now = ground.clock.now()
    try:
        job = client.moment_job(task.jobid)
    except VendorError as err:
        if now >= task.created_at + _JOB_LIVES or err.kind is Trouble.ITEM:
            _moves(ground, task.moment_task_id, ["making"], "unknown", code=f"wecom_{err.code}")
        else:
            _moves(
                ground,
                task.moment_task_id,
                ["making"],
                "making",
                code=f"wecom_{err.code}",
                next_at=now + max(_SOON, err.retry_after or _SOON),
            )
        return
    if job.status != _DONE:
        _moves(ground, task.moment_task_id, ["making"], "making")
    elif job.result.errcode or not job.result.moment_id:
        _moves(ground, task.moment_task_id, ["making"], "failed", code=f"wecom_{job.result.errcode}", why=job.result.errmsg)
    else:
        _moves(ground, task.moment_task_id, ["making"], "made", moment_id=job.result.moment_id)


def _watch(ground: Ground, client: Client, task: MomentTask) -> None:
    """Who has published, and what customers did; often at first, then hourly for two weeks."""
    now = ground.clock.now()
    try:
        status = {
            one.userid: one.publish_status == 1
            for page in pages(lambda cursor: client.moment_task(task.moment_id, cursor))
            for one in page.items
        }
        echoes = {guide: client.moment_echoes(task.moment_id, guide) for guide, is_out in status.items() if is_out}
    except VendorError as err:
        _moves(
            ground, task.moment_task_id, ["made"], "made", code=f"wecom_{err.code}", next_at=now + max(_SOON * 4, err.retry_after or _SOON)
        )
        return
    guides = sorted(status)
    with ground.db.tx() as conn:
        conn.execute(
            Q.keep_guides,
            {
                "task_id": task.moment_task_id, "guides": guides, "published": [status[one] for one in guides], "now": now,
                "likes": [len(echoes[one].like_list) if one in echoes else 0 for one in guides],
                "comments": [len(echoes[one].comment_list) if one in echoes else 0 for one in guides],
            },
        )  # fmt: skip
    age = now - (task.made_at or now)
    _moves(ground, task.moment_task_id, ["made"], "ended" if age >= _WATCHED else "made", next_at=now + min(max(age / 4, _OFTEN), _LATER))
