"""One line to one account of a vendor: the token, the turn, the question, what the answer means, and whether to ask again."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec

from siyu.base.errors import ConfigError
from siyu.base.ground import Ground
from siyu.vendors.accounts import secret_of
from siyu.vendors.calls.governor import governor_of
from siyu.vendors.calls.http import CONNECTIONS, NoAnswer, NotSent, Reply
from siyu.vendors.calls.store import Traced
from siyu.vendors.calls.tokens import Fetched, Token, tokens_of
from siyu.vendors.codes import WELL, CodeRule, explain, rule_of
from siyu.vendors.words import Account, AccountState, Trouble, VendorError, VendorKind

T = TypeVar("T")
_TRIES = 3
_NUMBERS = (re.compile(r"rid:\s*([\w-]{1,64})"), re.compile(r"hint:\s*\[([\w-]{1,64})\]"))  # of a call, for the vendor's support


@dataclass(frozen=True)
class Answered:
    """What a vendor said: its code (0, OK and Ok are well), the fields, and its own number of the call."""

    code: str
    found: dict[str, Any] = field(repr=False)
    rid: str = ""


@dataclass(frozen=True)
class _Request:
    """One call as it is made anew for each try: a token may have been replaced, a signature is of its moment."""

    method: str
    target: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    token: Token | None = None


class Line:
    """What every client asks through. Threads may share it."""

    def __init__(self, ground: Ground, account: Account, *, patience: float = 10) -> None:
        self.ground, self.account, self.patience = ground, account, patience
        self._host = urlsplit(account.base_url).netloc
        self._governor, self._tokens = governor_of(ground), tokens_of(ground)

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
        """One call with the token in its query and its answer in shape. `is_safe`: asking twice does no harm, so where no answer came
        it is asked again. Raises `VendorError`.
        """
        make = self._maker(method, path, query or {}, body, content_type, has_token)
        answered = self._ask(interface, make, _read_errcode, is_safe=is_safe, timeout=timeout)
        return self._shaped(interface, answered, shape, is_safe)

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
        answered = self._ask(interface, lambda: _Request(method, target, headers(), body), read, is_safe=is_safe, timeout=timeout)
        return self._shaped(interface, answered, shape, is_safe)

    def _maker(
        self, method: str, path: str, query: Mapping[str, str], body: bytes, content_type: str, has_token: bool
    ) -> Callable[[], _Request]:
        headers = {"User-Agent": "Siyu/1", "Accept": "*/*"} | ({"Content-Type": content_type} if body else {})

        def make() -> _Request:
            token = self._tokens.get(self.ground, self.account, "access", self._fetch_token) if has_token else None
            asked = {"access_token": token.text, **query} if token else query
            return _Request(method, f"{path}?{urlencode(asked)}" if asked else path, headers, body, token)

        return make

    def _fetch_token(self) -> Fetched:
        account = self.account
        secret = secret_of(self.ground.vault, account)
        if account.kind == VendorKind.WECOM:
            query = {"corpid": account.app_id, "corpsecret": secret}
            interface, make = "gettoken", self._maker("GET", "/cgi-bin/gettoken", query, b"", "", False)
        else:
            body = json.dumps({"grant_type": "client_credential", "appid": account.app_id, "secret": secret, "force_refresh": False})
            interface = "cgi-bin/stable_token"
            make = self._maker("POST", "/cgi-bin/stable_token", {}, body.encode(), "application/json; charset=utf-8", False)
        try:
            found = self._ask(interface, make, _read_errcode, is_safe=True, timeout=10).found
        except VendorError as err:
            if err.kind == Trouble.CONFIG and err.retry_after is None:  # a wrong secret asked too often gets the address blocked
                err.retry_after = self._governor.block(self.ground, account, interface, err.code, (30, 60, 300))
            raise
        return str(found["access_token"]), int(found["expires_in"])

    def _shaped(self, interface: str, answered: Answered, shape: type[T], is_safe: bool) -> T:
        try:
            return msgspec.convert(answered.found, shape, strict=False)
        except msgspec.ValidationError:
            raise self._error("unreadable", interface, CodeRule(Trouble.DOWN), answered.rid, is_unknown=not is_safe) from None

    def _ask(
        self, interface: str, make: Callable[[], _Request], read: Callable[[Reply], Answered], *, is_safe: bool, timeout: float
    ) -> Answered:
        if self.account.state == AccountState.OFF:
            raise ConfigError("This vendor account is switched off.", "Switch it on on the connections page.")
        ends_at = time.monotonic() + self.patience
        is_fresh = False  # whether the token was already replaced for this call
        for attempt in range(1, _TRIES + 2):
            request = make()
            patience = max(0.05, ends_at - time.monotonic())
            with self._governor.turn(self.ground, self.account, interface, self._host, patience=patience, hold_for=timeout + 2):
                answered, is_unknown = self._try(interface, request, read, attempt, timeout)
            if answered.code in WELL:
                return answered
            rule = rule_of(self.account.kind, answered.code)
            error = self._error(answered.code, interface, rule, answered.rid, is_unknown=is_unknown and not is_safe)
            if rule.trouble == Trouble.TOKEN and request.token is not None and not is_fresh:
                is_fresh = True
                self._tokens.drop(self.ground, self.account, "access", request.token.generation)
                continue
            if rule.trouble == Trouble.TOKEN and request.token is None:
                error.kind = Trouble.CONFIG  # it was the secret that was wrong, not a token
            if rule.is_narrower:
                self._governor.narrow(self.ground, self.account, interface)
            if rule.block:
                error.retry_after = self._governor.block(self.ground, self.account, interface, answered.code, rule.block)
                raise error
            pause = 0.2 * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)  # noqa: S311  no secret
            may_again = rule.is_again or error.kind == Trouble.DOWN or (is_unknown and is_safe)
            if not may_again or attempt >= _TRIES or time.monotonic() + pause > ends_at:
                raise error
            threading.Event().wait(pause)
        raise error

    def _try(
        self, interface: str, request: _Request, read: Callable[[Reply], Answered], attempt: int, timeout: float
    ) -> tuple[Answered, bool]:
        """One try: what was said, and whether nobody knows what became of it."""
        began, at = time.monotonic(), self.ground.clock.now()
        status: int | None = None
        is_unknown = False
        try:
            reply = CONNECTIONS.exchange(
                self.account.base_url, request.method, request.target, headers=request.headers, body=request.body, timeout=timeout
            )
            status = reply.status
            answered = Answered(f"http_{status}" if status >= 300 else "unreadable", {})
            with suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError):
                said = read(reply)
                answered = answered if status >= 300 and said.code in WELL else said
            is_unknown = answered.code == "unreadable" or (status >= 500 and answered.code.startswith("http_"))
        except NotSent:
            answered = Answered("not_sent", {})
        except NoAnswer:
            answered, is_unknown = Answered("no_answer", {}), True
        took = int((time.monotonic() - began) * 1000)
        code = answered.code[:80]
        self._governor.trace(Traced(self.account.account_id, interface, at, took, status, code, attempt, is_unknown))
        if answered.code in ("not_sent", "no_answer") or (status or 0) >= 500:
            self._governor.failed(self.ground, self.account, self._host, code)
        else:
            self._governor.answered(self.ground, self.account, self._host)
        return answered, is_unknown

    def _error(self, code: str, interface: str, rule: CodeRule, rid: str, *, is_unknown: bool) -> VendorError:
        told = explain(self.account.kind, code, "en")
        after = timedelta(seconds=rule.after) if rule.after else None
        kind = Trouble.UNKNOWN if is_unknown else rule.trouble
        what = f"{interface}: {told.what}"
        return VendorError(
            code,
            kind,
            interface,
            is_unknown=is_unknown,
            retry_after=after,
            what=what,
            remedy=told.remedy,
            rid=rid,
            vendor=self.account.kind,
        )


def _read_errcode(reply: Reply) -> Answered:
    found = json.loads(reply.body)
    code = found.get("errcode", 0)
    numbers = [number[1] for pattern in _NUMBERS if (number := pattern.search(str(found.get("errmsg", ""))))]
    return Answered(str(int(code)), found, numbers[0] if numbers else "")
