"""`siyu work`: the workers only; run as many as you like beside a `siyu serve`."""

from __future__ import annotations

import argparse
import signal
import threading
from typing import Any

from siyu import river
from siyu.cli.opening import opened
from siyu.cli.screen import command, note, report, word


def add(subparsers: Any) -> None:
    """The grammar of this command."""
    made = command(subparsers, "work", word("cli.work_about"), run)
    made.add_argument("--threads", type=int, default=1, help=word("cli.serve_threads"))
    made.add_argument("--until-idle", action="store_true", help=word("cli.work_idle"))


def run(args: argparse.Namespace) -> int:
    """Run the river until SIGTERM or Ctrl-C, or until it is at rest."""
    with opened(args, is_service=True) as ground:
        if args.until_idle:
            did = river.run_until_idle(ground)
            report(args, {"did": did}, [word("cli.work_did", step=step, count=f"{count:,}") for step, count in did.items()])
            return 0
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        note(word("cli.work_ready"))
        river.loop(ground, stop, args.threads)
    note(word("cli.serve_down"))
    return 0
