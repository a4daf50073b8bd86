"""One HTTP POST to a judged address: no redirects, a limit on time and size, the connection to the very address that was judged."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
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
    """POST and read the answer within `timeout` seconds in all. Raises `NotConnected` or `NoAnswer`."""
    until = time.monotonic() + timeout
    try:
        sock = socket.create_connection((target.ip, target.port), timeout=timeout)
        if target.scheme == "https":
            sock = (context or ssl.create_default_context()).wrap_socket(sock, server_hostname=target.host)
    except (OSError, ValueError) as err:
        raise NotConnected(_reason(err)) from None
    connection = http.client.HTTPConnection(target.host, target.port, timeout=timeout)
    connection.sock = sock
    try:
        connection.request("POST", target.path, body=body, headers={**headers, "Connection": "close"})
        answer = connection.getresponse()
        read = bytearray()
        while len(read) < _MOST_BYTES:
            left = until - time.monotonic()
            if left <= 0:
                raise NoAnswer("timed out")
            sock.settimeout(left)
            piece = answer.read1(8192)
            if not piece:
                break
            read += piece
        return Reply(answer.status, answer.headers.get("Retry-After", ""), bytes(read[:_MOST_BYTES]))
    except (OSError, http.client.HTTPException, ValueError) as err:
        raise NoAnswer(_reason(err)) from None
    finally:
        connection.close()
        sock.close()


def _reason(err: Exception) -> str:
    if isinstance(err, TimeoutError):
        return "timed out"
    if isinstance(err, ssl.SSLCertVerificationError):
        return f"certificate: {err.verify_message}"
    return type(err).__name__
