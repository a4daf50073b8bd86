"""Open lines, kept between batches so that connections are reused, and opened anew when the settings change."""

from __future__ import annotations

import threading
from typing import Any
from weakref import WeakKeyDictionary

from siyu.base.db import Database
from siyu.base.ground import Ground
from siyu.channels.words import Channel, Line

_open: WeakKeyDictionary[Database, dict[str, tuple[Any, Line]]] = WeakKeyDictionary()
_lock = threading.Lock()


def line(ground: Ground, channel: Channel) -> Line | None:
    """The channel's line with today's settings; None while it is not set up. Raises `ConfigError` for settings that cannot work."""
    settings = channel.settings(ground)
    with _lock:
        mine = _open.setdefault(ground.db, {})
        kept = mine.get(channel.name)
        if kept and kept[0] == settings:
            return kept[1]
        mine.pop(channel.name, None)
    if kept:
        kept[1].close()
    if settings is None:
        return None
    made = channel.open(ground, settings)
    with _lock:
        mine[channel.name] = (settings, made)
    return made


def hang_up(ground: Ground) -> None:
    """Close every line of this ground: before the process leaves."""
    with _lock:
        mine = _open.pop(ground.db, {})
    for _, one in mine.values():
        one.close()
