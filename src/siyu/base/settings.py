"""Settings that people change while Siyu runs: rows in `settings`, one JSON value a name.

What a process needs before it has a database (where the data is, which port) is `base.config`. Each room names its own settings and
their defaults in its `words.py`; this module only keeps them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from siyu.base.db import Connection, queries

Q = queries(__name__, "settings.sql")


def get(conn: Connection, name: str, default: Any) -> Any:
    """The value kept under `name`, or `default` when nobody has set it."""
    row = conn.execute(Q.get_setting, {"name": name}).fetchone()
    return default if row is None else row[0]


def put(conn: Connection, name: str, value: Any, *, at: datetime) -> None:
    """Keep `value` (anything JSON can say) under `name`. `at` is the moment of the change."""
    conn.execute(Q.put_setting, {"name": name, "value": Jsonb(value), "at": at})


def drop(conn: Connection, name: str) -> None:
    """Forget the value, so that the default holds again."""
    conn.execute(Q.drop_setting, {"name": name})
