"""A running sandbox is connected with one word, twice without doubling; live checks say exactly what is shut and where to mend it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.sandbox.conformance.__main__ import served
from siyu.sources.callbacks import InboxCount
from siyu.sources.connecting import CallbackState, callback_state, connect_sandbox, is_sandboxed
from siyu.vendors import Account, VendorKind, accounts, callback_keys, explain, keep_account, probes, secret_of, trace


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    with served() as address:
        yield address


def _post(base: str, path: str, given: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(f"{base}{path}", json.dumps(given).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return dict(json.loads(answer.read()))


@pytest.fixture
def connected(ground: Ground, sandbox: str) -> dict[VendorKind, Account]:
    _post(sandbox, "/clock", {"shown_at": ground.clock.now().isoformat(), "rate": 0})
    return {one.account.kind: one.account for one in connect_sandbox(ground, sandbox)}


def _states(ground: Ground, account: Account) -> dict[str, tuple[str, str]]:
    return {one.name: (one.state.value, one.code) for one in probes.probe(ground, account)}


def test_a_sandbox_is_connected_once_however_often_it_is_asked(ground: Ground, sandbox: str, connected: dict[VendorKind, Account]) -> None:
    assert set(connected) == set(VendorKind) and all(is_sandboxed(one) for one in connected.values())
    keys = {kind: callback_keys(ground.vault, one) for kind, one in connected.items()}
    assert all(len(k) == 1 for k in keys.values())
    again = connect_sandbox(ground, sandbox)
    with ground.db.tx() as conn:
        assert len(accounts(conn)) == len(VendorKind)
    assert not any(one.is_new for one in again)
    assert {one.account.kind: callback_keys(ground.vault, one.account) for one in again} == keys, "keys in use stay"
    knocked = {one.account.kind for one in again if one.trouble}
    assert knocked == {VendorKind.WECOM, VendorKind.OFFICIAL, VendorKind.MINI}, "our server does not run: the sandbox says so"
    for wrong in ("ftp://127.0.0.1", "http://127.0.0.1:1", "https://crm.example.com"):
        with pytest.raises(InputError):
            connect_sandbox(ground, wrong)


def test_checks_find_what_is_open_and_what_is_shut(ground: Ground, sandbox: str, connected: dict[VendorKind, Account]) -> None:
    corp = connected[VendorKind.WECOM]
    _post(sandbox, "/sandbox/corp/members", {"corp": corp.app_id, "members": [{"userid": "zs", "name": "张三"}]})
    found = _states(ground, corp)
    assert {name for name, (state, _) in found.items() if state == "good"} >= {
        "address", "secret", "ip", "guides", "customers", "tags", "ways", "groups", "mass", "moments", "handover",
    }, found  # fmt: skip
    for kind in (VendorKind.MINI, VendorKind.ALIYUN_SMS, VendorKind.TENCENT_SMS):
        assert {state for state, _ in _states(ground, connected[kind]).values()} == {"good"}, kind
    official = _states(ground, connected[VendorKind.OFFICIAL])
    assert official["unionid"] == ("watch", "no_fans") and official["fans"][0] == official["menu"][0] == "good", official

    _post(sandbox, "/sandbox/corp/apps", {"corp": corp.app_id, "agentid": int(corp.agent_id), "trusted_ips": ["203.0.113.9"]})
    shut = _states(ground, corp)
    assert shut["ip"] == ("bad", "60020") and shut["secret"][0] == shut["address"][0] == "good"
    assert {shut[name][0] for name in ("guides", "tags", "desk")} == {"skipped"}
    assert "可信 IP" in explain(corp.kind, "60020").remedy
    _post(sandbox, "/sandbox/corp/apps", {"corp": corp.app_id, "agentid": int(corp.agent_id), "trusted_ips": [], "may_customers": False})
    closed = _states(ground, corp)
    assert closed["ip"] == ("good", "") and closed["guides"][0] == "bad" and closed["tags"][0] == "watch", closed
    _post(sandbox, "/sandbox/corp/apps", {"corp": corp.app_id, "agentid": int(corp.agent_id), "may_customers": True})
    with ground.db.tx() as conn:
        assert {one.name for one in probes.checks(conn, corp.account_id)} == set(closed)
        assert {call.interface for call in trace(conn, corp.account_id, limit=500)} >= {"get_api_domain_ip", "externalcontact/list"}
        tokens = probes.standing(conn).tokens
    assert {one.account_id for one in tokens if one.purpose == "access"} >= {corp.account_id}


def test_a_wrong_secret_and_a_dead_address_are_told_apart(ground: Ground, connected: dict[VendorKind, Account]) -> None:
    def other(kind: VendorKind, **change: Any) -> Account:
        one = connected[kind]
        fields = {"secret": secret_of(ground.vault, one), "base_url": one.base_url, "app_id": one.app_id, "agent_id": one.agent_id} | change
        with ground.db.tx() as conn:
            return keep_account(ground, conn, kind=kind, name="x", account_id=one.account_id, **fields)

    for kind in VendorKind:
        found = _states(ground, other(kind, secret="not-the-secret"))
        assert found["secret"][0] == "bad" and found["address"][0] == "good" and found["ip"][0] == "skipped", (kind, found)
        assert explain(kind, found["secret"][1]).remedy
    found = _states(ground, other(VendorKind.WECOM, base_url="http://127.0.0.1:1"))
    assert found["address"] == ("bad", "not_sent") and {found[n][0] for n in ("secret", "ip", "guides")} == {"skipped"}


def test_how_far_callbacks_are(ground: Ground) -> None:
    now = ground.clock.now()
    silent, forged = InboxCount(1, 0, 0, 0, 0, 0, 0, None, None, None), InboxCount(1, 0, 0, 0, 0, 0, 4, None, None, None)
    heard = InboxCount(1, 3, 3, 0, 0, 3, 4, now, None, 0.1)
    assert callback_state(False, None, None) == CallbackState.NONE
    assert callback_state(True, None, None) == callback_state(True, None, silent) == CallbackState.WAITING
    assert callback_state(True, now, silent) == CallbackState.PROVEN
    assert callback_state(True, now, forged) == CallbackState.REFUSED
    assert callback_state(True, None, heard) == CallbackState.HEARD
