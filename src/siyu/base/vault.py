"""Personal data at rest: sealed with a key of its own subject, found again by a keyed hash.

Each identifier owns a random 256-bit key, stored wrapped by the key of this installation (the master key). What belongs to a person (the
phone itself, names, addresses in facts) is sealed with that key by AES-256-GCM; destroying the wrapped key erases it everywhere,
backups included. Equality search goes through `lookup`, an HMAC-SHA256 under a second key: without that key a list of all phone numbers
helps nobody. Both keys live in `keys.json` in the data directory (mode 0600) or in SIYU_KEYS; keep a copy apart from the database.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from siyu.base.errors import ConfigError

LOOKUP_BYTES = 16


@dataclass(frozen=True)
class Vault:
    """The two keys of an installation, and what can be done with them."""

    master: bytes
    index: bytes
    signing: bytes

    def lookup(self, *parts: str) -> bytes:
        """The 16 bytes under which a value is found again; `parts` are kind, scope and normal form."""
        text = "\x1f".join(parts).encode()
        return hmac.new(self.index, text, hashlib.sha256).digest()[:LOOKUP_BYTES]

    def new_key(self) -> tuple[bytes, bytes]:
        """A fresh subject key and the same key wrapped for storage."""
        key = AESGCM.generate_key(256)
        nonce = os.urandom(12)
        return key, nonce + AESGCM(self.master).encrypt(nonce, key, b"siyu:key")

    def open_key(self, wrapped: bytes) -> bytes:
        """Unwrap a stored subject key. Raises `ConfigError` when the master key is not the one it was wrapped with."""
        try:
            return AESGCM(self.master).decrypt(wrapped[:12], wrapped[12:], b"siyu:key")
        except InvalidTag:
            raise ConfigError(
                "The master key does not open the data of this database.", "Restore the keys.json that was made with this database."
            ) from None

    def token(self, *parts: str) -> str:
        """A short signature over `parts` for links in messages (click, unsubscribe): 22 URL-safe characters."""
        mac = hmac.new(self.signing, "\x1f".join(parts).encode(), hashlib.sha256).digest()[:16]
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()

    def is_token(self, token: str, *parts: str) -> bool:
        """Whether `token` is our signature over `parts`; takes the same time either way."""
        return hmac.compare_digest(token.encode(), self.token(*parts).encode())


def seal(key: bytes, text: str) -> bytes:
    """Encrypt one value under a subject key: nonce + AES-256-GCM."""
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, text.encode(), b"siyu:value")


def unseal(key: bytes, sealed: bytes) -> str:
    """The value again. Raises `InvalidTag` when the key or the bytes are not right."""
    return AESGCM(key).decrypt(sealed[:12], sealed[12:], b"siyu:value").decode()


def load(data: Path, text: str = "") -> Vault:
    """The vault of a data directory: from SIYU_KEYS (`text`) when given, else `keys.json`, made on first use."""
    if not text:
        file = data / "keys.json"
        if not file.exists():
            data.mkdir(parents=True, exist_ok=True)
            fresh = {name: base64.b64encode(os.urandom(32)).decode() for name in ("master", "index", "signing")}
            temporary = data / f"keys.{os.getpid()}.tmp"
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                json.dump(fresh, out)
            try:
                os.link(temporary, file)  # never over another process's file
            except FileExistsError:
                pass
            finally:
                temporary.unlink()
        text = file.read_text()
    try:
        keys = {name: base64.b64decode(value) for name, value in json.loads(text).items()}
        vault = Vault(keys["master"], keys["index"], keys["signing"])
        if any(len(k) != 32 for k in (vault.master, vault.index, vault.signing)):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ConfigError(
            "The keys of this installation cannot be read.",
            "keys.json (or SIYU_KEYS) must hold master, index and signing: 32 bytes each in base64.",
        ) from None
    return vault
