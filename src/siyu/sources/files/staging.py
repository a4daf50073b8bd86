"""Our copy of a file, under `imports/<number>/` of the data directory.

It is made before anything else, so that the file cannot change under a running import and a killed one can go on. When the import has
ended or was undone the copy is deleted; a preview that nobody started goes after a week. What stays is `seen.npy` (eight bytes a row,
keyed hashes) when rows were rejected: mended rows are counted on from there.
"""

from __future__ import annotations

import hashlib
import shutil
import uuid
from datetime import timedelta
from pathlib import Path
from typing import IO

from siyu.base.errors import ConfigError
from siyu.base.ground import Ground
from siyu.sources.files import store
from siyu.sources.files.faults import FileFault
from siyu.sources.files.words import MAX_BYTES

_CHUNK = 1 << 20
_KEPT_FOR = timedelta(days=7)
_SPARE = 200 << 20  # bytes that must stay free on the disk


def folder(ground: Ground, import_id: int) -> Path:
    """Where everything of one import lies."""
    return ground.config.data / "imports" / str(import_id)


def stored(ground: Ground, import_id: int) -> Path:
    """Our copy of the file."""
    return folder(ground, import_id) / "file"


def seen_file(ground: Ground, import_id: int) -> Path:
    """Which contents an import has met, for rows that come back mended."""
    return folder(ground, import_id) / "seen.npy"


def stage(ground: Ground, file: Path | IO[bytes], name: str, by: str) -> int:
    """Copy a file in and give the number of its import. Raises `FileFault` when it is missing, empty or too big."""
    _sweep(ground)
    room = ground.config.data / "imports"
    room.mkdir(parents=True, exist_ok=True)
    coming = room / f"coming-{uuid.uuid4().hex}"
    try:
        digest, size = _copy(file, coming)
        if size == 0:
            raise FileFault("empty")
        with ground.db.tx() as conn:
            row = conn.execute(
                store.Q.make_import,
                {"file_name": name[-200:], "file_bytes": size, "file_digest": digest, "by": by, "now": ground.clock.now()},
            ).fetchone()
            assert row is not None  # noqa: S101
            import_id = int(row[0])
            folder(ground, import_id).mkdir(parents=True, exist_ok=True)
            coming.replace(stored(ground, import_id))
            conn.execute(store.Q.put_stored, {"import_id": import_id, "stored_at": f"imports/{import_id}"})
        return import_id
    finally:
        coming.unlink(missing_ok=True)


def _copy(file: Path | IO[bytes], target: Path) -> tuple[bytes, int]:
    digest, size = hashlib.sha256(), 0
    try:
        source = file.open("rb") if isinstance(file, Path) else file
    except FileNotFoundError:
        raise FileFault("no_file") from None
    except (PermissionError, IsADirectoryError):
        raise FileFault("cannot_read") from None
    try:
        with target.open("wb") as out:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                if size > MAX_BYTES:
                    raise FileFault("too_big", limit=f"{MAX_BYTES >> 30} GB")
                if size % (64 << 20) < _CHUNK and shutil.disk_usage(target.parent).free < _SPARE:
                    raise ConfigError("The disk of the data directory is nearly full.", "Free some space and import again.")
                digest.update(chunk)
                out.write(chunk)
    finally:
        if isinstance(file, Path):
            source.close()
    return digest.digest(), size


def discard(ground: Ground, import_id: int) -> None:
    """Forget a preview that was not started."""
    with ground.db.tx() as conn:
        gone = conn.execute(store.Q.drop_preview, {"import_id": import_id}).fetchone()
    if gone is not None:
        shutil.rmtree(folder(ground, import_id), ignore_errors=True)


def clear(ground: Ground, import_id: int, *, keep_seen: bool) -> None:
    """Delete our copy of the file; with `keep_seen` what mended rows need stays."""
    here = folder(ground, import_id)
    if keep_seen:
        for name in ("file", "file.unpacked", "file.member"):
            (here / name).unlink(missing_ok=True)
    else:
        shutil.rmtree(here, ignore_errors=True)


def _sweep(ground: Ground) -> None:
    with ground.db.tx() as conn:
        rows = conn.execute(store.Q.stale_previews, {"before": ground.clock.now() - _KEPT_FOR}).fetchall()
    for (import_id,) in rows:
        discard(ground, import_id)
