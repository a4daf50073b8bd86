"""Signatures and the cipher of WeChat's callbacks, written for the sandbox alone so that it can disagree with the platform's own.

AES-256-CBC under the key behind 43 base64 letters, IV = its first 16 bytes; the text is framed as 16 random bytes, its length, itself and
the appid, padded to 32 bytes (developers.weixin.qq.com, message_push/encryption).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32


class BadCipher(ValueError):
    """The text cannot be opened with this key, or is not for this appid."""


def sha1_of(*words: str) -> str:
    """`signature` over (token, timestamp, nonce), `msg_signature` over these and the closed text: SHA-1 of the sorted words."""
    return hashlib.sha1("".join(sorted(words)).encode()).hexdigest()  # noqa: S324  the protocol's choice


def key_of(aes_key: str) -> bytes:
    """The 32 bytes behind an EncodingAESKey."""
    try:
        found = base64.b64decode(aes_key + "=")
    except (binascii.Error, ValueError) as err:
        raise BadCipher("an EncodingAESKey is 43 letters of base64") from err
    if len(found) != 32:
        raise BadCipher("an EncodingAESKey is 43 letters of base64")
    return found


def close(aes_key: str, appid: str, text: str, salt: bytes) -> str:
    """Encrypt a text. `salt` is 16 random bytes."""
    key, body = key_of(aes_key), text.encode()
    framed = salt + struct.pack(">I", len(body)) + body + appid.encode()
    pad = _BLOCK - len(framed) % _BLOCK
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(cipher.update(framed + bytes([pad]) * pad) + cipher.finalize()).decode()


def opened(aes_key: str, appid: str, closed: str) -> str:
    """Decrypt a text. Raises `BadCipher` when it is not ours."""
    key = key_of(aes_key)
    try:
        cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
        framed = cipher.update(base64.b64decode(closed)) + cipher.finalize()
        pad = framed[-1]
        (length,) = struct.unpack(">I", framed[16:20])
        text, receiver = framed[20 : 20 + length], framed[20 + length : -pad]
        if not 1 <= pad <= _BLOCK or receiver != appid.encode():
            raise BadCipher("it is meant for another receiver")
        return text.decode()
    except (binascii.Error, struct.error, IndexError, ValueError) as err:
        raise BadCipher("it cannot be opened") from err
