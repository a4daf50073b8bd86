"""`siyu backup FILE`: the whole database in one file, while everything runs. The keys are not in it, on purpose."""

from __future__ import annotations

import argparse
import os
import subprocess
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from siyu.base import embedded
from siyu.base.errors import ConfigError
from siyu.base.ground import Ground
from siyu.cli.opening import opened
from siyu.cli.rows import count
from siyu.cli.screen import command, note, report, word
from siyu.cli.writing import whole_file


def add(subparsers: Any) -> None:
    """The grammar of this command."""
    made = command(subparsers, "backup", word("cli.backup_about"), run)
    made.add_argument("file", metavar="FILE", type=Path, help=word("cli.backup_file"))


def run(args: argparse.Namespace) -> int:
    """Dump the database as it stands at one moment."""
    with opened(args) as ground:
        with ground.db.tx() as conn:
            counts = {kind: count(conn, kind) for kind in ("people", "facts", "orders")}
        note(word("cli.backup_running"))
        with whole_file(args.file) as half:
            client(ground, "pg_dump", ["--format=custom", "--no-owner", f"--file={half}"])
            size = half.stat().st_size
        keys = ground.config.data / "keys.json"
    value = {"file": str(args.file), "bytes": size} | counts
    report(args, value, [word("cli.backup_done", file=args.file, size=f"{size / 1024 / 1024:,.1f}", facts=f"{counts['facts']:,}")])
    note(word("cli.backup_keys", file=keys))
    return 0


def client(ground: Ground, program: str, words: list[str]) -> None:
    """Run one of PostgreSQL's client programs on our database; the password goes by the environment, where `ps` does not show it.

    Raises `ConfigError` with its last line.
    """
    given = conninfo_to_dict(ground.db.url)
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE", "sslmode": "PGSSLMODE"}
    env = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"} | {names[key]: str(value) for key, value in given.items() if key in names}
    done = subprocess.run(
        [str(embedded.binaries() / program), *words], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [""])[-1][:300]
        raise ConfigError(word("cli.backup_failed", program=program, said=last), word("cli.backup_failed_remedy"))
