"""The brand: a setting that every room reads through here."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from zoneinfo import available_timezones

from siyu.base import settings
from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.pool.words import Brand

SETTING = "brand"


def brand(conn: Connection) -> Brand:
    """The brand as it is set; the defaults of `Brand` where nobody has set it."""
    return Brand(**settings.get(conn, SETTING, {}))


def set_brand(conn: Connection, value: Brand, *, at: datetime) -> None:
    """Keep the brand. Raises `InputError` for a currency, time zone or language that does not exist."""
    if not (len(value.currency) == 3 and value.currency.isascii() and value.currency.isupper()):
        raise InputError("The currency is not a code of three letters.", "Use ISO 4217: CNY, GBP, USD.", field="currency")
    if value.time_zone not in available_timezones():
        raise InputError("The time zone is not known.", "Use an IANA name such as Asia/Shanghai.", field="time_zone")
    if value.language not in ("zh", "en"):
        raise InputError("The language is not known.", "Use zh or en.", field="language")
    settings.put(conn, SETTING, asdict(value), at=at)
