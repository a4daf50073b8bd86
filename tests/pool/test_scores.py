"""Scores: the newest of each name counts, whatever comes late, whoever is merged; and they say nothing of when somebody was seen."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tests.conftest import NOW
from tests.pool.cast import LIN, LIN_PHONE, fact, paid, tell, who

from siyu import pool
from siyu.base.ground import Ground


def test_the_newest_score_counts_and_comes_with_what_it_was_made_of(ground: Ground) -> None:
    tell(ground, paid(5990, LIN, days=9))
    with ground.db.tx() as conn:
        before = pool.see(ground, conn, who(ground, LIN) or 0)
    tell(
        ground,
        fact("score.clv", LIN, days=1, amount_minor=12345, currency="CNY", data={"model": "mbg/nbd"}),
        fact("score.clv", LIN, days=5, amount_minor=99, currency="CNY", data={"model": "old"}),
        fact("score.grade", LIN, days=2, data={"value": "A"}),
    )
    with ground.db.tx() as conn:
        clv, grade = pool.scores_of(conn, before.row.person_id)
        after = pool.see(ground, conn, before.row.person_id)
    assert (clv.name, clv.value, clv.data["model"], clv.as_of) == ("clv", Decimal("123.45"), "mbg/nbd", NOW - timedelta(days=1))
    assert (grade.value, grade.word) == (None, "A")
    assert (after.facts_n, after.row.last_seen_at) == (before.facts_n, before.row.last_seen_at)


def test_a_person_has_the_newest_of_all_identifiers_and_gets_the_own_back_when_parted(ground: Ground) -> None:
    tell(
        ground, paid(100, LIN), fact("score.churn", LIN, days=3, data={"value": 0.5}), fact("score.churn", LIN_PHONE, data={"value": 0.25})
    )
    lin = who(ground, LIN) or 0

    def churn() -> list[Decimal | None]:
        with ground.db.tx() as conn:
            return [one.value for one in pool.scores_of(conn, who(ground, LIN) or 0)]

    assert churn() == [Decimal("0.5")]
    tell(ground, fact("page.viewed", LIN, LIN_PHONE), import_id=7)
    assert churn() == [Decimal("0.25")]
    with ground.db.tx() as conn:
        pool.forget_import(ground, conn, 7)
    assert churn() == [Decimal("0.5")]
    with ground.db.tx() as conn:
        pool.erase(ground, conn, lin, by="qi")
    with ground.db.tx() as conn:
        assert pool.scores_of(conn, lin) == []
