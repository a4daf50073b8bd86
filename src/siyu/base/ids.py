"""Keys that come out the same wherever and whenever they are made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from uuid import UUID


def key_of(*parts: object) -> UUID:
    """A 128-bit key of some parts (BLAKE2b): the same parts always give the same key, and nobody needs to ask the database."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=16).digest()
    return UUID(bytes=digest)


def keys_of(*first: object) -> Callable[[str], bytes]:
    """Makes the keys of many things whose parts begin alike: `keys_of(7)("a")` are the bytes of `key_of(7, "a")`, in less time."""
    begun = hashlib.blake2b("".join(f"{part}\x1f" for part in first).encode(), digest_size=16).copy

    def key(last: str) -> bytes:
        digest = begun()
        digest.update(last.encode())
        return digest.digest()

    return key


def bucket_of(salt: str, person_id: int, buckets: int = 10_000) -> int:
    """A person's bucket, 0 <= bucket < `buckets`, fixed for ever for one salt: what holdouts are drawn with."""
    digest = hashlib.blake2b(f"{salt}:{person_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % buckets
