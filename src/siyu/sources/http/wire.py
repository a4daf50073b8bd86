"""From the bytes of a request to its items: unpack, cap, cut up. Content types are not believed; bytes are (peers.md 3.4).

rudder-sdk-node calls its gzip JSON a form, analytics.js calls its JSON plain text, and some clients forget Content-Encoding altogether.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import zlib
from typing import Any, NamedTuple

import msgspec

from siyu.sources.http.words import Limits, Refusal


class Batch(msgspec.Struct, rename="camel"):
    """The envelope of a batch; its items stay bytes, so that one bad item spoils nobody else."""

    batch: list[msgspec.Raw]
    context: Any = None
    sent_at: Any = None
    write_key: Any = None


class Key(msgspec.Struct, rename="camel"):
    """The one field of a single message that says who sends."""

    write_key: Any = None


_BATCH = msgspec.json.Decoder(Batch)
_KEY = msgspec.json.Decoder(Key)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_MARK = b"\xef\xbb\xbf"


class Envelope(NamedTuple):
    """A request's items as bytes, and what is said once for all of them."""

    items: list[bytes]
    context: dict[str, Any]
    sent_at: Any
    write_key: str


def unpack(body: bytes, encoding: str, most: int) -> bytes:
    """The body without its packing; never more than `most` bytes of it are made. Raises `Refusal`."""
    encoding = encoding.strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise Refusal("encoding", encoding=encoding[:40])
    if encoding == "deflate":
        body = _inflate(body, zlib.MAX_WBITS if body[:1] == b"\x78" else -zlib.MAX_WBITS, most)
    elif body[:2] == b"\x1f\x8b":
        body = _inflate(body, 16 + zlib.MAX_WBITS, most)
    elif encoding in ("gzip", "x-gzip"):
        raise Refusal("packing")
    if len(body) > most:
        raise Refusal("batch_size", most=most)
    return body.removeprefix(_MARK)


def _inflate(body: bytes, kind: int, most: int) -> bytes:
    parts: list[bytes] = []
    made = 0
    while body:  # a gzip file may hold several members
        one = zlib.decompressobj(kind)
        try:
            part = one.decompress(body, most + 1 - made)
        except zlib.error:
            raise Refusal("packing") from None
        parts.append(part)
        made += len(part)
        if made > most:
            raise Refusal("batch_size", most=most)
        if not one.eof:
            raise Refusal("packing")
        body = one.unused_data.lstrip(b"\0")
    return b"".join(parts)


def cut(body: bytes, *, is_batch: bool, limits: Limits) -> Envelope:
    """The items of a request. Raises `Refusal` when the JSON is broken; a bad item is found later, alone."""
    try:
        return _cut(body, is_batch=is_batch, limits=limits)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _cut(_mend(body), is_batch=is_batch, limits=limits)
    except RecursionError:
        raise Refusal("json") from None


def _cut(body: bytes, *, is_batch: bool, limits: Limits) -> Envelope:
    try:
        if not is_batch:
            if len(body) > limits.event_bytes:
                raise Refusal("event_size", most=limits.event_bytes)
            return Envelope([body], {}, None, _text(_KEY.decode(body).write_key))
        if body.lstrip()[:1] == b"[":
            return Envelope([bytes(raw) for raw in _LIST.decode(body)], {}, None, "")
        whole = _BATCH.decode(body)
    except msgspec.ValidationError:
        raise Refusal("batch_shape" if is_batch else "shape") from None
    context = whole.context if isinstance(whole.context, dict) else {}
    return Envelope([bytes(raw) for raw in whole.batch], context, whole.sent_at, _text(whole.write_key))


def _mend(body: bytes) -> bytes:
    """JSON that is broken in the two ways of real clients, NaN and half an emoji, made whole. Raises `Refusal`."""
    try:
        value = json.loads(body.decode("utf-8", "replace"), parse_constant=lambda _: None)
        text = json.dumps(_finite(value), ensure_ascii=False, allow_nan=False)
        return text.encode("utf-8", "replace")
    except (ValueError, RecursionError):
        raise Refusal("json") from None


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def key_of_headers(authorization: str, x_write_key: str) -> str:
    """The write key in the headers, or nothing: Basic `key:`, Basic `key`, Bearer, X-Write-Key (also `id:secret`, then the secret)."""
    kind, _, rest = authorization.strip().partition(" ")
    rest = rest.strip()
    if kind.lower() == "bearer" and rest:
        return rest
    if kind.lower() == "basic" and rest:
        try:
            user, _, password = base64.b64decode(rest, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return ""
        return user or password
    return x_write_key.strip().rpartition(":")[2]
