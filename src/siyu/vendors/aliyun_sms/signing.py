"""Aliyun's signature V3 (ACS3-HMAC-SHA256)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote


def encode(text: str) -> str:
    """As RFC 3986 has it: space %20, * %2A, ~ as it is."""
    return quote(text, safe="~")


def canonical_query(query: Mapping[str, str]) -> str:
    """The query, sorted and encoded; it goes over the wire just so."""
    return "&".join(f"{encode(name)}={encode(query[name])}" for name in sorted(query))


def canonical_request(method: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes = b"") -> tuple[str, str]:
    """What is signed, and the names of the headers in it: host, content-type and x-acs-*."""
    low = {name.lower(): value.strip() for name, value in headers.items()}
    names = sorted(name for name in low if name in ("host", "content-type") or name.startswith("x-acs-"))
    lines = "".join(f"{name}:{low[name]}\n" for name in names)
    signed = ";".join(names)
    return f"{method}\n/\n{canonical_query(query)}\n{lines}\n{signed}\n{hashlib.sha256(body).hexdigest()}", signed


def authorization(method: str, query: Mapping[str, str], headers: Mapping[str, str], *, key_id: str, secret: str, body: bytes = b"") -> str:
    """The header Authorization of V3."""
    request, signed = canonical_request(method, query, headers, body)
    text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={signed},Signature={signature}"
