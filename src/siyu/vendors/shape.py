"""What an answer of a vendor is read into."""

from __future__ import annotations

from msgspec import Struct


class Shape(Struct, frozen=True):
    """Fields under the vendor's own names. It shows its name only: most of what vendors tell is about people."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"
