"""People as the doors show them: found, merged, reached, staged, forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.conftest import NOW
from tests.pool.cast import AN, LIN, LIN_MAIL, LIN_PHONE, MO, MO_PHONE, MO_TOO, STRANGER, WEI, fact, paid, tell, who
from tests.pool.digest import digest

from siyu import pool
from siyu.base.clock import StillClock
from siyu.base.errors import NotFoundError
from siyu.base.ground import Ground
from siyu.pool import Identifier, Kind, Stage


def see(ground: Ground, identifier: Identifier) -> pool.Person:
    with ground.db.tx() as conn:
        return pool.see(ground, conn, who(ground, identifier) or 0)


def test_lin_is_one_person_under_three_names_and_is_found_by_each(ground: Ground) -> None:
    tell(
        ground,
        fact("profile.stated", LIN, LIN_PHONE, days=30, data={"name": "林小满", "city": "上海"}),
        fact("profile.stated", LIN_PHONE, LIN_MAIL, days=20, data={"city": "杭州"}),
        paid(12_00, LIN, days=10, order="A-1"),
        paid(30_00, LIN_MAIL, days=5, order="A-2"),
        fact("order.refunded", LIN, days=4, object="A-1", amount_minor=-2_00),
        fact("tag.added", LIN_PHONE, days=3, data={"tag": "咖啡"}),
    )
    lin = see(ground, LIN)
    assert (lin.row.orders_n, lin.row.spent_minor, lin.row.refunded_minor) == (2, 42_00, 2_00)
    assert lin.traits == {"city": "杭州"}
    assert lin.personal == {"name": "林**"}
    assert lin.row.tags == ("咖啡",)
    assert lin.row.stage == Stage.REPEAT
    assert [(c.stage, c.at) for c in lin.stages] == [
        (Stage.LEAD, NOW - timedelta(days=30)),
        (Stage.FIRST, NOW - timedelta(days=10)),
        (Stage.REPEAT, NOW - timedelta(days=5)),
    ]
    assert [link.is_held for link in lin.links] == [True, True]
    with ground.db.tx() as conn:
        for text in ("138 0013 8000", "+86-13800138000", "LIN@Example.com", "17850", "林小满", "A-2", f"#{lin.row.person_id}"):
            assert [hit.person_id for hit in pool.find(ground, conn, text)] == [lin.row.person_id], text
        assert pool.find(ground, conn, "13800138001") == []
        moments = pool.timeline(ground, conn, lin.row.person_id, limit=4)
        rest = pool.timeline(ground, conn, lin.row.person_id, before=moments[-1].place)
        assert [m.type for m in moments] == ["tag.added", "order.refunded", "order.paid", "order.paid"]
        assert [m.type for m in rest] == ["profile.stated", "profile.stated"]
        assert rest[-1].personal == {"name": "林**"}
        assert pool.addresses(ground, conn, [lin.row.person_id], "email")[lin.row.person_id].value == "lin@example.com"
        assert pool.personal_traits(ground, conn, [lin.row.person_id]) == {lin.row.person_id: {"name": "林小满"}}
        with pytest.raises(NotFoundError):
            pool.see(ground, conn, 999_999)


def test_mo_under_two_buyer_ids_waits_for_a_decision_and_takes_it_back(ground: Ground) -> None:
    tell(ground, paid(10_00, MO, MO_PHONE, days=9), paid(5_00, MO_TOO, MO_PHONE, days=8))
    assert who(ground, MO) != who(ground, MO_TOO)
    assert who(ground, MO) == who(ground, MO_PHONE)  # seen first
    with ground.db.tx() as conn:
        (conflict,) = pool.conflicts(conn)
        assert conflict.kind == Kind.BUYER_ID
        decision = pool.confirm(ground, conn, conflict.a, conflict.b, by="qi")
    assert who(ground, MO) == who(ground, MO_TOO)
    assert see(ground, MO).row.spent_minor == 15_00
    with ground.db.tx() as conn:
        assert pool.count_conflicts(conn) == 0
        pool.revoke(ground, conn, decision, by="qi")
    assert see(ground, MO).row.spent_minor == 10_00
    assert see(ground, MO_TOO).row.spent_minor == 5_00
    with ground.db.tx() as conn:
        assert pool.count_conflicts(conn) == 1
        assert [entry.what for entry in pool.see(ground, conn, who(ground, MO) or 0).log][-1] == "conflict"


def test_a_stranger_becomes_known_once_and_stays_with_the_first(ground: Ground) -> None:
    tell(ground, fact("page.viewed", STRANGER, days=5))
    assert see(ground, STRANGER).row.stage == Stage.VISITOR
    tell(ground, fact("profile.stated", LIN, STRANGER, days=4), fact("profile.stated", WEI, STRANGER, days=3))
    assert who(ground, STRANGER) == who(ground, LIN) != who(ground, WEI)
    with ground.db.tx() as conn:
        assert pool.count_conflicts(conn) == 0  # a browser that two people use is no riddle
        assert pool.list_people(conn, is_known=True).total == 2


def test_the_latest_word_of_each_identifier_is_kept(ground: Ground) -> None:
    """By channel and purpose; `*` is all of them. Which of several words holds for a person, the gate and the segments decide."""
    tell(
        ground,
        fact("consent.given", LIN, days=9, data={"channel": "email", "purpose": "marketing", "text": "v1"}),
        fact("consent.given", WEI, days=9, data={"channel": "email", "purpose": "marketing"}),
        fact("message.unsubscribed", LIN_MAIL, days=8, object="1", data={"channel": "email"}),
        fact("consent.withdrawn", WEI, days=7, data={}),
        fact("consent.given", WEI, days=6, data={"channel": "email", "purpose": "marketing"}),
        fact("page.viewed", AN),
    )

    def said(one: Identifier) -> list[tuple[str, str, bool]]:
        return sorted((word.channel, word.purpose, word.is_given) for word in see(ground, one).consents)

    assert said(LIN) == [("email", "marketing", True)]
    assert said(WEI) == [("*", "*", False), ("email", "marketing", True)]
    assert said(AN) == []
    [refused] = said(LIN_MAIL)
    tell(ground, fact("profile.stated", LIN, LIN_MAIL, days=1))
    assert said(LIN) == sorted([("email", "marketing", True), refused]) and not refused[2]
    assert {"text": "v1"} in [word.evidence for word in see(ground, LIN).consents]


def test_an_address_that_bounced_hard_is_not_given_again(ground: Ground) -> None:
    tell(ground, fact("profile.stated", LIN, LIN_MAIL, days=5))
    lin = who(ground, LIN) or 0
    for hard, expected in ((False, {lin}), (True, set())):
        tell(ground, fact("message.bounced", LIN_MAIL, data={"channel": "email", "hard": hard}, object="7"))
        with ground.db.tx() as conn:
            assert set(pool.addresses(ground, conn, [lin], "email")) == expected


def test_a_fact_may_name_its_subject_by_number(ground: Ground) -> None:
    tell(ground, fact("page.viewed", LIN))
    tell(ground, fact("message.sent", subject_id=who(ground, LIN), object="1", data={"channel": "webhook"}))
    assert see(ground, LIN).facts_n == 2


def test_time_alone_moves_people_on(ground: Ground, clock: StillClock) -> None:
    tell(ground, paid(10_00, WEI, days=80), paid(10_00, LIN, days=200), paid(10_00, LIN, days=1))
    assert [see(ground, i).row.stage for i in (WEI, LIN)] == [Stage.FIRST, Stage.WON_BACK]
    clock.move(timedelta(days=10))
    assert pool.restage(ground) == 1
    assert see(ground, WEI).row.stage == Stage.DRIFTING
    assert see(ground, WEI).stage_at == NOW + timedelta(days=10)
    clock.move(timedelta(days=100))
    assert pool.restage(ground) == 2
    assert pool.restage(ground) == 0
    assert [see(ground, i).row.stage for i in (WEI, LIN)] == [Stage.LOST, Stage.DRIFTING]
    with ground.db.tx() as conn:
        pool.set_stage_rules(ground, conn, pool.StageRules(lost_days=100))
    assert pool.restage(ground) == 2
    assert see(ground, LIN).row.stage == Stage.LOST


def test_erasure_leaves_the_sums_and_nobody_in_them(ground: Ground) -> None:
    tell(
        ground,
        fact("profile.stated", LIN, LIN_PHONE, days=9, data={"name": "林小满", "city": "上海"}),
        paid(10_00, LIN, days=3, order="A-1"),
    )
    lin = who(ground, LIN) or 0
    with ground.db.tx() as conn:
        assert pool.erase(ground, conn, lin, by="qi") == 2
    assert who(ground, LIN) is None
    assert who(ground, LIN_PHONE) is None
    with ground.db.tx() as conn:
        assert pool.find(ground, conn, "林小满") == []
        assert pool.personal_traits(ground, conn, [lin]) == {}
        person = pool.see(ground, conn, lin)
        assert (person.traits, person.personal, person.row.spent_minor) == ({}, {}, 10_00)
        text = str(conn.execute("select f::text, i::text, p::text from facts f, identifiers i, profiles p").fetchall())
        assert not any(word in text for word in ("上海", "林", "138****8000", "13800138000"))  # short digits may stand in random hex
        kept = conn.execute("select value, sealed, key_wrapped, mask from identifiers").fetchall()
        assert set(kept) == {(None, None, None, "—")}
    before = digest(ground)
    pool.rebuild(ground)
    assert digest(ground) == before
    tell(ground, paid(1_00, LIN_PHONE))
    assert who(ground, LIN_PHONE) not in (None, lin)


def test_lists_go_page_by_page(ground: Ground) -> None:
    people = [Identifier(Kind.BUYER_ID, f"b{n}", "shop") for n in range(7)]
    tell(ground, *(paid(100 * (n // 2), one, days=n + 1) for n, one in enumerate(people)))
    for sort in ("spent", "last_seen", "last_order"):
        with ground.db.tx() as conn:
            found: list[int] = []
            page = pool.list_people(conn, sort=sort, limit=3)
            assert page.total == 7
            while True:
                found += [row.person_id for row in page.rows]
                if page.after is None:
                    break
                page = pool.list_people(conn, sort=sort, limit=3, after=page.after)
        expected = {who(ground, one) for one in people}
        assert len(found) == 7
        assert set(found) == expected
    with ground.db.tx() as conn:
        assert pool.list_people(conn, stage="lost").total == 0
        (source,) = pool.sources(conn)
        assert (source.facts_n, source.identified_n, source.last_fact_at) == (7, 7, NOW)


def test_a_bounce_that_is_taken_back_makes_the_address_reachable_again(ground: Ground) -> None:
    tell(ground, fact("profile.stated", LIN, LIN_MAIL, days=5))
    lin = who(ground, LIN) or 0
    tell(ground, fact("message.bounced", LIN_MAIL, data={"channel": "email", "hard": True}, object="7"), import_id=3)
    with ground.db.tx() as conn:
        assert pool.addresses(ground, conn, [lin], "email") == {}
        assert pool.forget_import(ground, conn, 3) == 1
        assert set(pool.addresses(ground, conn, [lin], "email")) == {lin}


def test_an_order_with_an_empty_number_is_undone_like_any_other(ground: Ground) -> None:
    tell(ground, paid(700, LIN, days=5))
    tell(ground, fact("order.paid", LIN, object="", amount_minor=900), import_id=4)
    lin = who(ground, LIN) or 0
    with ground.db.tx() as conn:
        assert pool.see(ground, conn, lin).row.spent_minor == 1600
        pool.forget_import(ground, conn, 4)
        assert pool.see(ground, conn, lin).row.spent_minor == 700
