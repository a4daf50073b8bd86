"""Files that appear only when they are whole, and that only their owner may read."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from siyu.base.errors import InputError
from siyu.cli.screen import word


@contextmanager
def whole_file(out: Path) -> Iterator[Path]:
    """Where to write: a place beside `out` that takes its name when the block ends well. Raises `InputError`."""
    try:
        folder = tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent)  # which only its owner may enter
    except OSError as err:
        why = err.strerror or ""
        raise InputError(word("cli.export_bad_file", file=out, why=why), word("cli.export_bad_file_remedy"), field="out") from None
    half = Path(folder) / "half"
    try:
        yield half
        half.chmod(0o600)
        half.replace(out)
    finally:
        shutil.rmtree(folder)
