"""The words of the web room: who works here, what they may do, and how long a sign-in lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Role(StrEnum):
    """What a member of staff may do. Each role may do what the ones after it may."""

    OWNER = "owner"  # everything: settings, staff, sources and their keys
    OPERATOR = "operator"  # change customers, segments, content, broadcasts; reveal a phone with a reason
    VIEWER = "viewer"  # look, with personal data masked


_RANK = {Role.VIEWER: 1, Role.OPERATOR: 2, Role.OWNER: 3}


@dataclass(frozen=True)
class Staff:
    """A member of staff, as every page knows them. Never carries the password hash."""

    staff_id: int
    login: str
    name: str
    role: Role
    language: str
    created_at: datetime
    closed_at: datetime | None = None

    def may(self, role: Role) -> bool:
        """Whether this person may do what `role` may."""
        return self.closed_at is None and _RANK[self.role] >= _RANK[role]


@dataclass(frozen=True)
class Deed:
    """One line of the staff log: who changed what."""

    log_id: int
    staff: str
    what: str
    ref: str
    detail: dict[str, object]
    logged_at: datetime


IDLE_FOR = timedelta(hours=8)  # a session that nobody used for this long has ended
SESSION_FOR = timedelta(days=7)  # ... and every session ends after this
TOUCH_EVERY = timedelta(minutes=1)  # how often "last used" is written

TRIES_WITHIN = timedelta(minutes=15)  # failed sign-ins are counted over this window
TRIES_A_PAIR = 5  # from one address for one login
TRIES_AN_ADDRESS = 30  # from one address, whatever the login
TRIES_A_LOGIN = 60  # for one login from everywhere; high, so that nobody can lock somebody else out cheaply

LEAST_PASSWORD = 10  # characters; length is what helps (NIST SP 800-63B 5.1.1)
