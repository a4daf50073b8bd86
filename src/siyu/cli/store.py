"""What the command line reads from the tables of the rooms below, for `user`, `export` and `doctor`. It writes none."""

from __future__ import annotations

from typing import Any

from psycopg.rows import dict_row

from siyu.base.db import Connection, queries

Q = queries(__name__)


def staff(conn: Connection) -> list[dict[str, Any]]:
    """Everybody who may sign in, or once might."""
    return conn.cursor(row_factory=dict_row).execute(Q.staff).fetchall()


def staff_of(conn: Connection, login: str) -> int | None:
    """The number of the member of staff with this login."""
    row = conn.execute(Q.staff_of, {"login": login.strip().lower()}).fetchone()
    return None if row is None else int(row[0])


def password_hashes(conn: Connection) -> list[tuple[str, str]]:
    """(login, hash) of everybody who may sign in."""
    return [(str(login), str(kept)) for login, kept in conn.execute(Q.password_hashes)]
