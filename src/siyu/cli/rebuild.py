"""`siyu rebuild`: make people, orders and sums again from the facts."""

from __future__ import annotations

import argparse
from typing import Any

from siyu import pool, web
from siyu.cli.opening import opened
from siyu.cli.progress import Progress
from siyu.cli.screen import command, report, word


def add(subparsers: Any) -> None:
    """The grammar of this command."""
    command(subparsers, "rebuild", word("cli.rebuild_about"), run)


def run(args: argparse.Namespace) -> int:
    """Throw away what is made from facts and make it again. Safe to repeat: one that was broken off goes on wherever facts are folded."""
    with opened(args) as ground:
        with ground.db.tx() as conn:
            total = sum(source.facts_n for source in pool.sources(conn))
            web.note(conn, "cli", "rebuilt", ground.clock.now())
        with Progress(word("cli.rebuild_progress"), total or None) as bar:
            done = pool.rebuild(ground, progress=bar.to)
    report(args, {"facts": done}, [word("cli.rebuild_done", facts=f"{done:,}")])
    return 0
