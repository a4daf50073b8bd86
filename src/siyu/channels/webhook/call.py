"""One HTTP POST to a judged address: no redirects, a limit on time and size, the connection to the very address that was judged."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from siyu.channels.webhook.guard import Target

_MOST_BYTES = 64 * 1024


class NotConnected(Exception):
    """The connection was not made: nothing was sent."""


class NoAnswer(Exception):
    """Something was sent and no whole answer came back."""


@dataclass(frozen=True)
class Reply:
    """The receiver's answer: its status, its Retry-After header, and the beginning of its body."""

    status: int
    retry_after: str
    body: bytes


def post(target: Target, body: bytes, headers: dict[str, str], *, timeout: float, context: ssl.SSLContext | None = None) -> Reply:
    """POST and read the answer within `timeout` seconds in all. Raises `NotConnected` or `NoAnswer`.

    The status is the answer: where it came and the body did not come whole, what came of the body is given.
    """
    with ExitStack() as last:
        try:
            sock = last.enter_context(socket.create_connection((target.ip, target.port), timeout=timeout))
            line = [sock]
            clock = threading.Timer(timeout, _cut, [line])  # a server that drips a byte now and then never lets a read time out
            clock.daemon = True
            clock.start()
            last.callback(clock.cancel)
            if target.scheme == "https":
                line[0] = last.enter_context((context or ssl.create_default_context()).wrap_socket(sock, server_hostname=target.host))
        except (OSError, ValueError) as err:
            raise NotConnected(_reason(err)) from None
        connection = http.client.HTTPConnection(target.host, target.port, timeout=timeout)
        connection.sock = line[0]
        last.callback(connection.close)
        try:
            connection.request("POST", target.path, body=body, headers={**headers, "Connection": "close"})
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException, ValueError) as err:
            raise NoAnswer("timed out" if not clock.is_alive() else _reason(err)) from None
        read = bytearray()
        with suppress(OSError, http.client.HTTPException, ValueError):
            while len(read) < _MOST_BYTES and (piece := answer.read1(8192)):
                read += piece
        return Reply(answer.status, answer.headers.get("Retry-After", ""), bytes(read[:_MOST_BYTES]))


def _cut(line: list[socket.socket]) -> None:
    with suppress(OSError):
        line[0].shutdown(socket.SHUT_RDWR)


def _reason(err: Exception) -> str:
    if isinstance(err, TimeoutError):
        return "timed out"
    if isinstance(err, ssl.SSLCertVerificationError):
        return f"certificate: {err.verify_message}"
    return type(err).__name__
