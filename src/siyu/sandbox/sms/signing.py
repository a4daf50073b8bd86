"""How the vendors sign requests, written for the sandbox: ACS3-HMAC-SHA256 and RPC 1.0 of Aliyun, TC3-HMAC-SHA256 of Tencent Cloud."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import quote


def percent(text: str) -> str:
    """RFC 3986: space is %20, * is %2A, ~ stays."""
    return quote(text, safe="-_.~")


def canonical_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Sorted, encoded and joined."""
    return "&".join(f"{percent(name)}={percent(value)}" for name, value in sorted(pairs))


def sha256(body: bytes) -> str:
    """As hex."""
    return hashlib.sha256(body).hexdigest()


def acs3(secret: str, method: str, query: Iterable[tuple[str, str]], headers: Mapping[str, str], signed: list[str], body_hash: str) -> str:
    """Aliyun's V3 signature over the signed headers (lower case)."""
    lines = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in signed)
    request = "\n".join([method, "/", canonical_query(query), lines, ";".join(signed), body_hash])
    return hmac.new(secret.encode(), f"ACS3-HMAC-SHA256\n{sha256(request.encode())}".encode(), hashlib.sha256).hexdigest()


def rpc1(secret: str, method: str, params: Iterable[tuple[str, str]]) -> str:
    """Aliyun's old RPC signature, over all parameters but `Signature`."""
    text = f"{method}&%2F&{percent(canonical_query(params))}"
    return base64.b64encode(hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()).decode()


def tc3(
    secret: str, service: str, at: int, date: str, headers: Mapping[str, str], signed: list[str], payload: bytes, method: str = "POST"
) -> str:
    """Tencent's signature. `date` is the UTC day of `at`; signed headers are lower-cased in name and value."""
    lines = "".join(
        f"{name}:{headers.get(name, '').strip().lower() if name != 'content-type' else headers.get(name, '').strip()}\n" for name in signed
    )
    request = "\n".join([method, "/", "", lines, ";".join(signed), sha256(payload)])
    text = f"TC3-HMAC-SHA256\n{at}\n{date}/{service}/tc3_request\n{sha256(request.encode())}"
    key = f"TC3{secret}".encode()
    for word in (date, service, "tc3_request"):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
