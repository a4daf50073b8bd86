"""What a command shows: a report on stdout, everything else on stderr, in the language of the terminal."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

from siyu.base.errors import Told
from siyu.base.text import say


def language() -> str:
    """`zh` or `en`: SIYU_LANG when set, else what the terminal's locale says (LC_ALL, LC_MESSAGES, LANG)."""
    asked = os.environ.get("SIYU_LANG") or next((os.environ[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(n)), "")
    return "zh" if asked.lower().startswith("zh") else "en"


def word(key: str, **values: Any) -> str:
    """The text under `key` in the language of the terminal."""
    return say(key, language(), **values)


def command(subparsers: Any, name: str, about: str, run: Callable[[argparse.Namespace], int] | None) -> argparse.ArgumentParser:
    """Add one command (or, with `run=None`, a family of commands) that also takes --data and --json after its name."""
    made: argparse.ArgumentParser = subparsers.add_parser(name, help=about, description=about)
    made.add_argument("--data", metavar="DIR", default=argparse.SUPPRESS, help=word("cli.data_help"))
    made.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=word("cli.json_help"))
    if run is not None:
        made.set_defaults(run=run)
    return made


def family(made: argparse.ArgumentParser) -> Any:
    """The place where the commands of a family (`source add`, `source list`) are added."""
    return made.add_subparsers(metavar="WHAT", required=True)


def plain(value: Any) -> Any:
    """`value` as JSON can say it: dataclasses as objects, moments and dates in ISO 8601, decimals as text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(plain(k)): plain(v) for k, v in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (Decimal, UUID, Path)):
        return str(value)
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    return value


def report(args: argparse.Namespace, value: Mapping[str, Any], lines: Iterable[str]) -> None:
    """Print the report: with --json `value` as one object, else the `lines` for people."""
    if args.json:
        print(json.dumps(plain(value), ensure_ascii=False))
    else:
        for line in lines:
            print(line)
    sys.stdout.flush()


def note(text: str) -> None:
    """Say something beside the report, on stderr."""
    print(text, file=sys.stderr, flush=True)


def fail(args: argparse.Namespace, what: str, remedy: str) -> int:
    """Say what is wrong and what to do about it; with --json as an object too. Gives the exit code 1."""
    note(f"siyu: {Told(what, remedy)}")
    if getattr(args, "json", False):
        print(json.dumps({"error": {"what": what, "remedy": remedy}}, ensure_ascii=False))
        sys.stdout.flush()
    return 1


def width(text: str) -> int:
    """How many columns of a terminal the text takes: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def table(head: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[int] = ()) -> list[str]:
    """The lines of a table; columns whose numbers stand in `right` are aligned to the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    sizes = [max(width(line[n]) for line in [list(head), *cells]) for n in range(len(head))]
    to_right = set(right)

    def line(row: Sequence[str]) -> str:
        parts = []
        for n, (cell, size) in enumerate(zip(row, sizes, strict=True)):
            gap = " " * (size - width(cell))
            parts.append(gap + cell if n in to_right else cell + gap)
        return "  ".join(parts).rstrip()

    return [line(list(head)), "  ".join("-" * size for size in sizes), *(line(row) for row in cells)]
