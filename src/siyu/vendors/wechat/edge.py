"""How api.weixin.qq.com is asked, and what official accounts and mini-programs share: tokens, customer-service messages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.vendors.accounts import secret_of
from siyu.vendors.calls import Line
from siyu.vendors.checks import bytes_within
from siyu.vendors.wechat import shapes as s
from siyu.vendors.words import Account

T = TypeVar("T")


class Edge:
    """A client's line to one account. `patience` is how many seconds a call may wait for its turn before it is refused as `later`."""

    def __init__(self, ground: Ground, account: Account, *, patience: float = 10) -> None:
        self.account = account
        self._ground = ground
        self._line = Line(ground, account, patience=patience)

    def say(self, openid: str, msgtype: str, content: Mapping[str, Any]) -> None:
        """A customer-service message, in the window that the user's last action opened: 45015 too late, 45047 too many
        (message/custom/send).
        """
        if msgtype == "text":
            bytes_within(str(content.get("content", "")), 2048, "text.content", least=1)
        body: dict[str, Any] = {"touser": openid, "msgtype": msgtype, msgtype: dict(content)}
        self._post("cgi-bin/message/custom/send", s.Ok, body, is_safe=False)

    def _secret(self) -> str:
        return secret_of(self._ground.vault, self.account)

    def _get(self, interface: str, shape: type[T], /, *, is_safe: bool = True, has_token: bool = True, **query: Any) -> T:
        given = {name: str(value) for name, value in query.items() if value not in ("", None)}
        return self._line.ask(interface, "GET", f"/{interface}", shape, query=given, is_safe=is_safe, has_token=has_token)

    def _post(self, interface: str, shape: type[T], body: Mapping[str, Any], *, is_safe: bool = True) -> T:
        return self._line.ask(interface, "POST", f"/{interface}", shape, body=_json(body), is_safe=is_safe)


def check_data(data: Mapping[str, str | Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """The fields of a template message as {key: {value}}. Raises `InputError` for one that its kind does not allow: thing 20
    characters, number 32 digits, letter 32, symbol 5, character_string 32, phrase 5, name 10.
    """
    limits = {"thing": 20, "number": 32, "letter": 32, "symbol": 5, "character_string": 32, "phrase": 5, "name": 10, "phone_number": 17}
    found = {}
    for key, value in data.items():
        inner = dict(value) if isinstance(value, Mapping) else {"value": str(value)}
        kind = key.rstrip("0123456789")
        size = len(inner.get("value", ""))
        if not size:
            raise InputError(f"{key} is empty.", "A template's field cannot be empty.", field=key)
        if kind in limits and size > limits[kind]:
            raise InputError(f"{key} has {size} characters.", f"A field of kind {kind} has at most {limits[kind]}.", field=key)
        found[key] = inner
    return found


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
