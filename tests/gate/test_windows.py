"""Channels that a customer opens: 48 hours after a message, one message a consent; and the nights of text messages."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from tests.gate import world as w

from siyu import gate, pool
from siyu.base.clock import StillClock
from siyu.base.ground import Ground

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
_numbers = itertools.count(1)


@pytest.fixture
def openid(ground: Ground, clock: StillClock) -> int:
    """Somebody who once followed an official account, long ago."""
    return does(ground, clock, "profile.stated", at=clock.now() - timedelta(days=100))


def does(ground: Ground, clock: StillClock, type_: str, *, at: datetime | None = None, **data: object) -> int:
    """A fact about the one follower of these stories; gives the person."""
    who = pool.Identifier(pool.Kind.OPENID, "o-of-lin", "wx1")
    with ground.db.tx() as conn:
        source = pool.ensure_source(conn, "official:wx1", "wechat", now=clock.now())
        pool.record(ground, conn, source, [pool.Fact(type_, f"{type_}{next(_numbers)}", at or clock.now(), (who,), data=data)])
        person = pool.person_of(ground, conn, who)
    assert person is not None
    return person


def asked(ground: Ground, person: int, channel: str, **more: object) -> str:
    words = {"purpose": "service", "channel": channel} | more
    return w.judged(ground, w.intent(ground, person, **words))[0]


def test_a_message_opens_the_chat_for_two_days_and_five_messages(ground: Ground, clock: StillClock, openid: int) -> None:
    assert asked(ground, openid, "official_chat") == "window"
    does(ground, clock, "message.received", channel="official", kind="text")
    assert [asked(ground, openid, "official_chat") for _ in range(6)] == ["permit"] * 5 + ["window"]
    assert asked(ground, openid, "kf") == "window"  # another desk's window
    clock.move(HOUR)
    does(ground, clock, "message.received", channel="official", kind="text")
    assert asked(ground, openid, "official_chat") == "permit"
    clock.move(48 * HOUR)
    assert asked(ground, openid, "official_chat") == "window"


def test_one_batch_counts_itself(ground: Ground, clock: StillClock, openid: int) -> None:
    does(ground, clock, "message.received", channel="official", kind="text")
    wishes = [w.intent(ground, openid, channel="official_chat", purpose="service") for _ in range(7)]
    assert sorted(w.judged(ground, *wishes)) == ["permit"] * 5 + ["window"] * 2


def test_what_waits_is_judged_again_at_the_claim(ground: Ground, clock: StillClock, openid: int) -> None:
    does(ground, clock, "message.received", channel="official", kind="text")
    wish = w.intent(ground, openid, channel="official_chat", purpose="service", expires_at=clock.now() + timedelta(days=5))
    assert w.judged(ground, wish) == ["permit"]
    clock.move(49 * HOUR)
    assert w.claim(ground, "official_chat") == []
    assert w.answers(ground, [wish.key], "claim") == ["window"]


def test_a_press_and_a_follow_open_it_for_a_minute(ground: Ground, clock: StillClock, openid: int) -> None:
    does(ground, clock, "message.received", channel="official", kind="event")
    assert [asked(ground, openid, "official_chat") for _ in range(4)] == ["permit"] * 3 + ["window"]
    clock.move(2 * MINUTE)
    does(ground, clock, "account.followed", account="wx1")
    assert asked(ground, openid, "official_chat") == "permit"
    clock.move(2 * MINUTE)
    assert asked(ground, openid, "official_chat") == "window"


def test_entering_a_desk_opens_it_for_one_message_where_a_code_came(ground: Ground, clock: StillClock, openid: int) -> None:
    does(ground, clock, "desk.entered", channel="kf")
    assert asked(ground, openid, "kf") == "window"
    does(ground, clock, "desk.entered", channel="kf", welcome_code="c")
    assert [asked(ground, openid, "kf") for _ in range(2)] == ["permit", "window"]
    clock.move(20 * MINUTE / 60)
    assert asked(ground, openid, "kf") == "window"


def test_each_consent_is_good_for_one_message(ground: Ground, clock: StillClock, openid: int) -> None:
    assert asked(ground, openid, "mini") == "credit"
    does(ground, clock, "subscription.accepted", channel="mini", template_id="T")
    does(ground, clock, "subscription.accepted", channel="mini", template_id="T")
    clock.move(30 * 24 * HOUR)
    assert [asked(ground, openid, "mini") for _ in range(3)] == ["permit", "permit", "credit"]
    assert asked(ground, openid, "official_notice") == "credit"  # a consent is the account's
    for permit in w.claim(ground, "mini"):
        w.settle(ground, permit, "rejected")  # was not delivered: the consent is still there
    assert asked(ground, openid, "mini") == "permit"


def test_a_consent_is_good_for_its_template_only(ground: Ground, clock: StillClock, openid: int) -> None:
    def ask(template: str) -> str:
        return asked(ground, openid, "mini", template=template, content_id=len(template))

    does(ground, clock, "subscription.accepted", channel="mini", template_id="T")
    does(ground, clock, "subscription.accepted", channel="mini", template_id="TT")
    assert ask("TTT") == "credit"
    assert [ask("T"), ask("T"), ask("TT"), ask("TT")] == ["permit", "credit", "permit", "credit"]
    with ground.db.tx() as conn:
        left = gate.credits(ground, conn, openid)
        told = next(one for one in gate.why(conn, openid) if one.state == "refused").said[0].reason
    assert [(one.template, one.agreed, one.left) for one in left] == [("T", 1, 0), ("TT", 1, 0)]
    assert "TT" in told and "{" not in told
    clock.move(HOUR)
    for _ in range(2):
        does(ground, clock, "subscription.accepted", channel="mini", template_id="TT")
    clock.move(HOUR)
    does(ground, clock, "subscription.refused", channel="mini", template_id="TT", how="asked")  # no more of it, and what was given stays
    with ground.db.tx() as conn:
        assert [one.left for one in gate.credits(ground, conn, openid)] == [0, 2]
        forecast = gate.forecast(ground, [[openid]], channel="mini", purpose="service", template="T")
        assert forecast.counts == {gate.Code.CREDIT: 1}
    clock.move(HOUR)
    does(ground, clock, "subscription.refused", channel="mini", template_id="TT", how="settings")
    assert ask("TT") == "credit"  # switched off: what was agreed to is gone
    does(ground, clock, "subscription.accepted", channel="mini", template_id="T")
    assert ask("T") == "permit"


def test_the_reasons_are_told_in_words(ground: Ground, clock: StillClock, openid: int) -> None:
    asked(ground, openid, "official_chat")
    asked(ground, openid, "mini")
    with ground.db.tx() as conn:
        for lang, words in (("zh", ("2 天", "订阅")), ("en", ("2 days", "consent"))):
            told = " ".join(one.said[0].reason for one in gate.why(conn, openid, lang))
            assert all(word in told for word in words), told
            assert "{" not in told


def test_text_messages_have_a_night_of_their_own(ground: Ground, clock: StillClock) -> None:
    clock.at = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)  # 20:30 in Shanghai
    with ground.db.tx() as conn:
        (person,) = w.people(conn)
    w.set_rules(ground, addresses={}, need_consent=[])
    mail, text, notice = (
        w.intent(ground, person, channel=c, purpose=p) for c, p in (("email", "marketing"), ("sms", "marketing"), ("sms", "service"))
    )
    w.judged(ground, mail, text, notice)
    with ground.db.tx() as conn:
        dues = [conn.execute("select due_at from permits join intents using (intent_id) where key = %s", [one.key]).fetchone()[0]
                for one in (mail, text, notice)]  # fmt: skip
        told = " ".join(one.said[0].reason for one in gate.why(conn, person, "en"))
    assert dues == [clock.now(), datetime(2026, 11, 21, 0, 0, tzinfo=UTC), clock.now()]
    assert "20:00–08:00" in told
