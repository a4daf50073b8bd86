"""Rows of staff, sessions and the staff log <-> words. Passwords and tokens arrive here already hashed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from siyu.base.db import Connection, queries
from siyu.web.words import Deed, Role, Staff

Q = queries(__name__)


def add_staff(conn: Connection, login: str, name: str, role: Role, password_hash: str, language: str, at: datetime) -> int | None:
    """Add a member of staff; None when the login is taken."""
    values = {"login": login, "name": name, "role": role, "password_hash": password_hash, "language": language, "at": at}
    row = conn.execute(Q.add_staff, values).fetchone()
    return None if row is None else int(row[0])


def staff_by_login(conn: Connection, login: str) -> tuple[Staff, str] | None:
    """A member of staff and their password hash."""
    row = conn.execute(Q.staff_by_login, {"login": login}).fetchone()
    return None if row is None else (_staff(row), str(row[7]))


def staff_by_id(conn: Connection, staff_id: int) -> Staff | None:
    """A member of staff by number."""
    row = conn.execute(Q.staff_by_id, {"staff_id": staff_id}).fetchone()
    return None if row is None else _staff(row)


def all_staff(conn: Connection) -> list[Staff]:
    """Everybody, those who left last."""
    return [_staff(row) for row in conn.execute(Q.all_staff)]


def _staff(row: tuple[Any, ...]) -> Staff:
    return Staff(row[0], row[1], row[2], Role(row[3]), row[4], row[5], row[6])


def add_session(conn: Connection, digest: bytes, staff_id: int, at: datetime, ends_at: datetime) -> None:
    """Keep a session under the digest of its token."""
    conn.execute(Q.add_session, {"digest": digest, "staff_id": staff_id, "at": at, "ends_at": ends_at})


@dataclass(frozen=True)
class Live:
    """A session that still holds."""

    staff: Staff
    used_at: datetime


def session(conn: Connection, digest: bytes, at: datetime, idle_since: datetime) -> Live | None:
    """The live session of a token's digest."""
    row = conn.execute(Q.session, {"digest": digest, "at": at, "idle_since": idle_since}).fetchone()
    return None if row is None else Live(_staff(row), row[7])


def add_deed(conn: Connection, staff: str, what: str, ref: str, detail: dict[str, Any], at: datetime) -> None:
    """Write one line of the staff log."""
    conn.execute(Q.add_deed, {"staff": staff, "what": what, "ref": ref, "detail": Jsonb(detail), "at": at})


def recent_deeds(conn: Connection, limit: int) -> list[Deed]:
    """The newest lines of the staff log."""
    return conn.cursor(row_factory=class_row(Deed)).execute(Q.recent_deeds, {"limit": limit}).fetchall()


def deeds_about(conn: Connection, ref: str, limit: int) -> list[Deed]:
    """The newest lines of the staff log about one thing, for example `person:12`."""
    return conn.cursor(row_factory=class_row(Deed)).execute(Q.deeds_about, {"ref": ref, "limit": limit}).fetchall()
