"""Facts in the binary form of PostgreSQL's COPY: the quickest way in, for the server need neither parse moments and numbers nor plan.

The form is that of PostgreSQL's manual ("COPY", "Binary Format"): each value is its length (int32) and its bytes; -1 is null. Moments are
int64 microseconds since 2000-01-01 UTC, jsonb is a version byte and the JSON text.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from siyu.pool.words import Fact

HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
END = struct.pack(">h", -1)
_NULL = struct.pack(">i", -1)
_EMPTY_OBJECT = struct.pack(">i", 3) + b"\x01{}"
_COLUMNS = 13
_PART = 500  # rows a write: the server takes them in while the next ones are made
_SINCE = datetime(2000, 1, 1, tzinfo=UTC)
_BEGIN = struct.Struct(">hi16siq")
_NUMBER = struct.Struct(">iq")
_MONEY = struct.Struct(">iqi3s")
_length = struct.Struct(">i").pack
_encoder = msgspec.json.Encoder(decimal_format="number")
encode = _encoder.encode

Row = tuple[bytes, Fact, int | None, list[int], Mapping[str, Any], Mapping[str, Any] | None]
"""Key (16 bytes), fact, subject, the other identifiers, plain properties, sealed ones."""


def rows(facts: Iterable[Row], *, source_id: int, import_id: int, now: datetime, currency: str) -> Iterator[bytes]:
    """The facts as rows (key, occurred_at, source_id, import_id, received_at, type, object, subject, amount_minor, currency, data, others,
    sealed), some hundreds in each piece. `now` is when those were received that do not say, `currency` that of amounts that do not.
    """
    same = struct.pack(">iiiq", 4, source_id, 8, import_id)
    received: dict[datetime | None, bytes] = {}
    moments: dict[datetime, int] = {}
    types: dict[str, bytes] = {}
    begin, number, money = _BEGIN.pack, _NUMBER.pack, _MONEY.pack
    code = currency.encode()
    parts: list[bytes] = []
    for n, (key, fact, subject, others, plain, sealed) in enumerate(facts, 1):
        at = moments.get(fact.occurred_at)
        if at is None:
            at = moments[fact.occurred_at] = micros(fact.occurred_at)
        type_ = types.get(fact.type)
        if type_ is None:
            type_ = types[fact.type] = _text(fact.type)
        came = received.get(fact.received_at)
        if came is None:
            came = received[fact.received_at] = same + number(8, micros(fact.received_at or now))
        amount = fact.amount_minor
        parts += (
            begin(_COLUMNS, 16, key, 8, at),
            came,
            type_,
            _NULL if fact.object is None else _text(fact.object),
            _NULL if subject is None else number(8, subject),
            _NULL + _NULL if amount is None else money(8, amount, 3, fact.currency.encode() if fact.currency else code),
            _json(plain) if plain else _EMPTY_OBJECT,
            _numbers(others) if others else _NULL,
            _json(sealed) if sealed else _NULL,
        )
        if n % _PART == 0:
            yield b"".join(parts)
            parts.clear()
    yield b"".join(parts)


def micros(at: datetime) -> int:
    """An aware moment as PostgreSQL keeps it."""
    since = at - _SINCE
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _text(text: str) -> bytes:
    """Text for PostgreSQL, which knows no U+0000 and no half of a surrogate pair."""
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        raw = text.encode("utf-8", "replace")
    if b"\0" in raw:
        raw = raw.replace(b"\0", b"")
    return _length(len(raw)) + raw


def _numbers(those: list[int]) -> bytes:
    """A bigint[] of one dimension."""
    raw = struct.pack(">iiIii", 1, 0, 20, len(those), 1) + b"".join(_NUMBER.pack(8, one) for one in those)
    return _length(len(raw)) + raw


def _json(value: Mapping[str, Any]) -> bytes:
    try:
        raw = encode(value)
    except UnicodeEncodeError:
        raw = encode(_clean(value))
    if b"\\u0000" in raw:
        raw = encode(_clean(value))
    return _length(len(raw) + 1) + b"\x01" + raw


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_clean(name): _clean(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value
