"""The sandbox as the demo sees it: a process that was started, and addresses to speak to."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from siyu.base.errors import ConfigError


class Sandbox:
    """Started on entering, ended on leaving. `url` serves the mailboxes, `smtp_port` takes letters; both on 127.0.0.1."""

    def __init__(self, data: Path, seed: int) -> None:
        self._data, self._seed = data, seed
        self.url, self.smtp_port = "", 0

    def __enter__(self) -> Sandbox:
        self._data.mkdir(parents=True, exist_ok=True)
        self._errors = (self._data / "sandbox.log").open("ab")
        self._process = subprocess.Popen(
            [
                sys.executable, "-m", "siyu.sandbox", "--port", "0", "--smtp-port", "0",
                "--data", str(self._data), "--seed", str(self._seed),
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors, start_new_session=True,
        )  # fmt: skip
        line = self._process.stdout.readline() if self._process.stdout else b""
        try:
            said = json.loads(line)
        except ValueError:
            self.__exit__(None, None, None)
            raise ConfigError("The sandbox did not start.", f"See {self._data / 'sandbox.log'}.") from None
        self.url, self.smtp_port = said["url"], int(said["smtp_port"])
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._errors.close()

    def set_clock(self, shown_at: datetime, rate: float, until: datetime | None = None) -> None:
        """Move its clock."""
        self._call("/clock", {"shown_at": shown_at.isoformat(), "rate": rate, "until": until.isoformat() if until else None})

    def move_in(self, people: dict[str, Any]) -> dict[str, Any]:
        """Let customers live there (docs/sandbox.md, POST /people)."""
        return dict(json.loads(self._call("/people", people)))

    def contacts(self) -> bytes:
        """The shop's contact list, as a file."""
        return self._call("/people/contacts.csv")

    def standing(self) -> dict[str, Any]:
        """What its people did so far."""
        return dict(json.loads(self._call("/people")))

    def ask(self, path: str, given: dict[str, Any] | None = None) -> dict[str, Any]:
        """One call of its control API: GET, or POST where something is given."""
        return dict(json.loads(self._call(path, given)))

    def _call(self, path: str, body: dict[str, Any] | None = None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, headers={"Content-Type": "application/json"})  # noqa: S310  our own
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return bytes(answer.read())
