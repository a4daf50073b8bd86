"""A warm process that forks lives of the inbox: each takes deliveries and works them off until it ends by kill -9 at its fated point.

Run as `python -m tests.sources.callbacks.dying`, one JSON object a life on stdin. Crash points are the commits, before and after
(tests/crash/zygote.py), and the moment between the stored delivery and its answer.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.testclient import TestClient
from tests.crash.zygote import KEYS, lives
from tests.sources.callbacks.conftest import CORP, Hand, corp_event

from siyu.base.clock import StillClock
from siyu.base.config import Config
from siyu.base.db import Database
from siyu.base.ground import Ground
from siyu.sources import callbacks
from siyu.vendors import account


def text_of(number: int, at: datetime) -> str:
    """The event of one delivery."""
    return corp_event(
        "change_external_contact", int(at.timestamp()), ChangeType="add_external_contact", UserID="zs", ExternalUserID=f"wmD{number}"
    )


def live(url: str, at: str, folder: str, deliveries: int, account_id: int) -> None:
    """Deliver what is not answered yet, as the vendor would, and work it off; every third one comes twice."""
    now = datetime.fromisoformat(at)
    ground = Ground(
        Database(url, size=4), StillClock(now), KEYS, Config(Path(folder), url, "127.0.0.1", 0, "http://127.0.0.1:8000", "info")
    )
    answered = Path(folder) / "answered"
    with ground.db.tx() as conn:
        the = account(conn, account_id)
    with TestClient(Starlette(routes=callbacks.routes(ground))) as client:
        hand = Hand(ground, the, client)
        number = len(answered.read_text().splitlines()) if answered.exists() else 0
        while number < deliveries:
            for _ in range(2 if number % 3 == 0 else 1):
                assert hand.post(text_of(number, now)) == 200
            with answered.open("a") as out:  # what the vendor was told
                out.write(f"{number}\n")
                out.flush()
                os.fsync(out.fileno())
            number += 1
            if number % 4 == 0:
                callbacks.work(ground, 3)
        while callbacks.work(ground, 3):
            pass
    assert the.app_id == CORP
    ground.db.close()


if __name__ == "__main__":
    lives(live)
