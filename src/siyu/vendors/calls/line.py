"""One line to one account of a vendor: the token, the question, the answer in shape, or a `VendorError`."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from siyu.base.ground import Ground
from siyu.vendors.accounts import secret_of
from siyu.vendors.calls.http import CONNECTIONS, NoAnswer, NotSent, Reply
from siyu.vendors.words import Account, Trouble, VendorError, VendorKind

T = TypeVar("T")


@dataclass(frozen=True)
class Answered:
    """What a vendor said: its code (0, OK and Ok are well), the fields, and its own number of the call."""

    code: str
    found: dict[str, Any] = field(repr=False)
    rid: str = ""


class Line:
    """What every client asks through. Threads may share it."""

    def __init__(self, ground: Ground, account: Account, *, patience: float = 10) -> None:
        self.ground, self.account, self.patience = ground, account, patience
        self._tokens: dict[str, tuple[str, datetime]] = {}
        self._lock = threading.Lock()

    def ask(
        self,
        interface: str,
        method: str,
        path: str,
        shape: type[T],
        *,
        query: Mapping[str, str] | None = None,
        body: bytes = b"",
        content_type: str = "application/json; charset=utf-8",
        is_safe: bool = True,
        timeout: float = 10,
        has_token: bool = True,
    ) -> T:
        """One call and its answer. `is_safe`: asking twice does no harm, so an unknown outcome may be asked again."""
        for attempt in (1, 2):
            asked = dict(query or {}) | ({"access_token": self.ticket("access")} if has_token else {})
            target = f"{path}?{urlencode(asked)}"
            code, found = self._once(interface, method, target, body, content_type, timeout)
            if code == "0":
                return msgspec.convert(found, shape, strict=False)
            if code in ("40001", "40014", "41001", "42001") and attempt == 1:
                self._tokens.pop("access", None)
                continue
            raise VendorError(code, Trouble.ITEM, interface)
        raise AssertionError

    def fetch(self, interface: str, method: str, path: str, *, query: Mapping[str, str] | None = None, body: bytes = b"") -> bytes:
        """A file: bytes where all is well, an error in JSON where not. Raises `VendorError`."""
        target = f"{path}?{urlencode({**(query or {}), 'access_token': self.ticket('access')})}"
        headers = {"User-Agent": "Siyu/1", "Content-Type": "application/json"}
        reply = CONNECTIONS.exchange(self.account.base_url, method, target, headers=headers, body=body, timeout=30)
        if "json" in reply.content_type:
            raise VendorError(str(json.loads(reply.body).get("errcode")), Trouble.ITEM, interface)
        return reply.body

    def signed(
        self,
        interface: str,
        method: str,
        target: str,
        shape: type[T],
        body: bytes,
        headers: Callable[[], dict[str, str]],
        read: Callable[[Reply], Answered],
        *,
        is_safe: bool = True,
        timeout: float = 10,
    ) -> T:
        """One call of a vendor who wants every request signed: `headers` are made anew for each try. Raises `VendorError`."""
        try:
            reply = CONNECTIONS.exchange(self.account.base_url, method, target, headers=headers(), body=body, timeout=timeout)
        except NotSent as err:
            raise VendorError("not_sent", Trouble.DOWN, interface, what=str(err)) from None
        except NoAnswer as err:
            raise VendorError("no_answer", Trouble.UNKNOWN, interface, is_unknown=True, what=str(err)) from None
        answered = read(reply)
        if answered.code != "OK":
            raise VendorError(answered.code, Trouble.ITEM, interface, rid=answered.rid)
        return msgspec.convert(answered.found, shape, strict=False)

    def ticket(self, purpose: str) -> str:
        """A token that is alive: `access`, or the tickets `corp_ticket` and `app_ticket`."""
        with self._lock:
            kept = self._tokens.get(purpose)
            if kept and kept[1] > self.ground.clock.now():
                return kept[0]
            token, lives_for = self._fetch(purpose)
            self._tokens[purpose] = (token, self.ground.clock.now() + timedelta(seconds=lives_for - 300))
            return token

    def _fetch(self, purpose: str) -> tuple[str, int]:
        account = self.account
        if purpose != "access":
            interface, target = (
                ("get_jsapi_ticket", "/cgi-bin/get_jsapi_ticket?")
                if purpose == "corp_ticket"
                else ("ticket/get", "/cgi-bin/ticket/get?type=agent_config&")
            )
            token = self._tokens.get("access", ("", None))[0]
            code, found = self._once(interface, "GET", f"{target}access_token={token}", b"", "", 10)
            name = "ticket"
        elif account.kind == VendorKind.WECOM:
            interface, name = "gettoken", "access_token"
            query = urlencode({"corpid": account.app_id, "corpsecret": secret_of(self.ground.vault, account)})
            code, found = self._once(interface, "GET", f"/cgi-bin/gettoken?{query}", b"", "", 10)
        else:
            interface, name = "stable_token", "access_token"
            body = json.dumps({"grant_type": "client_credential", "appid": account.app_id, "secret": secret_of(self.ground.vault, account)})
            code, found = self._once(interface, "POST", "/cgi-bin/stable_token", body.encode(), "application/json", 10)
        if code != "0":
            raise VendorError(code, Trouble.CONFIG, interface)
        return str(found[name]), int(found["expires_in"])

    def _once(self, interface: str, method: str, target: str, body: bytes, content_type: str, timeout: float) -> tuple[str, dict[str, Any]]:
        headers = {"User-Agent": "Siyu/1", "Accept": "application/json"} | ({"Content-Type": content_type} if body else {})
        try:
            reply: Reply = CONNECTIONS.exchange(self.account.base_url, method, target, headers=headers, body=body, timeout=timeout)
        except NotSent as err:
            raise VendorError("not_sent", Trouble.DOWN, interface, what=str(err)) from None
        except NoAnswer as err:
            raise VendorError("no_answer", Trouble.UNKNOWN, interface, is_unknown=True, what=str(err)) from None
        try:
            found = json.loads(reply.body)
            return str(found.get("errcode", 0)), found
        except (ValueError, AttributeError):
            raise VendorError("unreadable", Trouble.UNKNOWN, interface, is_unknown=True) from None
