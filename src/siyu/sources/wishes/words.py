"""The words of wishes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class Wish:
    """Something to fetch from a vendor. `kind` and its `ref`: contact {guide, external_userid}, chat {chat_id}, tags {}, guides {},
    unassigned {}, kf {open_kfid}, fan {openid}, pending {external_userid}.
    `token` is what a callback gave to be shown with the question; it is no part of what makes two wishes one.
    `after` is how long the vendor needs before it knows.
    """

    kind: str
    ref: dict[str, Any] = field(default_factory=dict)
    token: str = field(default="", repr=False)
    after: timedelta = timedelta(0)


@dataclass(frozen=True)
class StuckWish:
    """Wishes of one account and kind that were asked in vain again and again: how many, since when, the most tries, the last code."""

    account_id: int
    kind: str
    count: int
    since_at: datetime
    tries: int
    error: str


@dataclass(frozen=True)
class DueWish:
    """What is to be fetched now. `up_to` is the newest row that asked for it: what is asked for later is a new wish."""

    account_id: int
    kind: str
    ref: dict[str, Any]
    token: str
    up_to: int
    asked_at: datetime  # the first time
    tries: int
