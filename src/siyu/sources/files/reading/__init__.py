"""Reading: from a file of any kind to its shape, and to its rows in stretches. Nothing here knows what a row means."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from siyu.sources.files.faults import FileFault
from siyu.sources.files.reading import columns, header, packing, sheet, text
from siyu.sources.files.words import BATCH, MAX_UNPACKED, MAX_WORKBOOK, Look, Note, Rows, Shape, Wish

__all__ = ["look", "rows", "unpacked_file"]


def look(path: Path, wish: Wish | None = None) -> Look:
    """Decide the shape of a file. Raises `FileFault` when it cannot be read as a table."""
    wish = wish or Wish()
    found = packing.find(path, wish)
    if found.content == "text":
        return _look_at_text(path, found, wish)
    plain = unpacked_file(path, found.packing, found.member, found.content)
    if found.content == "parquet":
        names, count = columns.see(plain)
        if not names or not count:
            raise FileFault("no_rows")
        return Look(Shape("parquet", found.packing, found.member, columns=names), (), found.members, count, True)
    return _look_at_workbook(plain, found, wish)


def rows(path: Path, shape: Shape, *, size: int = BATCH, rows_n: int | None = None) -> Iterator[Rows]:
    """The data rows of a file whose shape is known, in stretches of `size`; memory stays bounded (workbooks: one sheet)."""
    if shape.format == "text":
        with packing.unpacked(path, shape.packing, shape.member) as stream:
            yield from text.rows(stream, shape.encoding, shape.delimiter, shape.header_row, size, rows_n or 1)
    elif shape.format == "parquet":
        yield from columns.rows(unpacked_file(path, shape.packing, shape.member, "parquet"), size)
    else:
        with sheet.open_workbook(unpacked_file(path, shape.packing, shape.member, "sheet")) as book:
            yield from sheet.rows(sheet.open_sheet(book, shape.sheet), shape.header_row, size)


def unpacked_file(path: Path, pack: str, member: str, content: str) -> Path:
    """The file itself, or its unpacked copy beside it (made when missing) for formats that must be read at random."""
    if not pack:
        return path
    target = path.with_name(path.name + ".unpacked")
    mark = path.with_name(path.name + ".member")
    if not target.exists() or (mark.read_text("utf-8") if mark.exists() else "") != member:
        packing.unpack_to(path, pack, member, target, limit=MAX_WORKBOOK if content == "sheet" else MAX_UNPACKED)
        mark.write_text(member, "utf-8")
    return target


def _look_at_text(path: Path, found: packing.Packed, wish: Wish) -> Look:
    if wish.encoding and wish.encoding not in text.ENCODINGS:
        raise FileFault("unknown_encoding", at="encoding")
    with packing.unpacked(path, found.packing, found.member) as one, packing.unpacked(path, found.packing, found.member) as two:
        scanned = text.scan(one, two, wish.encoding)
    if not scanned.head.strip("\ufeff\r\n\t ,;"):
        raise FileFault("empty")
    delimiter = wish.delimiter or text.sniff(scanned.head, scanned.lines_n < 200)
    with packing.unpacked(path, found.packing, found.member) as stream:
        first = list(islice(text.records(stream, scanned.encoding, delimiter), header.LOOKED_AT))
    at, names, notes = _header(first, wish)
    shape = Shape("text", found.packing, found.member, scanned.encoding, delimiter, "", at, names)
    return Look(shape, (), found.members, max(0, scanned.lines_n - at), False, (*scanned.notes, *notes))


def _look_at_workbook(plain: Path, found: packing.Packed, wish: Wish) -> Look:
    with sheet.open_workbook(plain) as book:
        every = sheet.sheets(book)
        name = wish.sheet if wish.sheet in every else next((s for s in every if sheet.open_sheet(book, s).height > 1), every[0])
        opened = sheet.open_sheet(book, name)
        first = list(islice(sheet.cells(opened), header.LOOKED_AT))
        total = sheet.height(opened)
    at, names, notes = _header(first, wish)
    shape = Shape("sheet", found.packing, found.member, sheet=name, header_row=at, columns=names)
    return Look(shape, every, found.members, max(0, total - at), True, notes)


def _header(first: list[list[object]] | list[list[str]], wish: Wish) -> tuple[int, tuple[str, ...], tuple[Note, ...]]:
    at = header.find(first) if wish.header_row is None else wish.header_row
    if at > len(first):
        raise FileFault("no_header_row", at="header_row")
    names = header.names(first[at - 1]) if at else header.numbered(max((len(r) for r in first), default=0))
    if not names:
        raise FileFault("empty" if wish.header_row is None else "no_header_row", at="header_row")
    if at and len(first) <= at:
        raise FileFault("no_rows")
    notes = () if at else (Note("no_header"),)
    return at, names, notes
