"""Whom a row is about: identifiers in normal form, and traits parted into plain and personal ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from siyu.pool import PERSONAL_TRAITS, Identifier, Kind, normal
from siyu.sources.files import fields
from siyu.sources.files.turning.cells import Frame, Read
from siyu.sources.files.values import amounts, plain
from siyu.sources.files.values.moments import Moments
from siyu.sources.files.values.plain import Bad
from siyu.sources.files.words import Cell, Mapping

PERSONAL = PERSONAL_TRAITS | {"postcode"}
_BAD_OF = {"phone": Bad("not_a_phone"), "email": Bad("not_an_email"), "wechat_id": Bad("not_a_wechat_id")}
_GENDERS = {
    "男": "male", "男性": "male", "m": "male", "male": "male", "先生": "male",
    "女": "female", "女性": "female", "f": "female", "female": "female", "女士": "female", "小姐": "female",
}  # fmt: skip


class _Hidden(tuple[Identifier, ...]):
    """No identifier, because the source hid it or it was left out on purpose; told apart from nothing at all."""


HIDDEN, LEFT_OUT = _Hidden(), _Hidden()


class Who:
    """Reads the identifiers and traits of a file's rows."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        by_field = {field: column for column, field in mapping.columns.items()}
        self.met: set[str] = set()  # fields in which something was hidden or left out
        self.identifiers = [(by_field[f], f, Read(self._identifier(f))) for f in fields.IDENTIFIERS if f in by_field]
        self.traits = [
            (column, field.removeprefix("trait."), Read(trait_reader(field.removeprefix("trait."), mapping)))
            for field, column in sorted(by_field.items())  # one order, whatever the file's: ids are made of them
            if field.startswith("trait.")
        ]
        self.names = [name for _, name, _ in self.traits]
        self.is_personal = [name in PERSONAL for name in self.names]

    def _identifier(self, field: str) -> Callable[[Cell], tuple[Identifier, ...] | Bad]:
        kind = Kind(field)
        scope = ""
        if field in fields.SCOPED:
            scope = self.mapping.scope or self.mapping.source
        region = self.mapping.region
        bad = _BAD_OF.get(field, plain.NOT_ID)
        leave_out = self.mapping.bad_identifier == "leave_out"

        def read(cell: Cell) -> tuple[Identifier, ...] | Bad:
            text = plain.identity(cell)
            if text is None:
                return ()
            made = None if isinstance(text, Bad) else normal.identifier(kind, text, scope, region=region)
            if made is not None:
                return (made,)
            if not isinstance(text, Bad) and plain.is_masked(text):
                self.met.add(field)
                return HIDDEN
            if leave_out:
                self.met.add(field)
                return LEFT_OUT
            return text if isinstance(text, Bad) else bad

        return read

    def people(self, frame: Frame) -> list[tuple[Identifier, ...]]:
        """The identifiers of each row; () for nobody."""
        found: list[list[tuple[Identifier, ...]]] = []
        for column, field, reader in self.identifiers:
            values = frame.read(reader, frame.column(column), field)
            if field in self.met:
                for sign, note in ((HIDDEN, "masked"), (LEFT_OUT, "left_out")):
                    if n := sum(v is sign for v in values):
                        frame.out.notes[f"{note}:{field}"] += n
            found.append(values)
        if not found:
            return [()] * len(frame)
        if len(found) == 1:
            return found[0]
        return [tuple(i for those in row if not isinstance(those, Bad) for i in those) for row in zip(*found, strict=True)]

    def stated(self, frame: Frame) -> list[tuple[Any, ...]]:
        """The traits of each row in the order of `names`; None for nothing."""
        columns = [frame.read(reader, frame.column(column), f"trait.{name}") for column, name, reader in self.traits]
        return list(zip(*columns, strict=True)) if columns else [()] * len(frame)

    def parted(self, values: Sequence[Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Traits as (plain, personal)."""
        plain_ones: dict[str, Any] = {}
        personal: dict[str, str] = {}
        for name, is_personal, value in zip(self.names, self.is_personal, values, strict=True):
            if value is None:
                continue
            if is_personal:
                personal[name] = str(value)
            else:
                plain_ones[name] = value
        return plain_ones, personal


def trait_reader(name: str, mapping: Mapping) -> Callable[[Cell], Any]:
    """How the cells of a trait are read: dates become ISO dates, gender one of two words, points a number, the rest text."""
    if name in ("birthday",) or name.endswith(("_on", "_date")):
        moments = Moments("UTC", mapping.day_first, earliest=datetime.fromisoformat("1900-01-01T00:00:00+00:00"))

        def day(cell: Cell) -> str | Bad | None:
            moment = moments(cell)
            return moment if moment is None or isinstance(moment, Bad) else moment.date().isoformat()

        return day
    if name == "gender":

        def gender(cell: Cell) -> str | Bad | None:
            here = plain.text(cell)
            return here if here is None or isinstance(here, Bad) else _GENDERS.get(here.lower(), here)

        return gender
    if name == "points":
        return lambda cell: as_json(amounts.number(cell, mapping.decimal))
    if name == "postcode":
        return plain.identity
    return plain.text


def as_json(number: Any) -> Any:
    """A number as JSON says it."""
    if number is None or isinstance(number, Bad):
        return number
    return int(number) if number == number.to_integral_value() else float(number)
