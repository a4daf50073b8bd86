"""The rules as settings: what is read is what is shown, and what cannot be meant says where it is wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyu import gate
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.gate.ruleset import read, show, written
from siyu.gate.words import Allowance, Cap, GateRules, QuietHours, Quota


def test_nothing_set_is_the_defaults() -> None:
    assert read({}) == GateRules()


def test_what_is_shown_is_read_back() -> None:
    rules = GateRules(
        caps=(Cap(1, timedelta(hours=16), "email", "marketing", True), Cap(7, timedelta(days=7))),
        quiet=QuietHours("22:00", "07:30", ("marketing", "service")),
        same_topic=timedelta(hours=5),
        quotas=(Quota("email", 500, timedelta(hours=1)),),
        budgets=(Allowance(1000, timedelta(days=1), "sms", None),),
        control_share=0.05,
        need_consent=("marketing", "service"),
        addresses={"email": "email"},
        idempotent=(),
        zone_trait="tz",
    )
    assert read({f"gate.{name}": value for name, value in show(rules).items()}) == rules
    assert read({f"gate.{name}": value for name, value in show(GateRules(quiet=None, same_topic=timedelta(0))).items()}) == GateRules(
        quiet=None, same_topic=timedelta(0)
    )


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("caps", {"n": 1}, "gate.caps"),
        ("caps", [{"n": 1}], "gate.caps[0].window"),
        ("caps", [{"n": 1, "window": "7d"}, {"n": -1, "window": "7d"}], "gate.caps[1].n"),
        ("caps", [{"n": True, "window": "7d"}], "gate.caps[0].n"),
        ("caps", [{"n": 1, "window": "7 weeks"}], "gate.caps[0].window"),
        ("caps", [{"n": 1, "window": "91d"}], "gate.caps[0].window"),
        ("caps", [{"n": 1, "window": "1d", "purpose": "spam"}], "gate.caps[0].purpose"),
        ("caps", [{"n": 1, "window": "1d", "when_full": "shout"}], "gate.caps[0].when_full"),
        ("caps", [{"n": 1, "window": "1d", "per": "day"}], "gate.caps[0].per"),
        ("quiet", {"from": "21:00"}, "gate.quiet.to"),
        ("quiet", {"from": "25:00", "to": "08:00"}, "gate.quiet.from"),
        ("quiet", {"from": "08:00", "to": "08:00"}, "gate.quiet.to"),
        ("quiet", {"from": "21:00", "to": "08:00", "purposes": "marketing"}, "gate.quiet.purposes"),
        ("quotas", [{"n": 1, "window": "1h", "channel": None}], "gate.quotas[0].channel"),
        ("budgets", [{"limit_minor": 1.5, "window": "1h"}], "gate.budgets[0].limit_minor"),
        ("control", {"share": 0.9}, "gate.control.share"),
        ("same_topic", {"window": 3}, "gate.same_topic.window"),
        ("need_consent", ["marketing", None], "gate.need_consent.purposes"),
        ("addresses", ["email"], "gate.addresses"),
        ("idempotent", "webhook", "gate.idempotent"),
        ("colour", "green", "colour"),
    ],
)
def test_what_cannot_be_meant_says_where(name: str, value: Any, field: str) -> None:
    with pytest.raises(InputError) as caught:
        read({f"gate.{name}": value})
    assert caught.value.field == field
    assert caught.value.remedy


@given(st.integers(1, 60 * 24 * 90).map(lambda minutes: timedelta(minutes=minutes)))
def test_a_length_of_time_is_written_as_it_is_read(of: timedelta) -> None:
    assert read({"gate.same_topic": {"window": written(of)}}).same_topic == of


def test_a_rule_is_set_and_dropped(ground: Ground) -> None:
    with ground.db.tx() as conn:
        gate.set_rule(conn, "quiet", None, at=ground.clock.now())
        assert gate.rules(conn).quiet is None
        assert gate.shown(conn)["quiet"] is None
        with pytest.raises(InputError):
            gate.set_rule(conn, "quiet", {"from": "x"}, at=ground.clock.now())
        assert gate.rules(conn).quiet is None
        gate.drop_rule(conn, "quiet")
        assert gate.rules(conn) == GateRules()
