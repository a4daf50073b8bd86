"""A warm process that forks a life of lake work, lets it die by kill -9 at its chosen point, and forks the next.

Run as `python -m tests.analytics.lake.mortal`. Crash points are every commit (before and after) and every moment around a file's sync to
disk, its new name and its deletion. They are hooked from here: the source knows nothing of them.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb  # noqa: F401  loaded once, before the forks; no engine is opened here
from tests.conftest import KEYS
from tests.crash.zygote import Fate, lives

from siyu.analytics import lake
from siyu.base.clock import StillClock
from siyu.base.config import Config
from siyu.base.db import Database
from siyu.base.ground import Ground


def haunt_files(fate: Fate) -> None:
    """Hook the points around what is done to files."""
    for owner, name in ((Path, "replace"), (Path, "unlink"), (os, "fsync")):
        plain = getattr(owner, name)

        def hooked(*given: Any, _plain: Any = plain, _name: str = name, **more: Any) -> Any:
            fate.point(f"before {_name}")
            done = _plain(*given, **more)
            fate.point(f"after {_name}")
            return done

        setattr(owner, name, hooked)


def live(url: str, at: str, folder: str) -> None:
    """One life: sync by small turns, then compact."""
    config = Config(Path(folder), url, "127.0.0.1", 0, "http://127.0.0.1:8000", "info")
    ground = Ground(Database(url, size=2), StillClock(datetime.fromisoformat(at)), KEYS, config)
    lake.sync(ground, limit=25)
    lake.compact(ground)
    ground.close()


if __name__ == "__main__":
    lives(live, haunt_files)
