"""From a stretch of rows to columns of values: ragged and blank rows, repeated values read once, rows that cannot be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from siyu.pool import Fact
from siyu.sources.files.reading.text import Broken
from siyu.sources.files.values.plain import Bad, bare
from siyu.sources.files.words import Cell, Reject, Rows

_MOST = 200_000  # distinct values remembered per column


class Read(dict[Any, Any]):
    """Reads cells and remembers what it read: files say the same thing many times. `has_bad`: some cell could not be read."""

    def __init__(self, parse: Callable[[Any], Any]) -> None:
        super().__init__()
        self.parse = parse
        self.has_bad = False

    def __missing__(self, cell: Any) -> Any:
        value = self.parse(cell)
        if isinstance(value, Bad):
            self.has_bad = True
        self[cell] = value
        return value

    def trim(self) -> None:
        """Forget, when there is too much to remember."""
        if len(self) > _MOST:
            self.clear()

    def column(self, cells: Iterable[Any]) -> list[Any]:
        """Every cell read."""
        self.trim()
        return list(map(self.__getitem__, cells))


@dataclass
class Turned:
    """What a stretch of rows became: a fact a row, further facts beside them, rejected rows, and what else should be said."""

    rows_n: int
    facts: list[Fact] = field(default_factory=list)
    side: list[Fact] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    blank_n: int = 0
    notes: Counter[str] = field(default_factory=Counter)


class Frame:
    """A stretch of rows cut into columns by name; row `i` is row `numbers[i]` of the file."""

    def __init__(self, rows: Rows, columns: tuple[str, ...], *, is_text: bool, out: Turned) -> None:
        self.out = out
        self.place = {name: n for n, name in enumerate(columns)}
        cells: list[Sequence[Cell]] = rows.cells
        numbers: Sequence[int] = range(rows.first_no, rows.first_no + len(cells))
        width = len(columns)
        if set(map(len, cells)) != {width}:
            cells, numbers = self._even(cells, numbers, width, is_text)
        self.cells = cells
        self.numbers = numbers
        self._columns: list[Sequence[Cell]] = list(zip(*cells, strict=False)) or [()] * width
        self.bad: dict[int, tuple[str, str]] = {}

    def _even(
        self, cells: list[Sequence[Cell]], numbers: Sequence[int], width: int, is_text: bool
    ) -> tuple[list[Sequence[Cell]], Sequence[int]]:
        kept: list[Sequence[Cell]] = []
        kept_numbers: list[int] = []
        for found, number in zip(cells, numbers, strict=True):
            if isinstance(found, Broken):
                self.out.rejects.append(Reject(number, "", "", found.code, tuple(found)))
                continue
            row = found
            if len(row) != width:
                if not any(_is_filled(c) for c in row):
                    self.out.blank_n += 1
                    continue
                if len(row) > width:
                    if is_text and any(_is_filled(c) for c in row[width:]):
                        self.out.rejects.append(Reject(number, "", str(len(row)), "too_many_cells", tuple(row)))
                        continue
                    row = row[:width]
                else:
                    if is_text:
                        self.out.notes["short_rows"] += 1
                    row = [*row, *[""] * (width - len(row))]
            kept.append(row)
            kept_numbers.append(number)
        return kept, kept_numbers

    def __len__(self) -> int:
        return len(self.cells)

    def column(self, name: str) -> Sequence[Cell]:
        """The raw cells of a column."""
        return self._columns[self.place[name]]

    def put(self, name: str, cells: Sequence[Cell]) -> None:
        """Other cells for a column."""
        self._columns[self.place[name]] = cells

    def read(self, reader: Read, cells: Iterable[Any], label: str, *, is_needed: bool = False) -> list[Any]:
        """Read cells; note those that cannot be read, and those that are missing although needed, under `label`."""
        values = reader.column(cells)
        if reader.has_bad:
            for index, value in enumerate(values):
                if isinstance(value, Bad):
                    self.bad.setdefault(index, (value.at or label, value.code))
        if is_needed and None in values:
            for index, value in enumerate(values):
                if value is None:
                    self.bad.setdefault(index, (label, "missing"))
        return values

    def reject(self, raw_of: dict[str, str]) -> None:
        """Turn the noted rows into rejects. `raw_of` tells which column a label came from. Rows without anything are just blank."""
        for index in sorted(self.bad):
            label, code = self.bad[index]
            row = self.cells[index]
            if code == "missing" and not any(_is_filled(c) for c in row):
                self.out.blank_n += 1
                continue
            column = raw_of.get(label, "")
            value = bare(row[self.place[column]]) if column in self.place else ""
            self.out.rejects.append(Reject(self.numbers[index], column or label, value[:500], code, tuple(row)))


def fill_down(keys: Sequence[Cell], columns: list[Sequence[Cell]], carried: list[Any]) -> list[list[Cell]]:
    """Blank cells take what the row above says, while `keys` (the order number) stay the same: how Shopify and merged sheets write orders.

    `carried` is the state between stretches: the last key and the last filled cell of each column.
    """
    if not carried:
        carried.extend([None, *[None] * len(columns)])
    out: list[list[Cell]] = [list(column) for column in columns]
    for index, key in enumerate(keys):
        if key in (None, ""):
            continue
        is_same = key == carried[0]
        carried[0] = key
        for n, column in enumerate(out, 1):
            if _is_filled(column[index]):
                carried[n] = column[index]
            elif is_same:
                column[index] = carried[n]
            else:
                carried[n] = None
    return out


def _is_filled(cell: Cell) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))
