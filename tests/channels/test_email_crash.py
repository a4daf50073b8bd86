"""kill -9 while letters go out: the mailboxes are the journal, and no letter is in one twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest

from siyu import channels
from siyu.base.ground import Ground

WIDTH = 3
WORKER = """
import sys, json
from datetime import datetime
from pathlib import Path
from siyu import channels
from siyu.base.clock import StillClock
from siyu.base.config import Config
from siyu.base.db import Database
from siyu.base.ground import Ground
from siyu.base.vault import Vault
url, at = sys.argv[1], datetime.fromisoformat(sys.argv[2])
ground = Ground(Database(url, size=4), StillClock(at), Vault(*(bytes([n]) * 32 for n in (1, 2, 3))),
                Config(Path("."), url, "127.0.0.1", 0, "http://127.0.0.1:8000", "info"))
print("ready", flush=True)
while channels.deliver(ground, "email", 40):
    pass
print("done", flush=True)
"""


@pytest.mark.crash
def test_no_letter_twice_however_often_it_dies(ground: Ground, shop, post, email_on) -> None:
    email_on(connections=WIDTH, timeout_seconds=10)
    intents = shop.wishes(shop.people([f"c{n}@mail.example" for n in range(36)]))
    dice, kills, unknown_before = random.Random(5), 0, 0
    for _ in range(40):
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, ground.db.url, ground.clock.now().isoformat()],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert worker.stdout and worker.stdout.readline() == "ready\n"
        had = post.office.box.count()
        target = had + dice.randint(3, 10)
        until = time.monotonic() + 5
        while post.office.box.count() < target and worker.poll() is None and time.monotonic() < until:
            time.sleep(0.002)
        if worker.poll() is None:
            worker.send_signal(signal.SIGKILL)
            kills += 1
        worker.wait()
        worker.stdout.close()
        in_doubt = shop.one("select count(*) from sends where state = 'sending'")[0]
        assert in_doubt <= 2 * WIDTH  # nothing that was not in flight is in doubt
        shop.lease_ends()
        channels.deliver(ground, "email", 0)
        unknown = shop.one("select count(*) from sends where state = 'unknown'")[0]
        assert unknown - unknown_before <= 2 * WIDTH
        unknown_before = unknown
        if shop.one("select count(*) from permits where state in ('waiting', 'claimed')")[0] == 0:
            break
    while channels.deliver(ground, "email"):
        pass
    assert kills >= 3
    copies = {intent: post.copies(ground, intent) for intent in intents}
    states = {intent: shop.send(intent)[0] for intent in intents}
    assert max(copies.values()) == 1
    assert set(states.values()) <= {"sent", "unknown"} and all(copies[i] == 1 for i in intents if states[i] == "sent")
    assert all(shop.facts(i)[-1] == states[i] for i in intents)
    assert shop.one("select count(*) from permits where state in ('waiting', 'claimed')")[0] == 0
    with ground.db.tx() as conn:
        shown = channels.state_counts(conn, ground.clock.now(), timedelta(days=1))["email"]
        assert sum(shown.values()) == len(intents)
