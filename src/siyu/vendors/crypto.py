"""Callbacks of WeCom, official accounts and mini-programs: signed with a token, sealed with an EncodingAESKey (WXBizMsgCrypt).

    plain   = random(16) || length of the message, 4 bytes, big end first || message || receive id
    Encrypt = base64(AES-256-CBC(plain, padded to 32 bytes by PKCS#7)), IV = the first 16 bytes of the key
    msg_signature = sha1 of token, timestamp, nonce and Encrypt, sorted and joined

During a rotation two sets of keys are right; each function takes all of them, the newest first.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from siyu.base.errors import InputError
from siyu.vendors.words import CallbackKeys
from siyu.vendors.xml import read_xml

_BLOCK = 32


class Refused(InputError):
    """A callback that is not the vendor's, or not meant for us. Says nothing about why to the one who sent it."""


@dataclass(frozen=True)
class Opened:
    """A callback's plain text (XML or JSON). `keys` is the place of the set that opened it: 0 = the newest."""

    text: str = field(repr=False)
    keys: int


def signature_of(*parts: str) -> str:
    """sha1 of the parts, sorted and joined: of (token, timestamp, nonce) for plain callbacks, with Encrypt besides for sealed ones."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324  the vendor's algorithm


def open_callback(keys: Sequence[CallbackKeys], receive_id: str, *, signature: str, timestamp: str, nonce: str, body: bytes) -> Opened:
    """Check and open a POST. `receive_id` is the corpid or appid. Raises `Refused` (`BadXml` for a body that cannot be read).

    The signature is checked before anything is decrypted, in the same time for right and wrong.
    """
    return _open(keys, receive_id, signature, timestamp, nonce, _encrypt_of(body))


def open_echo(keys: Sequence[CallbackKeys], receive_id: str, *, signature: str, timestamp: str, nonce: str, echostr: str) -> Opened:
    """Check and open the `echostr` of the GET that tries a new address; the text is the answer, as it is. Raises `Refused`."""
    return _open(keys, receive_id, signature, timestamp, nonce, echostr)


def is_signed(keys: Sequence[CallbackKeys], *, signature: str, timestamp: str, nonce: str) -> bool:
    """Whether a plain callback (official account, mini-program) is signed with one of the tokens."""
    right = [hmac.compare_digest(signature_of(k.token, timestamp, nonce).encode(), signature.encode()) for k in keys]
    return any(right)


def aes_key_of(keys: CallbackKeys) -> bytes:
    """The 32 bytes of an EncodingAESKey. Raises `InputError`. Some keys end in bits that mean nothing; they are taken."""
    text = keys.aes_key
    if len(text) != 43 or not text.isascii() or not text.isalnum():
        raise InputError(
            "The EncodingAESKey is not one.", "It has 43 letters and digits; copy it from the callback's settings.", field="aes_key"
        )
    return base64.b64decode(text + "=")


def _encrypt_of(body: bytes) -> str:
    if body.lstrip()[:1] == b"{":
        if len(body) > 256 * 1024:
            raise Refused("The callback is too large.", field="body")
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            raise Refused("The callback cannot be read.", field="body") from None
        encrypt = found.get("Encrypt") if isinstance(found, dict) else None
    else:
        encrypt = read_xml(body).get("Encrypt")
    if not isinstance(encrypt, str) or not encrypt:
        raise Refused("The callback holds nothing sealed.", field="Encrypt")
    return encrypt


def _open(keys: Sequence[CallbackKeys], receive_id: str, signature: str, timestamp: str, nonce: str, encrypt: str) -> Opened:
    given = signature.encode("utf-8", "replace")
    right = [hmac.compare_digest(signature_of(k.token, timestamp, nonce, encrypt).encode(), given) for k in keys]
    for place, is_right in enumerate(right):
        if is_right:
            text = _decrypt(keys[place], receive_id, encrypt)
            if text is not None:
                return Opened(text, place)
    raise Refused("The callback is not signed with our token, or not sealed for us.", field="msg_signature")


def _decrypt(keys: CallbackKeys, receive_id: str, encrypt: str) -> str | None:
    """None for whatever is wrong inside: which check failed is nobody's business."""
    try:
        sealed = base64.b64decode(encrypt, validate=True)
    except (binascii.Error, ValueError):
        return None
    if not sealed or len(sealed) % 16:
        return None
    key = aes_key_of(keys)
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    padded = decryptor.update(sealed) + decryptor.finalize()
    pad = padded[-1]
    if not 1 <= pad <= _BLOCK or padded[-pad:] != bytes([pad]) * pad:
        return None
    plain = padded[:-pad]
    size = int.from_bytes(plain[16:20], "big")
    if len(plain) < 20 + size or not hmac.compare_digest(plain[20 + size :], receive_id.encode()):
        return None
    try:
        return plain[20 : 20 + size].decode()
    except UnicodeDecodeError:
        return None
