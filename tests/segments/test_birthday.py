"""Of a birthday only month and day are readable; that is enough for the segment of those who have theirs soon."""

from __future__ import annotations

from datetime import timedelta

from tests.conftest import NOW

from siyu import segments
from siyu.base.ground import Ground
from siyu.pool import Fact, Identifier, Kind, ensure_source, fold, person_of, record

WRITTEN = {
    "1990-11-23": True, "1990/11/23": True, "1990年11月23日": True, "11-23": True, "1990-11-23T00:00:00Z": True,
    "1990-12-23": False, "someday": False, "1990-02-29": False,
}  # fmt: skip


def test_birthdays_come_round(ground: Ground) -> None:
    birthday = next(t for t in segments.templates() if t.key == "birthday").rule
    people = {written: Identifier(Kind.PHONE, f"+861380013800{n}") for n, written in enumerate(WRITTEN)}
    with ground.db.tx() as conn:
        shop = ensure_source(conn, "shop", "file", now=NOW)
        at = NOW - timedelta(days=1)
        facts = [Fact("profile.stated", written, at, (who,), personal={"birthday": written}) for written, who in people.items()]
        record(ground, conn, shop, facts)
    fold(ground)
    with ground.db.tx() as conn:
        soon = {person for batch in segments.members(ground, conn, birthday) for person in batch}
        assert {written: person_of(ground, conn, who) in soon for written, who in people.items()} == WRITTEN
        assert "1990" not in str(conn.execute("select f.data::text, p.traits::text from facts f, profiles p").fetchall())
