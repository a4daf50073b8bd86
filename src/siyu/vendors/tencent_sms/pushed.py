"""What Tencent pushes to us: receipts, up to 100 at once, and replies, one by one. It tries twice more until it reads TAKEN."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from siyu.base.errors import InputError
from siyu.vendors.tencent_sms.shapes import Receipt, Reply

TAKEN = b'{"result":0,"errmsg":"OK"}'
T = TypeVar("T")
_MOST_BYTES = 1024 * 1024


def read_receipts(body: bytes) -> list[Receipt]:
    """The receipts of one push. Raises `InputError`."""
    return _read(body, list[Receipt])


def read_reply(body: bytes) -> Reply:
    """The reply of one push. Raises `InputError`."""
    return _read(body, Reply)


def _read(body: bytes, shape: type[T]) -> T:
    if len(body) > _MOST_BYTES:
        raise InputError("The push is too large.", "Tencent's are far smaller.", field="body")
    try:
        return msgspec.convert(msgspec.json.decode(body), shape, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise InputError("The push cannot be read.", "It is JSON as Tencent's documentation shows.", field="body") from None
