"""`siyu import FILE ...`: order lines, orders, people or events out of a file; `--undo` takes an import back."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from siyu import web
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.cli.opening import opened
from siyu.cli.progress import Progress
from siyu.cli.screen import command, language, note, report, table, word
from siyu.sources import files
from siyu.sources.files import FileFault, NotSettled, Options, Preview, Wish


def add(subparsers: Any) -> None:
    """The grammar of this command."""
    made = command(subparsers, "import", word("cli.import_about"), run)
    made.add_argument("files", nargs="*", type=Path, metavar="FILE", help=word("cli.import_files"))
    made.add_argument("--kind", choices=["order_lines", "orders", "people", "events"], default=None, help=word("cli.import_kind"))
    made.add_argument("--source", default=None, metavar="NAME", help=word("cli.import_source"))
    made.add_argument("--currency", default=None, metavar="CODE", help=word("cli.import_currency"))
    made.add_argument("--time-zone", default=None, metavar="ZONE", help=word("cli.import_time_zone"))
    order = made.add_mutually_exclusive_group()
    order.add_argument("--day-first", dest="day_first", action="store_true", default=None, help=word("cli.import_day_first"))
    order.add_argument("--month-first", dest="day_first", action="store_false", default=None, help=word("cli.import_month_first"))
    made.add_argument("--mapping", type=Path, default=None, metavar="JSON", help=word("cli.import_mapping"))
    made.add_argument("--encoding", default=None, help=word("cli.import_encoding"))
    made.add_argument("--delimiter", default=None, help=word("cli.import_delimiter"))
    made.add_argument("--sheet", default=None, metavar="NAME", help=word("cli.import_sheet"))
    made.add_argument("--member", default=None, metavar="NAME", help=word("cli.import_member"))
    made.add_argument("--header-row", type=int, default=None, metavar="N", help=word("cli.import_header_row"))
    made.add_argument("--preview", action="store_true", help=word("cli.import_preview"))
    made.add_argument("--rejects", type=Path, default=None, metavar="CSV", help=word("cli.import_rejects"))
    made.add_argument("--undo", type=int, default=None, metavar="NUMBER", help=word("cli.import_undo"))


def run(args: argparse.Namespace) -> int:
    """Import, preview or undo."""
    if not args.files and args.undo is None:
        raise InputError(word("cli.import_nothing"), word("cli.import_nothing_remedy"), field="files")
    options = _options(args)
    with opened(args) as ground:
        if args.undo is not None:
            return _undo(ground, args)
        try:
            if args.preview:
                return _preview(ground, args, options)
            return _import(ground, args, options)
        except FileFault as fault:
            raise InputError(*fault.told(language()), field=fault.field) from None
        except NotSettled as open_:
            raise InputError(files.note_in_words(open_.note, language()), word("cli.import_settle"), field=open_.field) from None


def _options(args: argparse.Namespace) -> Options:
    mapping = None
    if args.mapping is not None:
        try:
            mapping = json.loads(args.mapping.read_text("utf-8"))
        except (OSError, ValueError):
            raise InputError(word("cli.import_bad_mapping"), word("cli.import_bad_mapping_remedy"), field="mapping") from None
        if not isinstance(mapping, dict):
            raise InputError(word("cli.import_bad_mapping"), word("cli.import_bad_mapping_remedy"), field="mapping")
    delimiter = {"\\t": "\t", "tab": "\t"}.get(args.delimiter, args.delimiter)
    if delimiter is not None and len(delimiter) != 1:
        raise InputError(word("cli.import_bad_delimiter"), word("cli.import_bad_delimiter_remedy"), field="delimiter")
    wish = Wish(args.encoding, delimiter, args.sheet, args.member, args.header_row)
    return Options(args.kind, args.source, args.currency, args.time_zone, args.day_first, mapping, wish, "cli")


def _import(ground: Ground, args: argparse.Namespace, options: Options) -> int:
    done: list[dict[str, Any]] = []
    for path in args.files:
        with Progress(path.name) as bar:
            found = _one(ground, path, options, bar)
        done.append(found)
        with ground.db.tx() as conn:
            web.note(conn, "cli", "import.started", ground.clock.now(), ref=f"import:{found['import_id']}")
        if found["rejected"]:
            out = args.rejects if len(args.files) == 1 else None
            if out is not None:
                _write_rejects(ground, found["import_id"], out)
            where = {"out": out} if out is not None else {}
            told = "cli.import_rejected" if where else "cli.import_rejected_where"
            note(word(told, n=f"{found['rejected']:,}", number=found["import_id"], **where))
            for code, column, count, first in files.reject_counts(ground, found["import_id"])[:10]:
                what, remedy = files.reject_in_words(code, language())
                note(f"  {count:,} × {column or '-'}: {what} ({word('cli.import_row', row=first)}). {remedy}")
    figures = ("rows", "imported", "known", "rejected")
    value = done[0] if len(done) == 1 else {"files": done} | {n: sum(one[n] for one in done) for n in figures}
    head = [word(f"cli.import_head_{n}") for n in ("number", "file", *figures, "seconds")]
    rows = [[one["import_id"], one["file"], *(f"{one[n]:,}" for n in figures), f"{one['seconds']:.1f}"] for one in done]
    report(args, value, table(head, rows, right=range(2, 7)))
    return 0


def _one(ground: Ground, path: Path, options: Options, bar: Progress) -> dict[str, Any]:
    last = [0]

    def at(now: files.Progress) -> None:
        last[0] = now.rows
        bar.to(now.rows, now.rows_total)

    return files.import_file(
        ground, path, options, at, folded=lambda count: bar.to(last[0], detail=word("cli.import_folding", count=f"{count:,}"))
    )


def _write_rejects(ground: Ground, import_id: int, out: Path) -> None:
    with out.open("wb") as file:
        out.chmod(0o600)
        for piece in files.rejects_file(ground, import_id, language()):
            file.write(piece)


def _preview(ground: Ground, args: argparse.Namespace, options: Options) -> int:
    found = []
    for path in args.files:
        seen = files.preview(ground, path, by="cli", wish=options.wish, kind=options.kind, source=options.source)
        found.append(seen)
        files.discard(ground, seen.import_id)
    value = [_preview_json(seen) for seen in found]
    report(args, value[0] if len(value) == 1 else {"files": value}, (line for seen in found for line in _preview_lines(seen)))
    return 0


def _preview_json(seen: Preview) -> dict[str, Any]:
    return {
        "file": seen.file_name,
        "shape": seen.look.shape,
        "rows": seen.look.rows_n,
        "mapping": files.to_json(seen.mapping),
        "columns": seen.columns,
        "would_become": seen.counts,
        "sample_rows": seen.sample_n,
        "sample_rejected": seen.sample_bad_n,
        "notes": [{"text": files.note_in_words(n, language()), "code": n.code, "is_blocking": n.is_blocking} for n in seen.notes],
    }


def _preview_lines(seen: Preview) -> list[str]:
    lang, shape = language(), seen.look.shape
    told = " · ".join(
        p for p in (shape.format, shape.encoding, repr(shape.delimiter) if shape.delimiter else "", shape.sheet, shape.member) if p
    )
    lines = [f"{seen.file_name}: {told} · {word('cli.import_row', row=shape.header_row)} · {seen.mapping.kind}", ""]
    head = [word("cli.import_column"), word("cli.import_field"), word("cli.import_confidence"), word("cli.import_samples")]
    rows = []
    for one in seen.columns:
        field = files.field_name(one.field, lang) if one.field else "-"
        rows.append([one.name, field, f"{one.confidence:.0%}" if one.field else "", " | ".join(one.samples)])
    lines += table(head, rows, right=[2])
    lines += ["", " · ".join(f"{type_} {n:,}" for type_, n in sorted(seen.counts.items()))]
    if seen.sample_bad_n:
        lines.append(word("cli.import_sample_bad", bad=f"{seen.sample_bad_n:,}", n=f"{seen.sample_n:,}"))
        for bad in seen.examples[:10]:
            what, remedy = files.reject_in_words(bad.code, lang)
            lines.append(f"  {word('cli.import_row', row=bad.row_no)} · {bad.field}: {what}. {remedy}")
    lines += [("! " if n.is_blocking else "  ") + files.note_in_words(n, lang) for n in seen.notes]
    return lines


def _undo(ground: Ground, args: argparse.Namespace) -> int:
    count = files.undo(ground, args.undo)
    with ground.db.tx() as conn:
        web.note(conn, "cli", "import.undone", ground.clock.now(), ref=f"import:{args.undo}")
    report(args, {"import_id": args.undo, "removed": count}, [word("cli.import_undone", number=args.undo, count=f"{count:,}")])
    return 0
