"""The limits of each interface: limits.toml, and over it the setting `vendors.limits` ({kind: {interface: {name: number}}})."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from siyu.base import settings
from siyu.base.db import Connection
from siyu.vendors.calls.pace import Limits

SETTING = "vendors.limits"


@cache
def _written() -> dict[str, dict[str, dict[str, float]]]:
    return tomllib.loads(resources.files("siyu.vendors").joinpath("limits.toml").read_text("utf-8"))


def limits_of(conn: Connection, kind: str, interface: str) -> Limits:
    """The limits of one interface; a setting for it, or for `default`, changes the numbers that it names."""
    written = _written()[kind]
    found: dict[str, Any] = dict(written.get(interface, written["default"]))
    ours = settings.get(conn, SETTING, {}).get(kind, {})
    found |= ours.get(interface, ours.get("default", {}) if interface not in written else {})
    return Limits(
        float(found["per_second"]), float(found["many"]), float(found["in_seconds"]), float(found["at_once"]), int(found["width"])
    )
