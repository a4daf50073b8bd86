"""The ground that tests stand on: one embedded PostgreSQL a test process, one fresh database a test."""

from __future__ import annotations

import base64
import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import psycopg
import pytest

from siyu.base import embedded, migrate
from siyu.base.clock import StillClock
from siyu.base.config import Config
from siyu.base.db import Database
from siyu.base.ground import Ground
from siyu.base.vault import Vault

if TYPE_CHECKING:
    from siyu.sandbox.conformance import Bench


def _free_memory() -> int:
    """Bytes that could be had without swapping; 0 where the system does not say."""
    try:
        words = Path("/proc/meminfo").read_text().split()
        return int(words[words.index("MemAvailable:") + 1]) * 1024
    except (OSError, ValueError):
        return 0


# Images of containers forbid to keep compiled modules; every process that a test starts would then compile all of ours again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# The fits factor tiny matrices: threads would only wait for one another, burning CPU. The command line does the same for itself.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A database is 850 files. Many a disk takes half a second of CPU to make them, memory a thirtieth of it; so where there is plenty of it ...
_MEMORY, _PLENTY = Path("/dev/shm"), 6 * 1024**3
if "TMPDIR" not in os.environ and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _PLENTY and _free_memory() >= _PLENTY:
    os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)  # the processes that tests start know it as well

# In CI the examples are the same every time, so that what lands is what was tried; at home they are new each time, so that bugs are found.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None)
hypothesis.settings.register_profile("home", deadline=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "home")

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai, a Friday
KEYS = Vault(*(base64.b64decode(base64.b64encode(bytes([n]) * 32)) for n in (1, 2, 3)))
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[embedded.Embedded]:
    """The test process's own PostgreSQL, without fsync, with a migrated template database.

    Not under pytest's own folder: every pytest that starts closes that one to others, the database's user among them.
    """
    folder = Path(tempfile.mkdtemp(prefix="siyu-test-"))
    running = embedded.start(folder, durable=False)
    with psycopg.connect(running.url, autocommit=True) as conn:
        conn.execute("create database siyu_template")
    template = Database(running.url.replace("/siyu?", "/siyu_template?"), size=1)
    migrate.migrate(template)
    template.close()
    yield running
    running.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database_url(server: embedded.Embedded) -> Iterator[str]:
    """The address of a fresh, migrated database."""
    name = f"t{next(_numbers)}"
    with psycopg.connect(server.url, autocommit=True) as conn:
        conn.execute(f"create database {name} template siyu_template strategy file_copy")  # without fsync many times as quick as by log
    yield server.url.replace("/siyu?", f"/{name}?")
    with psycopg.connect(server.url, autocommit=True) as conn:
        conn.execute(f"drop database {name} with (force)")


@pytest.fixture
def clock() -> StillClock:
    """A clock that moves only when the test moves it; it starts at NOW."""
    return StillClock(NOW)


@pytest.fixture
def ground(database_url: str, clock: StillClock, tmp_path: Path) -> Iterator[Ground]:
    """The ground over a fresh database, with a still clock and fixed keys."""
    db = Database(database_url, size=8)
    config = Config(tmp_path, database_url, "127.0.0.1", 0, "http://127.0.0.1:8000", "info")
    yield Ground(db, clock, KEYS, config, wall=clock)
    db.close()


@pytest.fixture
def another_ground(database_url: str, clock: StillClock, tmp_path: Path) -> Iterator[Callable[[], Ground]]:
    """More grounds over the same database, as other processes would have: for races."""
    opened: list[Database] = []

    def make() -> Ground:
        db = Database(database_url, size=2)
        opened.append(db)
        return Ground(db, clock, KEYS, Config(tmp_path, database_url, "127.0.0.1", 0, "http://127.0.0.1:8000", "info"), wall=clock)

    yield make
    for db in opened:
        db.close()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    """A small world of the module's own, on a port; gives its address."""
    from siyu.sandbox.conformance.__main__ import served

    with served() as address:
        yield address


@pytest.fixture(scope="module")
def bench(sandbox: str) -> Iterator[Bench]:
    """What asks that small world, and hears it."""
    from siyu.sandbox.conformance import Bench

    made = Bench(sandbox)
    yield made
    made.close()
