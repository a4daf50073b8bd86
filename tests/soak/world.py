"""Both sides of a simulated month: the sandbox as a process of its own, the platform with its own server, one clock for the two.

The clock stands still while things happen and is moved between: then nothing hangs on how fast this machine is, and the twenty seconds of a
welcome are twenty seconds of the story.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette

from siyu import river
from siyu.base.clock import StillClock
from siyu.base.config import Config
from siyu.base.db import Database
from siyu.base.ground import Ground
from siyu.base.vault import Vault
from siyu.cli.serve import listen
from siyu.sources import callbacks, http

_IDLE = tuple(f"channels.deliver {name}" for name in ("email", "webhook", "sms", "kf", "mini", "official"))
_MOST_WAIT = 600.0  # seconds of real time for one settling: a generous end, not a measure


class Ticking(StillClock):
    """Stands still but for ten millionths of a second each time it is asked, so that no two things happen at one moment. Many threads ask:
    without the lock one that was reading while the clock was moved set it back. It never goes back: what was received since would be due
    only after the next move.
    """

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            self.at += timedelta(microseconds=10)
            return self.at

    def set(self, at: datetime) -> None:
        with self._lock:
            self.at = max(self.at, at)


class World:
    """`clock` is the platform's; `go` moves it and the sandbox's together."""

    def __init__(self, ground: Ground, clock: Ticking, url: str) -> None:
        self.ground, self.clock, self.url = ground, clock, url
        self.did: Counter[str] = Counter()
        self.appid = ""  # of the official account, once it is connected

    def ask(self, path: str, given: dict[str, Any] | None = None) -> Any:
        """GET, or POST where something is given. An answer above 399 is an AssertionError with the sandbox's own words."""
        body = None if given is None else json.dumps(given).encode()
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as err:
            raise AssertionError(f"{path}: {err.read().decode()[:300]}") from None

    @property
    def wechat(self) -> str:
        """Where the official account is controlled."""
        return f"/sandbox/wechat/accounts/{self.appid}"

    def corp(self, path: str, **given: Any) -> Any:
        """POST to the corp's control API."""
        return self.ask(f"/sandbox/corp{path}", given)

    def walk(self, path: str, name: str) -> list[dict[str, Any]]:
        """All rows of a list of the truth."""
        rows: list[dict[str, Any]] = []
        sign = "&" if "?" in path else "?"
        after: int | None = 0
        while after is not None:
            page = self.ask(f"/sandbox/corp{path}{sign}after={after}&limit=20000")
            rows += page[name]
            after = page["next"]
        return rows

    def go(self, at: datetime) -> None:
        """Move both clocks, which then stand still."""
        self.clock.set(at)
        self.ask("/clock", {"shown_at": at.isoformat(), "rate": 0})

    def settle(self) -> int:
        """Let everything happen that is due by now, on both sides. Gives how many deliveries wait for a later moment."""
        while True:
            told = self._quiet()
            self._flow()
            if (now := self._quiet()) == told:
                return now[1]

    def _quiet(self) -> tuple[int, int]:
        """Wait until the sandbox has nothing under way. Gives how many events it has told, and how many wait for a later moment."""
        end = time.monotonic() + _MOST_WAIT
        while time.monotonic() < end:
            life, post = self.ask("/sandbox/corp/life"), self.ask("/sandbox/corp/callbacks/standing")
            shop = life["shop"] or {"under_way": 0}
            if self.appid and (self.ask(f"{self.wechat}/life")["due"] or not self.ask("/sandbox/wechat/quiet")["quiet"]):
                continue
            if not (life["due"] or post["soon"] or post["under_way"] or shop["under_way"]):
                return post["events"], post["waiting"]
            time.sleep(0.005)
        raise AssertionError("the sandbox does not come to rest")

    def _flow(self) -> None:
        """The river until it finds nothing to do, without the channels that this world has no use for."""
        order = [step for step in river.steps(self.ground) if not step.is_daily and not step.name.startswith(_IDLE)]
        for _ in range(100_000):
            did = {step.name: step.run() for step in order}
            self.did.update(did)
            if not any(did.values()):
                return
        raise AssertionError(f"the river does not come to rest: {[name for name, n in did.items() if n]}")

    def daily(self) -> None:
        """What the river does once a day, but for the analysts' steps."""
        for step in river.steps(self.ground):
            if step.is_daily and not step.name.startswith("analytics."):
                while did := step.run():
                    self.did[step.name] += did

    def rows(self, sql: str, **given: Any) -> list[tuple[Any, ...]]:
        """What the database says."""
        with self.ground.db.tx() as conn:
            return conn.execute(sql, given).fetchall()


@contextmanager
def opened(folder: Path, database_url: str, vault: Vault, start: datetime, seed: int) -> Iterator[World]:
    """A sandbox and a platform that hear each other, both at `start`."""
    clock = Ticking(start)
    listener = listen("127.0.0.1", 0)
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    db = Database(database_url, size=12)
    ground = Ground(db, clock, vault, Config(folder, database_url, "127.0.0.1", 0, base, "info"), wall=clock)
    app = Starlette(routes=[*callbacks.routes(ground), *http.routes(ground)])
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    words = ["--port", "0", "--smtp-port", "0", "--data", str(folder / "sandbox"), "--seed", str(seed)]
    process = subprocess.Popen([sys.executable, "-m", "siyu.sandbox", *words], stdout=subprocess.PIPE, text=True)
    try:
        thread.start()
        assert process.stdout
        world = World(ground, clock, json.loads(process.stdout.readline())["url"])
        world.go(start)
        yield world
    finally:
        process.terminate()
        process.wait(30)
        if process.stdout:
            process.stdout.close()
        server.should_exit = True
        thread.join(10)
        listener.close()
        db.close()
