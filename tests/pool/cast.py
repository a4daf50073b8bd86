"""The fixed cast as the pool knows them, and short ways to say what happened to them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.conftest import NOW

from siyu.base.ground import Ground
from siyu.pool import Fact, Identifier, Kind, ensure_source, fold, person_of, record

LIN = Identifier(Kind.BUYER_ID, "17850", "shop")
LIN_PHONE = Identifier(Kind.PHONE, "+8613800138000")
LIN_MAIL = Identifier(Kind.EMAIL, "lin@example.com")
WEI = Identifier(Kind.PHONE, "+8613911112222")
AN = Identifier(Kind.EMAIL, "an@example.com")
MO = Identifier(Kind.BUYER_ID, "mo-1", "shop")
MO_TOO = Identifier(Kind.BUYER_ID, "mo-2", "shop")
MO_PHONE = Identifier(Kind.PHONE, "+8613755556666")
STRANGER = Identifier(Kind.ANONYMOUS_ID, "b1946ac9", "site")
_ids = iter(range(1_000_000))


def fact(type: str, *who: Identifier, days: float = 1, at: datetime | None = None, id: str = "", **more: Any) -> Fact:
    """Something that happened `days` ago."""
    return Fact(type, id or f"f{next(_ids)}", at or NOW - timedelta(days=days), who, **more)


def paid(amount: int, *who: Identifier, days: float = 1, order: str | None = None, **more: Any) -> Fact:
    """An order of one line."""
    number = next(_ids)
    return fact("order.paid", *who, days=days, object=order or f"o{number}", amount_minor=amount, id=f"p{number}", **more)


def shop(ground: Ground, name: str = "shop") -> int:
    """A file source."""
    with ground.db.tx() as conn:
        return ensure_source(conn, name, "file", now=NOW)


def tell(ground: Ground, *facts: Fact, source: str = "shop", import_id: int = 0) -> None:
    """Record and fold."""
    number = shop(ground, source)
    with ground.db.tx() as conn:
        record(ground, conn, number, facts, import_id=import_id)
    while fold(ground):
        pass


def who(ground: Ground, identifier: Identifier) -> int | None:
    """Today's person."""
    with ground.db.tx() as conn:
        return person_of(ground, conn, identifier)
