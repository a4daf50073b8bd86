"""Vendor accounts with callback keys, a hand that signs and seals as a vendor does, and the routes over the ground."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tests.sealing import seal

from siyu.base.ground import Ground
from siyu.sources import callbacks
from siyu.vendors import Account, CallbackKeys, VendorKind, callback_keys, keep_account, signature_of

KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
CORP, APP = "ww1234567890abcdef", "wxabcdef1234567890"
_numbers = itertools.count(1)


def xml(**fields: Any) -> str:
    """Fields as a vendor writes them; a list becomes Items."""

    def leaf(name: str, value: Any) -> str:
        if isinstance(value, list):
            return f"<{name}>" + "".join(leaf("Item", one) for one in value) + f"</{name}>"
        if isinstance(value, dict):
            return f"<{name}>" + "".join(leaf(key, one) for key, one in value.items()) + f"</{name}>"
        return f"<{name}>{value}</{name}>" if isinstance(value, int) else f"<{name}><![CDATA[{value}]]></{name}>"

    return "<xml>" + "".join(leaf(name, value) for name, value in fields.items()) + "</xml>"


def corp_event(event: str, at: int, **fields: Any) -> str:
    """An event of the corp."""
    return xml(ToUserName=CORP, FromUserName="sys", CreateTime=at, MsgType="event", Event=event, **fields)


@dataclass
class Hand:
    """A vendor's hand: closes texts for an account and posts them."""

    ground: Ground
    account: Account
    client: TestClient
    answers: list[int] = field(default_factory=list)

    @property
    def keys(self) -> CallbackKeys:
        return callback_keys(self.ground.vault, self.account)[0]

    @property
    def path(self) -> str:
        return callbacks.address(self.ground, self.account).removeprefix(self.ground.config.base_url)

    def closed(self, text: str, keys: CallbackKeys | None = None) -> tuple[dict[str, str], bytes]:
        """Query and body of a sealed delivery; each has its own nonce and ciphertext, as a real retry does."""
        sealed = seal(keys or self.keys, self.account.app_id, text, timestamp="1700000000", nonce=str(next(_numbers)))
        query = {"msg_signature": sealed.signature, "timestamp": sealed.timestamp, "nonce": sealed.nonce}
        return query, f"<xml><ToUserName><![CDATA[x]]></ToUserName><Encrypt><![CDATA[{sealed.encrypt}]]></Encrypt></xml>".encode()

    def plain(self, text: str) -> tuple[dict[str, str], bytes]:
        nonce = str(next(_numbers))
        query = {"signature": signature_of(self.keys.token, "1700000000", nonce), "timestamp": "1700000000", "nonce": nonce}
        return query, text.encode()

    def post(self, text: str, **more: Any) -> int:
        """Deliver a text the way the account is set up; gives the status."""
        query, body = self.closed(text, **more) if self.keys.aes_key else self.plain(text)
        answer = self.client.post(self.path, params=query, content=body)
        self.answers.append(answer.status_code)
        return answer.status_code

    def push(self, value: Any, path: str = "") -> Any:
        """Deliver JSON, as vendors of text messages do; gives the answer."""
        return self.client.post(path or self.path, content=json.dumps(value, ensure_ascii=False).encode())


def keep(ground: Ground, kind: VendorKind, app_id: str, keys: CallbackKeys | None) -> Account:
    with ground.db.tx() as conn:
        return keep_account(
            ground, conn, kind=kind, name="测", app_id=app_id, agent_id="1" if kind == "wecom" else "", secret="s", callback=keys
        )


@pytest.fixture
def client(ground: Ground) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=callbacks.routes(ground)), raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def corp(ground: Ground, client: TestClient) -> Hand:
    return Hand(ground, keep(ground, VendorKind.WECOM, CORP, CallbackKeys("QDG6eK", KEY)), client)


@pytest.fixture
def official(ground: Ground, client: TestClient) -> Hand:
    return Hand(ground, keep(ground, VendorKind.OFFICIAL, APP, CallbackKeys("AAAAA", KEY)), client)


@pytest.fixture
def aliyun(ground: Ground, client: TestClient) -> Hand:
    return Hand(ground, keep(ground, VendorKind.ALIYUN_SMS, "LTAI", callbacks.fresh_keys(VendorKind.ALIYUN_SMS)), client)


@pytest.fixture
def tencent(ground: Ground, client: TestClient) -> Hand:
    return Hand(ground, keep(ground, VendorKind.TENCENT_SMS, "AKID", callbacks.fresh_keys(VendorKind.TENCENT_SMS)), client)


def facts(ground: Ground) -> list[tuple[str, Any, dict[str, Any]]]:
    """(type, object, data) of every fact, in the order of the log."""
    with ground.db.tx() as conn:
        return [(r[0], r[1], r[2]) for r in conn.execute("select type, object, data from facts order by seq")]


def states(ground: Ground) -> dict[str, int]:
    with ground.db.tx() as conn:
        return {r[0]: r[1] for r in conn.execute("select state, count(*) from callbacks group by 1")}
