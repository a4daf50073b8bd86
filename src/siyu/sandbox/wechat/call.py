"""One call of an interface: what came in, what may go out, and how a table of interfaces is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from siyu.sandbox.wechat.errors import Refused
from siyu.sandbox.wechat.office import Office
from siyu.sandbox.wechat.words import Account, Member


@dataclass
class Upload:
    """A file in a form."""

    name: str
    content_type: str
    body: bytes


@dataclass
class Call:
    """A call with its caller known. `body` is the JSON object of a POST."""

    office: Office
    account: Account
    path: str
    query: dict[str, str]
    body: dict[str, Any] = field(default_factory=dict)
    upload: Upload | None = None
    base: str = ""

    def text(self, name: str) -> str:
        """A text of the body; empty when it is missing or no text."""
        found = self.body.get(name, "")
        return found if isinstance(found, str) else ""

    def listed(self, name: str) -> list[Any]:
        """A list of the body."""
        found = self.body.get(name, [])
        return found if isinstance(found, list) else []

    def member(self, name: str = "touser") -> Member:
        """The person that a field of the body names. Refused with 40003."""
        return self.office.known(self.account, self.body.get(name))


@dataclass
class Raw:
    """An answer that is not JSON."""

    body: bytes
    content_type: str


Handler = Callable[[Call], dict[str, Any] | Raw]
OK: dict[str, Any] = {"errcode": 0, "errmsg": "ok"}


@dataclass(frozen=True)
class Interface:
    """One interface: its method, what answers it, for which kinds of accounts, and whether they must be verified."""

    method: str
    answer: Handler
    kinds: tuple[str, ...] = ("service", "subscription", "mini")
    is_for_verified: bool = False

    def allow(self, account: Account) -> None:
        """Refused with 48001 when the account may not call it."""
        if account.kind not in self.kinds or (self.is_for_verified and not account.is_verified):
            raise Refused(48001)
