"""What can be known to be wrong before a vendor is asked: lengths in bytes, sizes of lists. Raises `InputError` naming the field."""

from __future__ import annotations

from collections.abc import Sized

from siyu.base.errors import InputError


def bytes_within(value: str, most: int, field: str, *, least: int = 0) -> None:
    """The text in UTF-8 is of `least` to `most` bytes (a Chinese character is three)."""
    size = len(value.encode())
    if not least <= size <= most:
        raise InputError(f"{field} has {size} bytes.", f"Use {least} to {most} bytes; a Chinese character counts as 3.", field=field)


def characters_within(value: str, most: int, field: str, *, least: int = 0) -> None:
    """The text has `least` to `most` characters."""
    if not least <= len(value) <= most:
        raise InputError(f"{field} has {len(value)} characters.", f"Use {least} to {most} characters.", field=field)


def count_within(values: Sized, most: int, field: str, *, least: int = 0) -> None:
    """The list has `least` to `most` entries."""
    if not least <= len(values) <= most:
        raise InputError(f"{field} has {len(values)} entries.", f"Give {least} to {most} at a time.", field=field)


def number_within(value: int, least: int, most: int, field: str) -> None:
    """The number lies in its range, both ends included."""
    if not least <= value <= most:
        raise InputError(f"{field} is out of range: {value}.", f"Use {least} to {most}.", field=field)


def some(field: str, *values: object) -> None:
    """At least one of the values is not empty."""
    if not any(values):
        raise InputError(f"{field} is empty.", "Give at least one of them.", field=field)
