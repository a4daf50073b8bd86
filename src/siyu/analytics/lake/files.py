"""Files on disk: whole or not there, digested, listed for other engines, swept when nobody needs them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from uuid import uuid4

from siyu.analytics.lake.words import Fault, File, Table
from siyu.base.cursor import Place
from siyu.base.ground import Ground

LISTING = "manifest.json"
_HOME = "home"
_HALF = "tmp"


def root(ground: Ground) -> Path:
    """The lake's folder under the data directory."""
    return ground.config.data / "lake"


def half(folder: Path) -> Path:
    """The name of a file that is being written; what lies there after a crash is swept."""
    place = folder / _HALF
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place / uuid4().hex


def publish(folder: Path, ready: Path, table: Table, month: str) -> str:
    """Give a written file its name, durably; the name under the lake's folder. It is part of the lake once the manifest names it."""
    inside = Path("facts", f"month={month}") if table == Table.FACTS else Path(table)
    place = folder / inside
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    _sync(ready)
    name = f"{uuid4().hex}.parquet"
    ready.replace(place / name)
    for directory in (place, place.parent, folder):
        _sync(directory)
    return str(inside / name)


def digest(file: Path) -> bytes:
    """SHA-256 of a file."""
    with file.open("rb") as given:
        return hashlib.file_digest(given, "sha256").digest()


def faults(folder: Path, files: Iterable[File], *, thorough: bool) -> list[Fault]:
    """Files that are missing or of a wrong size; `thorough` reads them whole and compares digests too."""
    found = []
    for file in files:
        place = folder / file.path
        if not place.is_file():
            found.append(Fault(file, "missing"))
        elif place.stat().st_size != file.bytes_n:
            found.append(Fault(file, "size"))
        elif thorough and digest(place) != file.digest:
            found.append(Fault(file, "digest"))
    return found


def home(folder: Path) -> str | None:
    """The mark by which the database knows this folder."""
    try:
        return (folder / _HOME).read_text("ascii").strip() or None
    except OSError:
        return None


def found(folder: Path) -> str:
    """Make the folder and its mark, if they are not there; gives the mark."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = home(folder)
    if mark is None:
        mark = uuid4().hex
        ready = half(folder)
        ready.write_text(mark, "ascii")
        _sync(ready)
        ready.replace(folder / _HOME)
        _sync(folder)
    return mark


def list_for_others(folder: Path, files: Sequence[File], place: Place) -> None:
    """Write the listing that other engines read, if it says something else than before."""
    value = {
        "siyu_lake": 1,
        "place": {"xid": place.xid, "seq": place.seq},
        **{table.value: [file.path for file in files if file.table == table] for table in Table},
    }
    text = json.dumps(value, indent=1)
    target = folder / LISTING
    if target.is_file() and target.read_text("utf-8") == text:
        return
    ready = half(folder)
    ready.write_text(text, "utf-8")
    _sync(ready)
    ready.replace(target)
    _sync(folder)


def sweep(folder: Path, files: Iterable[File]) -> int:
    """Delete what the manifest does not name, and halves; gives the number. Only while nobody reads and nobody else writes."""
    named = {folder / file.path for file in files}
    gone = [place for place in folder.rglob("*.parquet") if place not in named]
    for place in gone:
        place.unlink(missing_ok=True)
    for place in (folder / _HALF).glob("*"):
        if place.is_dir():
            shutil.rmtree(place, ignore_errors=True)
        else:
            place.unlink(missing_ok=True)
    return len(gone)


def _sync(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
