"""Turning rows into facts: pure, batch by batch, the same rows always to the same facts with the same ids."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Protocol

from siyu.sources.files.turning.cells import Turned
from siyu.sources.files.turning.events import Events
from siyu.sources.files.turning.occurrences import Occurrences
from siyu.sources.files.turning.orders import Orders
from siyu.sources.files.turning.people import People
from siyu.sources.files.words import Mapping, Rows, Shape

__all__ = ["Occurrences", "Turned", "Turner", "turner"]

_AHEAD_FOR = timedelta(hours=23)  # the pool refuses what is more than a day ahead


class Turner(Protocol):
    """Turns stretches of rows, fed in order, into facts."""

    def turn(self, rows: Rows) -> Turned:
        """The facts of one stretch."""
        ...


def turner(mapping: Mapping, shape: Shape, *, key: bytes | None, now: datetime, came_at: datetime, evidence: dict[str, Any]) -> Turner:
    """A fresh turner.

    `key` makes ids of people's data unguessable (None: no ids), `now` bounds what is believed, `came_at` dates what has no date.
    """
    latest = now + _AHEAD_FOR
    is_text = shape.format == "text"
    if mapping.kind in ("order_lines", "orders"):
        return Orders(mapping, shape.columns, key, latest, is_text=is_text)
    if mapping.kind == "events":
        return Events(mapping, shape.columns, key or b"", latest, is_text=is_text)
    return People(mapping, shape.columns, key or b"", latest, is_text=is_text, came_at=came_at, evidence=evidence)
