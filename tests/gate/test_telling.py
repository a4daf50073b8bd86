"""The contact budget before sending, and the reasons afterwards, in words."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.gate import world as w

from siyu import gate
from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.base.text import catalogue
from siyu.gate import telling
from siyu.gate.words import Code

HOUR = timedelta(hours=1)


def test_the_forecast_is_what_the_judge_says(ground: Ground) -> None:
    w.set_rules(ground, caps=[{"n": 1, "window": "24h"}])
    with ground.db.tx() as conn:
        ids = w.people(conn, 60)
        conn.execute("delete from consents where subject = any(%s)", [ids[:7]])
        w.say(conn, ids[7:12], False, channel="email", purpose="marketing", at="2021-01-01Z")
        conn.execute("update identifiers set unreachable_at = now() where identifier_id = any(%s)", [ids[12:15]])
    w.judged(ground, *(w.intent(ground, p) for p in ids[20:31]))
    told: list[int] = []
    found = gate.forecast(ground, [ids[:30], ids[30:], [10**9]], channel="email", purpose="marketing", cost_minor=3, progress=told.append)
    assert told == [30, 60, 61]
    assert found.people == 61
    assert found.counts == {
        Code.NO_CONSENT: 7, Code.UNSUBSCRIBED: 5, Code.UNREACHABLE: 3, Code.CAPPED: 11, Code.UNKNOWN_PERSON: 1, Code.PERMIT: 34,
    }  # fmt: skip
    assert found.samples[Code.NO_CONSENT] == tuple(ids[:5])
    assert (found.cost_minor, found.later, found.done_by) == (102, 0, None)
    with ground.db.tx() as conn:
        assert conn.execute("select count(*) from intents").fetchone() == (11,), "nothing was asked"
    answers = w.judged(ground, *(w.intent(ground, p) for p in (*ids, 10**9)))
    assert {code: answers.count(code) for code in set(answers)} == {str(code): n for code, n in found.counts.items()}


def test_the_forecast_knows_the_night_the_quota_and_the_budget(ground: Ground, clock: StillClock) -> None:
    w.set_rules(
        ground, quotas=[{"channel": "email", "n": 10, "window": "1h"}], budgets=[{"limit_minor": 50, "window": "24h", "channel": "webhook"}]
    )
    with ground.db.tx() as conn:
        ids = w.people(conn, 40)
    w.judged(ground, *(w.intent(ground, p, priority=90) for p in ids[:5]))  # they go first
    now = clock.now()
    mails = gate.forecast(ground, [ids[5:]], channel="email", purpose="marketing", expires_at=now + 2 * HOUR)
    assert mails.counts == {Code.PERMIT: 25, Code.QUOTA: 10}
    assert mails.done_by == now + 2 * HOUR
    hooks = gate.forecast(ground, [ids], channel="webhook", purpose="marketing", cost_minor=7, expires_at=now + HOUR)
    assert hooks.counts == {Code.PERMIT: 7, Code.BUDGET: 33}
    night = now + 10 * HOUR
    later = gate.forecast(ground, [ids], channel="webhook", purpose="marketing", at=night, expires_at=night + 3 * HOUR)
    assert later.counts[Code.QUIET] == 40
    assert gate.forecast(ground, [ids], channel="webhook", purpose="marketing", at=night).later == 40


def test_a_forecast_of_nobody(ground: Ground) -> None:
    found = gate.forecast(ground, [[]], channel="email", purpose="marketing")
    assert (found.people, found.counts) == (0, {})


def test_why_tells_the_whole_story_through_a_merge(ground: Ground, clock: StillClock) -> None:
    w.set_rules(ground, caps=[{"n": 1, "window": "7d", "purpose": "marketing"}])
    with ground.db.tx() as conn:
        a, b = w.people(conn, 2)
    sent, evening = w.intent(ground, a), w.intent(ground, b, not_before=clock.now() + timedelta(hours=10))
    assert w.judged(ground, sent, evening) == ["permit", "quiet+"]
    (permit,) = w.claim(ground)
    w.settle(ground, permit)
    clock.move(timedelta(minutes=1))
    with ground.db.tx() as conn:
        w.merge(conn, a, b)
    capped, waiting = w.intent(ground, a), w.intent(ground, b, purpose="service")
    assert w.judged(ground, capped) == ["capped"]
    w.ask(ground, waiting)
    with ground.db.tx() as conn:
        for name in (a, b):
            told = gate.why(conn, name, "en")
            assert [(one.state, [s.code for s in one.said]) for one in told] == [
                ("unjudged", []), ("refused", ["capped"]), ("waiting", ["quiet"]), ("sent", ["permit"]),
            ]  # fmt: skip
        assert told[1].said[0].reason == (
            "The cap is reached: at most 1 in 7 days (all channels, marketing). It may be asked again after 2026-11-28 08:00."
        )
        assert told[2].said[0].reason == "These are quiet hours (21:00–08:00); it waits. Planned for 2026-11-21 08:00."
        assert told[2].said[0].waits
        zh = gate.why(conn, a)
        assert zh[1].said[0].reason == "已到上限：7 天内最多 1 条（所有渠道，营销）。2026-11-28 08:00 之后可以再试。"
        assert zh[3].state_words == "已发送"
        assert len(gate.why(conn, a, limit=2)) == 2
        assert gate.why(conn, 10**9) == []


@pytest.mark.parametrize("code", list(Code))
def test_every_answer_has_its_words(code: Code) -> None:
    detail = {"n": 3, "seconds": 5400, "channel": "carrier pigeon", "from": "21:00", "to": "08:00"}
    for lang in ("zh", "en"):
        text = telling.reason(code, detail, lang, zone=ZoneInfo("UTC"))
        assert text
        assert not text.startswith("gate.")
        assert "{" not in text
    for state in ("unjudged", "refused", "held", "waiting", "claimed", "sent", "rejected", "unknown", "withdrawn"):
        assert f"gate.state_{state}" in catalogue()


def test_a_tally(ground: Ground) -> None:
    with ground.db.tx() as conn:
        ids = w.people(conn, 5)
        conn.execute("delete from consents where subject = %s", [ids[0]])
    same = {"origin": "broadcast", "origin_id": 1}
    w.judged(ground, *(w.intent(ground, p, **same, is_control=p == ids[1]) for p in ids))
    permit, *_ = w.claim(ground, limit=1)
    w.settle(ground, permit)
    w.ask(ground, w.intent(ground, ids[0], **same))
    with ground.db.tx() as conn:
        found = gate.tally(conn, "broadcast", 1)
        nothing = gate.tally(conn, "broadcast", 2)
    assert (found.asked, found.judged) == (6, 5)
    assert found.verdicts == {"permit": 3, "no_consent": 1, "holdout": 1}
    assert found.states == {"sent": 1, "waiting": 2}
    assert (nothing.asked, nothing.judged, nothing.verdicts, nothing.states) == (0, 0, {}, {})
