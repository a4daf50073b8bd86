"""The words of what vendors mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from siyu.base.errors import InputError
from siyu.pool import Fact
from siyu.sources.wishes import Wish
from siyu.vendors import VendorKind


class Unreadable(InputError):
    """It came from the vendor, and it is not what its documents say. Its text names the part, never a value."""


@dataclass(frozen=True)
class Event:
    """What a vendor told, opened and read. `app_id` is the corpid or appid; texts in `fields` are as they came, numbers as texts.

    Of text messages (短信) `fields` is {"rows": [...]}, receipts or replies.
    """

    vendor: VendorKind
    app_id: str
    fields: Mapping[str, Any] = field(repr=False)
    received_at: datetime

    def text(self, name: str) -> str:
        """A field that is a text; empty where it is missing or something else."""
        value = self.fields.get(name, "")
        return value.strip() if isinstance(value, str) else ""


@dataclass(frozen=True)
class Understood:
    """What became of an event. `note` says why there is neither a fact nor a wish: a code under `sources.callback_note_`."""

    facts: tuple[Fact, ...] = ()
    wishes: tuple[Wish, ...] = ()
    note: str = ""
