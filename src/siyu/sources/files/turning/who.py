"""Whom a row is about: identifiers in normal form, and traits parted into plain and personal ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
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


@dataclass(slots=True, eq=False)
class Said:
    """What a row says of whom. Rows that say the same share one `Said`; `is_told` once a fact has told it."""

    persons: tuple[Identifier, ...] = ()
    plain: dict[str, Any] = field(default_factory=dict)
    personal: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # masked:phone, left_out:email
    is_told: bool = False

    def parts(self) -> list[str]:
        """What makes it this and no other, for ids."""
        who = [f"{i.kind}:{i.scope}:{i.value}" for i in self.persons]
        return [*who, *(f"{k}={v}" for k, v in self.plain.items()), *(f"{k}={v}" for k, v in self.personal.items())]


class Who:
    """Reads the identifiers and traits of a file's rows."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        by_field = {f: column for column, f in mapping.columns.items()}
        named = [f for f in fields.IDENTIFIERS if f in by_field]
        traits = sorted(f for f in by_field if f.startswith("trait."))  # one order, whatever the file's: ids are made of them
        self.columns = [by_field[f] for f in (*named, *traits)]
        self.has_traits = bool(traits)
        self._identifiers = [(f, Read(self._identifier(f))) for f in named]
        self._traits = [(name := f.removeprefix("trait."), name in PERSONAL, Read(trait_reader(name, mapping))) for f in traits]
        self._said = Read(self._one)
        self._has_notes = False

    def read(self, frame: Frame) -> list[Said]:
        """What each row says; for rows that cannot be read a `Bad`, noted in the frame."""
        if not self.columns:
            return [Said()] * len(frame)
        found: list[Said] = frame.read(self._said, zip(*(frame.column(c) for c in self.columns), strict=True), "who")
        if self._has_notes:
            frame.out.notes.update(note for one in found if isinstance(one, Said) for note in one.notes)
        return found

    def _one(self, cells: tuple[Cell, ...]) -> Said | Bad:
        persons: list[Identifier] = []
        notes: list[str] = []
        for (name, reader), cell in zip(self._identifiers, cells, strict=False):
            value = reader[cell]
            if isinstance(value, Bad):
                return Bad(value.code, name)
            if isinstance(value, str):
                notes.append(f"{value}:{name}")
                self._has_notes = True
            elif value is not None:
                persons.append(value)
        plain_ones: dict[str, Any] = {}
        personal: dict[str, str] = {}
        for (name, is_personal, reader), cell in zip(self._traits, cells[len(self._identifiers) :], strict=True):
            value = reader[cell]
            if isinstance(value, Bad):
                return Bad(value.code, f"trait.{name}")
            if value is None:
                continue
            if is_personal:
                personal[name] = str(value)
            else:
                plain_ones[name] = value
        for reader in (*(r for _, r in self._identifiers), *(r for _, _, r in self._traits)):
            reader.trim()
        return Said(tuple(persons), plain_ones, personal, tuple(notes))

    def _identifier(self, name: str) -> Callable[[Cell], Identifier | Bad | str | None]:
        kind = Kind(name)
        scope = (self.mapping.scope or self.mapping.source) if name in fields.SCOPED else ""
        region = self.mapping.region
        bad = _BAD_OF.get(name, plain.NOT_ID)
        leave_out = self.mapping.bad_identifier == "leave_out"

        def read(cell: Cell) -> Identifier | Bad | str | None:
            text = plain.identity(cell)
            if text is None:
                return None
            made = None if isinstance(text, Bad) else normal.identifier(kind, text, scope, region=region)
            if made is not None:
                return made
            if not isinstance(text, Bad) and plain.is_masked(text):
                return "masked"
            if leave_out:
                return "left_out"
            return text if isinstance(text, Bad) else bad

        return read


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
