"""What an order's status means in money: paid, refunded, closed (never paid, or paid back), waiting for payment."""

from __future__ import annotations

import unicodedata
from functools import cache

from siyu.sources.files.fields import vocabulary

MEANINGS = ("paid", "refunded", "closed", "waiting")


@cache
def _by_word() -> dict[str, str]:
    return {word: meaning for meaning, words in vocabulary("statuses").items() for word in words}


def meaning_of(status: str) -> str | None:
    """The meaning of a status word, or None when we do not know it and a person must say."""
    text = unicodedata.normalize("NFKC", status).lower().removeprefix("wc-")  # WooCommerce puts wc- before each
    return _by_word().get("".join(c for c in text if c.isalnum()))
