"""The words of keyword answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

CHANNELS = {"official": "official_chat", "kf": "kf"}  # where somebody writes -> the channel that answers there


class Matching(StrEnum):
    """How a rule reads what was written: letters of any width and case alike, punctuation left out."""

    EXACT = "exact"  # the whole message is a keyword
    CONTAINS = "contains"  # a keyword stands in it
    PATTERN = "pattern"  # a keyword with * for any letters and ? for one fits the whole message


class Occasion(StrEnum):
    """When a rule speaks."""

    WORDS = "words"  # something was written, or a button pressed
    COMING = "coming"  # somebody follows the official account, or enters the desk


class Outcome(StrEnum):
    """What became of a message, or of a coming."""

    ANSWERED = "answered"
    MISSED = "missed"  # no rule fits
    HANDED_OVER = "handed_over"  # a person was called
    RESTING = "resting"  # a person has the conversation: nothing is answered
    REPEATED = "repeated"  # the same answer was given a moment ago; of a coming: they were greeted a moment ago
    WAITING = "waiting"  # a coming that is not looked at yet
    GREETED = "greeted"
    OFF_HOURS = "off_hours"  # no greeting keeps this hour
    UNCODED = "uncoded"  # the desk gave no code: they wrote or were greeted there within two days
    LATE = "late"  # we heard of the coming when nothing could be said any more


@dataclass(frozen=True)
class Rule:
    """One rule. `content_ids` go out in this order. Hours are by the brand's clock, both empty = always; `account` empty = every one."""

    answer_id: int
    name: str
    account: str
    channels: tuple[str, ...]
    keywords: tuple[str, ...]
    matching: Matching
    priority: int
    from_hour: str
    to_hour: str
    content_ids: tuple[int, ...]
    is_handover: bool
    cooldown: timedelta
    is_on: bool
    changed_by: str
    changed_at: datetime
    occasion: Occasion = Occasion.WORDS


@dataclass(frozen=True)
class Draft:
    """A rule as somebody writes it."""

    name: str
    keywords: tuple[str, ...]
    content_ids: tuple[int, ...] = ()
    channels: tuple[str, ...] = tuple(CHANNELS)
    account: str = ""
    matching: str = Matching.CONTAINS
    priority: int = 50
    from_hour: str = ""
    to_hour: str = ""
    is_handover: bool = False
    cooldown: timedelta = timedelta(minutes=10)
    occasion: str = Occasion.WORDS


@dataclass(frozen=True)
class Heard:
    """One message of a customer. `said` is in the clear: never log it."""

    key: str
    subject: int
    person_id: int
    channel: str
    account: str
    said: str = field(repr=False)
    at: datetime


@dataclass(frozen=True)
class Came:
    """Somebody's coming. `is_welcome`: the vendor lets us greet (a desk says so by a code). `has_old_no`: a no of before the follow stands
    still, because the yes that came with it is not folded yet.
    """

    hit_id: int
    key: str
    subject: int
    channel: str
    account: str
    at: datetime
    is_welcome: bool = True
    has_old_no: bool = False


@dataclass(frozen=True)
class DeskTicket:
    """The right to greet who entered a desk: a code of the corp `corp`, good once and for 20 seconds of `entered_at`. Never log it."""

    corp: str
    code: str = field(repr=False)
    entered_at: datetime


@dataclass(frozen=True)
class Tried:
    """What would be answered to some words, and by which other rules that fitted too, the strongest first."""

    rule: Rule | None
    others: tuple[Rule, ...]


@dataclass(frozen=True)
class RuleCount:
    """How often a rule spoke in a stated time (greetings too); `answer_id` 0 = messages that no rule fitted."""

    answer_id: int
    answered: int
    handed_over: int
    repeated: int
    people: int


@dataclass(frozen=True)
class Handover:
    """A conversation that a person should take, or has taken."""

    handover_id: int
    subject: int
    person_id: int
    channel: str
    account: str
    why: str
    asked_at: datetime
    ended_at: datetime | None
