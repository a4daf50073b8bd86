"""The words of the vendors: accounts, what went wrong with a call and what may be done, the trace of calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from siyu.base.errors import SiyuError, Told


class VendorKind(StrEnum):
    """Whose interface an account speaks."""

    WECOM = "wecom"  # one app of one corp
    OFFICIAL = "official"  # 公众号, 服务号
    MINI = "mini"  # 小程序
    ALIYUN_SMS = "aliyun_sms"
    TENCENT_SMS = "tencent_sms"


class AccountState(StrEnum):
    """Whether an account is used."""

    ON = "on"
    OFF = "off"


@dataclass(frozen=True)
class CallbackKeys:
    """What callbacks are signed and sealed with: the token and the EncodingAESKey (43 characters; empty = plain callbacks)."""

    token: str = field(repr=False)
    aes_key: str = field(default="", repr=False)


@dataclass(frozen=True)
class Account:
    """One account with a vendor. Its secrets stay sealed in here: `secret_of` and `callback_keys` open them.

    `app_id` is the corpid, appid or key id; `agent_id` the app within a corp, or Tencent's SmsSdkAppId. `base_url` is where calls go.
    """

    account_id: int
    kind: VendorKind
    name: str
    app_id: str
    agent_id: str
    base_url: str
    options: Mapping[str, str]
    state: AccountState
    rotated_at: datetime | None  # since when callbacks of two sets of keys are taken
    kept_at: datetime
    key: bytes = field(repr=False)
    secret: bytes = field(repr=False)
    callbacks: bytes = field(repr=False)


class Trouble(StrEnum):
    """The class of an error: what may be done about it. Which code is of which class stands in codes.toml."""

    TOKEN = "token"  # noqa: S105  the token died: fetch another, ask again once
    LATER = "later"  # not now: busy, over the rate, not ready; nothing was done
    RELATION = "relation"  # customer and guide are no longer in contact: true for ever
    CONFIG = "config"  # nothing will work until somebody mends a setting at the vendor
    ITEM = "item"  # this item is refused; the rest of the batch may go on
    DOWN = "down"  # the vendor was not reached: nothing was sent
    UNKNOWN = "unknown"  # it was sent and no answer came


class VendorError(SiyuError):
    """A vendor did not do what it was asked. `code` is the vendor's own (or not_sent, no_answer, unreadable, blocked, resting, pace).

    `is_unknown`: it may have been done all the same, never ask again blindly. `retry_after`: how long it makes no sense to ask.
    `rid` is the vendor's number of the call, for its support. `explain(err.vendor, err.code, lang)` says it to people.
    """

    def __init__(
        self,
        code: str,
        kind: Trouble,
        interface: str,
        *,
        is_unknown: bool = False,
        retry_after: timedelta | None = None,
        what: str = "",
        remedy: str = "",
        rid: str = "",
        vendor: VendorKind | None = None,
    ) -> None:
        super().__init__(what or f"{interface}: {code}", remedy)
        self.code = code
        self.kind = kind
        self.interface = interface
        self.is_unknown = is_unknown
        self.retry_after = retry_after
        self.rid = rid
        self.vendor = vendor

    def told(self, lang: str) -> Told:
        """What the vendor's code means and where to mend it, in a language."""
        from siyu.vendors.codes import explain

        if self.vendor is None:
            return super().told(lang)
        meant = explain(self.vendor, self.code, lang)
        return Told(f"{self.interface}: {meant.what}", meant.remedy)


@dataclass(frozen=True)
class Explanation:
    """What a code means and where to mend it, in one language."""

    code: str
    kind: Trouble
    what: str
    remedy: str


@dataclass(frozen=True)
class TracedCall:
    """One call as it was: no tokens, no people."""

    call_id: int
    account_id: int
    interface: str
    at: datetime
    took_ms: int
    http_status: int | None
    code: str
    attempt: int
    is_unknown: bool


@dataclass(frozen=True)
class InterfaceHealth:
    """How one interface of an account does, over a stated time. Durations in milliseconds."""

    account_id: int
    interface: str
    calls: int
    failures: int
    unknowns: int
    took_p50: float
    took_p95: float
    last_at: datetime
    last_code: str
    blocked_until: datetime | None
    width: int | None
