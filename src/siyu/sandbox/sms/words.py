"""What the simulated SMS vendors are made of. Moments are unix seconds of the world's clock; phones are mainland numbers of 11 digits."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

from siyu.sandbox.courier import RoadFaults
from siyu.sandbox.living import changed

ALIYUN, TENCENT = "aliyun", "tencent"
OTP, NOTICE, PROMO = "otp", "notice", "promo"
OPT_OUT = ("T", "TD", "R", "N", "退订")


@dataclass(frozen=True)
class Settings:
    """What the published facts leave open or let an account change. Hours are of the day in China. See docs/sandbox.md."""

    unit_price_micro: int = 45_000  # millionths of a yuan for one unit
    otp_per_minute: int = 1  # Aliyun, same signature and number
    otp_per_hour: int = 5
    otp_per_day: int = 10
    otp_per_day_all: int = 40  # of all senders
    others_per_day: int = 50  # Aliyun, same signature, template and number
    same_content_pause: int = 30  # Tencent, seconds
    per_day: int = 2  # Tencent, same number in a natural day; 10 on older pages
    promo_from: int = 8
    promo_until: int = 20  # Aliyun's newest page; Tencent and older pages say 22
    day_quota: int = 0  # the account's own ceiling; 0 = none
    month_quota: int = 0
    param_length: int = 35  # letters of one variable
    report_after: float = 3.0  # seconds at the least until a handset answers; 5 more on average
    batch_for: float = 1.0  # receipts of so many seconds are pushed together
    clock_skew: int = 900  # Aliyun; Tencent says 300
    opt_out_covers_all: bool = False  # whether who opted out gets no notices either
    reply_names_signature: bool = True  # SmsUp's sign_name: older pages only
    is_pull_on: bool = True  # Tencent's pull interfaces, which support switches on

    def changed(self, given: dict[str, Any]) -> Settings:
        """These with some replaced. `ValueError` names what cannot be."""
        names = {f.name for f in fields(self)}
        for name, value in given.items():
            if name not in names:
                raise ValueError(f"there is no setting {name}; there are {', '.join(sorted(names))}")
            if isinstance(getattr(self, name), bool) != isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
                raise ValueError(f"{name} takes a value like {getattr(self, name)!r}")
        return replace(self, **{name: type(getattr(self, name))(value) for name, value in given.items()})


@dataclass(frozen=True)
class Faults(RoadFaults):
    """What goes wrong, as shares from 0 to 1; lost, doubled, late and reordered are of single receipts and replies."""

    undelivered: float = 0.02  # accepted, and the handset never gets it
    busy: float = 0.0  # isp.SYSTEM_ERROR, InternalError.Timeout
    limited: float = 0.0  # isv.BUSINESS_LIMIT_CONTROL, RequestLimitExceeded
    slow: float = 0.0
    slow_for: float = 2.0  # real seconds
    unanswered: float = 0.0  # sent, and the line breaks before the answer
    unheard: float = 0.0  # the line breaks and nothing was sent


@dataclass(frozen=True)
class Habits:
    """What those who got a text do by themselves, as shares of the texts; `answer_after` is seconds on average."""

    opts_out: float = 0.0  # of marketing: one of the words that end it
    writes: float = 0.0  # of all others but codes: something else
    answer_after: float = 1800.0

    def changed(self, given: dict[str, Any]) -> Habits:
        """These with some replaced; ValueError names what cannot be."""
        return changed(self, given, frozenset({"opts_out", "writes"}))


@dataclass
class Signature:
    """A signature in front of every text. `state`: approved, pending or rejected; `scene`: any, or otp alone."""

    name: str
    state: str = "approved"
    scene: str = "any"


@dataclass
class Template:
    """A text with variables: ${name} at Aliyun, {1} at Tencent. `kind`: otp, notice or promo. `state` as of a signature."""

    code: str
    kind: str
    content: str
    state: str = "approved"
    reason: str = ""


@dataclass
class Text:
    """One SMS. `state`: waiting, delivered or failed; `receipt`: what the road did to its receipt."""

    number: int
    account_id: str
    phone: str
    signature: str
    template: str
    kind: str
    content: str
    units: int
    sent_at: float
    serial: str  # BizId or SerialNo
    out_id: str = ""
    extend: str = ""
    state: str = "waiting"
    code: str = ""
    done_at: float = 0.0
    receipt: str = ""


@dataclass
class Reply:
    """What somebody wrote back."""

    number: int
    account_id: str
    phone: str
    content: str
    at: float
    extend: str
    signature: str
    is_opt_out: bool = False


@dataclass
class SmsAccount:
    """An account with a vendor: one key, and at Tencent one application (SmsSdkAppId)."""

    account_id: str
    vendor: str
    name: str
    key_id: str
    secret: str
    sdk_app_id: str = ""
    units_left: int = 1_000_000
    spent_micro: int = 0
    report_url: str = ""
    reply_url: str = ""
    ips: list[str] = field(default_factory=list)
    signatures: dict[str, Signature] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)
    opted_out: dict[str, float] = field(default_factory=dict)  # phone -> since when
    settings: Settings = field(default_factory=Settings)
    faults: Faults = field(default_factory=Faults)
    habits: Habits = field(default_factory=Habits)
    storms: list[tuple[str, float, float]] = field(default_factory=list)  # code, until, share
    nonces: dict[str, float] = field(default_factory=dict)
    reports: list[int] = field(default_factory=list)  # texts whose status waits to be pulled
    pulled_replies: int = 0
    calls_n: int = 0


@dataclass
class State:
    """Everything that is kept in the sandbox's file."""

    accounts: dict[str, SmsAccount] = field(default_factory=dict)
    texts: list[Text] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    dead: dict[str, str] = field(default_factory=dict)  # phone -> unknown or off
    number: int = 0
