"""Rejected rows as a file that a person mends and imports again: the reasons stand in columns of their own, which the import ignores."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from siyu.base.ground import Ground
from siyu.sources.files import store
from siyu.sources.files.saying import field_name, reject_in_words
from siyu.sources.files.words import REJECT_COLUMNS, Import, Reject

_DANGEROUS = re.compile(r"^'*[=+\-@\t\r＝＋－＠]")


def guarded(cell: str) -> str:
    """The cell so that a spreadsheet never takes it for a formula (OWASP CSV injection): an apostrophe goes in front.

    The readers take the apostrophe away again, so that what comes back mended is what went out.
    """
    return "'" + cell if _DANGEROUS.match(cell) else cell


def as_csv(ground: Ground, it: Import, lang: str) -> Iterator[bytes]:
    """The file of rejects in UTF-8 with mark (spreadsheets ask for it), piece by piece."""
    columns = [c for c in it.look.shape.columns if c not in REJECT_COLUMNS]
    yield "\ufeff".encode() + _lines([[*REJECT_COLUMNS, *columns]])
    place = [n for n, c in enumerate(it.look.shape.columns) if c not in REJECT_COLUMNS]
    with ground.db.tx() as conn:
        piece: list[list[str]] = []
        for reject in store.rejects(conn, ground.vault, it.import_id):
            piece.append(_row(it, reject, place, lang))
            if len(piece) >= 500:
                yield _lines(piece)
                piece = []
        if piece:
            yield _lines(piece)


def _row(it: Import, reject: Reject, place: Sequence[int], lang: str) -> list[str]:
    what, remedy = reject_in_words(reject.code, lang)
    field = it.mapping.columns.get(reject.field, "")
    name = f"{reject.field} ({field_name(field, lang)})" if field else reject.field
    cells = list(reject.row)
    row = [cells[n] if n < len(cells) else "" for n in place] + cells[len(it.look.shape.columns) :]
    return [str(it.import_id), str(reject.row_no), name, reject.value, what, remedy, *row]


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue().encode()
