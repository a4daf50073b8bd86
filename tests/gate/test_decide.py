"""The decision: its table of reasons, and the fast answer against the slow one on random batches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.gate.naive import One, Was, answer, settled

from siyu.gate.columns import NEVER, moment, us
from siyu.gate.decide import NUMBER, Batch, Lanes, Touches, Verdicts, decide
from siyu.gate.words import Allowance, Cap, Code, GateRules, Purpose, QuietHours, Quota

CODES = tuple(Code)
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
CHANNELS, PURPOSES = ("email", "webhook", "sms"), tuple(str(p) for p in Purpose)


def batch_of(ones: list[One], past: list[Was], names: tuple[str, ...]) -> tuple[Batch, Touches]:
    """The same as columns; every intent and touch has a lane of its own."""
    every: list[One | Was] = [*ones, *past]
    topics = ["", *sorted({e.topic for e in every} - {""})]
    messages = sorted({e.message for e in every})
    lanes = Lanes(
        channels=CHANNELS,
        channel=np.array([CHANNELS.index(e.channel) for e in every], dtype=np.int64),
        purposes=PURPOSES,
        purpose=np.array([PURPOSES.index(e.purpose) for e in every], dtype=np.int64),
        topic=np.array([topics.index(e.topic) for e in every], dtype=np.int64),
        message=np.array([messages.index(e.message) for e in every], dtype=np.int64),
        priority=np.array([getattr(e, "priority", 50) for e in every], dtype=np.int64),
        cost=np.array([getattr(e, "cost", 0) for e in every], dtype=np.int64),
    )
    batch = Batch(
        lanes=lanes,
        zones=names,
        intent=np.array([o.number for o in ones], dtype=np.int64),
        who=np.array([o.who for o in ones], dtype=np.int64),
        lane=np.arange(len(ones)),
        due=np.array([us(o.due) for o in ones], dtype=np.int64),
        expires=np.array([us(o.expires) for o in ones], dtype=np.int64),
        zone=np.array([names.index(o.zone) for o in ones], dtype=np.int64),
        address=np.array([NUMBER[o.address] if o.address else 0 for o in ones], dtype=np.int64),
        is_taken_back=np.array([o.is_taken_back for o in ones], dtype=np.bool_),
        is_control=np.array([o.is_control for o in ones], dtype=np.bool_),
        has_yes=np.array([o.has_yes for o in ones], dtype=np.bool_),
        has_no=np.array([o.has_no for o in ones], dtype=np.bool_),
    )
    touches = Touches(
        np.array([w.who for w in past], dtype=np.int64),
        np.arange(len(ones), len(every)),
        np.array([us(w.at) for w in past], dtype=np.int64),
    )
    return batch, touches


def told(verdicts: Verdicts, ones: list[One]) -> dict[int, tuple[Code, bool, datetime | None]]:
    """The fast answer in the slow one's words."""
    return {
        one.number: (CODES[code], bool(waits), None if at == NEVER else moment(at))
        for one, code, waits, at in zip(ones, verdicts.code.tolist(), verdicts.waits.tolist(), verdicts.at.tolist(), strict=True)
    }


def fast(ones: list[One], past: list[Was] | None = None, rules: GateRules | None = None, now: datetime = NOON, is_claim: bool = False):
    names = ("Asia/Shanghai", "America/New_York", "Europe/Berlin")
    return told(decide(*batch_of(ones, past or [], names), rules or GateRules(), us(now), is_claim=is_claim), ones)


def one(number: int = 1, **other: object) -> One:
    """A good marketing e-mail."""
    usual = One(
        number=number,
        who=0,
        channel="email",
        purpose="marketing",
        topic="",
        message=f"m{number}",
        priority=50,
        cost=0,
        due=NOON,
        expires=NOON + timedelta(days=3),
        zone="Asia/Shanghai",
        address=None,
        is_taken_back=False,
        is_control=False,
        has_yes=True,
        has_no=False,
    )
    return settled(usual, **other)


def was(hours: float, **other: object) -> Was:
    """A marketing e-mail so many hours before noon (or after: below zero)."""
    values = {"who": 0, "channel": "email", "purpose": "marketing", "topic": "", "message": "old", "at": NOON - timedelta(hours=hours)}
    return Was(**(values | other))  # type: ignore[arg-type]


DAY = timedelta(days=1)
ONE_A_DAY = GateRules(caps=(Cap(1, DAY, purpose="marketing"),), quiet=None)

TABLE = [
    ("a good one", one(), [], None, Code.PERMIT),
    ("taken back", one(is_taken_back=True), [], None, Code.WITHDRAWN),
    ("nobody", one(who=-1), [], None, Code.UNKNOWN_PERSON),
    ("too late", one(expires=NOON), [], None, Code.EXPIRED),
    ("would be too late", one(due=NOON + 4 * DAY), [], None, Code.EXPIRED),
    ("held out", one(is_control=True), [], None, Code.HOLDOUT),
    ("held out and without consent: the lot speaks first", one(is_control=True, has_yes=False), [], None, Code.HOLDOUT),
    ("said no", one(has_no=True), [], None, Code.UNSUBSCRIBED),
    ("never said yes", one(has_yes=False), [], None, Code.NO_CONSENT),
    ("never said yes to service: not needed", one(has_yes=False, purpose="service"), [], None, Code.PERMIT),
    ("said no to service", one(has_no=True, has_yes=False, purpose="service"), [], None, Code.UNSUBSCRIBED),
    ("an order's news without a yes", one(has_yes=False, purpose="transactional"), [], None, Code.PERMIT),
    ("no address", one(address=Code.NO_ADDRESS), [], None, Code.NO_ADDRESS),
    ("complained", one(address=Code.SUPPRESSED), [], None, Code.SUPPRESSED),
    ("bounced", one(address=Code.UNREACHABLE), [], None, Code.UNREACHABLE),
    ("a closed platform", one(), [], GateRules(quotas=(Quota("email", 0, DAY),)), Code.QUOTA),
    ("another platform is closed", one(), [], GateRules(quotas=(Quota("sms", 0, DAY),)), Code.PERMIT),
    ("dearer than the whole budget", one(cost=11), [], GateRules(budgets=(Allowance(10, DAY),)), Code.BUDGET),
    ("as dear as the whole budget", one(cost=10), [], GateRules(budgets=(Allowance(10, DAY),)), Code.PERMIT),
    ("same topic by another channel", one(topic="sale"), [was(71.9, topic="sale", channel="sms")], None, Code.DUPLICATE),
    ("same topic by another channel, long ago", one(topic="sale"), [was(72, topic="sale", channel="sms")], None, Code.PERMIT),
    ("same topic by the same channel", one(topic="sale"), [was(30, topic="sale")], None, Code.PERMIT),
    ("no topic is not the same topic", one(), [was(30, channel="sms")], None, Code.PERMIT),
    ("the very message", one(message="m"), [was(30, message="m")], None, Code.REPEATED),
    ("an order's news may come twice", one(message="m", purpose="transactional"), [was(1, message="m")], None, Code.PERMIT),
    ("one a day, 23 h 59 later", one(), [was(24 - 1 / 60)], ONE_A_DAY, Code.CAPPED),
    ("one a day, a day later", one(), [was(24)], ONE_A_DAY, Code.PERMIT),
    ("one a day, another is planned", one(), [was(-10)], ONE_A_DAY, Code.CAPPED),
    ("somebody else's", one(), [was(1, who=1)], ONE_A_DAY, Code.PERMIT),
    ("a service message does not count", one(), [was(1, purpose="service")], ONE_A_DAY, Code.PERMIT),
    ("an order's news is not capped", one(purpose="transactional"), [was(1)], ONE_A_DAY, Code.PERMIT),
    ("a cap on another channel", one(), [was(1)], GateRules(caps=(Cap(1, DAY, channel="sms"),)), Code.PERMIT),
    ("a cap of none", one(), [], GateRules(caps=(Cap(0, DAY, channel="email"),)), Code.CAPPED),
]  # fmt: skip


@pytest.mark.parametrize(("what", "asked", "past", "rules", "code"), TABLE, ids=[row[0] for row in TABLE])
def test_the_table_of_reasons(what: str, asked: One, past: list[Was], rules: GateRules | None, code: Code) -> None:
    found = fast([asked], past, rules)
    assert found[1][0] == code, what
    assert found == answer([asked], past, rules or GateRules(), NOON, False)


def test_a_day_is_not_a_calendar_day() -> None:
    """Two late in the evening and two early next morning are four in one window."""
    rules = GateRules(caps=(Cap(2, DAY, purpose="marketing"),), quiet=None)
    evening = NOON.replace(hour=15, minute=30)  # 23:30 in Shanghai
    past = [was(0, at=evening), was(0, at=evening + timedelta(minutes=10))]
    assert fast([one(due=evening + timedelta(hours=1))], past, rules)[1][0] == Code.CAPPED


def test_both_sides_of_a_window_are_looked_at() -> None:
    """One 20 hours before and one 20 hours after never meet in a day, so two a day leaves room; a third between them does not."""
    rules = GateRules(caps=(Cap(2, DAY, purpose="marketing"),), quiet=None)
    past = [was(20), was(-20)]
    assert fast([one()], past, rules)[1][0] == Code.PERMIT
    assert fast([one()], [*past, was(2)], rules)[1][0] == Code.CAPPED


def test_two_for_one_person_count_each_other_the_higher_priority_first() -> None:
    found = fast([one(1, priority=10), one(2, priority=90), one(3, who=1, priority=1)], [], ONE_A_DAY)
    assert [found[n][0] for n in (1, 2, 3)] == [Code.CAPPED, Code.PERMIT, Code.PERMIT]


def test_a_no_says_when_to_ask_again() -> None:
    assert fast([one()], [was(10)], ONE_A_DAY)[1] == (Code.CAPPED, False, NOON + timedelta(hours=14))


def test_a_patient_cap_lets_wait_and_then_the_quiet_hours_are_asked_again() -> None:
    rules = GateRules(caps=(Cap(1, DAY, is_patient=True),))
    past = [was(14)]  # 22:00 the evening before; free at 22:00 tonight, which is quiet, so tomorrow at 8:00
    assert fast([one()], past, rules)[1] == (Code.CAPPED, True, datetime(2026, 11, 21, 0, 0, tzinfo=UTC))


def test_quiet_hours_put_off_to_their_end_unless_it_would_be_too_late() -> None:
    night = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)  # 22:00 in Shanghai, 9:00 in New York
    morning = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)
    asked = [
        one(1, due=night),
        one(2, who=1, due=night, zone="America/New_York"),
        one(3, who=2, due=night, expires=morning),
        one(4, who=3, due=night, purpose="transactional"),
        one(5, who=4, due=night, expires=morning + timedelta(microseconds=1)),
    ]
    found = fast(asked, now=night)
    assert found == {
        1: (Code.QUIET, True, morning),
        2: (Code.PERMIT, False, night),
        3: (Code.QUIET, False, None),
        4: (Code.PERMIT, False, night),
        5: (Code.QUIET, True, morning),
    }


def test_in_a_claim_every_cap_is_patient() -> None:
    assert fast([one()], [was(10)], ONE_A_DAY, is_claim=True)[1] == (Code.CAPPED, True, NOON + timedelta(hours=14))


# --- the fast answer is the slow answer

MINUTES = st.integers(-60 * 24 * 4, 60 * 24 * 4)
ZONES = st.sampled_from(["Asia/Shanghai", "America/New_York", "Europe/Berlin"])
SELDOM = st.sampled_from([False] * 9 + [True])
caps = st.builds(
    Cap,
    st.integers(0, 3),
    st.sampled_from([timedelta(hours=1), timedelta(hours=24), timedelta(days=3)]),
    st.sampled_from([None, "email"]),
    st.sampled_from([None, "marketing"]),
    st.booleans(),
)
rule_sets = st.builds(
    GateRules,
    caps=st.lists(caps, max_size=3).map(tuple),
    quiet=st.sampled_from([None, QuietHours("21:00", "08:00", ("marketing",)), QuietHours("12:00", "13:30", ("marketing", "service"))]),
    same_topic=st.sampled_from([timedelta(0), timedelta(hours=6), timedelta(days=3)]),
)
some_whens = MINUTES.map(lambda m: NOON + timedelta(minutes=m))
ones = st.builds(
    One,
    number=st.just(0),
    who=st.integers(-1, 2),
    channel=st.sampled_from(CHANNELS),
    purpose=st.sampled_from(["marketing", "marketing", "service", "transactional"]),
    topic=st.sampled_from(["", "", "sale"]),
    message=st.sampled_from(["a", "b", "c", "d", "e"]),
    priority=st.sampled_from([10, 50]),
    cost=st.just(0),
    due=some_whens,
    expires=some_whens.map(lambda at: at + timedelta(days=2)),
    zone=st.just("Asia/Shanghai"),
    address=st.sampled_from([None] * 9 + [Code.UNREACHABLE]),
    is_taken_back=SELDOM,
    is_control=SELDOM,
    has_yes=st.just(True),
    has_no=SELDOM,
)
pasts = st.builds(
    Was,
    st.integers(0, 2),
    st.sampled_from(CHANNELS),
    st.sampled_from(["marketing", "service"]),
    st.sampled_from(["", "sale"]),
    st.sampled_from(["a", "x", "y"]),
    some_whens,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(ones, max_size=8), st.lists(pasts, max_size=6), rule_sets, st.booleans(), st.tuples(ZONES, ZONES, ZONES))
def test_the_fast_answer_is_the_slow_answer(
    asked: list[One], past: list[Was], rules: GateRules, is_claim: bool, zones: tuple[str, ...]
) -> None:
    numbered = [settled(o, number=n + 1, zone=zones[max(o.who, 0)]) for n, o in enumerate(asked)]
    found = fast(numbered, past, rules, is_claim=is_claim)
    slow = answer(numbered, past, rules, NOON, is_claim)
    assert {n: f[:2] for n, f in found.items()} == {n: s[:2] for n, s in slow.items()}
    for number, (code, waits, at) in slow.items():
        if code == Code.PERMIT or waits or code == Code.CAPPED:
            assert found[number][2] == at, (number, code)
