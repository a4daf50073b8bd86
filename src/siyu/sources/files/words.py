"""The words of file imports: the shape of a file, the mapping of its columns, what was found wrong, and the import itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Cell = Any  # what a reader gives for one cell: str, int, float, Decimal, bool, datetime, date, or None for nothing

KINDS = ("order_lines", "orders", "people", "events")

BATCH = 10_000  # rows read, recorded and committed together
SAMPLE = 5_000  # rows looked at before anything is proposed
SHOWN = 12  # rows shown in a preview

MAX_BYTES = 4 * 1024**3  # of an upload
MAX_UNPACKED = 16 * 1024**3  # of what comes out of gz or zip, for text and Parquet
MAX_WORKBOOK = 1024**3  # of what comes out of an .xlsx: workbooks are read into memory
MAX_RATIO = 250  # unpacked / packed; tables reach 10 to 60, a bomb 1,000 and more
MAX_LINE = 8 * 1024**2  # one line of text
MAX_COLUMNS = 500

REJECT_COLUMNS = ("siyu_import", "siyu_row", "siyu_field", "siyu_value", "siyu_why", "siyu_remedy")  # put before a rejected row


@dataclass(frozen=True)
class Wish:
    """What a person said about a file's shape; None = decide yourself."""

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    member: str | None = None  # the file inside a zip
    header_row: int | None = None  # as people count: the first row is 1


@dataclass(frozen=True)
class Shape:
    """How to read a file: enough to read it again after a crash. Kept as JSON in `imports.shape`."""

    format: Literal["text", "sheet", "parquet"]
    packing: Literal["", "gz", "zip"] = ""
    member: str = ""
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int = 1
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Look:
    """A first look: the shape that was decided, what else could be chosen, and what people should know about it."""

    shape: Shape
    sheets: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    rows_n: int | None = None  # data rows; for text the number of lines, so at most
    is_exact: bool = False
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Note:
    """Something a person should see before the import: a code of texts.toml and its values (never values of people)."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)
    is_blocking: bool = False


@dataclass(frozen=True)
class Rows:
    """A stretch of data rows. Row `i` of it is row `first_no + i` of the file, as people count (the header is row `shape.header_row`)."""

    first_no: int
    cells: list[Sequence[Cell]]
    share: float  # of the file read so far, 0 to 1


@dataclass(frozen=True)
class Column:
    """A column of the file as it was found, and what it is proposed to mean."""

    name: str
    field: str  # "" = leave it out
    confidence: float  # 0 to 1; 1 = the name and the values agree
    samples: tuple[str, ...]
    filled: float  # share of sample rows that have something here


@dataclass(frozen=True)
class Mapping:
    """What each column means and how values are read. Documented as JSON in docs/imports.md; kept in `imports.mapping`."""

    kind: str
    columns: dict[str, str]  # column name -> field; columns that are left out do not stand here
    source: str = "files"
    currency: str = ""
    time_zone: str = ""
    day_first: bool | None = None  # for 05/01/2026; None = such dates are refused
    decimal: str = "."  # the decimal mark
    region: str = "CN"  # whose phone numbers are written without a country code
    scope: str = ""  # of buyer_id, member_id, openid ...: the shop, app or corp; empty = the source's name
    refund_prefixes: tuple[str, ...] = ()  # of order numbers; with them only such orders are cancellations
    fill_down: bool = False  # blank cells below an order's first line mean the same as there
    statuses: dict[str, str] = field(default_factory=dict)  # word -> paid, refunded, closed, waiting
    event_types: dict[str, str] = field(default_factory=dict)  # word -> fact type
    event_type: str = ""  # when no column says
    consent_purpose: str = "marketing"
    bad_identifier: Literal["reject", "leave_out"] = "reject"


@dataclass(frozen=True)
class Reject:
    """A row that was not imported: which field of it, what stood there, and why (a code of texts.toml)."""

    row_no: int
    field: str
    value: str
    code: str
    row: tuple[Any, ...] = ()

    def __repr__(self) -> str:
        return f"Reject({self.row_no}, {self.field}, {self.code})"  # never the value


@dataclass(frozen=True)
class Import:
    """One import as its row keeps it. Of `rows` read so far, each was imported, known, rejected, blank, or continued an order above."""

    import_id: int
    source: str
    source_id: int | None
    job_id: int | None
    file_name: str
    file_bytes: int
    file_digest: bytes
    stored_at: str
    look: Look
    mapping: Mapping
    state: str  # previewed, running, done, failed, undone
    rows: int
    rows_n: int | None
    imported: int
    known: int
    rejected: int
    blank: int
    continued: int
    side: int
    notes: dict[str, int]
    why: str
    started_by: str
    created_at: datetime
    ended_at: datetime | None
    undone_at: datetime | None


@dataclass(frozen=True)
class Preview:
    """What a person sees before starting: shape, first rows, the proposed mapping, problems found in the sample."""

    import_id: int
    file_name: str
    look: Look
    columns: tuple[Column, ...]
    mapping: Mapping
    first_rows: tuple[tuple[str, ...], ...]
    first_no: int
    notes: tuple[Note, ...]
    is_remembered: bool  # the mapping was accepted before for the same header
    sample_n: int
    sample_bad_n: int
    examples: tuple[Reject, ...]  # every bad row of the sample
    counts: dict[str, int]  # fact type -> facts that the sample would become


@dataclass(frozen=True)
class Progress:
    """How far an import is. `rate` is rows a second, `remaining_for` seconds; None until something was measured."""

    import_id: int
    state: str
    rows: int
    rows_total: int | None
    imported: int
    known: int
    rejected: int
    rate: float | None = None
    remaining_for: float | None = None

    @property
    def share(self) -> float | None:
        """How far it is, 0 to 1."""
        return None if not self.rows_total else min(1.0, self.rows / self.rows_total)


@dataclass(frozen=True)
class Options:
    """What may be said before an import that nobody confirms on a page (the command line, a program); None = as proposed."""

    kind: str | None = None
    source: str | None = None
    currency: str | None = None
    time_zone: str | None = None
    day_first: bool | None = None
    mapping: dict[str, Any] | None = None  # JSON of docs/imports.md; parts of it are enough
    wish: Wish = field(default_factory=Wish)
    by: str = ""
