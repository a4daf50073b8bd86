"""`siyu export people | facts | orders`: everything, as CSV, JSON lines or Parquet, a batch at a time."""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any

from siyu import web
from siyu.base.errors import InputError
from siyu.cli.opening import opened
from siyu.cli.progress import Progress
from siyu.cli.rows import COLUMNS, count, rows
from siyu.cli.screen import command, note, plain, report, word
from siyu.cli.writing import whole_file

Row = dict[str, Any]
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def add(subparsers: Any) -> None:
    """The grammar of this command."""
    made = command(subparsers, "export", word("cli.export_about"), run)
    made.add_argument("kind", choices=list(COLUMNS), metavar="KIND", help=word("cli.export_kind"))
    made.add_argument("--format", choices=["csv", "jsonl", "parquet"], default=None, help=word("cli.export_format"))
    made.add_argument("--out", type=Path, default=None, metavar="FILE", help=word("cli.export_out"))
    made.add_argument("--personal", action="store_true", help=word("cli.export_personal"))


def run(args: argparse.Namespace) -> int:
    """Write the rows to a file, or to stdout. A file appears only when it is whole, and only its owner may read it."""
    ending = args.out.suffix.lstrip(".").lower() if args.out else ""
    kind = args.format or (ending if ending in ("jsonl", "parquet") else "csv")
    if args.out is None and (args.json or kind == "parquet"):
        raise InputError(word("cli.export_no_file"), word("cli.export_no_file_remedy"), field="out")
    with opened(args) as ground:
        with ground.db.tx() as conn:
            if args.personal:
                web.note(conn, "cli", "exported_personal", ground.clock.now(), ref=args.kind)
            total = count(conn, args.kind)
        with (
            ground.db.tx() as conn,
            whole_file(args.out) if args.out else nullcontext() as place,
            Progress(word("cli.export_progress"), total) as bar,
        ):
            done = _WRITERS[kind](place, args.kind, _counted(rows(ground, conn, args.kind, personal=args.personal), bar))
    if args.out:
        value = {"kind": args.kind, "format": kind, "rows": done, "file": str(args.out), "is_personal": args.personal}
        report(args, value, [word("cli.export_done", rows=f"{done:,}", file=args.out)])
    if args.personal:
        note(word("cli.export_careful"))
    return 0


def _counted(given: Iterator[list[Row]], bar: Progress) -> Iterator[Row]:
    done = 0
    for batch in given:
        yield from batch
        done += len(batch)
        bar.to(done)


@contextmanager
def _opened(place: Path | None, encoding: str = "utf-8") -> Iterator[IO[str]]:
    if place is None:
        yield sys.stdout
        sys.stdout.flush()
    else:
        with place.open("w", encoding=encoding, newline="") as out:
            yield out


def guarded(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula, made harmless by a leading apostrophe; everything else as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _cell(value: Any) -> Any:
    value = plain(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value


def _csv(place: Path | None, kind: str, given: Iterator[Row]) -> int:
    done = 0
    with _opened(place, "utf-8-sig") as out:  # with the mark by which spreadsheets know UTF-8
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS[kind])
        for done, row in enumerate(given, 1):  # noqa: B007
            writer.writerow([_cell(guarded(row[name])) for name in COLUMNS[kind]])
    return done


def _jsonl(place: Path | None, kind: str, given: Iterator[Row]) -> int:
    done = 0
    with _opened(place) as out:
        for done, row in enumerate(given, 1):  # noqa: B007
            out.write(json.dumps(plain(row), ensure_ascii=False) + "\n")
    return done


def _parquet(place: Path | None, kind: str, given: Iterator[Row]) -> int:
    import duckdb

    assert place is not None  # noqa: S101  checked before anything was opened
    done = 0
    with tempfile.NamedTemporaryFile("w", suffix=".csv", dir=place.parent, encoding="utf-8", newline="") as middle:
        writer = csv.writer(middle, lineterminator="\n")
        for done, row in enumerate(given, 1):  # noqa: B007
            writer.writerow([_cell(row[name]) for name in COLUMNS[kind]])
        middle.flush()
        with duckdb.connect() as engine:
            engine.execute("set timezone = 'UTC'")
            read = engine.read_csv(
                middle.name, header=False, columns=COLUMNS[kind], auto_detect=False, quotechar='"', escapechar='"', delimiter=","
            )
            read.write_parquet(str(place), compression="zstd")
    return done


_WRITERS: dict[str, Callable[[Path | None, str, Iterator[Row]], int]] = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}
