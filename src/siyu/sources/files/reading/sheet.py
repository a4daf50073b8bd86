"""Workbooks (.xlsx, .xls) through calamine: which sheet, and its rows. A sheet has at most 1,048,576 rows and is held in memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from siyu.sources.files.faults import FileFault
from siyu.sources.files.reading.packing import check_workbook
from siyu.sources.files.words import Cell, Rows


def open_workbook(path: Path) -> CalamineWorkbook:
    """The workbook. Raises `FileFault` when it is locked, broken or a bomb."""
    check_workbook(path)
    try:
        return CalamineWorkbook.from_path(str(path))
    except PasswordError:
        raise FileFault("password") from None
    except (CalamineError, OSError, ValueError):
        raise FileFault("broken_workbook") from None


def sheets(book: CalamineWorkbook) -> tuple[str, ...]:
    """The sheets that a person sees, in their order."""
    found = [s.name for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet and s.visible == SheetVisibleEnum.Visible]
    if not found:
        raise FileFault("empty")
    return tuple(found)


def open_sheet(book: CalamineWorkbook, name: str) -> CalamineSheet:
    """One sheet."""
    try:
        return book.get_sheet_by_name(name)
    except (CalamineError, ValueError):
        raise FileFault("no_sheet") from None


def height(sheet: CalamineSheet) -> int:
    """The number of the last row that holds something."""
    return sheet.end[0] + 1 if sheet.end else 0


def cells(sheet: CalamineSheet) -> Iterator[list[Cell]]:
    """Rows from the first row of the sheet on. What was merged over several rows stands in each of them, as a reader sees it."""
    down: dict[tuple[int, int], int] = {}  # (first row, column) -> last row
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or []:
        if bottom > top:
            down[top, left] = bottom
    starts: dict[int, list[int]] = {}
    for top, left in down:
        starts.setdefault(top, []).append(left)
    open_now: dict[int, tuple[int, Cell]] = {}
    for number, row in enumerate(sheet.iter_rows()):
        if starts:
            for column, (bottom, value) in list(open_now.items()):
                if number > bottom:
                    del open_now[column]
                elif column < len(row):
                    row[column] = value
            for column in starts.get(number, ()):
                if column < len(row):
                    open_now[column] = (down[number, column], row[column])
        yield list(row)


def rows(sheet: CalamineSheet, header_row: int, size: int) -> Iterator[Rows]:
    """Data rows in stretches of `size`."""
    every = cells(sheet)
    for _ in range(header_row):
        next(every, None)
    no, total = header_row + 1, max(1, height(sheet))
    while batch := list(islice(every, size)):
        yield Rows(no, batch, min(1.0, (no + len(batch)) / total))  # type: ignore[arg-type]
        no += len(batch)
