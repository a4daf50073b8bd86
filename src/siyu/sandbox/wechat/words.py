"""What the simulated WeChat is made of. Moments are unix seconds of the world's clock."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

from siyu.sandbox.courier import RoadFaults

OFFICIAL, MINI = ("service", "subscription"), "mini"  # 服务号, 订阅号; 小程序
HOUR, DAY = 3600, 86_400


@dataclass(frozen=True)
class Settings:
    """What the published facts leave open, or leave to the account's rank. See docs/sandbox.md."""

    token_life: int = 7200
    token_overlap: int = 300  # how long the token before still works after a new one was fetched
    force_refresh_per_day: int = 20
    force_refresh_pause: int = 30
    message_quota: int = 5  # customer-service messages per user message; 20 until 2021
    message_window: int = 48 * HOUR
    action_quota: int = 3  # after a menu click, a follow, a scan
    action_window: int = 60
    enter_quota: int = 2  # after entering a mini-program's customer service
    image_bytes: int = 10_485_760  # the same page also says 2 MB
    code_life: int = 300  # login, phone and OAuth codes
    media_life: int = 3 * DAY
    template_most: int = 25
    permanent_codes: int = 100_000
    default_code_life: int = 60  # a temporary code without expire_seconds; the newest table names no default
    same_message_for: int = 600  # how long a client_msg_id is remembered
    job_takes: int = 1  # seconds until TEMPLATESENDJOBFINISH
    answer_in: float = 5.0  # real seconds
    clear_quota_per_month: int = 10
    session_for: int = 1800  # how long what a customer writes goes to the agent who serves them
    mass_per_day: int = 1  # a subscription account's mass messages; not in the pages at hand
    mass_per_month: int = 4  # what a follower of a service account gets at most; not in the pages at hand

    def changed(self, given: dict[str, Any]) -> Settings:
        """These with some replaced. `ValueError` names what cannot be."""
        names = {f.name for f in fields(self)}
        for name, value in given.items():
            if name not in names:
                raise ValueError(f"there is no setting {name}; there are {', '.join(sorted(names))}")
            if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
                raise ValueError(f"{name} is a number of 0 or more")
        return replace(self, **{name: type(getattr(self, name))(value) for name, value in given.items()})


@dataclass(frozen=True)
class Faults(RoadFaults):
    """What goes wrong, as shares from 0 to 1 drawn from the seed; on the road of callbacks, and with calls."""

    busy: float = 0.0  # -1
    limited: float = 0.0  # 45009
    token_dies: float = 0.0  # the token is invalid from this call on: 40001
    slow: float = 0.0  # done, and answered after slow_for real seconds
    slow_for: float = 2.0
    unanswered: float = 0.0  # done, and the line breaks before the answer
    unheard: float = 0.0  # the line breaks and nothing was done


@dataclass
class Storm:
    """An error for a while: calls whose path contains `path` are answered `code`, with a certain share."""

    code: int
    until: float
    share: float = 1.0
    path: str = ""


@dataclass
class Callback:
    """Where an account's messages and events are pushed to. `mode`: plain, compat or safe; `shape`: xml or json."""

    url: str
    token: str
    aes_key: str = ""
    mode: str = "plain"
    shape: str = "xml"


@dataclass
class Template:
    """A message template. `kind`: template (模板消息), notice (订阅通知), once (一次性订阅) or subscribe (小程序订阅消息)."""

    template_id: str
    title: str
    content: str  # with {{thing1.DATA}} marks
    kind: str = "template"
    short_id: str = ""
    is_blocked: bool = False


@dataclass
class Allowance:
    """What one act of a person allows: `left` customer-service messages before `until`."""

    until: float
    left: int


@dataclass
class Member:
    """A person as one account knows them. `is_refusing`: the person follows, and refuses its messages."""

    openid: str
    person_id: str
    is_following: bool = False
    followed_at: int = 0
    unfollowed_at: int = 0
    add_scene: str = ""
    qr_scene: int = 0
    qr_scene_str: str = ""
    remark: str = ""
    tags: list[int] = field(default_factory=list)
    is_refusing: bool = False
    is_handed_over: bool = False  # transfer_customer_service was answered, or an agent has the session
    agent: str = ""  # the kf_account of the last session
    agent_since: float = 0
    allowances: dict[str, Allowance] = field(default_factory=dict)
    grants: dict[str, int] = field(default_factory=dict)  # template id (or once:scene) -> sends left
    session_key: str = ""
    mass: dict[str, int] = field(default_factory=dict)  # month -> mass messages that came


@dataclass
class Agent:
    """A customer-service agent of an official account."""

    kf_account: str
    nick: str
    kf_id: str
    is_online: bool = True
    is_bound: bool = True


@dataclass
class Person:
    """Somebody with a phone. `is_risky`: the platform thinks so (40226)."""

    person_id: str
    name: str
    phone: str = ""
    unionid: str = ""
    is_risky: bool = False


@dataclass
class Token:
    """An access token. `until`: when it stops to work."""

    value: str
    until: float
    made_at: float
    is_stable: bool = False


@dataclass
class SceneCode:
    """A QR code with a scene. `expires_at` 0 = permanent."""

    ticket: str
    scene_id: int
    scene_str: str
    expires_at: float
    url: str
    scans_n: int = 0


@dataclass
class Medium:
    """Something uploaded. `expires_at` 0 = permanent."""

    media_id: str
    kind: str
    name: str
    content_type: str
    body: bytes
    expires_at: float


@dataclass
class Ticket:
    """A code that a program exchanges once: kind login, phone, oauth; or a user token of OAuth."""

    kind: str
    openid: str
    until: float
    scope: str = ""
    is_used: bool = False


@dataclass
class AppLink:
    """A URL Link or scheme. Opens for one person only."""

    url: str
    path: str
    query: str
    until: float
    opened_by: str = ""


@dataclass
class MassSend:
    """A mass message. `key` is its clientmsgid."""

    number: int
    key: str
    at: float
    tried_at: float
    day: str
    is_deleted: bool = False


@dataclass
class Bubble:
    """Something that stands in a chat on a person's phone. `way`: in (from the person), out (to the person) or note (by WeChat).

    `via`: person, passive, custom, template, notice, once, subscribe, mass.
    """

    number: int
    appid: str
    openid: str
    person_id: str
    at: float
    way: str
    kind: str
    via: str
    body: dict[str, Any]
    message_id: int = 0
    template_id: str = ""
    state: str = ""


@dataclass
class Account:
    """An official account (服务号, 订阅号) or a mini-program with all that belongs to it."""

    appid: str
    kind: str
    name: str
    gh_id: str
    secret: str
    is_verified: bool = True
    open_platform: str = ""  # accounts of one open platform see the same unionid
    callback: Callback | None = None
    ips: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=lambda: ["pages/index/index"])
    linked_minis: list[str] = field(default_factory=list)
    settings: Settings = field(default_factory=Settings)
    faults: Faults = field(default_factory=Faults)
    limits: dict[str, int] = field(default_factory=dict)
    storms: list[Storm] = field(default_factory=list)
    tokens: dict[str, Token] = field(default_factory=dict)
    jsapi: Token | None = None
    forced: list[float] = field(default_factory=list)
    members: dict[str, Member] = field(default_factory=dict)
    openids: dict[str, str] = field(default_factory=dict)  # person -> openid
    tags: dict[int, str] = field(default_factory=lambda: {2: "星标组"})
    templates: dict[str, Template] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)  # empty = customer service is not switched on
    library: dict[str, Template] = field(default_factory=dict)  # by short id: what can be added
    menu: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, SceneCode] = field(default_factory=dict)
    media: dict[str, Medium] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    links: dict[str, AppLink] = field(default_factory=dict)
    sent: dict[str, tuple[float, int]] = field(default_factory=dict)  # openid|client_msg_id -> when, msgid
    mass: list[MassSend] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)  # day|path -> calls
    quota_cleared: list[float] = field(default_factory=list)
    calls_n: int = 0

    @property
    def is_mini(self) -> bool:
        """Whether it is a mini-program."""
        return self.kind == MINI


@dataclass
class State:
    """Everything that is kept in the sandbox's file."""

    accounts: dict[str, Account] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    bubbles: list[Bubble] = field(default_factory=list)
    number: int = 0
