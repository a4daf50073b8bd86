"""Which questions prove what, by kind of account. The first one proves address, secret and IP together; the others one permission each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from siyu.base.ground import Ground
from siyu.vendors import aliyun_sms, tencent_sms, wechat, wecom
from siyu.vendors.words import Account, VendorKind

BASICS = ("address", "secret", "ip")
NEEDED = frozenset({*BASICS, "guides", "customers"})  # without these nothing works; the others open one part each
_NOBODY = "13000000000"  # a number that gets no texts from us: its receipts are an empty list
_NO_CODE = "siyu-probe"  # a login code that cannot exist


class Empty(Exception):
    """It answered, and there is nothing where something is needed. `code` is one of ours."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Question:
    """One harmless call. `well` are codes that prove the permission although they are errors: the thing asked about does not exist."""

    name: str
    interface: str
    ask: Callable[[], object]
    well: frozenset[str] = frozenset()


def questions(ground: Ground, account: Account) -> list[Question]:
    """In order; the first one stands for BASICS."""
    return _PLANS[account.kind](ground, account)


def _wecom(ground: Ground, account: Account) -> list[Question]:
    client = wecom.Client(ground, account)
    now = ground.clock.now()
    until, since = int(now.timestamp()), int((now - timedelta(days=7)).timestamp())
    guides: list[str] = []

    def see_guides() -> None:
        guides.extend(client.follow_users())
        if not guides:
            raise Empty("no_guides")

    def see_customers() -> None:
        if not guides:
            raise Empty("no_guides")
        client.customer_ids(guides[0])

    return [
        Question("", "get_api_domain_ip", client.api_ips),
        Question("guides", "externalcontact/get_follow_user_list", see_guides),
        Question("customers", "externalcontact/list", see_customers, frozenset({"84061"})),
        Question("members", "department/list", client.departments),
        Question("tags", "externalcontact/get_corp_tag_list", client.tags),
        Question("ways", "externalcontact/list_contact_way", lambda: client.contact_ways(limit=1)),
        Question("groups", "externalcontact/groupchat/list", lambda: client.groups(owners=guides[:1], limit=1)),
        Question("mass", "externalcontact/get_groupmsg_list_v2", lambda: client.mass_messages(since, until, limit=1)),
        Question("moments", "externalcontact/get_moment_list", lambda: client.moments(since, until, limit=1)),
        Question("handover", "externalcontact/get_unassigned_list", lambda: client.unassigned(size=1)),
        Question("links", "externalcontact/customer_acquisition_quota", client.link_quota),
        Question("desk", "kf/account/list", client.desks),
    ]


def _official(ground: Ground, account: Account) -> list[Question]:
    client = wechat.Official(ground, account)
    fans: list[str] = []

    def see_fans() -> None:
        fans.extend(client.fan_ids().data.openid)

    def see_unionid() -> None:
        if not fans:
            raise Empty("no_fans")
        if not client.fan(fans[0]).unionid:
            raise Empty("no_unionid")

    return [
        Question("", "cgi-bin/tags/get", client.tags),
        Question("fans", "cgi-bin/user/get", see_fans),
        Question("unionid", "cgi-bin/user/info", see_unionid),
        Question("templates", "cgi-bin/template/get_all_private_template", client.templates),
    ]


def _mini(ground: Ground, account: Account) -> list[Question]:
    client = wechat.Mini(ground, account)
    unknown = frozenset({"40029", "40163"})
    return [
        Question("", "wxa/business/getuserphonenumber", lambda: client.phone(_NO_CODE), unknown),
        Question("login", "sns/jscode2session", lambda: client.login(_NO_CODE), unknown),
    ]


def _aliyun(ground: Ground, account: Account) -> list[Question]:
    client = aliyun_sms.Client(ground, account)
    return [Question("", "QuerySendDetails", lambda: client.details(_NOBODY, ground.clock.now().date()))]


def _tencent(ground: Ground, account: Account) -> list[Question]:
    client = tencent_sms.Client(ground, account)
    end = int(ground.clock.now().timestamp())
    # Not PullSmsSendStatus: what it gives is given once.
    return [Question("", "PullSmsSendStatusByPhoneNumber", lambda: client.receipts_of(f"+86{_NOBODY}", end - 3600, end, limit=1))]


_PLANS: dict[VendorKind, Callable[[Ground, Account], list[Question]]] = {
    VendorKind.WECOM: _wecom,
    VendorKind.OFFICIAL: _official,
    VendorKind.MINI: _mini,
    VendorKind.ALIYUN_SMS: _aliyun,
    VendorKind.TENCENT_SMS: _tencent,
}
