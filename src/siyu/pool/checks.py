"""What a fact must be before it is recorded. Sources call `check` row by row; `record` calls it again for every fact."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from siyu.base.errors import InputError
from siyu.pool.words import Fact

_TYPE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+", re.ASCII)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD_FOR = timedelta(days=1)
_LARGEST = 10**13  # minor units: a hundred thousand million; sums of many stay within 64 bits


@lru_cache(maxsize=4096)
def is_type(name: str) -> bool:
    """Whether `name` is a fact's type: object first, past tense, in snake case: `order.paid`."""
    return len(name) <= 100 and _TYPE.fullmatch(name) is not None


def check(fact: Fact, now: datetime) -> None:
    """Raise `InputError` (its `field` names the part) when the fact cannot be recorded at the moment `now`."""
    at = fact.occurred_at
    if at.tzinfo is None:
        raise InputError("The time has no time zone.", "Give an aware moment (UTC).", field="occurred_at")
    if at < EARLIEST:
        raise InputError("The time is before 1990.", "Check the date and its form.", field="occurred_at")
    if at > now + AHEAD_FOR:
        raise InputError("The time is more than a day ahead.", "Check the date, its form and the sender's clock.", field="occurred_at")
    if not is_type(fact.type):
        raise InputError("The type is not of the form object.verb.", "Write it in snake case, past tense: order.paid.", field="type")
    if not fact.id or len(fact.id) > 500:
        raise InputError("The fact has no id, or one over 500 characters.", "Give the source's own id of it.", field="id")
    if not fact.id.isascii() and not _is_text(fact.id):
        raise InputError("The id is not readable text.", "Send UTF-8.", field="id")
    if fact.object is not None and len(fact.object) > 500:
        raise InputError("The object is over 500 characters.", "Give a number or a short name.", field="object")
    amount = fact.amount_minor
    if amount is not None and not -_LARGEST < amount < _LARGEST:
        raise InputError("The amount is too large.", "Amounts are whole minor units (pence, 分).", field="amount_minor")
    if fact.currency is not None and not (len(fact.currency) == 3 and fact.currency.isascii() and fact.currency.isupper()):
        raise InputError("The currency is not a code of three letters.", "Use ISO 4217: CNY, GBP, USD.", field="currency")
    if len(fact.identifiers) > 20:
        raise InputError("The fact carries more than 20 identifiers.", "Send those of one person only.", field="identifiers")
    if fact.type == "consent.given" and not (_is_word(fact.data.get("channel")) and _is_word(fact.data.get("purpose"))):
        raise InputError("The consent does not say for what.", "Give data.channel and data.purpose.", field="data")


def _is_word(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 100


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
