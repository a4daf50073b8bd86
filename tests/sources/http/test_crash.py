"""kill -9 under load: whatever was acknowledged is there, once, after the client has sent again what was not."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from siyu.base import embedded

_WORDS = [sys.executable, "-m", "siyu.cli"]
_STARTED: list[subprocess.Popen[bytes]] = []


@pytest.fixture
def data() -> Iterator[Path]:
    """A data directory of its own, with a durable server that this test's processes share; none of them outlives the test."""
    with tempfile.TemporaryDirectory(prefix="siyu-crash-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        for process in _STARTED:
            if process.poll() is None:
                process.terminate()
                process.wait(30)
        _STARTED.clear()


def _serve(data: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start it as a supervisor would: again, when it could not yet."""
    words = [*_WORDS, "serve", "--port", "0", "--json", "--no-workers", "--data", str(data)]
    for _ in range(3):
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        _STARTED.append(process)
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        if "url" in told:
            return process, int(told["url"].rpartition(":")[2])
        process.wait(30)
        print("not yet:", told, (data / "postgres" / "server.log").read_text()[-1500:])
    raise AssertionError("it does not start again")


class _Client(threading.Thread):
    """Sends its messages in small batches, and sends again, as SDKs do, whatever was not acknowledged."""

    def __init__(self, number: int, key: str, address: dict[str, int], batches: int) -> None:
        super().__init__(daemon=True)
        self.number, self.key, self.address, self.batches = number, key, address, batches
        self.acked: list[str] = []
        self.tries = 0

    def run(self) -> None:
        give_up_at = time.monotonic() + 120
        for batch in range(self.batches):
            ids = [f"{self.number}-{batch}-{n}" for n in range(10)]
            items = [{"type": "track", "event": "Song Played", "userId": f"u{self.number}", "messageId": one} for one in ids]
            body = json.dumps({"batch": items}).encode()
            while time.monotonic() < give_up_at:
                self.tries += 1
                try:
                    conn = http.client.HTTPConnection("127.0.0.1", self.address["port"], timeout=5)
                    conn.request("POST", "/v1/batch", body, {"X-Write-Key": self.key})
                    status = conn.getresponse().status
                    conn.close()
                    if status == 200:
                        self.acked += ids
                        break
                except (OSError, http.client.HTTPException):
                    pass
                time.sleep(0.05)


@pytest.mark.crash
def test_every_acknowledged_event_is_there_once(data: Path) -> None:
    process, port = _serve(data)
    added = subprocess.run([*_WORDS, "source", "add", "web", "--json", "--data", str(data)], capture_output=True, check=False)
    assert added.returncode == 0, added.stderr.decode()
    address = {"port": port}
    clients = [_Client(n, json.loads(added.stdout)["write_key"], address, batches=120) for n in range(4)]
    for one in clients:
        one.start()
    for victims in ("server", "server and database"):
        before = sum(len(one.acked) for one in clients)
        while sum(len(one.acked) for one in clients) < before + 200 and any(one.is_alive() for one in clients):
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        if victims == "server and database":
            postmaster = int((data / "postgres" / "postmaster.pid").read_text().splitlines()[0])
            os.kill(postmaster, signal.SIGKILL)
        process.wait(10)
        process, address["port"] = _serve(data)
    for one in clients:
        one.join(120)
    assert not any(one.is_alive() for one in clients)
    server = embedded.start(data)
    with psycopg.connect(server.url) as conn:
        played = conn.execute("select count(*), count(distinct key) from facts where type = 'song.played'").fetchone()
        keys = {row[0] for row in conn.execute("select key from facts where type = 'song.played'")}
        source_id = conn.execute("select source_id from sources where name = 'web'").fetchone()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0, "SIGTERM is a clean end"
    server.close()
    from siyu.base.ids import key_of

    assert source_id is not None
    acked = Counter(key_of(source_id[0], one) for client in clients for one in client.acked)
    assert set(acked.values()) == {1} and len(acked) == 4 * 120 * 10
    assert keys == set(acked), "what was acknowledged is what is there"
    assert played == (4800, 4800)
    assert sum(one.tries for one in clients) > 480, "the kills were felt"
