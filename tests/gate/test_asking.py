"""Asking: once by key, all or nothing, and every reason as the tables give it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.gate import world as w

from siyu import gate
from siyu.base.errors import InputError
from siyu.base.ground import Ground


def test_what_cannot_be_meant_is_refused_whole(ground: Ground) -> None:
    now = ground.clock.now()
    wrong: list[dict[str, object]] = [
        {"purpose": "spam"},
        {"channel": ""},
        {"origin": ""},
        {"priority": 101},
        {"cost_minor": -1},
        {"expires_at": now + timedelta(days=401)},
        {"not_before": now.replace(tzinfo=None)},
    ]
    for other in wrong:
        good, bad = w.intent(ground, 1), w.intent(ground, 1, **other)
        with pytest.raises(InputError) as caught, ground.db.tx() as conn:
            gate.ask(ground, conn, [good, bad])
        assert caught.value.field == f"intents[1].{next(iter(other))}"
        assert caught.value.remedy
        assert w.answers(ground, [good.key]) == [""]
    assert gate.judge(ground) == 0


def test_a_key_is_asked_once_also_within_one_call(ground: Ground) -> None:
    one = w.intent(ground, 1)
    assert w.ask(ground, one, one) == 1
    assert w.ask(ground, one) == 0


def test_intents_that_are_alike_share_a_lane(ground: Ground) -> None:
    w.ask(ground, *(w.intent(ground, n, origin="broadcast", origin_id=1) for n in range(50)))
    w.ask(ground, w.intent(ground, 99, origin="broadcast", origin_id=1), w.intent(ground, 99, origin="broadcast", origin_id=1, topic="x"))
    with ground.db.tx() as conn:
        assert conn.execute("select count(*) from lanes").fetchone() == (2,)
        row = conn.execute("select channel, purpose, origin, origin_id, priority, topic from intents where person_id = 7").fetchone()
    assert row == ("email", "marketing", "broadcast", 1, 50, "")


def test_reasons_as_the_tables_give_them(ground: Ground) -> None:
    with ground.db.tx() as conn:
        good, never, no, phone, bounced, complained, erased, spare = w.people(conn, 8)
        say = w.say
        conn.execute("delete from consents where subject = %s", [never])
        say(conn, [no], False, channel="email", purpose="marketing", at="2021-01-01Z")
        conn.execute("update identifiers set kind = 'phone' where identifier_id = %s", [phone])
        conn.execute("update identifiers set unreachable_at = now(), unreachable_why = 'bounced' where identifier_id = %s", [bounced])
        conn.execute("update identifiers set unreachable_at = now(), unreachable_why = 'complained' where identifier_id = %s", [complained])
        conn.execute("update identifiers set sealed = null, key_wrapped = null where identifier_id = %s", [erased])
        (second,) = w.people(conn)
        conn.execute("update identifiers set unreachable_at = now() where identifier_id = %s", [second])
        w.merge(conn, spare, second)  # one address bounced, another is good
    everyone = [good, never, no, phone, bounced, complained, erased, spare, 10**12]
    assert w.judged(ground, *(w.intent(ground, p) for p in everyone)) == [
        "permit", "no_consent", "unsubscribed", "no_address", "unreachable", "suppressed", "no_address", "permit", "unknown_person",
    ]  # fmt: skip
    assert w.judged(ground, *(w.intent(ground, p, channel="webhook") for p in (phone, bounced))) == ["permit", "permit"]
    assert (
        w.judged(ground, w.intent(ground, never, purpose="transactional"), w.intent(ground, no, purpose="transactional")) == ["permit"] * 2
    )


def test_what_consent_covers(ground: Ground) -> None:
    with ground.db.tx() as conn:
        a, b, c, d, e, f = w.people(conn, 6, consent=None)
        w.say(conn, [a], True, channel="email", purpose="marketing")
        w.say(conn, [b], True, channel="sms", purpose="marketing")  # another channel
        w.say(conn, [c], True, channel="*", purpose="marketing")
        w.say(conn, [c], False, channel="email", purpose="*", at="2021-01-01Z")  # later, for everything by e-mail
        w.say(conn, [d], False, channel="*", purpose="*", at="2019-01-01Z")
        w.say(conn, [d], True, channel="email", purpose="marketing", at="2020-01-01Z")  # changed their mind
        w.say(conn, [e], True, channel="email", purpose="marketing", at="2020-01-01Z")
        w.say(conn, [f], False, channel="email", purpose="marketing", at="2019-01-01Z")
        w.merge(conn, e, f)  # the no under one name outweighs the yes under the other
    found = w.judged(ground, *(w.intent(ground, p) for p in (a, b, c, d, e)))
    assert found == ["permit", "no_consent", "unsubscribed", "permit", "unsubscribed"]
    assert w.judged(ground, w.intent(ground, c, purpose="transactional"), w.intent(ground, a, purpose="service")) == [
        "unsubscribed",
        "permit",
    ]


def test_a_persons_clock_is_the_one_that_counts(ground: Ground) -> None:
    with ground.db.tx() as conn:
        here, there, nonsense = w.people(conn, 3)
        for person, zone in ((there, "America/New_York"), (nonsense, "Mars")):
            conn.execute("insert into profiles (person_id, traits) values (%s, jsonb_build_object('time_zone', %s::text))", [person, zone])
    # 12:00 in Shanghai is 23:00 in New York
    assert w.judged(ground, *(w.intent(ground, p) for p in (here, there, nonsense))) == ["permit", "quiet+", "permit"]
    assert {p.person_id for p in w.claim(ground)} == {here, nonsense}
    with ground.db.tx() as conn:
        rows = conn.execute("select person_id, due_at::text from permits where state = 'waiting'").fetchall()
    assert rows == [(there, "2026-11-20 13:00:00+00")]


def test_many_small_judgings_are_one_large(ground: Ground) -> None:
    """Batches do not matter: the same intents one by one and all at once get the same answers."""
    w.set_rules(ground, caps=[{"n": 2, "window": "24h"}])
    with ground.db.tx() as conn:
        once, single = w.people(conn, 5), w.people(conn, 5)
    plan = [(n % 5, {"channel": ("email", "webhook")[n % 2], "topic": ("", "sale")[n % 3 == 0], "content_id": n}) for n in range(25)]
    at_once = w.judged(ground, *(w.intent(ground, once[n], **how) for n, how in plan))
    one_by_one = [w.judged(ground, w.intent(ground, single[n], **how))[0] for n, how in plan]
    assert at_once == one_by_one
    assert set(at_once) == {"permit", "capped", "duplicate"}


def test_two_judges_do_not_judge_twice(ground: Ground) -> None:
    from tests.gate.laws import together

    with ground.db.tx() as conn:
        ids = w.people(conn, 200)
    asked = [w.intent(ground, p) for p in ids]
    w.ask(ground, *asked)
    for _ in range(5):
        together(*(lambda: gate.judge(ground, 50) for _ in range(3)))
    while gate.judge(ground):
        pass
    with ground.db.tx() as conn:
        assert conn.execute("select count(*), count(distinct intent_id) from verdicts").fetchone() == (200, 200)
