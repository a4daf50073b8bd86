"""What Aliyun pushes to us: receipts (SmsReport) and replies (SmsUp). It repeats after 1, 5 and 10 minutes until it reads TAKEN."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from siyu.base.errors import InputError
from siyu.vendors.aliyun_sms.shapes import Receipt, Reply

TAKEN = b'{"code":0,"msg":"OK"}'
T = TypeVar("T")
_MOST_BYTES = 4 * 1024 * 1024


def read_receipts(body: bytes) -> list[Receipt]:
    """The receipts of one push. Raises `InputError`."""
    return _read(body, list[Receipt])


def read_replies(body: bytes) -> list[Reply]:
    """The replies of one push. Raises `InputError`."""
    return _read(body, list[Reply])


def _read(body: bytes, shape: type[T]) -> T:
    if len(body) > _MOST_BYTES:
        raise InputError("The push is too large.", "Aliyun's are far smaller.", field="body")
    try:
        return msgspec.convert(msgspec.json.decode(body), shape, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise InputError("The push cannot be read.", "It is a JSON array, as Aliyun's documentation shows.", field="body") from None
