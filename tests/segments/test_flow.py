"""Counting, sampling, explaining and keeping segments, on real people."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from tests.conftest import NOW

from siyu import segments
from siyu.base.clock import StillClock
from siyu.base.errors import NotFoundError
from siyu.base.ground import Ground
from siyu.pool import Brand, Fact, Identifier, Kind, ensure_source, fold, person_of, record, set_brand
from siyu.segments import RuleError, TooSlowError
from siyu.segments.flow import others_of

LIN = Identifier(Kind.PHONE, "+8613800138000")
LIN_MAIL = Identifier(Kind.EMAIL, "lin@example.com")
WEI = Identifier(Kind.PHONE, "+8613800138001")
AN = Identifier(Kind.EMAIL, "an@example.com")


def rule(where: Any) -> segments.Rule:
    return segments.parse({"siyu_rule": 1, "where": where})


def tell(ground: Ground, *facts: Fact) -> None:
    with ground.db.tx() as conn:
        record(ground, conn, ensure_source(conn, "shop", "file", now=NOW), facts)
    while fold(ground):
        pass


def order(key: str, who: Identifier, days: float, minor: int = 10_000, currency: str = "CNY", **data: Any) -> Fact:
    return Fact("order.paid", key, NOW - timedelta(days=days), (who,), object=key, amount_minor=minor, currency=currency, data=data)


@pytest.fixture
def cast(ground: Ground) -> dict[str, int]:
    """Lin: loyal, buys twice a month under two names. Wei: lapsed. An: never bought, said no."""
    with ground.db.tx() as conn:
        set_brand(conn, Brand(), at=NOW)
    tell(
        ground,
        Fact("profile.stated", "lin", NOW - timedelta(days=200), (LIN, LIN_MAIL), data={"city": "上海"}),
        *(order(f"l{n}", LIN if n % 2 else LIN_MAIL, days=n * 15 + 1, minor=5_990, sku="A1") for n in range(6)),
        order("w1", WEI, 150), order("w2", WEI, 120, 30_000), order("w3", WEI, 100, 999, "GBP"),
        Fact("consent.withdrawn", "an", NOW - timedelta(days=3), (AN,), data={"channel": "email", "purpose": "marketing"}),
    )  # fmt: skip
    with ground.db.tx() as conn:
        found = {name: person_of(ground, conn, who) for name, who in {"lin": LIN, "wei": WEI, "an": AN}.items()}
    assert all(found.values())
    return {name: number for name, number in found.items() if number}


RECENT = {"if": "orders", "measure": "count", "op": "gte", "value": 2, "window": {"last": "30 days"}}
DRIFTING = next(t for t in segments.templates() if t.key == "drifting").rule


def chosen(ground: Ground, where: Any) -> list[int]:
    with ground.db.tx() as conn:
        made = where if isinstance(where, segments.Rule) else rule(where)
        people = [person for batch in segments.members(ground, conn, made, batch=2) for person in batch]
        assert segments.count(ground, conn, made) == len(people)
        return people


def test_a_loyal_and_a_lapsed_customer(ground: Ground, cast: dict[str, int]) -> None:
    assert chosen(ground, RECENT) == [cast["lin"]]
    assert chosen(ground, DRIFTING) == [cast["wei"]]
    assert chosen(ground, {"all": []}) == sorted(cast.values())
    assert chosen(ground, {"any": []}) == []
    assert chosen(ground, {"if": "bought", "by": "sku", "item": "A1", "op": "gte", "value": 6}) == [cast["lin"]]
    assert chosen(ground, {"if": "orders", "measure": "spent", "op": "eq", "value": 9.99, "currency": "GBP"}) == [cast["wei"]]
    assert chosen(ground, {"not": {"if": "event", "type": "order.paid"}}) == [cast["an"]]


def test_a_window_that_closes_moves_people_out_with_no_event(ground: Ground, cast: dict[str, int], clock: StillClock) -> None:
    assert cast["lin"] in chosen(ground, RECENT)
    clock.at = NOW - timedelta(days=16) + timedelta(days=30)  # the second last order is 30 days ago to the microsecond: still in
    assert cast["lin"] in chosen(ground, RECENT)
    clock.move(timedelta(microseconds=1))
    assert cast["lin"] not in chosen(ground, RECENT)


def test_members_come_in_batches_and_pages(ground: Ground, cast: dict[str, int]) -> None:
    everybody = rule({"all": []})
    with ground.db.tx() as conn:
        assert [len(batch) for batch in segments.members(ground, conn, everybody, batch=2)] == [2, 1]
        first = segments.members_page(ground, conn, everybody, limit=2)
        rest = segments.members_page(ground, conn, everybody, after=first[-1].person_id, limit=2)
        assert [one.person_id for one in first + rest] == sorted(cast.values())
        assert [one.person_id for one in segments.sample(ground, conn, everybody, 1)] == [cast["lin"]]  # the last one seen


def test_a_preview_says_number_stages_and_a_few_people(ground: Ground, cast: dict[str, int]) -> None:
    with ground.db.tx() as conn:
        seen = segments.preview(ground, conn, rule({"any": [RECENT, DRIFTING_JSON]}))
        assert (seen.counted.n, seen.everybody) == (2, 3)
        assert dict(seen.stages) == {"repeat": 1, "drifting": 1}
        assert {one.person_id for one in seen.sample} == {cast["lin"], cast["wei"]}


DRIFTING_JSON = segments.dump(DRIFTING)["where"]


def test_each_condition_is_counted_by_itself(ground: Ground, cast: dict[str, int]) -> None:
    with ground.db.tx() as conn:
        found = segments.count_each(ground, conn, rule({"any": [RECENT, {"not": DRIFTING_JSON}]}))
    assert {one.path: one.n for one in found} == {
        "where": 2, "where.any[0]": 1, "where.any[1]": 2, "where.any[1].not": 1, "where.any[1].not.all[0]": 2, "where.any[1].not.all[1]": 1,
    }  # fmt: skip
    assert cast


def test_a_slow_count_stops_and_leaves_the_transaction_whole(ground: Ground, cast: dict[str, int]) -> None:
    with ground.db.tx() as conn:
        conn.execute("create function slow() returns trigger language plpgsql as $$ begin return new; end $$")
        conn.execute("alter table profiles rename to real_profiles")
        conn.execute("create view profiles as select p.* from real_profiles p, pg_sleep(0.3)")
        before = conn.execute("show statement_timeout").fetchone()
        with pytest.raises(TooSlowError, match="narrow it down"):
            segments.count(ground, conn, rule(RECENT), seconds=0.05)
        seen = segments.preview(ground, conn, rule(RECENT), seconds=0.05)
        assert (seen.counted.n, seen.counted.at_most) == (None, 3)
        assert {one.n for one in segments.count_each(ground, conn, rule(RECENT), seconds=0.05)} == {None}
        assert conn.execute("show statement_timeout").fetchone() == before
        assert segments.count(ground, conn, rule(RECENT), seconds=30) == 1
        assert conn.execute("show statement_timeout").fetchone() == before
    assert cast


def test_one_person_is_explained_in_both_languages(ground: Ground, cast: dict[str, int]) -> None:
    asked = rule({"all": [RECENT, {"not": {"if": "trait", "name": "city", "op": "eq", "value": "上海"}}]})
    with ground.db.tx() as conn:
        told = segments.explain(ground, conn, asked, cast["lin"], "zh")
        assert not told.is_in
        assert told.reasons[0].sentence == "近 30 天下单 2 次，要求至少 2 次：符合"
        assert told.reasons[0].path == "where.all[0]"
        assert "（排除条件）属性「city」为「上海」" in told.sentence
        english = segments.explain(ground, conn, asked, cast["lin"], "en")
        assert english.reasons[0].sentence == "ordered 2 times in the last 30 days (asked: at least 2 times): met"
        mail = conn.execute("select max(identifier_id) from identifiers where person_id = %s", [cast["lin"]]).fetchone()
        assert mail
        assert segments.explain(ground, conn, asked, mail[0], "zh").person_id == cast["lin"]  # an old number stands for today's person
        with pytest.raises(NotFoundError):
            segments.explain(ground, conn, asked, 999, "zh")


def test_every_ready_rule_counts_and_reads_in_both_languages(ground: Ground, cast: dict[str, int]) -> None:
    with ground.db.tx() as conn:
        for lang in ("zh", "en"):
            for ready in segments.templates(lang):
                assert segments.count(ground, conn, ready.rule) <= 3
                said = segments.describe(conn, ready.rule, lang)
                assert said
                assert not re.search(r"segments\.|\{", said + ready.name + ready.about)
                assert bool(re.search(r"[\u4e00-\u9fff]", said)) == (lang == "zh"), said
    assert cast


def test_segments_are_kept_changed_and_put_away(ground: Ground, cast: dict[str, int]) -> None:
    with ground.db.tx() as conn:
        first = segments.keep(conn, " Recent ", rule(RECENT), at=NOW, about="x", by="qi")
        assert segments.kept(conn, first).name == "Recent"
        with pytest.raises(RuleError, match="named “Recent” already"):
            segments.keep(conn, "Recent", rule(RECENT), at=NOW)
        with pytest.raises(RuleError, match="no name"):
            segments.keep(conn, "  ", rule(RECENT), at=NOW)
        assert segments.recount(ground, conn, first) == 1
        assert segments.kept(conn, first).counted_n == 1
        segments.keep(conn, "Recent buyers", rule(RECENT), at=NOW, segment_id=first)
        assert segments.kept(conn, first).counted_n == 1  # the same rule: the number still stands
        segments.keep(conn, "Recent buyers", DRIFTING, at=NOW, segment_id=first)
        assert segments.kept(conn, first).counted_n is None
        user = segments.keep(conn, "User", rule({"if": "segment", "id": first, "is": "not_in"}), at=NOW)
        assert segments.describe(conn, segments.kept(conn, user).rule, "zh") == "不属于人群「Recent buyers」"
        with pytest.raises(RuleError, match="used by these segments: User"):
            segments.archive(conn, first, at=NOW)
        segments.archive(conn, user, at=NOW)
        segments.archive(conn, first, at=NOW)
        assert segments.all_kept(conn) == []
        assert len(segments.all_kept(conn, archived_too=True)) == 2
        segments.keep(conn, "User", rule(RECENT), at=NOW)  # the name is free again
        with pytest.raises(NotFoundError):
            segments.keep(conn, "x", rule(RECENT), at=NOW, segment_id=first)
    assert cast


def test_segments_may_mention_segments_but_never_in_a_circle(ground: Ground, cast: dict[str, int]) -> None:
    with ground.db.tx() as conn:
        a = segments.keep(conn, "a", rule(RECENT), at=NOW)
        b = segments.keep(conn, "b", rule({"not": {"if": "segment", "id": a}}), at=NOW)
        both = rule({"all": [{"if": "segment", "id": b}, DRIFTING_JSON]})
        assert segments.count(ground, conn, both) == 1
        assert segments.has(ground, conn, both, cast["wei"])
        frozen = segments.frozen(conn, both)
        assert "segment" not in str(segments.dump(frozen))
        assert segments.count(ground, conn, frozen) == 1
        for circle in (a, b):
            with pytest.raises(RuleError, match="refer back to itself"):
                segments.keep(conn, "a", rule({"any": [{"if": "segment", "id": circle}]}), at=NOW, segment_id=a)
        with pytest.raises(RuleError, match="does not exist"):
            segments.count(ground, conn, rule({"if": "segment", "id": 99}))
        last = b
        for n in range(7):
            last = segments.keep(conn, f"deep {n}", rule({"if": "segment", "id": last}), at=NOW)
        assert len(others_of(conn, rule({"if": "segment", "id": b}))) == 2
        with pytest.raises(RuleError, match="more than 8 times over"):
            segments.count(ground, conn, rule({"if": "segment", "id": last}))


def test_a_rule_of_three_hundred_conditions_still_runs(ground: Ground, cast: dict[str, int]) -> None:
    many = [{"if": "event", "type": f"type.n{n}", "window": {"last": f"{n + 1} days"}} for n in range(40)]
    traits = [{"if": "trait", "name": f"t{n}", "op": "eq", "value": n} for n in range(250)]
    deep: Any = RECENT
    for _ in range(30):
        deep = {"all": [{"not": deep}]}
    with ground.db.tx() as conn:
        assert segments.count(ground, conn, rule({"any": [*many, *traits, deep]})) == 1
    assert cast


def test_values_are_parameters_never_text(ground: Ground, cast: dict[str, int]) -> None:
    nasty = "'; drop table profiles; -- %(p0)s {} \\"
    asked = {"any": [{"if": "trait", "name": nasty, "op": "contains", "value": nasty}, {"if": "tag", "tags": [nasty]},
                     {"if": "event", "type": nasty, "where": [{"field": "data." + nasty, "op": "eq", "value": nasty}]}]}  # fmt: skip
    compiled = segments.compile(rule(asked), now=NOW, brand=Brand())
    assert nasty not in compiled.sql
    assert not re.search(r"'[^']+'", compiled.sql.replace("'array'", "").replace("'object'", "")), "a literal stands in the SQL"
    assert chosen(ground, asked) == []
    assert cast


def test_a_builder_is_told_what_there_is(ground: Ground, cast: dict[str, int]) -> None:
    with ground.db.tx() as conn:
        found = segments.known(conn)
        assert found["types"] == ["consent.withdrawn", "order.paid", "profile.stated"]
        assert found["traits"] == ["city"]
        assert segments.known_sources(conn) == ["shop"]
    assert cast
