# ruff: noqa: RUF012  (msgspec gives every value its own copy of an empty list or dict)
"""Mass messages, Moments."""

from __future__ import annotations

from typing import Any

from siyu.vendors.shape import Shape


class MassMade(Shape, frozen=True):
    """A mass-send task that was made. Made is not sent: each guide must confirm. `fail_list` will not get it."""

    msgid: str = ""
    fail_list: list[str] = []


class MassMessage(Shape, frozen=True):
    """One mass message. `create_type` 0 by the corp, 1 by a guide."""

    msgid: str = ""
    creator: str = ""
    create_time: int = 0
    create_type: int = 0
    text: dict[str, Any] = {}
    attachments: list[dict[str, Any]] = []


class MassMessages(Shape, frozen=True):
    """A page of `get_groupmsg_list_v2`."""

    group_msg_list: list[MassMessage] = []
    next_cursor: str = ""


class MassTask(Shape, frozen=True):
    """One guide's part of a mass message: `status` 0 not confirmed, 2 sent."""

    userid: str = ""
    status: int = 0
    send_time: int = 0


class MassTasks(Shape, frozen=True):
    """A page of `get_groupmsg_task`."""

    task_list: list[MassTask] = []
    next_cursor: str = ""


class MassResult(Shape, frozen=True):
    """One receiver: `status` 0 not sent, 1 sent, 2 no longer a friend, 3 has had another mass message already."""

    external_userid: str = ""
    chat_id: str = ""
    userid: str = ""
    status: int = 0
    send_time: int = 0


class MassResults(Shape, frozen=True):
    """A page of `get_groupmsg_send_result`."""

    send_list: list[MassResult] = []
    next_cursor: str = ""


class JobId(Shape, frozen=True):
    """`add_moment_task`: ask about it for 24 hours."""

    jobid: str = ""


class _InvalidSenders(Shape, frozen=True):
    user_list: list[str] = []
    department_list: list[int] = []


class _InvalidTags(Shape, frozen=True):
    tag_list: list[str] = []


class MomentMade(Shape, frozen=True):
    """What became of making a Moments task."""

    errcode: int = 0
    errmsg: str = ""
    moment_id: str = ""
    invalid_sender_list: _InvalidSenders = _InvalidSenders()
    invalid_external_contact_list: _InvalidTags = _InvalidTags()


class MomentJob(Shape, frozen=True):
    """`get_moment_task_result`: `status` 1 created, 2 running, 3 done."""

    status: int = 0
    type: str = ""
    result: MomentMade = MomentMade()


class Moment(Shape, frozen=True):
    """One post. `create_type` 0 corp, 1 personal; `visible_type` 0 to some, 1 to all."""

    moment_id: str = ""
    creator: str = ""
    create_time: int = 0
    create_type: int = 0
    visible_type: int = 0
    text: dict[str, Any] = {}
    image: list[dict[str, Any]] = []
    video: dict[str, Any] = {}
    link: dict[str, Any] = {}
    location: dict[str, Any] = {}


class Moments(Shape, frozen=True):
    """A page of `get_moment_list`."""

    moment_list: list[Moment] = []
    next_cursor: str = ""


class MomentTask(Shape, frozen=True):
    """One guide's part: `publish_status` 0 not yet, 1 published."""

    userid: str = ""
    publish_status: int = 0


class MomentTasks(Shape, frozen=True):
    """A page of `get_moment_task`."""

    task_list: list[MomentTask] = []
    next_cursor: str = ""


class MomentEcho(Shape, frozen=True):
    """A comment or a like, of a customer or of staff."""

    external_userid: str = ""
    userid: str = ""
    create_time: int = 0


class MomentEchoes(Shape, frozen=True):
    """`get_moment_comments`."""

    comment_list: list[MomentEcho] = []
    like_list: list[MomentEcho] = []
