"""Tencent Cloud's signature TC3-HMAC-SHA256."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime


def canonical_request(headers: Mapping[str, str], payload: bytes) -> tuple[str, str]:
    """What is signed of a POST to /, and the names of the headers in it: all that are given."""
    low = {name.lower(): value.strip().lower() for name, value in headers.items()}
    names = sorted(low)
    lines = "".join(f"{name}:{low[name]}\n" for name in names)
    signed = ";".join(names)
    return f"POST\n/\n\n{lines}\n{signed}\n{hashlib.sha256(payload).hexdigest()}", signed


def signature(request: str, service: str, timestamp: int, secret: str) -> tuple[str, str]:
    """The signature in hexadecimal, and its scope. `timestamp` in Unix seconds, at most 5 minutes from the vendor's."""
    on = datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d")
    scope = f"{on}/{service}/tc3_request"
    text = f"TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"TC3{secret}".encode()
    for part in (on, service, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), scope


def authorization(headers: Mapping[str, str], payload: bytes, *, key_id: str, secret: str, timestamp: int, service: str = "sms") -> str:
    """The header Authorization over these headers."""
    request, signed = canonical_request(headers, payload)
    found, scope = signature(request, service, timestamp, secret)
    return f"TC3-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={signed}, Signature={found}"
