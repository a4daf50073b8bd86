"""The rules that hold now, and changing one: pages and commands show `shown` and call `set_rule`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from siyu.base import settings
from siyu.base.db import Connection
from siyu.gate import ruleset, store
from siyu.gate.words import GateRules


def rules(conn: Connection) -> GateRules:
    """The rules as they are set now, defaults where nobody has set them."""
    return store.rules(conn)


def shown(conn: Connection) -> dict[str, Any]:
    """The same as settings: name without `gate.` -> value as JSON would have it."""
    return ruleset.show(store.rules(conn))


def set_rule(conn: Connection, name: str, value: Any, *, at: datetime) -> None:
    """Set one rule (`caps`, `quiet` and so on: docs/gate.md); None switches off those that can be.

    Raises `InputError` with the field (`gate.caps[1].window`) when it cannot be meant. Holds from the next judging and claim on; permits
    that wait are judged by it when they are claimed.
    """
    ruleset.read({ruleset.PREFIX + name: value})
    settings.put(conn, ruleset.PREFIX + name, value, at=at)


def drop_rule(conn: Connection, name: str) -> None:
    """Go back to the default."""
    settings.drop(conn, ruleset.PREFIX + name)
