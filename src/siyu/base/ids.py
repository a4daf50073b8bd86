"""Keys that come out the same wherever and whenever they are made."""

from __future__ import annotations

import hashlib
from uuid import UUID


def key_of(*parts: object) -> UUID:
    """A 128-bit key of some parts (BLAKE2b): the same parts always give the same key, and nobody needs to ask the database."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=16).digest()
    return UUID(bytes=digest)


def key_text_of(*parts: object) -> str:
    """The same key as `key_of`, as 32 hexadecimal digits: for batches, where making a million UUID objects is most of the work."""
    return hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=16).hexdigest()


def bucket_of(salt: str, person_id: int, buckets: int = 10_000) -> int:
    """A person's bucket, 0 <= bucket < `buckets`, fixed for ever for one salt: what holdouts are drawn with."""
    digest = hashlib.blake2b(f"{salt}:{person_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % buckets
