"""HTTP to vendors: connections kept alive and shared by threads, a limit on the time and size of the whole answer, no redirects.

A failure is one of two: `NotSent` (the request did not leave us: ask again at will) or `NoAnswer` (it did, or nobody knows).
"""

from __future__ import annotations

import http.client
import os
import select
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_MOST_BYTES = 32 * 1024 * 1024
_KEPT = 8  # connections a host
_IDLE_FOR = 3.0  # seconds a connection may rest: servers hang up after 5, and a request that meets that is of unknown outcome


class NotSent(Exception):
    """The vendor has not got the request."""


class NoAnswer(Exception):
    """The vendor may have got the request, and no whole answer came."""


@dataclass(frozen=True)
class Reply:
    """An answer: its status and its bytes."""

    status: int
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class _Kept:
    connection: http.client.HTTPConnection
    rested_at: float


class Connections:
    """A pool of connections, by host. One for the process is enough (`CONNECTIONS`)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str, int], list[_Kept]] = {}
        self._context: ssl.SSLContext | None = None
        self._pid = os.getpid()

    def exchange(
        self, base_url: str, method: str, target: str, *, headers: Mapping[str, str], body: bytes = b"", timeout: float = 10
    ) -> Reply:
        """One request and its whole answer within `timeout` seconds. Raises `NotSent` or `NoAnswer`; both tell no addresses."""
        parts = urlsplit(base_url)
        place = (parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        path = parts.path.rstrip("/") + target
        ends_at = time.monotonic() + timeout
        connection = self._take(place) or self._connect(place, timeout)
        if connection.sock is not None:
            connection.sock.settimeout(timeout)  # one that was kept has the limit of the call before
        late = threading.Event()
        clock = threading.Timer(max(0.01, ends_at - time.monotonic()), _cut, [connection, late])
        clock.daemon = True
        clock.start()
        try:
            connection.request(method, path, body=body or None, headers=dict(headers))
            answer = connection.getresponse()
            data = answer.read(_MOST_BYTES + 1)
        except (OSError, http.client.HTTPException, ValueError) as err:
            connection.close()
            raise NoAnswer("timed out" if late.is_set() else type(err).__name__) from None
        finally:
            clock.cancel()
        if late.is_set() or len(data) > _MOST_BYTES:
            connection.close()
            raise NoAnswer("timed out" if late.is_set() else "the answer is too long")
        if answer.will_close:
            connection.close()
        else:
            self._rest(place, connection)
        return Reply(answer.status, data)

    def close(self) -> None:
        """Close what rests."""
        with self._lock:
            kept, self._kept = self._kept, {}
        for rows in kept.values():
            for row in rows:
                row.connection.close()

    def _take(self, place: tuple[str, str, int]) -> http.client.HTTPConnection | None:
        while True:
            with self._lock:
                if self._pid != os.getpid():  # a fork shares no connections with its parent
                    self._kept, self._pid = {}, os.getpid()
                rows = self._kept.get(place)
                if not rows:
                    return None
                row = rows.pop()
            sock = row.connection.sock
            if sock is not None and time.monotonic() - row.rested_at < _IDLE_FOR and not _is_readable(sock):
                return row.connection
            row.connection.close()  # the other side has hung up, or would the moment we speak

    def _rest(self, place: tuple[str, str, int], connection: http.client.HTTPConnection) -> None:
        with self._lock:
            rows = self._kept.setdefault(place, [])
            if len(rows) < _KEPT:
                rows.append(_Kept(connection, time.monotonic()))
                return
        connection.close()

    def _connect(self, place: tuple[str, str, int], timeout: float) -> http.client.HTTPConnection:
        scheme, host, port = place
        connection: http.client.HTTPConnection
        if scheme == "https":
            with self._lock:
                self._context = self._context or ssl.create_default_context()
            connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=self._context)
        else:
            connection = http.client.HTTPConnection(host, port, timeout=timeout)
        try:
            connection.connect()
        except (OSError, ValueError) as err:
            connection.close()
            why = f"certificate: {err.verify_message}" if isinstance(err, ssl.SSLCertVerificationError) else type(err).__name__
            raise NotSent(why) from None
        return connection


CONNECTIONS = Connections()


def _is_readable(sock: socket.socket) -> bool:
    try:
        waiter = select.poll()
        waiter.register(sock, select.POLLIN)
        return bool(waiter.poll(0))
    except (OSError, ValueError):
        return True


def _cut(connection: http.client.HTTPConnection, late: threading.Event) -> None:
    late.set()
    sock = connection.sock
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
