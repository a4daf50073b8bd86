"""Of a birthday only month and day are readable; that is enough for the segment of those who have theirs soon."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.conftest import NOW

from siyu import segments
from siyu.base.ground import Ground
from siyu.pool import Fact, Identifier, Kind, ensure_source, fold, record


@pytest.mark.parametrize(("written", "is_soon"), [
    ("1990-11-23", True), ("1990/11/23", True), ("1990年11月23日", True), ("11-23", True), ("1990-11-23T00:00:00Z", True),
    ("1990-12-23", False), ("someday", False), ("1990-02-29", False),
])  # fmt: skip
def test_birthdays_come_round(ground: Ground, written: str, is_soon: bool) -> None:
    birthday = next(t for t in segments.templates() if t.key == "birthday").rule
    with ground.db.tx() as conn:
        shop = ensure_source(conn, "shop", "file", now=NOW)
        who = (Identifier(Kind.PHONE, "+8613800138000"),)
        record(ground, conn, shop, [Fact("profile.stated", "p", NOW - timedelta(days=1), who, personal={"birthday": written})])
    fold(ground)
    with ground.db.tx() as conn:
        assert segments.count(ground, conn, birthday) == is_soon
        assert "1990" not in str(conn.execute("select f::text, p::text from facts f, profiles p").fetchall())
