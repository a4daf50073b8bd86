"""Contents are kept in versions, their links are noted, and what a template may say of people is what it should."""

from __future__ import annotations

from datetime import timedelta

import pytest

from siyu import content, pool
from siyu.base.clock import StillClock
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.base.money import Money
from siyu.pool import Fact, Identifier, Kind

BODY = "你好 {{ name | fallback: '朋友' }} [看](https://a.example/) [[买]](https://b.example/?x=1) https://a.example/"


def test_every_change_is_a_version_and_old_ones_stay(ground: Ground, clock: StillClock) -> None:
    with ground.db.tx() as conn:
        first = content.keep(ground, conn, "秋茶", "email", "上新", BODY, changed_by="mei")
        assert (first.version, first.purpose, set(first.links)) == (1, "marketing", {"https://a.example/", "https://b.example/?x=1"})
        assert content.keep(ground, conn, "秋茶", "email", "上新 ", BODY + "\n", content_id=first.content_id) == first
        clock.move(timedelta(hours=1))
        second = content.keep(
            ground, conn, "秋茶二", "email", "上新", "短 https://a.example/", changed_by="gu", content_id=first.content_id
        )
        assert second.version == 2 and second.links == {"https://a.example/": first.links["https://a.example/"]}
        assert content.kept(conn, first.content_id, 1).body == BODY and content.kept(conn, first.content_id).version == 2
        assert [(e.version, e.changed_by) for e in content.history(conn, first.content_id)] == [(2, "gu"), (1, "mei")]
        (row,) = content.all_kept(conn)
        assert (row.name, row.version, row.changed_by, row.changed_at) == ("秋茶二", 2, "gu", clock.now())
        assert content.kept(conn, 999) is None and content.kept(conn, first.content_id, 9) is None


def test_what_could_not_be_sent_is_not_kept(ground: Ground) -> None:
    with ground.db.tx() as conn:
        with pytest.raises(content.Unsound) as unsound:
            content.keep(ground, conn, "", "email", "", "{{ a.b }} [x](nowhere)")
        assert {p.code for p in unsound.value.problems} == {"name_missing", "subject_empty", "name_plain", "link_bad"}
        content.keep(ground, conn, "一", "email", "s", "b")
        with pytest.raises(content.Unsound, match="已有内容"):
            content.keep(ground, conn, "一", "email", "s", "b")
        two = content.keep(ground, conn, "二", "email", "s", "b")
        with pytest.raises(content.Unsound, match="已有内容"):
            content.keep(ground, conn, "一", "email", "s", "b", content_id=two.content_id)
        with pytest.raises(InputError, match="channel"):
            content.keep(ground, conn, "二", "webhook", "s", "b", content_id=two.content_id)
        with pytest.raises(InputError, match="purpose"):
            content.keep(ground, conn, "三", "email", "s", "b", purpose="fun")


def test_archived_contents_are_not_offered_and_can_come_back(ground: Ground) -> None:
    with ground.db.tx() as conn:
        one = content.keep(ground, conn, "一", "email", "s", "b")
        assert content.archive(ground, conn, one.content_id) and not content.archive(ground, conn, one.content_id)
        assert content.all_kept(conn) == [] and len(content.all_kept(conn, with_archived=True)) == 1
        assert content.kept(conn, one.content_id) is not None
        content.bring_back(conn, one.content_id)
        assert len(content.all_kept(conn)) == 1 and content.all_kept(conn, "webhook") == []


def test_what_may_be_said_of_people(ground: Ground, clock: StillClock) -> None:
    """Names, traits, tags and trade; never a phone, an address or the like, whatever a template asks for."""
    email, at = Identifier(Kind.EMAIL, "lin@mail.example"), clock.now() - timedelta(days=3)
    personal = {"first_name": "Lin", "last_name": "Wei", "phone": "+8613800001234", "address": "文三路 1 号", "birthday": "1990-01-01"}
    facts = [
        Fact("profile.stated", "1", at, (email,), data={"city": "杭州", "level": "金卡"}, personal=personal),
        Fact("tag.added", "2", at, (email,), data={"tag": "VIP"}),
        Fact("order.paid", "3", at, (email,), object="A1", amount_minor=12345, currency="CNY"),
    ]
    with ground.db.tx() as conn:
        source = pool.ensure_source(conn, "shop", "system", now=clock.now())
        pool.record(ground, conn, source, facts)
    while pool.fold(ground):
        pass
    with ground.db.tx() as conn:
        person = pool.person_of(ground, conn, email)
        assert person is not None
        values = content.people(ground, conn, [person, 999])
        assert values[999] == {}
        mine = values[person]
        assert (mine["name"], mine["city"], mine["tags"], mine["orders_n"], mine["spent"]) == (
            "Lin Wei",
            "杭州",
            ("VIP",),
            1,
            Money(12345, "CNY"),
        )
        assert mine["last_order_at"] == at
        assert not {"phone", "address", "birthday", "email", "id_card"} & set(mine)
        version = content.keep(
            ground, conn, "x", "email", "s", "{{ name }} {{ level }} {{ spent }} {{ last_order_at | date: iso }} {{ phone }}"
        )
        made = content.render(version, mine, links=content.PlainLinks(), look=content.look(conn))
    assert made.text.startswith("Lin Wei 金卡 ¥123.45 2026-11-17") and made.missing == ("phone",)
    with ground.db.tx() as conn:
        assert {"city", "level"} <= set(content.trait_names(conn))


def test_the_prefix_of_the_law_is_a_setting(ground: Ground) -> None:
    with ground.db.tx() as conn:
        assert content.look(conn).ad_prefix == ""
        content.set_ad_prefix(ground, conn, "广告")
        assert content.look(conn).ad_prefix == "广告"
        with pytest.raises(InputError):
            content.set_ad_prefix(ground, conn, "SALE")


def test_tokens_carry_numbers_only_and_cannot_be_made_up(ground: Ground) -> None:
    made = content.token(ground, content.CLICK, content.Mark(2**62, 35))
    assert content.read_token(ground, content.CLICK, made) == content.Mark(2**62, 35)
    assert content.read_token(ground, content.OPEN, made) is None
    for wrong in ("", ".", "..", made[:-1], made.upper(), made + "=", "-" + made, made.replace(".", "·"), "é.1.x" * 9):
        assert content.read_token(ground, content.CLICK, wrong) is None
    assert content.click_url(ground, 7, 9).startswith("http://127.0.0.1:8000/t/c/7.9.")
