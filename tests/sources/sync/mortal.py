"""A process that works for the sync and ends by kill -9. `python -m tests.sources.sync.mortal DATABASE_URL DATA before|after|told N [NOW]`:
before or after the N-th transaction that recorded facts is committed; or when the corp has just taken its N-th hand-over of chats.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from siyu import pool
from siyu.base.clock import StillClock
from siyu.base.config import Config
from siyu.base.db import Connection, Database
from siyu.base.ground import Ground
from siyu.base.vault import Vault
from siyu.sources import sync
from siyu.vendors.wecom import Client

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


def main(url: str, data: str, when: str, number: int, now: datetime = NOW) -> None:
    """Work until the end that was chosen."""
    recorded_n = told_n = 0
    this = threading.local()  # pages are asked for in another thread, which has transactions of its own
    plain_record, plain_tx, plain_transfer = pool.record, Database.tx, Client.transfer_groups

    def record(*args: Any, **more: Any) -> Any:
        this.is_recording = True
        return plain_record(*args, **more)

    @contextmanager
    def tx(self: Database) -> Iterator[Connection]:
        nonlocal recorded_n
        this.is_recording = False
        is_last = False
        with plain_tx(self) as conn:
            yield conn
            recorded_n += this.is_recording
            is_last = this.is_recording and recorded_n == number
            if is_last and when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
        if is_last:
            os.kill(os.getpid(), signal.SIGKILL)

    def transfer(self: Client, *args: Any, **more: Any) -> Any:
        nonlocal told_n
        said = plain_transfer(self, *args, **more)
        told_n += 1
        if when == "told" and told_n == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return said

    Client.transfer_groups = transfer  # type: ignore[method-assign]
    pool.record, Database.tx = record, tx  # type: ignore[assignment, method-assign]
    keys = Vault(*(bytes([n]) * 32 for n in (1, 2, 3)))
    config = Config(Path(data), url, "127.0.0.1", 0, "http://127.0.0.1:8000", "info")
    ground = Ground(Database(url, size=4), StillClock(now), keys, config, wall=StillClock(now))
    while sync.advance(ground):
        pass


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), *map(datetime.fromisoformat, sys.argv[5:]))
