"""Whether somebody who comes is greeted, and by which rule: pure functions of the coming, the rules, the hour and the greetings before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from siyu.gate import Deed, Window
from siyu.journeys.answers.deciding import Decision, is_open, listens
from siyu.journeys.answers.words import CHANNELS, Came, Occasion, Outcome, Rule

TICKET_FOR = timedelta(seconds=20)  # a desk's code, whatever the gate's rules say (kf/send_msg_on_event)
MOST_SAID = 3  # messages of a greeting: so many may follow a follow
_DEEDS = {"official": Deed.FOLLOW, "kf": Deed.ENTER}
_WITHOUT_RULE = timedelta(minutes=1)  # where the brand has no rule for follows


def opening(windows: Sequence[Window], channel: str) -> timedelta:
    """How long after a coming something may be said, by the gate's rules (`gate.windows`)."""
    its = (one.within for one in windows if (one.channel, one.after, one.of) == (CHANNELS[channel], _DEEDS[channel], channel))
    longest = max(its, default=_WITHOUT_RULE)
    return min(longest, TICKET_FOR) if channel == "kf" else longest


def unopened(rules: Sequence[Rule], windows: Sequence[Window]) -> list[str]:
    """The channels (official, kf) with a greeting that the gate never lets through: it has windows for them, and none for a coming."""
    meant = sorted({channel for rule in rules if rule.is_on and rule.occasion == Occasion.COMING for channel in rule.channels})
    opens = {(one.channel, one.after) for one in windows}
    shut = {one.channel for one in windows}
    return [one for one in meant if CHANNELS[one] in shut and (CHANNELS[one], _DEEDS[one]) not in opens]


def is_greeting(rules: Sequence[Rule], channel: str, account: str) -> bool:
    """Whether anybody is greeted there at all, at whatever hour."""
    return any(listens(rule, channel, account, Occasion.COMING) for rule in rules)


def greet(
    rules: Sequence[Rule], came: Came, clock: str, now: datetime, open_for: timedelta, greeted_at: datetime | None, is_with_staff: bool
) -> Decision:
    """Which rule greets, or why none does. Of several the one with the higher priority, then the older, and never two.

    `clock` is the time of day of the coming ("14:05", by the brand's clock), `greeted_at` when they were greeted last on this channel.
    """
    fit = [rule for rule in rules if listens(rule, came.channel, came.account, Occasion.COMING) and is_open(rule, clock)]
    if not fit:
        return Decision(Outcome.OFF_HOURS)
    rule = min(fit, key=lambda one: (-one.priority, one.answer_id))
    if is_with_staff:
        return Decision(Outcome.RESTING)
    if not came.is_welcome:
        return Decision(Outcome.UNCODED)
    if now >= came.at + open_for:
        return Decision(Outcome.LATE)
    if greeted_at is not None and came.at - greeted_at < rule.cooldown:
        return Decision(Outcome.REPEATED, rule)
    return Decision(Outcome.GREETED, rule)
