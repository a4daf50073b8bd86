"""`siyu lake status | sync | compact | sql`: the facts as columns, for reports and other engines."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from siyu.analytics import lake
from siyu.base.errors import ConfigError
from siyu.cli.opening import opened
from siyu.cli.screen import command, family, report, table, word


def add(subparsers: Any) -> None:
    """The grammar of this family of commands."""
    its = family(command(subparsers, "lake", word("cli.lake_about"), None))
    command(its, "status", word("cli.lake_status"), run_status)
    command(its, "sync", word("cli.lake_sync"), run_sync)
    command(its, "compact", word("cli.lake_compact"), run_compact)
    asked = command(its, "sql", word("cli.lake_sql"), run_sql)
    asked.add_argument("query", metavar="SELECT", help=word("cli.lake_query"))


def run_status(args: argparse.Namespace) -> int:
    """How the lake stands, every file's digest compared; exit code 1 when a file is not as it was written."""
    with opened(args) as ground:
        found = lake.status(ground, thorough=True)
    value = {
        "home": found.home, "folder": found.folder, "files": found.files, "rows": found.rows, "bytes": found.bytes_n,
        "place": asdict(found.place), "waiting": found.waiting, "waiting_since": found.waiting_since, "uncleaned": found.uncleaned,
        "made_at": found.made_at,
        "faults": [{"path": one.file.path, "what": one.what, "told": word(f"cli.lake_fault_{one.what}")} for one in found.faults],
    }  # fmt: skip
    rows = [[name, f"{count:,}", f"{found.rows[name]:,}"] for name, count in found.files.items()]
    lines = [word(f"cli.lake_home_{found.home}", folder=found.folder)]
    lines += table([word("cli.lake_col_table"), word("cli.lake_col_files"), word("cli.lake_col_rows")], rows, right=[1, 2])
    lines.append(word("cli.lake_waiting", count=f"{found.waiting:,}", size=f"{found.bytes_n / 1024 / 1024:,.1f}"))
    lines += [word("cli.lake_fault", path=one.file.path, what=word(f"cli.lake_fault_{one.what}")) for one in found.faults]
    report(args, value, lines)
    return 1 if found.faults else 0


def run_sync(args: argparse.Namespace) -> int:
    """Bring the files up to date, mend and clean them."""
    with opened(args) as ground:
        return _done(args, lake.sync(ground))


def run_compact(args: argparse.Namespace) -> int:
    """Merge small files."""
    with opened(args) as ground:
        return _done(args, lake.compact(ground))


def _done(args: argparse.Namespace, done: lake.Synced) -> int:
    if done.is_busy:
        raise ConfigError(word("cli.lake_busy"), word("cli.lake_busy_remedy"))
    value = {"facts": done.facts, "mended": done.mended, "cleaned": done.cleaned, "merged": done.merged}
    report(args, value, [word("cli.lake_done", **{name: f"{count:,}" for name, count in value.items()})])
    return 0


def run_sql(args: argparse.Namespace) -> int:
    """Answer a question in DuckDB's SQL over `facts`, `orders` and `people`, the fresh tail included."""
    with opened(args) as ground, lake.open(ground) as con:
        columns, rows = lake.query(con, args.query)
    lines = table(columns, [["" if cell is None else cell for cell in row] for row in rows]) if columns else []
    report(args, {"columns": columns, "rows": rows}, lines)
    return 0
