"""Chance that can be repeated: the same seed and purpose always give the same draw."""

from __future__ import annotations

import hashlib


def draw(seed: int, *about: object) -> float:
    """A number from 0 to 1, fixed for ever for one seed and purpose."""
    digest = hashlib.blake2b(":".join(map(str, (seed, *about))).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def letters(alphabet: str, length: int, *about: object) -> str:
    """A word of that length over the alphabet, fixed for ever for one purpose: ids that look like the real ones."""
    seed = ":".join(map(str, about)).encode()
    found: list[str] = []
    while len(found) < length:  # a digest is good for some eighty letters
        seed = hashlib.blake2b(seed, digest_size=64).digest()
        rest = int.from_bytes(seed, "big")
        for _ in range(min(64, length - len(found))):
            rest, at = divmod(rest, len(alphabet))
            found.append(alphabet[at])
    return "".join(found)
