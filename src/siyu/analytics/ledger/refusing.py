"""What the ledger does not take, in the reader's language: what is wrong and what to give instead."""

from __future__ import annotations

from siyu.base.errors import InputError
from siyu.base.text import say


def refusal(code: str, lang: str, field: str, **values: object) -> InputError:
    """The error of a `code`; `field` names the part that is wrong."""
    return InputError(
        say(f"analytics.ledger_refused_{code}", lang, **values), say(f"analytics.ledger_remedy_{code}", lang, **values), field=field
    )
