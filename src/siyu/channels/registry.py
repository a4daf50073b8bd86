"""Every channel there is, found by looking: a package in this folder that has a `CHANNEL`, or several `CHANNELS`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path

from siyu.base.errors import NotFoundError
from siyu.channels.words import Channel


@cache
def channels() -> dict[str, Channel]:
    """All channels by name."""
    found: dict[str, Channel] = {}
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.ispkg:
            package = importlib.import_module(f"siyu.channels.{module.name}")
            one = getattr(package, "CHANNEL", None)
            found |= {channel.name: channel for channel in (*([one] if one else []), *getattr(package, "CHANNELS", ()))}
    return found


def channel_of(name: str) -> Channel:
    """One channel. Raises `NotFoundError`."""
    try:
        return channels()[name]
    except KeyError:
        raise NotFoundError(f"There is no channel called {name!r}.", f"There are: {', '.join(channels())}.") from None
