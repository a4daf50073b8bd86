"""The command line: `siyu COMMAND`.

In: words on a command line, settings in the environment. Out: reports for people, or with `--json` exactly one JSON object on stdout;
everything else (progress, warnings, errors) goes to stderr. Owns no table: it goes in by the doors of the rooms.

A command is one module of this package with `add(subparsers)` and `run(args) -> int`; `COMMANDS` names them in the order of the help.
Exit codes: 0 done, 1 failed, 2 not understood, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from importlib import metadata
from typing import Any

from siyu.base.errors import SiyuError
from siyu.base.garbage import collect_seldom
from siyu.cli.screen import fail, language, word

COMMANDS = [
    "demo", "diagnose", "score", "worth", "serve", "work", "import_", "export", "source", "connect", "sync", "overview", "ledger", "lake",
    "person", "trace", "segment", "code", "handover", "broadcast", "experiment", "setting", "user", "doctor", "rebuild", "backup",
    "restore",
]  # fmt: skip

__all__ = ["COMMANDS", "main", "parser"]


def parser(only: str = "") -> argparse.ArgumentParser:
    """The grammar of the command line; with `only` that of one command, so that the others need not be loaded."""
    top = argparse.ArgumentParser(prog="siyu", description=word("cli.about"), epilog=word("cli.epilog"))
    top.add_argument("--version", action="version", version=f"siyu {metadata.version('siyu')}")
    top.add_argument("--data", metavar="DIR", default=None, help=word("cli.data_help"))
    top.add_argument("--json", action="store_true", default=False, help=word("cli.json_help"))
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for name in [only] if only in COMMANDS else COMMANDS:
        importlib.import_module(f"siyu.cli.{name}").add(commands)
    return top


def _asked(given: list[str]) -> str:
    """The module of the command that is asked for, as far as one can say before parsing."""
    word = next((w for n, w in enumerate(given) if not w.startswith("-") and (n == 0 or given[n - 1] != "--data")), "")
    return "import_" if word == "import" else word


def main(argv: list[str] | None = None) -> int:
    """Run one command; gives the exit code and never a traceback for what a person can mend."""
    if argv is None:  # a process of our own
        collect_seldom()
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # fits factor tiny matrices: threads only wait for one another, burning CPU
    given = sys.argv[1:] if argv is None else argv
    args: Any = parser(_asked(given)).parse_args(given)
    try:
        return int(args.run(args))
    except SiyuError as err:
        return fail(args, *err.told(language()))
    except KeyboardInterrupt:
        print("", file=sys.stderr)
        fail(args, word("cli.stopped"), "")
        return 130
    except BrokenPipeError:  # the reader (head, less) went away: nobody is left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
