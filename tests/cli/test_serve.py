"""The real process: it says where it serves, takes facts, shows people, and leaves only when its work is done."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

_SIYU = [sys.executable, "-m", "siyu.cli"]


@pytest.fixture
def data() -> Iterator[Path]:
    """A data directory of its own."""
    with tempfile.TemporaryDirectory(prefix="siyu-serve-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def _run(data: Path, *words: str) -> Any:
    done = subprocess.run([*_SIYU, *words, "--json", "--data", str(data)], capture_output=True, timeout=60, check=True)
    return json.loads(done.stdout)


def test_a_process_serves_folds_and_drains(data: Path) -> None:
    process = subprocess.Popen(
        [*_SIYU, "serve", "--port", "0", "--json", "--data", str(data)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | {"SIYU_LANG": "en"},
    )  # fmt: skip
    try:
        assert process.stdout is not None and process.stderr is not None
        told = json.loads(process.stdout.readline())
        assert told["pid"] == process.pid
        key = _run(data, "source", "add", "web")["write_key"]
        auth = {"X-Write-Key": key}
        body = {"userId": "lin", "traits": {"email": "lin@example.com"}}
        assert httpx.post(f"{told['url']}/v1/identify", json=body, headers=auth).json() == {"success": True}
        for _ in range(100):
            found = subprocess.run([*_SIYU, "person", "lin@example.com", "--json", "--data", str(data)], capture_output=True, check=False)
            if found.returncode == 0:
                break
            time.sleep(0.05)
        assert json.loads(found.stdout)["stage"] == "lead", "the workers run in the same process"
        asked = httpx.options(f"{told['url']}/v1/t", headers={"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"})
        assert asked.status_code == 204 and asked.headers["access-control-allow-origin"] == "*"

        late = json.dumps({"userId": "lin", "event": "Song Played", "messageId": "late"}).encode()
        host, _, port = told["url"].removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port))) as half:
            half.sendall(b"POST /v1/track HTTP/1.1\r\nHost: x\r\nX-Write-Key: %s\r\nContent-Length: %d\r\n\r\n" % (key.encode(), len(late)))
            time.sleep(0.3)  # the request is under way
            process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            assert process.poll() is None, "it waits for the request"
            half.sendall(late)
            assert b" 200 OK" in half.recv(4096)
        assert process.wait(30) == 0
        assert b"Stopped cleanly" in process.stderr.read()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    did = _run(data, "work", "--until-idle")["did"]
    assert did["pool.fold"] in (0, 1)
    assert {one["type"] for one in _run(data, "trace", "lin")["timeline"]} == {"profile.stated", "song.played"}
    with pytest.raises(OSError):
        socket.create_connection((host, int(port)), timeout=1).close()
