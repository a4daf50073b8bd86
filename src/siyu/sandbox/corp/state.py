"""What a simulated corp is made of. Small objects with slots: two hundred thousand customers must fit without trouble.

All moments are whole unix seconds of the sandbox's clock, as the interface tells them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

BOTH, HALF, LOST = "both", "half", "lost"  # of a relation: friends; not confirmed back; the customer removed the member


@dataclass(slots=True)
class Callback:
    """Where an app's events go, and the keys they are closed with."""

    url: str
    token: str
    aes_key: str
    kinds: frozenset[str] = frozenset()  # empty: all that the app may hear


@dataclass(slots=True)
class App:
    """An app of the corp with its secret. `users` and `departments` are its visible range; both empty: everybody."""

    agentid: int
    name: str
    secret: str
    may_customers: bool = True  # stands in 客户联系 -> 可调用接口的应用
    may_directory: bool = True
    may_kf: bool = True
    may_acquire: bool = True
    may_archive: bool = False  # the message archive has a secret of its own
    users: set[str] = field(default_factory=set)
    departments: set[int] = field(default_factory=set)
    trusted_ips: set[str] = field(default_factory=set)  # empty: not asked for
    trusted_domains: set[str] = field(default_factory=set)  # empty: any
    callback: Callback | None = None
    is_enabled: bool = True


@dataclass(slots=True)
class Department:
    """A department; 1 is the root."""

    id: int
    name: str
    parent: int
    order: int = 0


@dataclass(slots=True)
class Member:
    """A member of the staff. `status` 1 activated, 2 disabled, 4 not activated, 5 left (resigned)."""

    userid: str
    name: str
    departments: list[int]
    mobile: str = ""
    position: str = ""
    gender: str = "0"
    status: int = 1
    is_real_name: bool = True
    has_customers: bool = True  # the 客户联系 permission
    has_licence: bool = True
    has_console_welcome: bool = False
    left_at: int = 0


@dataclass(slots=True)
class Contact:
    """An external contact. `person` is who it is in the wider world: the unionid, openid and phone hang on it."""

    id: str
    name: str
    kind: int = 1  # 1 WeChat, 2 WeCom
    gender: int = 0
    unionid: str = ""
    openid: str = ""
    mobile: str = ""
    corp_name: str = ""
    follows: dict[str, Follow] = field(default_factory=dict)
    notes: list[Note] | None = None  # the customer's phone


@dataclass(slots=True)
class Follow:
    """One member follows one customer."""

    seq: int
    userid: str
    contact: Contact
    createtime: int
    add_way: int = 0
    state: str = ""
    stage: str = BOTH
    remark: str = ""
    description: str = ""
    remark_company: str = ""
    mobiles: tuple[str, ...] = ()
    tags: set[str] | None = None
    own_tags: tuple[str, ...] = ()
    link_id: str = ""
    oper_userid: str = ""
    chatted_at: int = 0


@dataclass(slots=True)
class Note:
    """Something that appeared on a customer's phone. `kind` welcome, mass, group_mass, moment, chat, kf, transfer, system."""

    at: int
    kind: str
    userid: str
    text: str
    attachments: tuple[dict[str, Any], ...] = ()
    is_own: bool = False  # said by the customer
    about: str = ""  # msgid, chat_id, moment_id or open_kfid


@dataclass(slots=True)
class Tag:
    """A corp tag. `agentid` is the app that made it (0: the console)."""

    id: str
    name: str
    order: int
    created: int
    group: TagGroup
    agentid: int


@dataclass(slots=True)
class TagGroup:
    """A group of corp tags; it goes with its last tag."""

    id: str
    name: str
    order: int
    created: int
    agentid: int
    tags: dict[str, Tag] = field(default_factory=dict)


@dataclass(slots=True)
class Way:
    """A contact way (联系我), a join way of groups or an acquisition link: `given` is what its maker said."""

    id: str
    agentid: int
    created: int
    url: str
    given: dict[str, Any]
    scans: int = 0
    adds: int = 0


@dataclass(slots=True)
class Welcome:
    """A welcome code. `ends` is on the clock of deadlines."""

    code: str
    userid: str
    contact_id: str
    ends: float
    sent_by: int = 0
    open_kfid: str = ""
    kind: str = "customer"


@dataclass(slots=True)
class Task:
    """A mass-send task or a moment as the platform made it, and what each member did with it."""

    id: str
    agentid: int
    kind: str  # single, group, moment
    created: int
    ready: float
    body: dict[str, Any]
    targets: dict[str, list[str]]  # userid -> customers or groups
    is_by_api: bool = True
    done: dict[str, int] = field(default_factory=dict)  # userid -> confirmed at
    results: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)  # (userid, target) -> (status, at)
    seen: dict[str, int] = field(default_factory=dict)
    ignored: set[str] = field(default_factory=set)
    reminded: list[int] = field(default_factory=list)
    is_cancelled: bool = False
    jobid: str = ""
    comments: list[tuple[str, str, int]] = field(default_factory=list)  # comment|like, external_userid or userid, at


@dataclass(slots=True)
class GroupMember:
    """Somebody in a group. `scene` 1 invited, 2 by link, 3 by QR code."""

    id: str
    kind: int  # 1 staff, 2 external
    joined: int
    scene: int = 1
    invitor: str = ""
    state: str = ""
    nickname: str = ""


@dataclass(slots=True)
class Group:
    """A customer group. `status` 0 normal, 1 owner resigned, 2 inheriting, 3 inherited."""

    id: str
    name: str
    owner: str
    created: int
    notice: str = ""
    status: int = 0
    version: int = 1
    members: dict[str, GroupMember] = field(default_factory=dict)
    admins: set[str] = field(default_factory=set)
    opengid: str = ""
    said: dict[int, dict[str, int]] = field(default_factory=dict)  # day -> who -> messages
    handed_on: list[int] = field(default_factory=list)  # when, from owners at work
    mass_days: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Transfer:
    """A customer on the way from one member to another. `status` as transfer_result tells it."""

    contact_id: str
    handover: str
    takeover: str
    started: int
    status: int = 2
    ended: int = 0
    is_resigned: bool = False
    message: str = ""


@dataclass(slots=True)
class Quota:
    """A lot of acquisition credits."""

    expires: int
    balance: int
    total: int
    is_told: bool = False  # that it ends soon


@dataclass(slots=True)
class KfAccount:
    """An account of 微信客服 with its inbox."""

    id: str
    name: str
    media_id: str = ""
    servicers: dict[str, int] = field(default_factory=dict)  # userid -> 0 working, 1 resting
    messages: list[dict[str, Any]] = field(default_factory=list)
    sessions: dict[str, KfSession] = field(default_factory=dict)
    scenes: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class KfSession:
    """One customer in one 微信客服 account. `state` 0 new, 1 robot, 2 pool, 3 a person, 4 ended."""

    state: int = 0
    servicer: str = ""
    spoke: int = 0  # when the customer last said something
    sent_n: int = 0  # messages sent since
    welcomed: int = 0


@dataclass(slots=True)
class Media:
    """An uploaded file."""

    id: str
    kind: str
    name: str
    body: bytes
    at: int
    ends: int  # 0: for ever
    purpose: int = 0
