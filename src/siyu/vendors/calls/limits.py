"""The limits of each interface: limits.toml, and over it the setting `vendors.limits` ({kind: {interface: {name: number}}})."""

from __future__ import annotations

import tomllib
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from siyu.base import settings
from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.vendors.calls.pace import Limits
from siyu.vendors.words import VendorKind

SETTING = "vendors.limits"
_NAMES = ("per_second", "many", "in_seconds", "at_once", "width")


@cache
def _written() -> dict[str, dict[str, dict[str, float]]]:
    return tomllib.loads(resources.files("siyu.vendors").joinpath("limits.toml").read_text("utf-8"))


def limits_of(conn: Connection, kind: str, interface: str) -> Limits:
    """The limits of one interface; a setting for it, or for `default`, changes the numbers that it names."""
    return _limits(settings.get(conn, SETTING, {}), kind, interface)


def see_limits(conn: Connection) -> dict[str, Any]:
    """What the setting changes; empty where nothing."""
    found: dict[str, Any] = settings.get(conn, SETTING, {})
    return found


def set_limits(conn: Connection, value: Any, *, at: datetime) -> None:
    """Change numbers of limits.toml. Raises `InputError` for a name that is none, or numbers that would let nothing through."""
    if not isinstance(value, dict) or not set(value) <= set(VendorKind):
        raise InputError("The limits do not begin with kinds of vendors.", f"Use {', '.join(VendorKind)}.", field=SETTING)
    for kind, interfaces in value.items():
        if not isinstance(interfaces, dict):
            raise InputError(f"{kind} holds no interfaces.", 'Example: {"wecom": {"default": {"width": 3}}}', field=SETTING)
        for interface, numbers in interfaces.items():
            where = f"{SETTING}.{kind}.{interface}"
            if not isinstance(numbers, dict) or not set(numbers) <= set(_NAMES):
                raise InputError("A limit has a name that is none.", f"Use {', '.join(_NAMES)}.", field=where)
            if any(isinstance(number, bool) or not isinstance(number, int | float) for number in numbers.values()):
                raise InputError("A limit is not a number.", "Give numbers.", field=where)
            found = _limits(value, kind, interface)
            if not (found.per_second > 0 and found.in_seconds > 0 and 1 <= found.at_once <= found.many and 1 <= found.width <= 64):
                remedy = "per_second and in_seconds above 0, at_once from 1 to many, width from 1 to 64."
                raise InputError("These limits cannot be kept.", remedy, field=where)
    settings.put(conn, SETTING, value, at=at)


def drop_limits(conn: Connection) -> None:
    """Go back to limits.toml."""
    settings.drop(conn, SETTING)


def _limits(changed: dict[str, Any], kind: str, interface: str) -> Limits:
    written = _written()[kind]
    found: dict[str, Any] = dict(written.get(interface, written["default"]))
    ours = changed.get(kind, {})
    found |= ours.get(interface, ours.get("default", {}) if interface not in written else {})
    return Limits(
        float(found["per_second"]), float(found["many"]), float(found["in_seconds"]), float(found["at_once"]), int(found["width"])
    )
