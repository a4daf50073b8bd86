"""Staff: who works here, how they sign in, what they changed.

Passwords are kept as argon2id (RFC 9106; OWASP's second set: 19 MiB, 2 passes, 1 lane). A session is an opaque 256-bit token in a cookie;
the database keeps its SHA-256 only, so that a stolen backup opens no session. Failed sign-ins are limited by login and address, and
every failure says the same thing, so that nobody learns which logins exist.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from siyu.base.db import Connection
from siyu.base.errors import InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.base.text import LANGUAGES
from siyu.web import store
from siyu.web.words import (
    IDLE_FOR,
    LEAST_PASSWORD,
    SESSION_FOR,
    TOUCH_EVERY,
    TRIES_A_LOGIN,
    TRIES_A_PAIR,
    TRIES_AN_ADDRESS,
    TRIES_WITHIN,
    Role,
    Staff,
)

Q = store.Q
_HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = _HASHER.hash(secrets.token_hex(8))  # verified when the login is unknown: the answer takes as long


def create_staff(conn: Connection, login: str, name: str, role: str, password: str, now: datetime, *, language: str = "zh") -> int:
    """Add a member of staff and give their number. Raises `InputError` when the login is taken or the password too short."""
    login = login.strip().lower()
    if not 2 <= len(login) <= 64 or any(c.isspace() for c in login):
        raise InputError("A login is 2 to 64 characters without spaces.", "Example: lin or lin@example.com", field="login")
    if role not in list(Role):
        raise InputError(f"There is no role {role!r}.", "Use owner, operator or viewer.", field="role")
    if language not in LANGUAGES:
        raise InputError(f"There is no language {language!r}.", "Use zh or en.", field="language")
    made = store.add_staff(conn, login, name.strip()[:80] or login, Role(role), hash_password(password), language, now)
    if made is None:
        raise InputError("This login is taken.", "Choose another one.", field="login")
    return made


def hash_password(password: str) -> str:
    """The argon2id hash of a password. Raises `InputError` when it is too short to be one."""
    if len(password) < LEAST_PASSWORD:
        raise InputError(
            f"A password needs {LEAST_PASSWORD} characters or more.", "A short sentence is easy to remember.", field="password"
        )
    if len(password) > 1024:
        raise InputError("A password has at most 1024 characters.", "Use a shorter one.", field="password")
    return _HASHER.hash(password)


def change_password(conn: Connection, staff_id: int, password: str, *, keep: bytes = b"") -> None:
    """Set a new password and end the person's sessions, but the one whose token digest is `keep`."""
    conn.execute(Q.change_password, {"staff_id": staff_id, "password_hash": hash_password(password)})
    conn.execute(Q.end_sessions_of, {"staff_id": staff_id, "but": keep})


def change_staff(conn: Connection, staff_id: int, name: str, role: str) -> None:
    """Rename, or give another role. Raises `InputError` when no owner would be left."""
    if role not in list(Role):
        raise InputError(f"There is no role {role!r}.", "Use owner, operator or viewer.", field="role")
    _keep_an_owner(conn, staff_id, role)
    conn.execute(Q.change_staff, {"staff_id": staff_id, "name": name.strip()[:80], "role": role})


def close_staff(conn: Connection, staff_id: int, now: datetime) -> None:
    """Somebody leaves: no more sign-in, all sessions end. What they did stays in the log."""
    _keep_an_owner(conn, staff_id, "")
    conn.execute(Q.close_staff, {"staff_id": staff_id, "at": now})
    conn.execute(Q.end_sessions_of, {"staff_id": staff_id, "but": b""})


def reopen_staff(conn: Connection, staff_id: int) -> None:
    """Somebody comes back."""
    conn.execute(Q.reopen_staff, {"staff_id": staff_id})


def _keep_an_owner(conn: Connection, staff_id: int, role: str) -> None:
    somebody = store.staff_by_id(conn, staff_id)
    if somebody is None:
        raise NotFoundError("There is no such member of staff.")
    owners = conn.execute(Q.owners_locked).fetchall()
    if somebody.role is Role.OWNER and role != Role.OWNER and len(owners) <= 1:
        raise InputError("The last owner must stay an owner.", "Make somebody else an owner first.", field="role")


def note(conn: Connection, staff: str, what: str, now: datetime, *, ref: str = "", **detail: Any) -> None:
    """Write into the staff log that `staff` (a login) did `what`. `detail` must hold no personal data."""
    store.add_deed(conn, staff, what, ref, detail, now)


@dataclass(frozen=True)
class Refused:
    """A sign-in that failed. `is_too_often` says that the limit was hit, whatever the password was."""

    is_too_often: bool


def sign_in(ground: Ground, login: str, password: str, address: str) -> tuple[Staff, str] | Refused:
    """Check a password; gives the person and a new session token, or the refusal. Never says which part was wrong."""
    now = ground.wall.now()
    login = login.strip().lower()[:64]
    who, place = ground.vault.lookup("login", login), ground.vault.lookup("address", address)
    since = now - TRIES_WITHIN
    with ground.db.tx() as conn:  # counted as a failure before it is looked at, so that a burst of tries cannot slip through together
        conn.execute(Q.sweep_tries, {"since": since})
        conn.execute(Q.add_try, {"who": who, "address": place, "at": now})
    with ground.db.tx() as conn:
        tries = conn.execute(Q.count_tries, {"who": who, "address": place, "since": since}).fetchone() or (0, 0, 0)
        found = store.staff_by_login(conn, login)
    if tries[0] > TRIES_A_PAIR or tries[1] > TRIES_AN_ADDRESS or tries[2] > TRIES_A_LOGIN:
        return Refused(is_too_often=True)
    is_right = _is_password(found[1] if found else _NOBODY, password)  # outside any transaction: it takes a while on purpose
    if found is None or not is_right or found[0].closed_at is not None:
        return Refused(is_too_often=False)
    person, kept = found
    with ground.db.tx() as conn:
        conn.execute(Q.drop_tries, {"who": who, "address": place})
        conn.execute(Q.sweep_sessions, {"at": now, "idle_since": now - IDLE_FOR})
        if _HASHER.check_needs_rehash(kept):
            conn.execute(Q.change_password, {"staff_id": person.staff_id, "password_hash": _HASHER.hash(password)})
        token = secrets.token_urlsafe(32)
        store.add_session(conn, digest_of(token), person.staff_id, now, now + SESSION_FOR)
        note(conn, person.login, "signed_in", ground.clock.now())
    return person, token


def is_password_of(conn: Connection, login: str, password: str) -> bool:
    """Whether this is the person's password, for changes that ask for it again."""
    found = store.staff_by_login(conn, login)
    return found is not None and _is_password(found[1], password)


def _is_password(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def digest_of(token: str) -> bytes:
    """Under what a session's token is kept."""
    return hashlib.sha256(token.encode()).digest()


def enter(ground: Ground, token: str) -> Staff | None:
    """Whose session this is, or None when it is unknown, idle for too long, ended, or its owner has left."""
    now = ground.wall.now()
    with ground.db.tx() as conn:
        live = store.session(conn, digest_of(token), now, now - IDLE_FOR)
        if live is not None and now - live.used_at > TOUCH_EVERY:
            conn.execute(Q.touch_session, {"digest": digest_of(token), "at": now})
    return None if live is None else live.staff


def sign_out(ground: Ground, token: str) -> None:
    """End a session."""
    with ground.db.tx() as conn:
        conn.execute(Q.end_session, {"digest": digest_of(token)})
