"""`siyu restore FILE`: a backup into an empty installation. Nothing is sent by itself afterwards: broadcasts under way come back paused."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from siyu import journeys
from siyu.base import migrate
from siyu.base.errors import ConfigError, InputError
from siyu.cli.backup import client
from siyu.cli.checkup.server import migrations
from siyu.cli.checkup.words import Degree, Patient
from siyu.cli.opening import opened
from siyu.cli.rows import count
from siyu.cli.screen import command, note, report, word


def add(subparsers: Any) -> None:
    """The grammar of this command."""
    made = command(subparsers, "restore", word("cli.restore_about"), run)
    made.add_argument("file", metavar="FILE", type=Path, help=word("cli.restore_file"))


def run(args: argparse.Namespace) -> int:
    """Put the backup back, all or nothing, bring it up to this release, and hold what would send."""
    if not args.file.is_file():
        raise InputError(word("cli.restore_no_file", file=args.file), word("cli.restore_no_file_remedy"), field="file")
    with opened(args) as ground:
        with ground.db.tx() as conn:
            if any(count(conn, kind) for kind in ("people", "facts", "orders")):
                raise ConfigError(word("cli.restore_not_empty"), word("cli.restore_not_empty_remedy"))
        note(word("cli.restore_running"))
        client(
            ground, "pg_restore", ["--clean", "--if-exists", "--no-owner", "--single-transaction", "--dbname=", str(args.file.absolute())]
        )
        ran = migrate.migrate(ground.db)
        faults = [one for one in migrations(Patient(ground.config, "", ground)) if one.degree is Degree.ILL]
        paused = []
        with ground.db.tx() as conn:
            for broadcast in journeys.newest(conn, 10_000):
                if broadcast.state in (journeys.State.SCHEDULED, journeys.State.ENROLLING, journeys.State.RUNNING):
                    journeys.pause(ground, conn, broadcast.broadcast_id)
                    paused.append(broadcast.broadcast_id)
            counts = {kind: count(conn, kind) for kind in ("people", "facts", "orders")}
    value: dict[str, Any] = {"file": str(args.file), "migrations": ran, "paused_broadcasts": paused} | counts
    told = [word("cli.restore_done", facts=f"{counts['facts']:,}", people=f"{counts['people']:,}")]
    if paused:
        told.append(word("cli.restore_paused", numbers=", ".join(map(str, paused))))
    report(args, value, told)
    for one in faults:  # the keys of another installation, above all
        note(f"siyu: {one.what} {one.remedy}")
    return 1 if faults else 0
