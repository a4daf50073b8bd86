"""The words of the gate: what is wished, what is answered, what is permitted, and the rules as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

_OPENID = dict.fromkeys(("official", "official_chat", "official_notice", "mini"), "openid")


class Purpose(StrEnum):
    """Why a message is sent; consent, quiet hours and caps may differ by it."""

    MARKETING = "marketing"
    SERVICE = "service"  # about something the person has with us: an appointment, points that expire
    TRANSACTIONAL = "transactional"  # about an order or a password: expected, and at once


class Code(StrEnum):
    """The answers, in the order in which the rules are asked; the first no stands (docs/gate.md)."""

    PERMIT = "permit"
    WITHDRAWN = "withdrawn"  # its origin took it back
    UNKNOWN_PERSON = "unknown_person"  # nobody has this id
    EXPIRED = "expired"  # too late to be worth sending
    HOLDOUT = "holdout"  # left out by lot, so that the effect can be seen
    UNSUBSCRIBED = "unsubscribed"  # said no
    NO_CONSENT = "no_consent"  # never said yes
    NO_ADDRESS = "no_address"
    SUPPRESSED = "suppressed"  # complained: the address is not written to
    UNREACHABLE = "unreachable"  # every address bounced
    QUOTA = "quota"  # the platform's quota has no room for it in time
    BUDGET = "budget"  # the cost budget has no room for it in time
    QUIET = "quiet"  # quiet hours
    WINDOW = "window"  # the customer did nothing lately that lets us write by this channel
    CREDIT = "credit"  # every message that the customer agreed to was sent
    DUPLICATE = "duplicate"  # the same topic by another channel
    REPEATED = "repeated"  # this very message, under another name of the same person
    CAPPED = "capped"


class Outcome(StrEnum):
    """How a claim ended."""

    SENT = "sent"
    REJECTED = "rejected"  # definitely not delivered: it stops counting against caps
    UNKNOWN = "unknown"  # perhaps delivered: it counts, and is never sent again blindly
    RETURNED = "returned"  # not tried: it waits again


@dataclass(frozen=True, slots=True)
class Intent:
    """The wish to send one person one message.

    `key` makes asking twice asking once. `person_id` may be any id the person ever had. `origin_id` names the wish that is held or taken
    back as one (a broadcast, a journey), not the single message. `topic` is what it is about: one topic goes out by one channel.
    `content_id` and `content_version` say what would be sent. `cost_minor` is its cost in the brand's currency. `template` is the vendor's
    number of what is filled in: consents to single messages are counted by it (empty = by the channel).
    """

    key: UUID
    person_id: int
    channel: str
    purpose: str
    origin: str
    origin_id: int
    content_id: int
    content_version: int
    not_before: datetime
    expires_at: datetime
    topic: str = ""
    is_control: bool = False
    priority: int = 50
    cost_minor: int = 0
    template: str = ""


@dataclass(frozen=True, slots=True)
class Permit:
    """A yes that a channel has claimed.

    Send before `lease_until` (by the database's clock) or not at all, and settle with `token`; `attempts` counts this claim too.
    `person_id` is today's person.
    """

    intent_id: int
    token: int
    person_id: int
    channel: str
    purpose: str
    topic: str
    origin: str
    origin_id: int
    content_id: int
    content_version: int
    cost_minor: int
    due_at: datetime
    expires_at: datetime
    lease_until: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """How one claim ended. `at` is when it was sent or refused; for `returned`, when it may be tried again."""

    intent_id: int
    token: int
    outcome: Outcome
    at: datetime


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `n` messages in any window of this length. None = every channel, every purpose.

    It governs and counts the messages that fit channel and purpose. `is_patient` True lets a message wait until the cap has room again
    (if that is before it expires); False refuses it.
    """

    n: int
    window: timedelta
    channel: str | None = None
    purpose: str | None = None
    is_patient: bool = False


@dataclass(frozen=True, slots=True)
class Quota:
    """What a platform lets us do: at most `n` messages by the channel in any window of this length."""

    channel: str
    n: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Allowance:
    """What we let ourselves spend: at most `limit_minor` in any window. None = every channel, every purpose."""

    limit_minor: int
    window: timedelta
    channel: str | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Quiet hours by the person's own clock, from `start` to `end` ("21:00" to "08:00" runs over midnight), for some purposes."""

    start: str
    end: str
    purposes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Night:
    """Quiet hours of one channel, beside those of all: carriers forbid marketing texts at night."""

    channel: str
    hours: QuietHours


class Deed(StrEnum):
    """What a customer does that lets us write by a channel."""

    MESSAGE = "message"  # wrote to us
    PRESS = "press"  # pressed a button of a menu
    FOLLOW = "follow"
    ENTER = "enter"  # opened the chat of a desk that lets us greet
    ACCEPT = "accept"  # agreed to messages of a template: each yes is good for `n` messages


@dataclass(frozen=True, slots=True)
class Window:
    """`channel` is open for `within` of the last time that the customer did `after` with the channel `of`, and for `n` messages since.

    A channel with windows is shut to everybody who opened none of them. For `accept` every deed of that time counts, not the last one, and
    for the template that was agreed to only.
    """

    channel: str
    after: Deed
    of: str
    n: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class GateRules:
    """Everything that people may set about the gate: the settings `gate.*`, with their defaults (docs/gate.md)."""

    caps: tuple[Cap, ...] = (
        Cap(2, timedelta(hours=24), purpose=Purpose.MARKETING),
        Cap(5, timedelta(days=7), purpose=Purpose.MARKETING),
    )
    quiet: QuietHours | None = QuietHours("21:00", "08:00", (Purpose.MARKETING,))
    same_topic: timedelta = timedelta(hours=72)  # one topic by one channel within this time; zero switches the rule off
    same_topic_purposes: tuple[str, ...] = (Purpose.MARKETING,)
    nights: tuple[Night, ...] = (Night("sms", QuietHours("20:00", "08:00", (Purpose.MARKETING,))),)
    windows: tuple[Window, ...] = (
        Window("official_chat", Deed.MESSAGE, "official", 5, timedelta(hours=48)),
        Window("official_chat", Deed.PRESS, "official", 3, timedelta(minutes=1)),
        Window("official_chat", Deed.FOLLOW, "official", 3, timedelta(minutes=1)),
        Window("official_notice", Deed.ACCEPT, "official", 1, timedelta(days=90)),
        Window("mini", Deed.ACCEPT, "mini", 1, timedelta(days=90)),
        Window("kf", Deed.MESSAGE, "kf", 5, timedelta(hours=48)),
        Window("kf", Deed.ENTER, "kf", 1, timedelta(seconds=20)),
    )
    quotas: tuple[Quota, ...] = ()
    budgets: tuple[Allowance, ...] = ()
    control_share: float = 0.0  # of everybody, left out of marketing for ever, by a hash of the person
    control_salt: str = "global"
    control_purposes: tuple[str, ...] = (Purpose.MARKETING,)
    need_consent: tuple[str, ...] = (Purpose.MARKETING,)  # purposes that need a yes; for the others the lack of a no will do
    addresses: dict[str, str] = field(
        default_factory=lambda: _OPENID | {"email": "email", "sms": "phone", "wecom": "external_userid"}
    )  # channel -> kind of identifier
    contact_is_consent: tuple[str, ...] = ("wecom",)  # channels on which being a guide's contact is a yes, until any word of the person
    idempotent: tuple[str, ...] = ("webhook", "wecom")  # channels that know a repeated message: safe to send again
    zone_trait: str = "time_zone"  # the trait that holds a person's IANA time zone


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer in words. `waits`: not yet, until `until`. `step` is 'ask' or 'claim'."""

    step: str
    code: Code
    waits: bool
    judged_at: datetime
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One intent of a person, with every answer it got and what became of it.

    `state` is that of its permit, `held` for a waiting permit of a held origin, `refused` without one, `unjudged` before the answer;
    `state_words` says the same in the reader's language.
    """

    intent_id: int
    asked_at: datetime
    channel: str
    purpose: str
    topic: str
    origin: str
    origin_id: int
    content_id: int
    content_version: int
    state: str
    state_words: str
    due_at: datetime | None
    settled_at: datetime | None
    said: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the gate would say: how many people would be sent to, and how many not, by reason, with some of each.

    `counts[Code.PERMIT]` are those who would be sent to, now or (of them `later`) when quiet hours or a cap let them. `samples` holds a
    few person ids a reason. `cost_minor` is the cost of the permitted. `done_by` is when the last of them would be sent if a platform
    quota paces them, None without one.
    """

    people: int
    counts: dict[Code, int]
    later: int
    samples: dict[Code, tuple[int, ...]]
    cost_minor: int
    done_by: datetime | None


@dataclass(frozen=True, slots=True)
class Credit:
    """How many messages of a template somebody agreed to lately, and how many of them are left."""

    channel: str
    template: str
    agreed: int
    left: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Where an origin's intents stand: asked, answered by code (the first answer), permits by state."""

    asked: int
    judged: int
    verdicts: dict[str, int]
    states: dict[str, int]
