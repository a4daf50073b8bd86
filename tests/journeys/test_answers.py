"""Keyword answers: which rule speaks, what is asked of the gate, when a person is called."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siyu import content, gate, pool
from siyu.base.clock import StillClock
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.journeys import answers
from siyu.journeys.answers import Came, Draft, Matching, Occasion, Outcome, Rule
from siyu.pool import Fact, Identifier, Kind

AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
_numbers = itertools.count(1)


def rule(number: int = 1, **more: Any) -> Rule:
    words = {
        "answer_id": number, "name": f"r{number}", "account": "", "channels": ("official", "kf"), "keywords": ("龙井",),
        "matching": Matching.CONTAINS, "priority": 50, "from_hour": "", "to_hour": "", "content_ids": (1,), "is_handover": False,
        "cooldown": 10 * MINUTE, "is_on": True, "changed_by": "", "changed_at": AT,
    }  # fmt: skip
    return Rule(**(words | more))


@pytest.mark.parametrize(
    ("matching", "keyword", "said", "fits"),
    [
        ("exact", "价格", "价格", True), ("exact", "价格", " 价格？", True), ("exact", "价格", "问价格", False),
        ("contains", "龙井", "你们的龙井多少钱", True), ("contains", "longjing", "ＬｏｎｇＪｉｎｇ？", True),
        ("contains", "龙井", "碧螺春", False),
        ("pattern", "怎么*泡", "怎么样来泡", True), ("pattern", "怎么*泡", "怎么泡呢", False), ("pattern", "订单?", "订单1", True),
        ("pattern", "a(b", "a(b", True), ("contains", "*", "什么", False),
    ],
)  # fmt: skip
def test_how_words_are_read(matching: str, keyword: str, said: str, fits: bool) -> None:
    assert answers.matches(rule(keywords=(keyword,), matching=Matching(matching)), said) is fits


def test_which_of_several_speaks() -> None:
    many = [rule(1), rule(2, matching=Matching.EXACT), rule(3, priority=60), rule(4, is_on=False, priority=99),
            rule(5, account="wx2", priority=99),
            rule(6, channels=("kf",), priority=99), rule(7, from_hour="21:00", to_hour="08:00", priority=99)]  # fmt: skip
    found = answers.choose(many, "official", "wx1", "龙井", "12:00")
    assert [one.answer_id for one in found] == [3, 2, 1]
    assert answers.choose(many, "official", "wx1", "龙井", "23:00")[0].answer_id == 7


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30), st.text(min_size=1, max_size=10), st.sampled_from(list(Matching)))
def test_no_words_break_it_and_what_contains_a_keyword_fits(around: str, keyword: str, matching: Matching) -> None:
    one = rule(keywords=(keyword,), matching=matching)
    fits = answers.matches(one, keyword)
    assert isinstance(answers.matches(one, around), bool)
    if matching is Matching.CONTAINS and fits and len(around) < 20:
        assert answers.matches(one, around + keyword)


def test_unknown_words_are_answered_behind_all_others() -> None:
    other = rule(9, keywords=("*",), matching=Matching.PATTERN, priority=100)
    assert [one.answer_id for one in answers.choose([other, rule(1)], "kf", "", "龙井", "12:00")] == [1, 9]
    assert [one.answer_id for one in answers.choose([other, rule(1)], "kf", "", "什么", "12:00")] == [9]
    assert answers.is_otherwise(other) and not answers.is_otherwise(rule(1))


class Desk:
    """A shop with an official account, three contents and a rule."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        with ground.db.tx() as conn:
            self.source = pool.ensure_source(conn, "official:wx1", "wechat", now=ground.clock.now())
            self.contents = tuple(
                content.keep(ground, conn, name, "official_chat", "", body, purpose="service").content_id
                for name, body in (("文章", "读一读龙井 https://shop.example/read"), ("商品", "买龙井"), ("做法", "八十度水泡"))
            )

    def rule(self, **more: Any) -> Rule:
        with self.ground.db.tx() as conn:
            return answers.keep(
                self.ground, conn, Draft(**({"name": f"r{next(_numbers)}", "keywords": ("龙井",), "content_ids": self.contents} | more))
            )

    def hears(self, said: str, who: str = "o1", **data: Any) -> None:
        fact = Fact(
            "message.received", f"m{next(_numbers)}", self.ground.clock.now(), (Identifier(Kind.OPENID, who, "wx1"),), object="wx1",
            data={"channel": "official", "account": "wx1", "kind": "text"} | data, personal={"text": said} if said else {},
        )  # fmt: skip
        self.goes_on(fact)

    def comes(self, number: str, who: str = "o1", ago: timedelta = timedelta(0)) -> None:
        at, openid = self.ground.clock.now() - ago, Identifier(Kind.OPENID, who, "wx1")
        self.goes_on(Fact("account.followed", number, at, (openid,), object="wx1", data={"account": "wx1"}))

    def goes_on(self, fact: Fact) -> None:
        with self.ground.db.tx() as conn:
            pool.record(self.ground, conn, self.source, [fact])
        while answers.advance(self.ground):
            pass
        while gate.judge(self.ground):
            pass

    def outcomes(self) -> list[str]:
        with self.ground.db.tx() as conn:
            return [row[0] for row in conn.execute("select outcome from answer_hits order by hit_id")]

    def asked(self) -> list[tuple[int, str]]:
        with self.ground.db.tx() as conn:
            rows = conn.execute(
                "select i.content_id, coalesce(p.state, '-') from intents i left join permits p using (intent_id) order by i.not_before, 1"
            )
            return [(row[0], row[1]) for row in rows]


@pytest.fixture
def desk(ground: Ground) -> Desk:
    return Desk(ground)


def test_article_product_and_how_to(desk: Desk, ground: Ground, clock: StillClock) -> None:
    made = desk.rule()
    desk.hears("龙井怎么卖？")
    assert desk.asked() == [(number, "waiting") for number in desk.contents]
    with ground.db.tx() as conn:
        dues = [row[0] for row in conn.execute("select not_before from intents order by not_before")]
        count = answers.counts(conn, clock.now() - MINUTE)[made.answer_id]
        shown = answers.tried(ground, conn, "official", "wx1", "龙井")
        assert conn.execute("select count(*) from answer_hits where answer_hits::text like '%%龙井%%'").fetchone() == (0,)
    assert dues == [clock.now() + n * timedelta(seconds=1) for n in range(3)]
    assert (count.answered, count.people) == (1, 1) and shown.rule == made
    desk.hears("龙井？")
    clock.move(11 * MINUTE)
    desk.hears("龙井")
    assert desk.outcomes() == ["answered", "repeated", "answered"]


def test_a_press_of_the_menu_counts_as_a_word(desk: Desk) -> None:
    desk.rule()
    desk.hears("", kind="event", keyword="龙井")
    assert desk.outcomes() == ["answered"]
    assert [state for _, state in desk.asked()] == ["waiting"] * 3


def test_two_misses_call_a_person_and_then_the_keywords_rest(desk: Desk, ground: Ground, clock: StillClock) -> None:
    desk.rule()
    hello = desk.rule(name="人工", keywords=("人工",), content_ids=desk.contents[:1], is_handover=True)
    for words in ("在吗", "有人吗", "龙井"):
        desk.hears(words)
    assert desk.outcomes() == ["missed", "handed_over", "resting"]
    assert desk.asked() == [(desk.contents[0], "waiting")]  # what the rule for people says meanwhile
    with ground.db.tx() as conn:
        [waiting] = answers.handovers(ground, conn)
        assert waiting.why == "misses" and answers.end_handover(ground, conn, waiting.handover_id)
    desk.hears("龙井")
    desk.hears("我要人工", who="o2")
    assert desk.outcomes()[3:] == ["answered", "handed_over"]
    with ground.db.tx() as conn:
        assert answers.handovers(ground, conn)[0].why == "asked" and answers.counts(conn, AT)[hello.answer_id].handed_over == 2


def test_where_no_rule_is_switched_on_nothing_is_missed(desk: Desk, ground: Ground) -> None:
    here = rule(account="wx1", from_hour="09:00", to_hour="10:00")
    assert answers.is_used([here], "kf", "wx1") and not answers.is_used([here], "kf", "wx2")
    assert not answers.is_used([rule(is_on=False), rule(channels=("kf",))], "official", "wx1") and not answers.is_used([], "kf", "")
    elsewhere = desk.rule(account="wx2", is_handover=True)
    for words in ("在吗", "有人吗", "龙井"):
        desk.hears(words)
    with ground.db.tx() as conn:
        assert desk.outcomes() == [] and answers.handovers(ground, conn) == []
        answers.keep(ground, conn, Draft("r", ("龙井",), desk.contents), answer_id=elsewhere.answer_id)
        answers.switch(ground, conn, elsewhere.answer_id, is_on=False)
    desk.hears("在吗")
    assert desk.outcomes() == []


def test_misses_long_apart_call_nobody(desk: Desk, clock: StillClock) -> None:
    desk.rule()
    desk.hears("在吗")
    clock.move(31 * MINUTE)
    desk.hears("在吗")
    assert desk.outcomes() == ["missed", "missed"]


def test_old_messages_are_not_answered(desk: Desk, ground: Ground, clock: StillClock) -> None:
    desk.rule()
    with ground.db.tx() as conn:
        old = Fact("message.received", "old", clock.now() - timedelta(hours=1), (Identifier(Kind.OPENID, "o1", "wx1"),),
                   data={"channel": "official", "account": "wx1", "kind": "text"}, personal={"text": "龙井"})  # fmt: skip
        pool.record(ground, conn, desk.source, [old])
    while answers.advance(ground):
        pass
    assert desk.outcomes() == [] and desk.asked() == []


def test_the_place_and_the_answer_are_one(desk: Desk, ground: Ground) -> None:
    """Read again from the beginning, as after a restored backup: nothing is asked or counted twice."""
    desk.rule()
    desk.hears("龙井")
    with ground.db.tx() as conn:
        conn.execute("delete from cursors where reader = 'journeys.answers'")
    while answers.advance(ground):
        pass
    assert len(desk.asked()) == 3 and desk.outcomes() == ["answered"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"), ({"keywords": ("？",)}, "keywords"), ({"keywords": ()}, "keywords"), ({"matching": "magic"}, "matching"),
        ({"channels": ()}, "channels"), ({"from_hour": "9", "to_hour": "10:00"}, "from_hour"), ({"from_hour": "09:00"}, "to_hour"),
        ({"content_ids": ()}, "content_ids"), ({"content_ids": (99,)}, "content_ids"), ({"priority": 101}, "priority"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_meant_says_where(desk: Desk, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        desk.rule(**wrong)
    assert caught.value.field == field


def test_outcomes_are_all_there() -> None:
    words, coming = {"answered", "missed", "handed_over", "resting", "repeated"}, {"waiting", "greeted", "off_hours", "uncoded", "late"}
    assert set(Outcome) == words | coming


def test_unknown_words_get_their_answer_once_and_then_a_person(desk: Desk, ground: Ground, clock: StillClock) -> None:
    article, product, how_to = desk.contents
    with pytest.raises(InputError):
        desk.rule(keywords=("*",))  # only as a pattern
    otherwise = desk.rule(keywords=("*",), matching="pattern", content_ids=(article,), from_hour="09:00", to_hour="21:00")
    desk.rule(content_ids=(product,))
    desk.rule(keywords=("人工",), content_ids=(how_to,), is_handover=True)
    for words in ("几点开门", "龙井", "有停车位吗"):
        desk.hears(words)
        clock.move(MINUTE)
    assert desk.outcomes() == ["missed", "answered", "missed"]  # an answer in between begins anew
    assert [one for one, _ in desk.asked()] == [article, product]  # the second time within its pause it says nothing
    desk.hears("有充电桩吗")
    assert desk.outcomes()[-1] == "handed_over"
    with ground.db.tx() as conn:
        counts = answers.counts(conn, AT - timedelta(days=30))
    assert (counts[otherwise.answer_id].answered, counts[0].people) == (1, 1)
    clock.at = AT.replace(hour=14)  # 22:00: nobody speaks at night
    desk.hears("在吗", who="o2")
    assert (desk.outcomes()[-1], len(desk.asked())) == ("missed", 3)


# --- greetings ---

HELLO = {"keywords": (), "occasion": Occasion.COMING}


def test_who_is_greeted_and_by_which_rule() -> None:
    came = Came(1, "k", 7, "official", "wx1", AT)
    rules = [rule(1), rule(2, **HELLO), rule(3, **HELLO, priority=60), rule(4, **HELLO, priority=99, channels=("kf",)),
             rule(5, **HELLO, priority=99, from_hour="21:00", to_hour="08:00")]  # fmt: skip

    def said(*of: Rule, came: Came = came, now: datetime = AT, greeted_at: datetime | None = None, staff: bool = False) -> tuple[str, int]:
        found = answers.greet(of or rules, came, "12:00", now, MINUTE, greeted_at, staff)
        return found.outcome, found.rule.answer_id if found.rule else 0

    assert said() == ("greeted", 3)  # one of them, the stronger
    assert said(rules[0], rules[4]) == ("off_hours", 0)
    assert said(greeted_at=AT - 9 * MINUTE) == ("repeated", 3) and said(greeted_at=AT - 10 * MINUTE) == ("greeted", 3)
    assert said(now=AT + MINUTE) == ("late", 0) and said(staff=True) == ("resting", 0)
    assert said(came=Came(1, "k", 7, "kf", "d", AT, is_welcome=False)) == ("uncoded", 0)
    greeting = rule(2, **HELLO, matching=Matching.PATTERN)
    assert not answers.is_used([greeting], "official", "wx1") and not answers.is_otherwise(greeting)
    assert answers.choose([greeting], "official", "wx1", "龙井", "12:00") == []


def test_a_follow_is_greeted_once_and_words_stay_unheard(desk: Desk, ground: Ground, clock: StillClock) -> None:
    hello = desk.rule(**HELLO)
    assert (hello.keywords, hello.occasion) == ((), "coming")
    desk.hears("龙井")
    assert desk.outcomes() == [], "a greeting alone answers no words"
    desk.comes("f1")
    assert desk.asked() == [(number, "waiting") for number in desk.contents] and desk.outcomes() == ["greeted"]
    with ground.db.tx() as conn:
        assert conn.execute("select distinct expires_at from intents").fetchall() == [(clock.now() + MINUTE,)]
        conn.execute("delete from cursors where reader = 'journeys.answers'")
    desk.comes("f1")  # told again, and read again from the beginning
    assert (len(desk.asked()), desk.outcomes()) == (3, ["greeted"])
    desk.comes("f2")  # gone and back
    desk.comes("f3", who="o2", ago=2 * MINUTE)  # told late
    desk.comes("f4", who="o3", ago=timedelta(days=30))  # found by a synchronisation
    assert (len(desk.asked()), desk.outcomes()) == (3, ["greeted", "repeated", "late"])
    with ground.db.tx() as conn:
        since = clock.now() - timedelta(days=40)
        assert answers.ungreeted(conn, since) == {Outcome.REPEATED: 1, Outcome.LATE: 1}
        assert (answers.counts(conn, since)[hello.answer_id].answered, answers.counts(conn, since).get(0)) == (1, None)
    desk.rule(keywords=("价格",))
    desk.hears("价格", who="o3")
    assert desk.outcomes()[-1] == "answered"


@pytest.mark.parametrize(("wrong", "field"), [({"content_ids": (1, 1, 1, 1)}, "content_ids"), ({"occasion": "leaving"}, "occasion")])
def test_a_greeting_that_cannot_be_meant_says_where(desk: Desk, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        desk.rule(**(HELLO | wrong))
    assert caught.value.field == field
