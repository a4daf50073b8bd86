"""How far long work is, on stderr: a bar that redraws itself on a terminal, a plain line now and then anywhere else."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TextIO

from siyu.cli.screen import word

_REDRAW_AFTER = 0.1  # seconds, on a terminal
_SAY_AFTER = 5.0  # seconds, in a log


class Progress:
    """Use in a `with`; call `to(done)` as often as you like."""

    def __init__(self, title: str, total: int | None = None, out: TextIO | None = None) -> None:
        self._title = title
        self._total = total
        self._out = out or sys.stderr
        self._is_terminal = self._out.isatty()
        self._began_at = time.monotonic()
        self._shown_at = float("-inf")
        self._done = 0
        self._detail = ""
        self._length = 0

    def to(self, done: int, total: int | None = None, detail: str = "") -> None:
        """It stands at `done` (of `total`, once anybody knows); `detail` is a few words beside it."""
        self._done, self._detail = done, detail
        self._total = total if total is not None else self._total
        if time.monotonic() - self._shown_at >= (_REDRAW_AFTER if self._is_terminal else _SAY_AFTER):
            self._show()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._show()
        if self._is_terminal:
            self._out.write("\n")
            self._out.flush()

    def _show(self) -> None:
        self._shown_at = time.monotonic()
        line = self._line()
        if self._is_terminal:
            self._out.write("\r" + line + " " * max(0, self._length - len(line)))
            self._length = len(line)
        else:
            self._out.write(line + "\n")
        self._out.flush()

    def _line(self) -> str:
        rate = self._done / max(time.monotonic() - self._began_at, 0.001)
        if self._total:
            share = min(1.0, self._done / self._total)
            bar = "#" * round(share * 24)
            left = (self._total - self._done) / rate if rate else 0
            rest = word("cli.progress_left", seconds=f"{left:,.0f}")
            text = f"{self._title} [{bar:<24}] {share:4.0%} {self._done:,}/{self._total:,} {rate:,.0f}/s {rest}"
        else:
            text = f"{self._title} {self._done:,} {rate:,.0f}/s"
        return f"{text} {self._detail}".rstrip()
