"""The words of Moments: a post for guides to publish, and each guide's part."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class MomentTask:
    """One post. `state`: planned, calling, making (WeCom works on it), made, ended, failed, unknown, cancelled."""

    moment_task_id: int
    account_id: int
    content_id: int
    content_version: int
    content_name: str
    guides: list[str]
    state: str
    jobid: str
    moment_id: str
    code: str
    why: str
    tries: int
    made_by: str
    created_at: datetime
    made_at: datetime | None
    published: int
    likes: int
    comments: int


@dataclass(frozen=True)
class MomentGuide:
    """One guide's part of a post: whether it is published, and what customers did under it."""

    guide: str
    name: str
    store: str
    is_published: bool
    likes: int
    comments: int
