"""The callback cipher of WeCom, written for the sandbox alone so that it can disagree with the platform's own (facts 3.2).

AES-256-CBC under the key of 43 base64 letters, IV = its first 16 bytes, the text framed as 16 random bytes, its length, itself and the
receiver's id, padded to 32 bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32


class BadCipher(ValueError):
    """The text cannot be opened with this key, or is not for this receiver."""


def key_bytes(aes_key: str) -> bytes:
    """The 32 bytes behind an EncodingAESKey. Some keys carry bits in the last letter that mean nothing; they are dropped."""
    if len(aes_key) != 43:
        raise BadCipher("an EncodingAESKey has 43 letters")
    try:
        return base64.b64decode(aes_key + "=")
    except binascii.Error as err:
        raise BadCipher("an EncodingAESKey is base64") from err


def signature(token: str, timestamp: str, nonce: str, encrypted: str) -> str:
    """`msg_signature`: SHA-1 over the four texts in their sorted order."""
    return hashlib.sha1("".join(sorted((token, timestamp, nonce, encrypted))).encode()).hexdigest()  # noqa: S324  the protocol's choice


def page_signature(ticket: str, nonce: str, timestamp: str, url: str) -> str:
    """What a page shows to call the client (JS-SDK); whatever follows # in its address does not count."""
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url.partition('#')[0]}"
    return hashlib.sha1(text.encode()).hexdigest()  # noqa: S324  the protocol's choice


def encrypt(aes_key: str, receive_id: str, text: str, salt: bytes) -> str:
    """Close a text for a receiver. `salt` is 16 random bytes."""
    key = key_bytes(aes_key)
    body = text.encode()
    framed = salt + struct.pack(">I", len(body)) + body + receive_id.encode()
    pad = _BLOCK - len(framed) % _BLOCK
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(cipher.update(framed + bytes([pad]) * pad) + cipher.finalize()).decode()


def decrypt(aes_key: str, receive_id: str, encrypted: str) -> str:
    """Open a text and see that it is meant for the receiver."""
    key = key_bytes(aes_key)
    try:
        cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
        framed = cipher.update(base64.b64decode(encrypted)) + cipher.finalize()
        pad = framed[-1]
        if not 1 <= pad <= _BLOCK:
            raise BadCipher("the padding is wrong")
        (length,) = struct.unpack(">I", framed[16:20])
        text, receiver = framed[20 : 20 + length], framed[20 + length : -pad]
        if receiver != receive_id.encode():
            raise BadCipher("it is meant for another receiver")
        return text.decode()
    except (binascii.Error, struct.error, IndexError, UnicodeDecodeError) as err:
        raise BadCipher("it cannot be opened") from err
    except ValueError as err:
        raise BadCipher(str(err)) from err
