"""Callbacks sealed as the vendor seals them: by the sandbox's cipher, which was written apart from the one that opens them."""

from __future__ import annotations

import os
from dataclasses import dataclass

from siyu.sandbox.corp import crypto
from siyu.vendors import CallbackKeys


@dataclass(frozen=True)
class Sealed:
    """What a vendor puts into a body (`encrypt`) and into the query."""

    encrypt: str
    signature: str
    timestamp: str
    nonce: str


def seal(keys: CallbackKeys, receive_id: str, text: str, *, timestamp: str = "1700000000", nonce: str) -> Sealed:
    """Seal a text for a receiver."""
    encrypt = crypto.encrypt(keys.aes_key, receive_id, text, os.urandom(16))
    return Sealed(encrypt, crypto.signature(keys.token, timestamp, nonce, encrypt), timestamp, nonce)
