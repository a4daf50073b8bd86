"""A process that enrols broadcasts until it is killed."""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path

from tests.conftest import KEYS, NOW

from siyu import gate, journeys
from siyu.base.clock import StillClock
from siyu.base.config import Config
from siyu.base.db import Database
from siyu.base.ground import Ground
from siyu.journeys import flow


def enrol(url: str, folder: str, told: Connection) -> None:
    """Enrol to the end, by small batches: many commits, many places to die."""
    flow.ASK_BATCH = 5
    config = Config(Path(folder), url, "127.0.0.1", 0, "http://127.0.0.1:8000", "info")
    ground = Ground(Database(url, size=3), StillClock(NOW), KEYS, config)
    told.send("ready")
    while journeys.advance(ground) + gate.judge(ground, 20):
        pass
    told.send("done")
    ground.db.close()
